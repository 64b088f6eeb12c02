"""An account as the delivery needs it: how to connect, and what may be done there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from crosspost.model import Image, Post
from crosspost.platforms import Platform, Pricing
from crosspost.platforms._settings import AccountSettings

UNKNOWN_LAG = timedelta(hours=1)
"""The lag of an account that is no longer configured: longer than that of any platform."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account of the configuration, with what follows from its platform."""

    name: str
    platform: str
    """The platform's name."""
    mode: Literal["auto", "manual"]
    """A manual account is never written to: an editor posts, and the delivery watches where it can read."""
    look_after: tuple[timedelta, ...]
    """When to look after an uncertain attempt, counted from it; at least one time."""
    connect: Callable[[], Platform] | None
    """Connects the account; None: it has no credentials and cannot be read."""
    image: Callable[[Post], Image | None]
    settings: AccountSettings
    """The platform's own keys, and the facts that follow from them without a request."""
    window: timedelta = timedelta()
    """The longest rate limit that the platform documents."""

    @property
    def lag(self) -> timedelta:
        """Return the time after which a post is certainly in the platform's listing."""
        return max(self.look_after)

    @property
    def discussion(self) -> bool:
        """Return whether the address of its post is the issue's discussion link."""
        return self.settings.discussion

    @property
    def pricing(self) -> Pricing | None:
        """Return what its platform charges; None: nothing."""
        return self.settings.pricing()
