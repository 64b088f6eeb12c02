"""The keys of an account's table with `platform = "x"`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from crosspost.config.secrets import Secret
from crosspost.config.types import Amount


@dataclass(frozen=True, slots=True)
class Settings:
    """The keys of `[accounts.NAME]` with `platform = "x"`."""

    required: ClassVar[tuple[str, ...]] = (
        "consumer_key",
        "consumer_secret",
        "access_token",
        "access_token_secret",
    )
    """What an account with `mode = "auto"` must have."""

    api_base_url: str = "https://api.x.com"
    """Stands for https://api.twitter.com and https://api.x.com alike."""
    consumer_key: Secret | None = None
    """The app's API key."""
    consumer_secret: Secret | None = None
    """The app's API key secret."""
    access_token: Secret | None = None
    """The account's own access token (OAuth 1.0a, read and write)."""
    access_token_secret: Secret | None = None
    """The access token's secret."""
    budget: Amount | None = None
    """The most that posts and looks may cost in a calendar month (UTC), by `prices.py`; None: no limit."""
