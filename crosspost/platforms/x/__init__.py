"""X: its settings, and how to connect."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote

from crosspost.model import Clock, Post
from crosspost.platforms import Hide, Platform, hide_nothing
from crosspost.platforms._matching import host_of, path_of
from crosspost.platforms.x.settings import Settings

__all__ = ["Settings", "compose_link", "connect", "is_post_address"]


LOOK_AFTER = (timedelta(minutes=1), timedelta(minutes=3), timedelta(minutes=10))
"""A post may be "not visible" right after it was made (node-twitter-api-v2 #366, read 2026-08)."""
WINDOW = timedelta(hours=24)
"""The posts of a day (docs.x.com, rate limits, read 2026-08)."""


def connect(settings: Settings, clock: Clock, hide: Hide = hide_nothing) -> Platform:  # noqa: ARG001 - there are no sessions
    from crosspost.platforms.x.adapter import XAccount

    return XAccount(settings, clock)


def watch_every(settings: Settings) -> timedelta:  # noqa: ARG001 - every platform's is called so
    """Once an hour: each look for an editor's post is charged for."""
    return timedelta(hours=1)


def compose_link(post: Post, settings: Settings) -> str | None:  # noqa: ARG001 - every platform's is called so
    return f"https://x.com/intent/post?text={quote(post.text, safe='')}"


def is_post_address(url: str, settings: Settings) -> bool:  # noqa: ARG001 - every platform's is called so
    """`https://x.com/NAME/status/ID`, also under the old name."""
    host = host_of(url).removeprefix("www.").removeprefix("mobile.")
    return host in ("x.com", "twitter.com") and _POST_PATH.fullmatch(path_of(url)) is not None


_POST_PATH = re.compile(r"/(\w{1,15}|i/web|i)/status/\d+/?")
