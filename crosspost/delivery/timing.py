"""The times to try and to look again. They are stored in the row, so every process reads them after a restart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from crosspost.backoff import backoff
from crosspost.config.schema import DeliveryConfig
from crosspost.model import Delivery
from crosspost.plural import noun, quantity
from crosspost.store.values import CLOCK_SKEW

LONGEST_WINDOW = timedelta(hours=24)
"""No rate limit is taken to be longer, whatever a platform documents."""


def pause_after(failures: int, policy: DeliveryConfig) -> timedelta:
    """Return how long to wait after this many refusals in a row."""
    return backoff(failures, policy.first_retry, policy.longest_retry)


def given_up_at(row: Delivery, policy: DeliveryConfig) -> datetime:
    """Return when the row is given up: it would announce last week's news."""
    return (row.due_since or row.planned_at) + policy.give_up_after


def next_look(since: datetime, looks: int, now: datetime, look_after: Sequence[timedelta]) -> datetime | None:
    """Return when to look again for what became uncertain at `since`, after so many looks; None: no further look.

    After a downtime the looks keep their distance, so that the last one still comes late enough.
    """
    if looks >= len(look_after):
        return None
    distance = look_after[looks] - look_after[looks - 1] if looks else timedelta()
    return max(since + look_after[looks], now + distance)


def for_several_machines(look_after: Sequence[timedelta]) -> tuple[timedelta, ...]:
    """Return when to look where the time of an unclear attempt may be another machine's.

    That machine's clock may be behind, so that a look comes too early. The last look, which decides that the post is
    not there, is later by the most that clocks may differ.
    """
    *before, last = look_after
    return (*before, last + CLOCK_SKEW)


def duration_text(duration: timedelta) -> str:
    """Return a duration as text: "2 days", "90 minutes", "30 seconds"."""
    seconds = duration.total_seconds()
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size and seconds % size == 0:
            return quantity(int(seconds // size), unit)
    return f"{seconds:g} {noun(seconds, 'second')}"


def time_text(moment: datetime, now: datetime) -> str:
    """Return a time as text: "20:05 UTC", with its date when it is another day."""
    return f"{moment:%H:%M} UTC" if moment.date() == now.date() else f"{moment:%Y-%m-%d %H:%M} UTC"
