"""What goes into a message, and which one it is."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from crosspost.model import Found, Post
from crosspost.platforms import Attempt
from crosspost.platforms._matching import id_of
from crosspost.platforms.discord.client import library

if TYPE_CHECKING:
    import discord


def drawn(post: Post, attempt: Attempt) -> tuple[list[discord.Embed], discord.File | None]:
    """Return the embeds, and the picture that the first of them shows."""
    discord_py = library()
    embeds = [discord_py.Embed.from_dict(embed) for embed in post.fields.get("embeds") or ()]
    if attempt.image is None:
        return embeds, None
    name = f"card.{attempt.image.mime_type.rpartition('/')[2]}"
    for embed in embeds[:1]:
        embed.set_image(url=f"attachment://{name}")
    data = io.BytesIO(attempt.image.data)
    return embeds, discord_py.File(data, filename=name, description=attempt.image.alt)


def message_id(there: Found) -> int:
    return int(id_of(there))


def number_of(given: object) -> int:
    """Return an id; 0 where there is none."""
    return int(str(given)) if str(given).isdecimal() else 0
