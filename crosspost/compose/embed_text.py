"""Write a post as text that a person can paste."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crosspost.model import Post


def as_markdown(embed: Mapping[str, Any]) -> str:
    """Return an embed as a message that a person can paste: people cannot send embeds."""
    head = f"**{embed.get('title', '')}**\n{embed.get('url', '')}".strip()
    fields = [f"**{each['name']}**\n{each['value']}" for each in embed.get("fields", ())]
    return "\n\n".join(part for part in (head, embed.get("description", ""), *fields) if part)


def as_pasted(post: Post) -> str:
    """Return text and embeds; the address last where only a facet, a card or a link field holds it."""
    parts = [post.text, *(as_markdown(embed) for embed in post.fields.get("embeds", ()))]
    text = "\n\n".join(filter(None, parts))
    return text if post.url in text else "\n\n".join(filter(None, (text, post.url)))


def text_of(post: Post) -> str:
    """Return the whole post as a person would paste it: the title first, where it has one."""
    return "\n\n".join(filter(None, (post.title if post.is_link else "", as_pasted(post))))
