"""Write an embed as text that a person can paste."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def as_markdown(embed: Mapping[str, Any]) -> str:
    """An embed as a message that a person can paste: people cannot send embeds."""
    head = f"**{embed.get('title', '')}**\n{embed.get('url', '')}".strip()
    fields = [f"**{each['name']}**\n{each['value']}" for each in embed.get("fields", ())]
    return "\n\n".join(part for part in (head, embed.get("description", ""), *fields) if part)
