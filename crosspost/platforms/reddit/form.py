"""The rules for posts on Reddit, and how Reddit looks on a page."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from crosspost.compose import Content, Draft, Form, write_plain
from crosspost.compose.rendering import markdown_link
from crosspost.compose.safety import EMPHASIS, REMEMBERED, escaped, without_schemes
from crosspost.pages.brand import Brand, Palette

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
    """Return a stranger's text without effect in Reddit's Markdown, old and new.

    No emphasis, link, mention, superscript, spoiler or entity.
    """
    return escaped(_REDDIT, _ENTITY.sub("&amp;", without_schemes(text)))


def write_selftext(draft: Draft) -> Content:
    """Return the summary, the link post's own text; nothing when the account says `body = "none"`."""
    if draft.target.options.get("body") == "none":
        return Content("", (), 0, {})
    return write_plain(draft)


FORM = Form(
    platform="reddit",
    template=Path(__file__).with_name("post.j2"),
    limit=40_000,
    title_limit=300,
    escape=on_reddit,
    link=markdown_link,
    write=write_selftext,
    is_link_post=True,
    allows_picture=False,  # a link post shows the picture of the page it leads to
)

BRAND = Brand(
    "Reddit",
    light=Palette("#ff4500", "#0b5cad"),
    dark=Palette("#ff4500", "#7db4ff"),
    actions=("↑ 1 ↓", "Comments", "Share"),
    body=Path(__file__).with_name("body.html"),
)
