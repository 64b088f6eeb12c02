"""Compare a rehearsed post with what people posted in its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from crosspost.log.redaction import shortened
from crosspost.model import Delivery
from crosspost.plural import quantity

_ADDRESS = re.compile(r"https?://\S+|(?<![\w.-])[\w-]+(\.[\w-]+)+/\S*")
MAX_LINES = 20
LONGEST_LINE = 300
"""Lines and characters of a difference, as it is shown."""


@dataclass(frozen=True, slots=True)
class Differences:
    """The lines that only one of two posts has, without their addresses, in order."""

    ours: tuple[str, ...]
    theirs: tuple[str, ...]

    def __str__(self) -> str:
        if not self.ours and not self.theirs:
            return "it says the same"
        return f"{quantity(len(self.ours), 'line')} only in ours, {len(self.theirs)} only in theirs"


def differences(row: Delivery) -> Differences | None:
    """Return the differences between our post and the people's; None: theirs was not read."""
    from crosspost.compose.post_text import pasteable_text

    if row.seen is None or not row.seen.text:
        return None
    ours = tuple(_lines(row.post.title if row.post.is_link else pasteable_text(row.post)))
    theirs = tuple(_lines(row.seen.text))
    return Differences(_without(ours, theirs), _without(theirs, ours))


def describe(row: Delivery) -> str:
    """Return one sentence: when the post would have been sent, and where and when people posted theirs."""
    when = f"{row.shadow_at:%Y-%m-%d %H:%M} UTC" if row.shadow_at else ""
    if row.seen is None:
        return f"{row.reason}, {when}"
    gap = f" {_time_difference(row.seen.at - row.shadow_at)}" if row.seen.at and row.shadow_at else ""
    changes = differences(row)
    sentence = f"shadow mode: ours was ready {when}; people posted it{gap}: {row.seen.url}"
    return sentence if changes is None else f"{sentence}; {changes}"


def _time_difference(later: timedelta) -> str:
    hours, minutes = divmod(round(abs(later) / timedelta(minutes=1)), 60)
    if not hours and not minutes:
        return "in the same minute"
    length = f"{hours} h {minutes} min" if hours else f"{minutes} min"
    return f"{length} {'later' if later > timedelta() else 'earlier'}"


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if words := shortened(_ADDRESS.sub("", line), LONGEST_LINE):
            yield words


def _without(lines: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    known = set(others)
    return tuple(line for line in lines if line not in known)[:MAX_LINES]
