"""The check of an attempt's claim at the last moment before its request leaves."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from crosspost.delivery.timing import duration_text
from crosspost.errors import ClaimLostError, StoreError
from crosspost.model import Clock, Delivery
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

    By two clocks: the monotonic one stops while a machine sleeps, and the wall clock can be set. A call raises
    ClaimLostError.
    """

    def __init__(
        self, store: Store, claimed: Delivery, limit: timedelta, clock: Clock, failpoint: Failpoint
    ) -> None:
        self._store = store
        self._claimed = claimed
        self._limit = limit
        self._clock = clock
        self._failpoint = failpoint
        self._started = time.monotonic()
        self.passed = False
        """Whether a request may have left."""

    def __call__(self) -> None:
        try:
            is_claimed = self._store.is_still_claimed(self._claimed)
        except StoreError as error:
            raise ClaimLostError(f"the claim could not be read again: {error}") from error
        if not is_claimed:
            raise ClaimLostError("another process has taken this delivery over")
        if not self.in_time():
            raise ClaimLostError(f"the attempt lasted longer than {duration_text(self._limit)}")
        self.passed = True
        self._failpoint("writing")

    def in_time(self) -> bool:
        by_wall_clock = self._clock() - (self._claimed.claimed_at or self._clock())
        monotonic = timedelta(seconds=time.monotonic() - self._started)
        return monotonic < self._limit and -CLOCK_SKEW < by_wall_clock < self._limit
