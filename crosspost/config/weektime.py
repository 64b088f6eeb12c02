"""Times of the week, in UTC: "Wed 20:00", "Wed 20:00 - Thu 08:00". Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

MOMENT = 'a time of the week in UTC, such as "Thu 12:00"'
SPAN = 'a span of the week in UTC, such as "Wed 20:00 - Thu 08:00"'

_CLOCK = r"([01]?\d|2[0-3]):([0-5]\d)"
_MOMENT = re.compile(rf"([A-Za-z]{{3,9}})\s+{_CLOCK}")


@dataclass(frozen=True, slots=True)
class Moment:
    """A day of the week (Monday is 0) and a time of day in UTC."""

    day: int
    time: time

    def __str__(self) -> str:
        return f"{DAYS[self.day]} {self.time:%H:%M}"

    def last(self, now: datetime) -> datetime:
        """Return the latest such time that is not after `now`."""
        midnight = datetime.combine(now.astimezone(UTC).date(), self.time, tzinfo=UTC)
        candidate = midnight - timedelta(days=(midnight.weekday() - self.day) % 7)
        return candidate if candidate <= now else candidate - timedelta(days=7)

    def next(self, now: datetime) -> datetime:
        """Return the first such time after `now`."""
        return self.last(now) + timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Window:
    """A span from one moment of the week to another, also over the end of the week."""

    start: Moment
    end: Moment

    def __contains__(self, now: datetime) -> bool:
        return self.start.last(now) > self.end.last(now)


def parse_moment(text: str) -> Moment:
    """Read "Thu 12:00". Raises ValueError with a sentence."""
    match = _MOMENT.fullmatch(text.strip())
    day = match[1][:3].title() if match else ""
    if match is None or day not in DAYS:
        raise ValueError(f"expected {MOMENT}")
    return Moment(DAYS.index(day), time(int(match[2]), int(match[3])))


def parse_time(text: str, now: datetime) -> datetime:
    """Read a future time in UTC: "20:30", "Thu 20:30" (the next one), "2026-08-20 20:30", also with "UTC" or "Z".

    Raises ValueError with a sentence, also when it is past.
    """
    plain = re.sub(r"\s*(UTC|Z)$", "", text.strip())
    if match := re.fullmatch(_CLOCK, plain):
        at = datetime.combine(now.astimezone(UTC).date(), time(int(match[1]), int(match[2])), tzinfo=UTC)
        return at if at > now else at + timedelta(days=1)
    if _MOMENT.fullmatch(plain):
        return parse_moment(plain).next(now)
    try:
        at = datetime.fromisoformat(plain)
    except ValueError:
        raise ValueError(
            'expected a time in UTC, such as "20:30", "Thu 20:30" or "2026-08-20 20:30"'
        ) from None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    if at <= now:
        raise ValueError(f"{text} is past")
    return at


def parse_window(text: str) -> Window:
    """Read "Wed 20:00 - Thu 08:00". Raises ValueError with a sentence."""
    start, _, end = text.replace("–", "-").partition("-")
    try:
        return Window(parse_moment(start), parse_moment(end))
    except ValueError:
        raise ValueError(f"expected {SPAN}") from None
