"""Count how long a text is, in a time linear in it. What only one platform counts so stands in its folder.

addresses.py has what becomes a link, which some platforms count as one length (twitter-text).

Graphemes are those of the `regex` package, which follows Unicode month by month. A server may be some
versions behind and count a new emoji as several.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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
    if text.isascii() and "\r" not in text:
        return list(text)
    import regex  # at the first count: a pass that finds nothing new counts nothing

    found: list[str] = regex.findall(r"\X", text)
    return found


def grapheme_count(text: str) -> int:
    return len(graphemes(text))


def code_points(text: str) -> int:
    return len(text)


def utf8_bytes(text: str) -> int:
    return len(text.encode())
