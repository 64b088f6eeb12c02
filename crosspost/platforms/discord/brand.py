"""Say how Discord looks on a page."""

from __future__ import annotations

from pathlib import Path

from crosspost.pages.brand import Brand, Palette

BRAND = Brand(
    "Discord",
    light=Palette("#5865f2", "#006ce7"),
    dark=Palette("#5865f2", "#7db4ff"),
    body=Path(__file__).with_name("body.html"),
)
