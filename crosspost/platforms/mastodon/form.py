"""The rules for posts on Mastodon and servers with its API, and how Mastodon looks on a page.

Mastodon counts grapheme clusters; an http(s) address counts `characters_reserved_per_url` (23), `@user@host` as
`@user` (docs.joinmastodon.org/user/posting and the server's app/validators/status_length_validator.rb, read 2026-08).
GoToSocial counts code points, addresses and mentions in full, whatever figure it announces (its source, 2025-10).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from crosspost.compose import Content, Draft, Form, write_plain
from crosspost.compose.counting import code_points, grapheme_count
from crosspost.compose.safety import HASHTAG, JOINER, MENTION, REMEMBERED, without_schemes
from crosspost.pages.brand import Brand, Palette

_FAR_MENTION = re.compile(r"(?i)(?<![=/\w])(@(?=[a-z0-9_])[a-z0-9_.-]++(?<=[a-z0-9_]))@[\w.-]*\w")
"""The server's own expression, possessive, so that a long handle without a host takes no time."""
_SHORTCODE = re.compile(r"(?<![A-Za-z0-9:]):(?=[A-Za-z0-9_]{2,}:(?![A-Za-z0-9:]))")


@lru_cache(maxsize=REMEMBERED)
def on_mastodon(text: str) -> str:
    """Return a stranger's text without mention, hashtag, custom emoji and link."""
    joined = MENTION.sub(rf"\1{JOINER}", without_schemes(text))
    return _SHORTCODE.sub(f":{JOINER}", HASHTAG.sub(rf"\1{JOINER}", joined))


@dataclass(frozen=True, slots=True)
class MastodonLength:
    """The length of a text as Mastodon counts it; with `in_full` as servers with its API count it that count more."""

    per_url: int = 23
    """The count of each address, whatever its length: the instance's `characters_reserved_per_url`."""
    in_full: bool = False
    """Count addresses (at least `per_url`) and mentions in full, and code points, not graphemes."""

    @classmethod
    def from_limits(cls, limits: Mapping[str, int]) -> MastodonLength:
        """Return the count for what an instance says of itself (the words of `Form.with_limits`)."""
        in_full = bool(limits.get("addresses_in_full"))
        return cls(limits.get("characters_reserved_per_url", 0 if in_full else 23), in_full)

    def __call__(self, text: str) -> int:
        from crosspost.compose.counting.addresses import addresses

        parts, end = [], 0
        for address in addresses(text) if "://" in text else ():
            if "://" in address.text[: len("https://")]:
                length = max(self.per_url, len(address.text)) if self.in_full else self.per_url
                parts += [text[end : address.start], "x" * length]
                end = address.end
        counted = "".join([*parts, text[end:]])
        return code_points(counted) if self.in_full else grapheme_count(_FAR_MENTION.sub(r"\1", counted))


def write_with_language(draft: Draft) -> Content:
    """Return text, and the language it is in."""
    return write_plain(draft)._replace(fields={"language": draft.target.language})


FORM = Form(
    platform="mastodon",
    template=Path(__file__).with_name("post.j2"),
    min_links=3,
    limit=500,
    count=MastodonLength(),
    instance_count=MastodonLength.from_limits,
    escape=on_mastodon,
    write=write_with_language,
)

BRAND = Brand(
    "Mastodon",
    light=Palette("#6364ff", "#5b4be0"),
    dark=Palette("#6364ff", "#a5a1ff"),
    square=True,
    actions=("↩ Reply", "⟲ Boost", "★ Favourite"),
)
