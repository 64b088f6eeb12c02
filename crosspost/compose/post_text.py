"""The text of a composed post: as a person can paste it, and what differs between two posts of an issue. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from crosspost.compose import Target, possible_lines
from crosspost.model import Post

if TYPE_CHECKING:
    from crosspost.compose.digest import Digest

_UNKNOWN_LINE = "text"
"""Stands for a change that is in no line by itself: a line was left out, or cut elsewhere."""


def embed_as_markdown(embed: Mapping[str, Any]) -> str:
    """Return an embed as a message that a person can paste: people cannot send embeds."""
    head = f"**{embed.get('title', '')}**\n{embed.get('url', '')}".strip()
    fields = [f"**{each['name']}**\n{each['value']}" for each in embed.get("fields", ())]
    return "\n\n".join(part for part in (head, embed.get("description", ""), *fields) if part)


def pasteable_body(post: Post) -> str:
    """Return text and embeds; the address last where only a facet, a card or a link field holds it."""
    parts = [post.text, *(embed_as_markdown(embed) for embed in post.fields.get("embeds", ()))]
    if not any(post.url in part for part in parts):
        parts.append(post.url)
    return "\n\n".join(filter(None, parts))


def pasteable_text(post: Post) -> str:
    """Return the whole post as a person would paste it: the title first, where it has one."""
    return "\n\n".join(filter(None, (post.title if post.is_link else "", pasteable_body(post))))


def is_same_content(before: Post, after: Post) -> bool:
    """Return whether readers would see no difference."""
    return (before.text, dict(before.fields), before.alt) == (after.text, dict(after.fields), after.alt)


def changed_lines(before: Post, after: Post, digest: Digest, target: Target) -> tuple[str, ...]:
    """Return the names of the lines that differ in `after`, which was composed of this digest; empty: none does."""
    if is_same_content(before, after):
        return ()
    old, new = ("\n".join((post.text, *_strings_in(dict(post.fields)))) for post in (before, after))
    names: dict[str, None] = {}
    for line in possible_lines(digest, target):
        for words in (line.text, "".join(map(str, line.short))):
            if words and words in new and words not in old:
                names[line.name] = None
    return tuple(names) or (_UNKNOWN_LINE,)


def _strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings_in(each)
