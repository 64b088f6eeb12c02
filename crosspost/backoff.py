"""The back-off: how long to wait after several failures."""

from __future__ import annotations

from datetime import timedelta

LATEST_DOUBLING = 32
"""Further doublings would overflow."""


def backoff(failures: int, first: timedelta, longest: timedelta) -> timedelta:
    """Return the wait after `failures` in a row (1: the first): `first`, doubling each time, at most `longest`."""
    doublings = min(max(failures, 1) - 1, LATEST_DOUBLING)
    wait: timedelta = first * (1 << doublings)
    return min(wait, longest)
