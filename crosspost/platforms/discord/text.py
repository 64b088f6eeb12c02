"""Keep a stranger's characters from having an effect on Discord."""

from __future__ import annotations

import re
from functools import lru_cache

from crosspost.compose.safety import EMPHASIS, JOINER, REMEMBERED, escaped, without_schemes

_DISCORD = re.compile(
    rf"""{EMPHASIS}
    | (?P<spoiler> \|(?=\|)|(?<=\|)\| )
    | (?P<emoji>   :(?=[a-z0-9_+-]{{2,}}:) )                                 # :crab: becomes a picture
    """,
    re.VERBOSE | re.IGNORECASE,
)


_PING = re.compile(r"@(?=everyone|here)|<(?=[@#:/]|(?:a|t|id|sound):)", re.IGNORECASE)
"""@everyone, and what Discord makes of <@id>, <#id>, <:emoji:id>, </command:id>, <t:time>, <id:page>."""


_BALANCED = re.compile(r"[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*")


@lru_cache(maxsize=REMEMBERED)
def on_discord(text: str) -> str:
    """Discord's Markdown: no emphasis, link, mention, emoji, timestamp or spoiler."""
    plain = without_schemes(text)
    if not _BALANCED.fullmatch(plain):
        # Its parser looks for a link's end before it looks at backslashes: an odd bracket would end it.
        plain = plain.replace("[", "(").replace("]", ")")
    return _PING.sub(rf"\g<0>{JOINER}", escaped(_DISCORD, plain))
