"""Keep a stranger's characters from having an effect on Reddit."""

from __future__ import annotations

import re
from functools import lru_cache

from crosspost.compose.safety import EMPHASIS, REMEMBERED, escaped, without_schemes

_REDDIT = re.compile(
    rf"""{EMPHASIS}
    | (?P<super>   \^(?=\S) )
    | (?P<html>    <(?=[A-Za-z/!?]) )
    | (?P<spoiler> >(?=!) )
    | (?P<www>     (?<=\bwww)\.(?=\w) )
    | (?P<place>   (?<=(?<!\w)[ur])/(?=\w) )     # u/name pings, r/name links
    """,
    re.VERBOSE | re.IGNORECASE,
)


_ENTITY = re.compile(r"&(?=\#?\w{1,32};)")


@lru_cache(maxsize=REMEMBERED)
def on_reddit(text: str) -> str:
    """Reddit's Markdown, old and new: no emphasis, link, mention, superscript, spoiler or entity."""
    return escaped(_REDDIT, _ENTITY.sub("&amp;", without_schemes(text)))
