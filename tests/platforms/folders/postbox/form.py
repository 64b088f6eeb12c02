"""What the postbox asks of a text, and how it looks."""

from __future__ import annotations

from pathlib import Path

from crosspost.compose import Form
from crosspost.pages.brand import Brand, Palette

FORM = Form(
    platform="postbox",
    limit=400,
    template=Path(__file__).with_name("post.j2"),
    escape=str.upper,
    allows_picture=False,
)

BRAND = Brand(
    "The Postbox",
    light=Palette("#123456"),
    actions=("Stamp",),
    body="<p class=letter>{{ text(post.text) }}</p>",
)
