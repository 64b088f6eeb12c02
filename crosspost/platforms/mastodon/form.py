"""What Mastodon asks of a text, and how it looks on a page."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from crosspost.compose import Draft, Form, Written, write_plain
from crosspost.compose.safety import HASHTAG, JOINER, MENTION, REMEMBERED, without_schemes
from crosspost.pages.brand import Brand, Palette
from crosspost.platforms.mastodon.counting import MastodonLength

_SHORTCODE = re.compile(r"(?<![A-Za-z0-9:]):(?=[A-Za-z0-9_]{2,}:(?![A-Za-z0-9:]))")


@lru_cache(maxsize=REMEMBERED)
def on_mastodon(text: str) -> str:
    """Return a stranger's text without mention, hashtag, custom emoji and link."""
    joined = MENTION.sub(rf"\1{JOINER}", without_schemes(text))
    return _SHORTCODE.sub(f":{JOINER}", HASHTAG.sub(rf"\1{JOINER}", joined))


def write_with_language(draft: Draft, form: Form) -> Written:
    """Return text, and the language it is in."""
    return replace(write_plain(draft, form), fields={"language": draft.language})


FORM = Form(
    platform="mastodon",
    wording=Path(__file__).with_name("post.j2"),
    least_links=3,
    limit=500,
    count=MastodonLength(),
    recount=MastodonLength.by,
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
