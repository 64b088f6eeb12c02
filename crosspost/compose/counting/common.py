"""Each platform's own way of counting a text.

    Mastodon   grapheme clusters; an http(s) address counts `characters_reserved_per_url` (23), `@user@host`
               counts as `@user` (docs.joinmastodon.org/user/posting and the server's
               app/validators/status_length_validator.rb, read 2026-08)
    GoToSocial code points, addresses and mentions in full, whatever figure it announces (its source, 2025-10)
    X          weights (x.py)
    Reddit     code points
    Discord    code points (discord/discord-api-docs #1315)
    Bluesky    grapheme clusters, and UTF-8 bytes (lexicon app.bsky.feed.post: 300 and 3000)

Graphemes are those of the `regex` package, which follows Unicode month by month. A server may be some
versions behind and count a new emoji as several.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

_GRAPHEME = r"\X"
_FAR_MENTION = r"(?i)(?<![=/\w])(@(?=[a-z0-9_])[a-z0-9_.-]++(?<=[a-z0-9_]))@[\w.-]*\w"
"""The server's own expression, possessive, so that a long handle without a host takes no time."""


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


@dataclass(frozen=True, slots=True)
class MastodonLength:
    """Mastodon's way of counting, and, with `in_full`, that of servers that speak its API and count more."""

    per_url: int = 23
    """What every address counts, whatever its length: the instance's `characters_reserved_per_url`."""
    in_full: bool = False
    """Addresses count in full, and at least `per_url`; mentions count in full, and code points, not graphemes."""

    @classmethod
    def by(cls, limits: Mapping[str, int]) -> MastodonLength:
        """The count for what an instance says of itself (the words of `Form.with_limits`)."""
        in_full = bool(limits.get("addresses_in_full"))
        return cls(limits.get("characters_reserved_per_url", 0 if in_full else 23), in_full)

    def __call__(self, text: str) -> int:
        from crosspost.compose.counting.x import addresses

        parts, end = [], 0
        for address in addresses(text) if "://" in text else ():
            if "://" in address.text[: len("https://")]:
                parts += [text[end : address.start], self._counted(address.text)]
                end = address.end
        parts.append(text[end:])
        counted = "".join(parts)
        return (
            code_points(counted)
            if self.in_full
            else grapheme_count(_compiled(_FAR_MENTION).sub(r"\1", counted))
        )

    def _counted(self, address: str) -> str:
        """As many characters as an address counts."""
        return "x" * (max(self.per_url, len(address)) if self.in_full else self.per_url)


def graphemes(text: str) -> list[str]:
    """What a reader takes for one character each."""
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
