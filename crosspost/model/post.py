"""A post as it is sent, and what a platform answers about it: to a write, and to a look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from crosspost.model.issue import is_day


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of a post. It is drawn when it is needed, and not stored."""

    data: bytes
    mime_type: str
    alt: str


PERFORMANCE = "Compiler performance"
_ENDS = (".", "!", "?", "…", ".”", "!”", "?”", "…”")


@dataclass(frozen=True, slots=True)
class Picture:
    """The content of a post's picture. `str()` is its alt text."""

    name: str
    number: int
    day: str
    figures: tuple[tuple[str, str], ...]
    """At most three figures, each a number and its noun."""
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
        """Return "12 August 2026: 698 pull requests merged, 31 links from the community"."""
        listed = ", ".join(" ".join(figure) for figure in self.figures)
        return f"{self.day}: {listed}" if listed else self.day


class TextBy(StrEnum):
    """The author of a text that was not composed."""

    PERSON = "person"
    """A person, by `post --text`."""
    COMMENT = "comment"
    """A comment in the issue."""


@dataclass(frozen=True, slots=True)
class Post:
    """A post for one account. It is composed once, stored, and sent exactly as it was stored."""

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
    """The platform's own fields, as JSON has them: Discord's `embeds`, Bluesky's `facets` and `card`, a language."""
    length: int = 0
    """The length, as the platform counts it."""
    limit: int = 0
    dropped: tuple[str, ...] = ()
    """The names of the lines that were left out so that the rest fits."""
    alt: str | None = None
    """The alt text of the picture, when the account has `card = true`; None: no picture."""
    picture: Picture | None = None
    """The content of the picture; None: no picture."""
    is_link: bool = False
    """Whether it is a link post: a title and an address, with the text below them."""
    text_by: TextBy | None = None
    """None: the text was composed."""


class Cause(StrEnum):
    """The cause for which a platform refused for good."""

    CONTENT = "content"
    ACCOUNT = "account"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform accepted the post and returned its address."""

    url: str
    id: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """The platform deleted or edited the post. `was_there`: False when it no longer had the post."""

    was_there: bool = True


@dataclass(frozen=True, slots=True)
class RefusedForNow:
    """The post is certainly not there, and may be tried again: not before `until`, if the platform gave a time."""

    reason: str
    until: datetime | None = None
    if_again: Cause | None = None
    """The cause for which a second refusal of this kind is final; None: it never is."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The post is certainly not there, and another try would not help."""

    reason: str
    fault: Cause


@dataclass(frozen=True, slots=True)
class NeverArrived:
    """The request certainly never reached the platform."""

    reason: str


@dataclass(frozen=True, slots=True)
class Uncertain:
    """The post may be there: look for it before anything else."""

    reason: str


Outcome = Sent | Done | RefusedForNow | Rejected | NeverArrived | Uncertain


@dataclass(frozen=True, slots=True)
class Found:
    """The post is there. `by` is how it was recognized: "address" or "title"."""

    url: str
    id: str
    by: str = "address"
    others: tuple[str, ...] = ()
    """Addresses of further posts that match as well."""
    at: datetime | None = field(default=None, compare=False)
    """When it was published; None: not known. Results for one post are equal, whatever its time and text."""
    text: str = field(default="", compare=False)
    """Its text without addresses; of a post with a title: the title."""


@dataclass(frozen=True, slots=True)
class NotOurs:
    """The post is there, and another account wrote it."""

    author: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The listing was read back to the fence, and the post is not in it."""


@dataclass(frozen=True, slots=True)
class CannotLook:
    """The listing could not be read. `refused`: the account may not read it (401, 403, no permission, no such call)."""

    reason: str
    refused: bool
    until: datetime | None = None


Look = Found | Absent | CannotLook

FetchResult = Found | NotOurs | Absent | CannotLook
"""The result of a fetch: the state of a post that is known by its id."""
