"""The address of a message on Discord, from all forms in which people have it."""

from __future__ import annotations

import re

from crosspost.platforms._address import Kept, plain, split
from crosspost.platforms._matching import host_of
from crosspost.platforms.discord.settings import Settings

HOSTS = tuple(
    f"{channel}{name}"
    for channel in ("", "www.", "ptb.", "canary.")
    for name in ("discord.com", "discordapp.com")
)

_MESSAGE = re.compile(r"/channels/(?P<guild>\d{1,20}|@me)/(?P<channel>\d{1,20})/(?P<id>\d{1,20})/?")


def kept(url: str, settings: Settings) -> Kept:  # noqa: ARG001 - every platform's is called so
    """Return `https://discord.com/channels/GUILD/CHANNEL/MESSAGE`, from the test versions and the old name as well."""
    parts = split(url)
    message = _MESSAGE.fullmatch(parts.path) if parts and host_of(parts.geturl()) in HOSTS else None
    if message is None:
        return plain(url)
    return Kept(f"https://discord.com/channels/{message['guild']}/{message['channel']}/{message['id']}")
