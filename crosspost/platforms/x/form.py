"""What X asks of a text, and how it looks on a page."""

from __future__ import annotations

from crosspost.compose import Form
from crosspost.pages.brand import Brand, Palette
from crosspost.platforms.x.text import on_x


def weighted_length(text: str) -> int:
    """Return the length as X counts it. The tables are loaded at the first count."""
    from crosspost.platforms.x import counting

    return counting.weighted_length(text)


FORM = Form(platform="x", limit=280, count=weighted_length, escape=on_x, least_links=2)

BRAND = Brand(
    "X",
    light=Palette("#16181d", "#1271b8"),
    dark=Palette("#e7e9ea", "#7db4ff", ink="#16181d"),
    actions=("Reply", "Repost", "Like"),
)
