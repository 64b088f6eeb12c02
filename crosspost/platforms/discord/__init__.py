"""Discord: its settings, and how to connect."""

from __future__ import annotations

import re
from datetime import timedelta

from crosspost.model import Clock, Post
from crosspost.platforms import Hide, Platform, hide_nothing
from crosspost.platforms._matching import host_of, path_of
from crosspost.platforms.discord.settings import Settings

__all__ = ["Settings", "compose_link", "connect", "is_editable", "is_post_address"]


LOOK_AFTER = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=5))
"""No lag is documented or was seen; a nonce is remembered for "the past few minutes"
(docs.discord.com, read 2026-08)."""
WINDOW = timedelta(hours=6)
"""Slow mode at its slowest (docs.discord.com, channel resource, read 2026-08)."""


def connect(settings: Settings, clock: Clock, hide: Hide = hide_nothing) -> Platform:  # noqa: ARG001 - there are no sessions
    from crosspost.platforms.discord.adapter import DiscordAccount

    return DiscordAccount(settings, clock)


def compose_link(post: Post, settings: Settings) -> str | None:  # noqa: ARG001 - every platform's is called so
    """Discord has no such page."""
    return None


def is_editable(settings: Settings) -> bool:  # noqa: ARG001 - whatever they are
    return True


def is_post_address(url: str, settings: Settings) -> bool:
    """`https://discord.com/channels/GUILD/CHANNEL/MESSAGE` in the account's own channel, where that is configured."""
    host = host_of(url).removeprefix("ptb.").removeprefix("canary.")
    match = _POST_PATH.fullmatch(path_of(url)) if host in ("discord.com", "discordapp.com") else None
    return match is not None and settings.channel_id in (None, int(match["channel"]))


_POST_PATH = re.compile(r"/channels/(\d+|@me)/(?P<channel>\d+)/\d+/?")
