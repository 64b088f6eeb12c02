"""Say how Bluesky looks on a page."""

from __future__ import annotations

from crosspost.pages.brand import Brand, Palette

BRAND = Brand(
    "Bluesky",
    light=Palette("#1083fe", "#0b6fd8"),
    dark=Palette("#1083fe", "#5bb0ff"),
    actions=("Reply", "Repost", "Like"),
)
