"""Discord, through discord.py: a bot that speaks REST only, without a gateway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from crosspost.compose import Form, markdown_link
from crosspost.compose.embed import write_embed
from crosspost.compose.safety import on_discord
from crosspost.credentials import Secret
from crosspost.model import Clock, Post
from crosspost.platforms import Platform

FORM = Form(platform="discord", limit=6000, escape=on_discord, link=markdown_link, write=write_embed)


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


def connect(settings: Settings, clock: Clock) -> Platform:
    raise NotImplementedError


def compose_link(post: Post, settings: Settings) -> str | None:
    raise NotImplementedError


def is_post_address(url: str, settings: Settings) -> bool:
    raise NotImplementedError
