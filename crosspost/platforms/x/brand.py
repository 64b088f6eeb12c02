"""Say how X looks on a page."""

from __future__ import annotations

from crosspost.pages.brand import Brand, Palette

BRAND = Brand(
    "X",
    light=Palette("#16181d", "#1271b8"),
    dark=Palette("#e7e9ea", "#7db4ff", ink="#16181d"),
    actions=("Reply", "Repost", "Like"),
)
