"""Describe how a platform looks on a page. Each platform's folder has a `Brand` in its `form.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crosspost.model import Post
    from crosspost.pages.text import Mark


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as CSS writes them, for one of the reader's two settings, light and dark."""

    hue: str = "#8a8f98"
    """The edge of a post, and the avatar."""
    link: str = "#1b5fc1"
    ink: str = "#fff"
    """The letters on the avatar."""


@dataclass(frozen=True, slots=True)
class Brand:
    """The look of a platform. The defaults are for a name that no folder has."""

    name: str
    """The platform's name as people write it: "Mastodon"."""
    light: Palette = Palette()
    dark: Palette = Palette(link="#7db4ff")
    square: bool = False
    """The avatar is a square with round corners, not a circle."""
    marks: Callable[[Post], Sequence[Mark] | None] = lambda post: None  # noqa: ARG005 - the parameter's name is part of the type
    """Returns the links and hashtags that the post itself marks in its text; None: those that look like one."""
    actions: tuple[str, ...] = ()
    """The buttons under a post; shown without effect."""
    body: Path | str | None = None
    """The Jinja template of what a post shows, a file of the platform's folder or a text; None: its text, and the card
    that a platform makes of the address.

    It is rendered with autoescape and gets `post` (model.Post) and

        text(plain, marks)  paragraphs and lines as they were typed, addresses and hashtags marked
        marks               what `marks` says of this post
        markdown(text)      CommonMark without HTML and images
        link(url, title)    a link if the address is http or https, else the title alone
        domain(url)         "example.org"
        picture             the post's picture, its alt text where it cannot be drawn, or nothing
    """
