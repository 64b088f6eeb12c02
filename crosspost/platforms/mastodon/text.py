"""Keep a stranger's characters from having an effect on Mastodon."""

from __future__ import annotations

import re
from functools import lru_cache

from crosspost.compose.safety import HASHTAG, JOINER, MENTION, REMEMBERED, without_schemes

_SHORTCODE = re.compile(r"(?<![A-Za-z0-9:]):(?=[A-Za-z0-9_]{2,}:(?![A-Za-z0-9:]))")


@lru_cache(maxsize=REMEMBERED)
def on_mastodon(text: str) -> str:
    """No mention, no hashtag, no custom emoji, no link."""
    joined = MENTION.sub(rf"\1{JOINER}", without_schemes(text))
    return _SHORTCODE.sub(f":{JOINER}", HASHTAG.sub(rf"\1{JOINER}", joined))
