"""Count how long a text is, in a time linear in it. What only one platform counts so stands in its folder.

addresses.py has what becomes a link, which some platforms count as one length (twitter-text).

Graphemes are those of the `regex` package, which follows Unicode month by month. A server may be some
versions behind and count a new emoji as several.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import regex

Count = Callable[[str], int]
"""A way of counting: text → its length as the platform sees it."""


class Limit(NamedTuple):
    most: int
    count: Count


def graphemes(text: str) -> list[str]:
    """Return what a reader takes for one character each."""
    if text.isascii() and "\r" not in text:
        return list(text)
    found: list[str] = _grapheme().findall(text)
    return found


@cache
def _grapheme() -> regex.Pattern[str]:
    import regex  # at the first count: a pass that finds nothing new counts nothing

    return regex.compile(r"\X")


def grapheme_count(text: str) -> int:
    return len(graphemes(text))


def code_points(text: str) -> int:
    return len(text)


def utf8_bytes(text: str) -> int:
    return len(text.encode())
