"""The rules for posts on X, and how X looks on a page."""

from __future__ import annotations

import re
from functools import lru_cache

from crosspost.compose import Form
from crosspost.compose.safety import HASHTAG, JOINER, MENTION, REMEMBERED, without_schemes
from crosspost.pages.brand import Brand, Palette
from crosspost.platforms.x.counting import weighted_length

_CASHTAG = re.compile(r"(?<![\w$])\$(?=[A-Za-z])")


@lru_cache(maxsize=REMEMBERED)
def on_x(text: str) -> str:
    """Return a stranger's text without mention, hashtag, cashtag and bare domain: a link costs money there."""
    from crosspost.compose.counting.addresses import bare_domains  # with its tables, at the first text

    joined = MENTION.sub(rf"\1{JOINER}", without_schemes(text))
    joined = _CASHTAG.sub(f"${JOINER}", HASHTAG.sub(rf"\1{JOINER}", joined))
    for address in reversed(bare_domains(joined)):
        word = address.text.replace(".", f".{JOINER}")
        joined = joined[: address.start] + word + joined[address.end :]
    return joined


FORM = Form(platform="x", limit=280, count=weighted_length, escape=on_x, min_links=2)

BRAND = Brand(
    "X",
    light=Palette("#16181d", "#1271b8"),
    dark=Palette("#e7e9ea", "#7db4ff", ink="#16181d"),
    actions=("Reply", "Repost", "Like"),
)
