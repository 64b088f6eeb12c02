"""The one write of an attempt, and the check of its claim at the last moment before it leaves."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from crosspost.delivery.timing import duration_text
from crosspost.errors import ClaimLostError, StoreError
from crosspost.log.redaction import error_text
from crosspost.model import Clock, Delivery, Image, NeverArrived, Outcome, Uncertain
from crosspost.platforms import Attempt
from crosspost.store.values import CLOCK_SKEW

if TYPE_CHECKING:
    from crosspost.store import Store
    from crosspost.watch.gate import Wait

NEVER_STARTED = "the attempt took too long before anything was sent"

Failpoint = Callable[[str], None]
"""Called with the name of each step as it is reached: where the kill tests end the process."""


def no_failpoint(_step: str) -> None:
    """Do nothing: the failpoint outside of tests."""


HoldCheck = Callable[[Delivery], "Wait | None"]
"""Returns why a delivery may not go out now, or None. Called before its look, and again right before its claim."""


def no_hold(_row: Delivery) -> Wait | None:
    """Return None: nothing is held."""
    return None


class ClaimCheck:
    """Checks, right before a request leaves, that the claim still holds and that the attempt is within its time.

    Raises ClaimLostError.

    By two clocks: the monotonic one stops while a machine sleeps, and the wall clock can be set.
    """

    def __init__(
        self, store: Store, claimed: Delivery, limit: timedelta, clock: Clock, failpoint: Failpoint
    ) -> None:
        self._store = store
        self.claimed = claimed
        self.limit = limit
        self._clock = clock
        self.failpoint = failpoint
        self._started = time.monotonic()
        self.passed = False
        """Whether a request may have left."""

    def __call__(self) -> None:
        try:
            holds = self._store.is_still_claimed(self.claimed)
        except StoreError as error:
            raise ClaimLostError(f"the claim could not be read again: {error}") from error
        if not holds:
            raise ClaimLostError("another process has taken this delivery over")
        if not self.in_time():
            raise ClaimLostError(f"the attempt lasted longer than {duration_text(self.limit)}")
        self.passed = True
        self.failpoint("writing")

    def in_time(self) -> bool:
        since = self.claimed.claimed_at or self._clock()
        by_the_wall = self._clock() - since
        by_itself = timedelta(seconds=time.monotonic() - self._started)
        return by_itself < self.limit and -CLOCK_SKEW < by_the_wall < self.limit


def write_once(
    check: ClaimCheck, number: int, image: Image | None, write: Callable[[Attempt], Outcome]
) -> Outcome | None:
    """Make the one write of an attempt, the account's `number`th. Whatever it raises, it may have been carried out.

    None: the claim was lost after a request may have left; nothing more is sent, and the claim's end will tell.
    """
    attempt = Attempt(check.claimed.key, number, check.limit.total_seconds(), check, image)
    try:
        outcome = write(attempt)
    except ClaimLostError as lost:
        if check.passed:
            return None
        outcome = NeverArrived(f"{NEVER_STARTED}: {lost}")
    except Exception as error:  # noqa: BLE001 - whatever a platform raises, the post may be there
        outcome = Uncertain(error_text(error))
    check.failpoint("answered")
    return outcome
