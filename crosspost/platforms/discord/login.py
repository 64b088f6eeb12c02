"""Discord: what to click for a bot, and an invitation with exactly the permissions it needs.

A bot's token does not expire; its first part is the application's id in base64
(docs.discord.com/developers/topics/permissions and /reference, read 2026-07).
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from crosspost.platforms._prompts import Prompts

if TYPE_CHECKING:
    from crosspost.platforms.discord import Settings

PERMISSIONS = {
    "View Channel": 1 << 10,
    "Send Messages": 1 << 11,
    "Embed Links": 1 << 14,
    "Attach Files": 1 << 15,
    "Read Message History": 1 << 16,
}

STEPS = """\
At https://discord.com/developers/applications:
  1. New Application; on its page "Bot": switch "Public Bot" off, "Message Content Intent" on if editors also
     post there by hand: with it those named in `authors` are recognised.
  2. "Reset Token", and copy it.
"""


def obtain(settings: Settings, prompts: Prompts) -> dict[str, str]:
    """Returns the bot's token."""
    prompts.show(STEPS)
    token = prompts.ask_secret("The bot's token").removeprefix("Bot ").strip()
    if application := _application(token):
        prompts.show(f"Open this page and add the bot to your server:\n\n  {invitation(application)}\n")
    else:
        prompts.show(f"Add the bot to your server with these permissions: {', '.join(PERMISSIONS)}.")
    prompts.show(f"In the channel {settings.channel_id} the bot needs the same permissions.")
    prompts.ask("When that is done, type yes")
    return {"bot_token": token}


def invitation(application: str) -> str:
    """Return the page that adds the bot to a server."""
    bits = sum(PERMISSIONS.values())
    return f"https://discord.com/oauth2/authorize?client_id={application}&scope=bot&permissions={bits}"


def _application(token: str) -> str | None:
    head = token.partition(".")[0]
    try:
        number = base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return number if number.isdigit() else None
