"""The one back-off: how long to wait after failures in a row."""

from __future__ import annotations

from datetime import timedelta

LATEST_DOUBLING = 32
"""Further doublings only make numbers that no clock can hold."""


def backoff(failures: int, first: timedelta, longest: timedelta) -> timedelta:
    """Return the wait after `failures` in a row (1: the first): `first`, doubling each time, at most `longest`."""
    doublings = min(max(failures, 1) - 1, LATEST_DOUBLING)
    wait: timedelta = first * (1 << doublings)
    return min(wait, longest)
