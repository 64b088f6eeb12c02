"""Count the length of a text, in linear time. A count that only one platform has is in its folder.

Graphemes are those of the `regex` package, which follows each version of Unicode. A server with an older one may count
a new emoji as several.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import regex

Count = Callable[[str], int]
"""Text → its length as a platform counts it."""


class Limit(NamedTuple):
    maximum: int
    count: Count


def graphemes(text: str) -> list[str]:
    """Return the text in graphemes: what a reader takes for one character each."""
    if text.isascii() and "\r" not in text:
        return list(text)
    pieces: list[str] = _grapheme().findall(text)
    return pieces


@cache
def _grapheme() -> regex.Pattern[str]:
    import regex  # at the first count: a pass that finds nothing new counts nothing

    return regex.compile(r"\X")


def grapheme_count(text: str) -> int:
    return len(graphemes(text))


code_points: Count = len


def utf8_bytes(text: str) -> int:
    return len(text.encode())
