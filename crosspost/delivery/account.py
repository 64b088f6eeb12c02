"""An account as the delivery sees it: how to reach it, and what may be done there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from crosspost.model import Image, Post
from crosspost.platforms import Platform, Tariff
from crosspost.platforms._address import Kept, UnresolvedError, plain

UNKNOWN_LAG = timedelta(hours=1)
"""After this long a post is listed, whatever the platform: of an account that is no longer configured."""


def nobody_follows(address: str) -> str:
    raise UnresolvedError(f"nobody says where {address} leads")


@dataclass(frozen=True, slots=True)
class Account:
    """What the delivery does with an account: connect, look, send, and tell an editor how to post by hand."""

    name: str
    kind: str
    """The platform's name."""
    mode: Literal["auto", "manual"]
    """A manual account is never written to: an editor posts, and the delivery watches where it can read."""
    look_after: tuple[timedelta, ...]
    """How long after an uncertain attempt to look, each time; at least once."""
    connect: Callable[[], Platform] | None
    """None: it has no credentials and cannot be read."""
    compose_link: Callable[[Post], str | None]
    discussion: bool
    """Its address goes back into the issue."""
    image: Callable[[Post], Image | None]
    kept: Callable[[str], Kept] = plain
    """Brings an address that a person gives into the one form in which it is kept. Makes no request."""
    follow: Callable[[str], str] = nobody_follows
    """Asks where a shortened address leads, with one request. Raises UnresolvedError."""
    editable: bool = False
    """A post there can be edited so that readers see it."""
    window: timedelta = timedelta()
    """The longest rate limit that the platform documents: so long it may ask us to stay away."""
    watch_every: timedelta | None = None
    """Of a manual account, how long to wait between two looks for the editor's post; None: the last `look_after`."""
    tariff: Tariff | None = None
    """What its platform charges; None: nothing."""

    @property
    def lag(self) -> timedelta:
        """After this long, a post that is there is in the listing."""
        return max(self.look_after)
