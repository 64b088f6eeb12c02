"""Discord: the settings of an account, and what follows from them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from crosspost.config.secrets import Secret
from crosspost.network import host_of
from crosspost.platforms._address import CanonicalAddress, split_address, without_query
from crosspost.platforms._settings import AccountSettings

NEEDED = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "embed_links": "Embed Links",
    "attach_files": "Attach Files",
    "read_message_history": "Read Message History",
}
"""The permissions of the bot, by the API's names, as Discord's pages name them."""
_HOST = re.compile(r"(www\.|ptb\.|canary\.)?discord(app)?\.com")
_MESSAGE = re.compile(r"/channels/(?P<guild>\d{1,20}|@me)/(?P<channel>\d{1,20})/(?P<id>\d{1,20})/?")


@dataclass(frozen=True, slots=True)
class Settings(AccountSettings):
    """The keys of `[accounts.NAME]` with `platform = "discord"`."""

    look_schedule = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=5))
    """No lag is documented or was seen. A nonce is known for "the past few minutes" (docs.discord.com, 2026-08)."""
    rate_limit_window = timedelta(hours=6)
    """The longest slow mode (docs.discord.com, channel resource, read 2026-08)."""
    required = ("channel_id", "bot_token")

    api_base_url: str = "https://discord.com/api/v10"
    """The address of the API, with or without /api/v10."""
    channel_id: int | None = None
    """The channel to write to."""
    bot_token: Secret | None = None
    """The bot's token."""
    publish: bool = False
    """In an announcement channel: publish the message to the channels that follow it."""
    authors: tuple[str, ...] = ()
    """User names or ids of editors: an announcement of theirs counts. Needs the message content intent."""

    def canonical_address(self, url: str) -> CanonicalAddress:
        """Return `https://discord.com/channels/GUILD/CHANNEL/MESSAGE`, from the test versions and the old name as well.

        It is a post in the account's own channel, where that is configured.
        """
        parts = split_address(url)
        is_discord = parts is not None and _HOST.fullmatch(host_of(parts.geturl()))
        message = _MESSAGE.fullmatch(parts.path) if parts and is_discord else None
        if message is None:
            return without_query(url)
        address = f"https://discord.com/channels/{message['guild']}/{message['channel']}/{message['id']}"
        return CanonicalAddress(address, is_post=self.channel_id in (None, int(message["channel"])))

    def is_editable(self) -> bool:
        return True
