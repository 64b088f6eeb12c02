"""What Discord asks of a text, and how it looks on a page."""

from __future__ import annotations

from pathlib import Path

from crosspost.compose import Form, markdown_link
from crosspost.compose.counting import Limit, code_points
from crosspost.pages.brand import Brand, Palette
from crosspost.platforms.discord.embed import write_embed
from crosspost.platforms.discord.text import on_discord

FORM = Form(
    platform="discord",
    wording=Path(__file__).with_name("post.j2"),
    limit=6000,  # code points (discord/discord-api-docs #1315)
    escape=on_discord,
    link=markdown_link,
    write=write_embed,
    own_line="message",
    own_limit=Limit(2000, code_points),
)

BRAND = Brand(
    "Discord",
    light=Palette("#5865f2", "#006ce7"),
    dark=Palette("#5865f2", "#7db4ff"),
    body=Path(__file__).with_name("body.html"),
)
