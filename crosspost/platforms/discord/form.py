"""The rules for posts on Discord, and how Discord looks on a page."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from crosspost.compose import Form
from crosspost.compose.counting import Limit, code_points
from crosspost.compose.rendering import markdown_link
from crosspost.compose.safety import EMPHASIS, JOINER, REMEMBERED, escaped, without_schemes
from crosspost.pages.brand import Brand, Palette
from crosspost.platforms.discord.embed import write_embed

_MARKDOWN = re.compile(
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
    """Return a stranger's text without emphasis, link, mention, emoji, timestamp and spoiler."""
    plain = without_schemes(text)
    if not _BALANCED.fullmatch(plain):
        # Its parser looks for a link's end before it looks at backslashes: an odd bracket would end it.
        plain = plain.replace("[", "(").replace("]", ")")
    return _PING.sub(rf"\g<0>{JOINER}", escaped(_MARKDOWN, plain))


FORM = Form(
    platform="discord",
    template=Path(__file__).with_name("post.j2"),
    limit=6000,  # code points (discord/discord-api-docs #1315)
    escape=on_discord,
    link=markdown_link,
    write=write_embed,
    custom_text_line="message",
    custom_text_limit=Limit(2000, code_points),
)

BRAND = Brand(
    "Discord",
    light=Palette("#5865f2", "#006ce7"),
    dark=Palette("#5865f2", "#7db4ff"),
    body=Path(__file__).with_name("body.html"),
)
