"""A post as it is sent, with what its picture shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from crosspost.model.issue import is_day


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that goes with a post. Drawn again from the issue when needed, never stored."""

    data: bytes
    mime_type: str
    alt: str


PERFORMANCE = "Compiler performance"
_ENDS = (".", "!", "?", "…", ".”", "!”", "?”", "…”")


@dataclass(frozen=True, slots=True)
class Picture:
    """What stands on the picture of a post. `str()` is its alt text."""

    name: str
    number: int
    day: str
    figures: tuple[tuple[str, str], ...]
    """At most three, as (number, of what)."""
    headline: str = ""
    """The title of the first link."""
    performance: str = ""
    """The statement about compiler performance that every platform has."""

    def __str__(self) -> str:
        listed = ", ".join(" ".join(figure) for figure in self.figures)
        performance = f"{PERFORMANCE}: {self.performance}" if self.performance else ""
        which = self.name if is_day(self.number) else f"{self.name} {self.number}"
        parts = (f"{which}, {self.day}", self.headline, performance, listed)
        return " ".join(part if part.endswith(_ENDS) else f"{part}." for part in parts if part)

    @property
    def summary(self) -> str:
        """ "12 August 2026: 698 pull requests merged, 31 links from the community"."""
        listed = ", ".join(" ".join(figure) for figure in self.figures)
        return f"{self.day}: {listed}" if listed else self.day


class TextBy(StrEnum):
    """Who wrote a text that was not composed."""

    PERSON = "person"
    """By `post --text`."""
    COMMENT = "comment"
    """In a comment of the issue."""


@dataclass(frozen=True, slots=True)
class Post:
    """What one account will be asked to publish. Rendered once, stored, then sent byte for byte."""

    account: str
    platform: str
    number: int
    url: str
    """The issue's own address: what a look on the platform matches first."""
    title: str
    """"This Week in Rust 665": what a look matches second, and Reddit's title."""
    text: str
    """The text as sent; for Reddit its body; for Discord the message's content, usually empty."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """What only this platform has, JSON-able: Discord's `embeds`, Bluesky's `facets` and `card`, a language."""
    length: int = 0
    """By the platform's own way of counting."""
    limit: int = 0
    dropped: tuple[str, ...] = ()
    """The names of the lines that were left out so that the rest fits."""
    alt: str | None = None
    """The alt text of the picture, when the account has `card = true`; None: no picture."""
    picture: Picture | None = None
    """What the picture is drawn of; None: no picture."""
    is_link: bool = False
    """A link post: its title and its address are the post, the text only goes with them."""
    text_by: TextBy | None = None
    """None: the text was composed."""
