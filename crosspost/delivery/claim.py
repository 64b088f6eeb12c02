"""The claim is checked at the last moment before a post leaves."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from crosspost.delivery.timing import spoken
from crosspost.errors import ClaimLost, StoreError
from crosspost.model import Clock, Delivery
from crosspost.store.values import SKEW

if TYPE_CHECKING:
    from crosspost.store import Store
    from crosspost.watch.gate import Wait

At = Callable[[str], None]
"""Told the name of each step as it is reached; the kill tests end the process there."""


def nowhere(_step: str) -> None:
    """Do nothing: what `at` is outside the kill tests."""


Held = Callable[[Delivery], "Wait | None"]
"""Asked before a delivery is looked for, and again right before it is claimed: why it may not go out now."""


def never_held(_row: Delivery) -> Wait | None:
    """Return None: what is asked where nobody holds anything back."""
    return None


class ClaimCheck:
    """Asked at the last moment before a request leaves: the claim still holds, the attempt is still young.

    Both clocks are asked: the monotonic one stands still while a machine sleeps, the wall clock can be set.
    """

    def __init__(self, store: Store, claimed: Delivery, limit: timedelta, clock: Clock, at: At) -> None:
        self._store = store
        self._claimed = claimed
        self._limit = limit
        self._clock = clock
        self._at = at
        self._started = time.monotonic()
        self.passed = False
        """Whether a request may have left."""

    def __call__(self) -> None:
        try:
            holds = self._store.holds(self._claimed)
        except StoreError as error:
            raise ClaimLost(f"the claim could not be read again: {error}") from error
        if not holds:
            raise ClaimLost("another process has taken this delivery over")
        if not self.in_time():
            raise ClaimLost(f"the attempt lasted longer than {spoken(self._limit)}")
        self.passed = True
        self._at("writing")

    def in_time(self) -> bool:
        since = self._claimed.claimed_at or self._clock()
        by_the_wall = self._clock() - since
        by_itself = timedelta(seconds=time.monotonic() - self._started)
        return by_itself < self._limit and -SKEW < by_the_wall < self._limit
