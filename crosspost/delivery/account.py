"""An account as the delivery sees it: how to reach it, and what may be done there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from crosspost.model import Image, Post
from crosspost.platforms import Platform


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    kind: str
    """The platform's name."""
    mode: Literal["auto", "manual"]
    """A manual account is never written to: an editor posts, and the delivery watches where it can read."""
    look_after: tuple[timedelta, ...]
    """How long after an uncertain attempt to look, each time; empty: after the first retry's pause."""
    connect: Callable[[], Platform] | None
    """None: it has no credentials and cannot be read."""
    compose_link: Callable[[Post], str | None]
    is_post_address: Callable[[str], bool]
    discussion: bool
    """Its address goes back into the issue."""
    image: Callable[[Post], Image | None]
    window: timedelta = timedelta()
    """The longest rate limit that the platform documents: so long it may ask us to stay away."""
