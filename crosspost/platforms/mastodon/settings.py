"""The keys of an account's table with `platform = "mastodon"`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from crosspost.config.secrets import Secret


@dataclass(frozen=True, slots=True)
class Settings:
    """The keys of `[accounts.NAME]` with `platform = "mastodon"`."""

    required: ClassVar[tuple[str, ...]] = ("access_token",)
    """What an account with `mode = "auto"` must have."""

    api_base_url: str = "https://mastodon.social"
    """The instance."""
    access_token: Secret | None = None
    """A token with the scopes read:accounts read:statuses write:statuses write:media."""
    visibility: Literal["public", "unlisted", "private"] = "public"
    """Who sees the post."""
