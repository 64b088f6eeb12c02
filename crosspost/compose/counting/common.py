"""Count a text in graphemes, code points or bytes.

Graphemes are those of the `regex` package, which follows Unicode month by month. A server may be some
versions behind and count a new emoji as several.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

_GRAPHEME = r"\X"


@cache
def _compiled(pattern: str) -> regex.Pattern[str]:
    """Compile at the first use: a pass that finds nothing new counts nothing."""
    import regex

    return regex.compile(pattern)


Count = Callable[[str], int]
"""A way of counting: text → its length as the platform sees it."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A text may be at most this long, counted so."""

    most: int
    count: Count

    def allows(self, text: str) -> bool:
        return self.count(text) <= self.most


def graphemes(text: str) -> list[str]:
    """Return what a reader takes for one character each."""
    found: list[str] = _compiled(_GRAPHEME).findall(text)
    return found


def grapheme_count(text: str) -> int:
    if text.isascii() and "\r" not in text:
        return len(text)
    return len(_compiled(_GRAPHEME).findall(text))


def code_points(text: str) -> int:
    return len(text)


def utf8_bytes(text: str) -> int:
    return len(text.encode())
