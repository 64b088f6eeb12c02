"""The lines of `crosspost check` about a bot and its channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import discord

from crosspost.platforms import CheckResult, Level
from crosspost.platforms.discord import Settings

NEEDED: Mapping[str, str] = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "embed_links": "Embed Links",
    "attach_files": "Attach Files",
    "read_message_history": "Read Message History",
}
NEWS = 5
"""The type of an announcement channel."""


def permitted(permissions: discord.Permissions | None) -> CheckResult:
    if permissions is None:
        sentence = "Discord does not say what the bot may do in the channel"
        return CheckResult("permissions", Level.WARN, sentence)
    missing = [name for key, name in NEEDED.items() if not getattr(permissions, key)]
    if missing:
        sentence = f"the bot lacks {', '.join(missing)} in the channel: give it to the bot's role"
        return CheckResult("permissions", Level.FAIL, sentence)
    return CheckResult("permissions", Level.OK, "the bot may post, and read what was posted")


def kind(channel: Mapping[str, Any], settings: Settings) -> CheckResult:
    name = channel.get("name") or settings.channel_id or 0
    if settings.publish and channel.get("type") not in (NEWS, None):
        sentence = f"#{name} is no announcement channel: nothing can be published from it; drop `publish`"
        return CheckResult("channel", Level.FAIL, sentence)
    return CheckResult("channel", Level.OK, f"the channel is #{name}")


async def intent(client: discord.Client, settings: Settings) -> CheckResult:
    try:
        flags = (await client.application_info()).flags
    except (KeyError, discord.HTTPException):
        return CheckResult("message content", Level.OK, "Discord does not say which intents the bot has")
    reads = flags.gateway_message_content or flags.gateway_message_content_limited
    if not settings.authors:
        sentence = "only the bot's own announcements count; name editors in `authors` if theirs shall"
        return CheckResult("message content", Level.OK, sentence)
    if reads:
        sentence = f"the announcements of {', '.join(settings.authors)} count, too"
    else:
        sentence = "without the message content intent no announcement of `authors` is recognised"
    return CheckResult("message content", Level.WARN if not reads else Level.OK, sentence)
