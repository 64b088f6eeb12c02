"""Discord: what to click for a bot, and an invitation with exactly the permissions it needs.

A bot's token does not expire; its first part is the application's id in base64
(docs.discord.com/developers/topics/permissions and /reference, read 2026-07).
"""

from __future__ import annotations

import base64

from crosspost.platforms._login import Prompts
from crosspost.platforms.discord import NEEDED, Settings

STEPS = """\
At https://discord.com/developers/applications:
  1. New Application; on its page "Bot": switch "Public Bot" off, "Message Content Intent" on if editors also
     post there by hand: with it those named in `authors` are recognised.
  2. "Reset Token", and copy it.
"""


def obtain(settings: Settings, prompts: Prompts) -> dict[str, str]:
    """Return the bot's token."""
    import discord

    prompts.show(STEPS)
    token = prompts.ask_secret("The bot's token").removeprefix("Bot ").strip()
    try:
        application = int(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))
    except ValueError:
        prompts.show(f"Add the bot to your server with these permissions: {', '.join(NEEDED.values())}.")
    else:
        permissions = discord.Permissions(**dict.fromkeys(NEEDED, True))
        page = discord.utils.oauth_url(application, permissions=permissions, scopes=["bot"])
        prompts.show(f"Open this page and add the bot to your server:\n\n  {page}\n")
    prompts.show(f"In the channel {settings.channel_id} the bot needs the same permissions.")
    prompts.ask("When that is done, type yes")
    return {"bot_token": token}
