"""Reading answers and silences, whichever HTTP library brought them.

"Was it sent?" follows classes, never words; measured with refused, reset, silent and half-open connections
(requests 2.34, aiohttp 3.14, httpx 0.28). Whatever is not certainly unsent may have arrived.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from crosspost.model import NeverArrived, Outcome, Uncertain

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
LOOK_SECONDS = 45.0
"""How long a look, a check or any other reading may take, all its requests together."""

Errors = tuple[type[BaseException], ...]

_FIRST_EPOCH = 1e9
_LAST_EPOCH = 1e11
"""Between these a number is a moment, below them a number of seconds, above them nonsense."""


def unanswered(place: str, error: BaseException, unsent: Errors, maybe: Errors) -> Outcome:
    """The outcome of a request that got no answer: `unsent` cannot have arrived, what wraps a `maybe` can."""
    causes = tuple(chain(error))
    root = [type(cause).__name__ for cause in causes if isinstance(cause, Exception)][-1]
    left = any(isinstance(cause, maybe) for cause in causes)
    if not left and any(isinstance(cause, unsent) for cause in causes):
        return NeverArrived(f"{place} could not be reached ({root})")
    return Uncertain(f"no readable answer from {place} ({root})")


def chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and all that it wraps, each once: causes, contexts, what libraries keep in attributes."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        wrapped = (
            *current.args,
            getattr(current, "reason", None),
            getattr(current, "original_exception", None),
            current.__cause__,
            current.__context__,
        )
        waiting += [inner for inner in wrapped if isinstance(inner, BaseException)]


def asked_until(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When the platform wants to be asked again, by Retry-After or by its rate limit's reset; None: unsaid.

    Seconds, an epoch or a date: Mastodon sends an ISO date, X an epoch, Reddit seconds.
    """
    for name in ("retry-after", "x-rate-limit-reset", "x-ratelimit-reset"):
        moment = _moment(headers.get(name), now)
        if moment is not None:
            return moment
    return None


def quiet(*loggers: str, level: int = logging.INFO) -> None:
    """Keep libraries from writing headers and form data, which hold secrets, into a debug log."""
    for name in loggers:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, level))


def _moment(value: str | None, now: datetime) -> datetime | None:
    if value is None:
        return None
    try:
        number = float(value)
    except ValueError:
        return _date(value)
    if not 0 <= number < _LAST_EPOCH:
        return None
    return datetime.fromtimestamp(number, UTC) if number > _FIRST_EPOCH else now + timedelta(seconds=number)


def _date(value: str) -> datetime | None:
    from email.utils import parsedate_to_datetime

    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(value)
        except (ValueError, TypeError):
            continue
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return None
