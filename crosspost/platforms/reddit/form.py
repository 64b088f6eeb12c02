"""What Reddit asks of a text, and how it looks on a page."""

from __future__ import annotations

from pathlib import Path

from crosspost.compose import Form, markdown_link
from crosspost.pages.brand import Brand, Palette
from crosspost.platforms.reddit.selftext import write_selftext
from crosspost.platforms.reddit.text import on_reddit

FORM = Form(
    platform="reddit",
    wording=Path(__file__).with_name("post.j2"),
    limit=40_000,
    title_limit=300,
    escape=on_reddit,
    link=markdown_link,
    write=write_selftext,
    link_post=True,
    picture=False,  # a link post shows the picture of the page it leads to
)

BRAND = Brand(
    "Reddit",
    light=Palette("#ff4500", "#0b5cad"),
    dark=Palette("#ff4500", "#7db4ff"),
    actions=("↑ 1 ↓", "Comments", "Share"),
    body=Path(__file__).with_name("body.html"),
)
