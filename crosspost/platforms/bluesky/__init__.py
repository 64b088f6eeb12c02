"""Bluesky: its settings, and how to connect."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

from crosspost.model import Clock, Post
from crosspost.platforms import Hide, Platform, hide_nothing
from crosspost.platforms._matching import host_of, path_of
from crosspost.platforms.bluesky.settings import EXTRA, POST_PATH, Settings

__all__ = ["EXTRA", "Settings", "compose_link", "connect", "is_post_address"]


LOOK_AFTER = (timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=5))
"""None: the server that takes the record is the one that is asked, by the record's own key
(atproto.com, read 2026-08)."""
WINDOW = timedelta(hours=24)
"""35,000 points and 300 logins in a day (docs.bsky.app, rate limits, read 2026-08)."""


def connect(settings: Settings, clock: Clock, hide: Hide = hide_nothing) -> Platform:
    from crosspost.platforms.bluesky.adapter import BlueskyAccount

    return BlueskyAccount(settings, clock, hide)


def compose_link(post: Post, settings: Settings) -> str | None:  # noqa: ARG001 - every platform's is called so
    from crosspost.compose.embed_text import as_pasted

    return f"https://bsky.app/intent/compose?text={quote(as_pasted(post), safe='')}"


def is_post_address(url: str, settings: Settings) -> bool:
    """`https://bsky.app/profile/HANDLE/post/KEY`, by the account's handle (any, where none is configured) or a did."""
    match = POST_PATH.fullmatch(path_of(url)) if host_of(url) == "bsky.app" else None
    own = (None, match["who"]) if match else ()
    return match is not None and (match["who"].startswith("did:") or settings.handle in own)
