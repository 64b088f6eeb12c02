"""Say how Reddit looks on a page."""

from __future__ import annotations

from pathlib import Path

from crosspost.pages.brand import Brand, Palette

BRAND = Brand(
    "Reddit",
    light=Palette("#ff4500", "#0b5cad"),
    dark=Palette("#ff4500", "#7db4ff"),
    actions=("↑ 1 ↓", "Comments", "Share"),
    body=Path(__file__).with_name("body.html"),
)
