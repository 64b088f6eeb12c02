"""The keys of an account's table with `platform = "discord"`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from crosspost.config.secrets import Secret


@dataclass(frozen=True, slots=True)
class Settings:
    """The keys of `[accounts.NAME]` with `platform = "discord"`."""

    required: ClassVar[tuple[str, ...]] = ("channel_id", "bot_token")
    """What an account with `mode = "auto"` must have."""

    api_base_url: str = "https://discord.com/api/v10"
    """With or without /api/v10."""
    channel_id: int | None = None
    """The channel to write to."""
    bot_token: Secret | None = None
    """The bot's token."""
    publish: bool = False
    """In an announcement channel: publish the message to the channels that follow it."""
    authors: tuple[str, ...] = ()
    """User names or ids of editors: an announcement of theirs counts. Needs the message content intent."""
