"""An account as the delivery sees it: how to reach it, and what may be done there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from crosspost.model import Image, Post
from crosspost.platforms import Platform, Pricing
from crosspost.platforms._settings import AccountSettings

UNKNOWN_LAG = timedelta(hours=1)
"""After this long a post is listed, whatever the platform: of an account that is no longer configured."""


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
    image: Callable[[Post], Image | None]
    settings: AccountSettings
    """What follows from its platform's own keys, without a request."""
    window: timedelta = timedelta()
    """The longest rate limit that the platform documents: so long it may ask us to stay away."""

    @property
    def lag(self) -> timedelta:
        """After this long, a post that is there is in the listing."""
        return max(self.look_after)

    @property
    def discussion(self) -> bool:
        """Whether its post's address goes back into the issue."""
        return self.settings.discussion

    @property
    def pricing(self) -> Pricing | None:
        """What its platform charges; None: nothing."""
        return self.settings.pricing()
