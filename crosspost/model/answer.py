"""What a platform answered: to a request that writes, and to a look."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Cause(StrEnum):
    """Why a platform refused for good."""

    CONTENT = "content"
    ACCOUNT = "account"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform accepted the post and said where it is."""

    url: str
    id: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """The platform deleted or edited the post. `was_there`: False when it knew no such post any more."""

    was_there: bool = True


@dataclass(frozen=True, slots=True)
class RefusedForNow:
    """Certainly not there; the platform wants to be asked later. `until`: its own word, if it gave one."""

    reason: str
    until: datetime | None = None
    if_again: Cause | None = None
    """What is wrong when it is refused like this a second time; None: it can be refused again and again."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Certainly not there; repeating will not help."""

    reason: str
    fault: Cause


@dataclass(frozen=True, slots=True)
class NeverArrived:
    """The request certainly never reached the platform."""

    reason: str


@dataclass(frozen=True, slots=True)
class Uncertain:
    """It may be there: look before anything else."""

    reason: str


Outcome = Sent | Done | RefusedForNow | Rejected | NeverArrived | Uncertain


@dataclass(frozen=True, slots=True)
class Found:
    """The post is there. `by` says how it was recognised: "address" or "title"."""

    url: str
    id: str
    by: str = "address"
    others: tuple[str, ...] = ()
    """Addresses of further posts that would count as it, were it not there."""
    at: datetime | None = field(default=None, compare=False)
    """When it was published; None: not known. Two looks that found one post are equal, whatever they tell of it."""
    text: str = field(default="", compare=False)
    """What it says, without what only an address holds; of a post with a title: the title."""


@dataclass(frozen=True, slots=True)
class NotOurs:
    """A post is there, and somebody else wrote it."""

    author: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The listing was read, back to the fence, and the post is not in it."""


@dataclass(frozen=True, slots=True)
class CannotLook:
    """The listing could not be read. `refused`: the account may not (401, 403, no permission, no such call)."""

    reason: str
    refused: bool
    until: datetime | None = None


Look = Found | Absent | CannotLook

FetchResult = Found | NotOurs | Absent | CannotLook
"""What became of a post that is known by its id."""
