"""How the postbox looks."""

from __future__ import annotations

from crosspost.pages.brand import Brand, Palette

BRAND = Brand(
    "The Postbox",
    light=Palette("#123456"),
    actions=("Stamp",),
    body="<p class=letter>{{ text(post.text) }}</p>",
)
