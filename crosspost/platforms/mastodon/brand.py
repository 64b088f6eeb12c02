"""Say how Mastodon looks on a page."""

from __future__ import annotations

from crosspost.pages.brand import Brand, Palette

BRAND = Brand(
    "Mastodon",
    light=Palette("#6364ff", "#5b4be0"),
    dark=Palette("#6364ff", "#a5a1ff"),
    square=True,
    actions=("↩ Reply", "⟲ Boost", "★ Favourite"),
)
