"""Mastodon, and servers that speak its API: its settings, and how to connect."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote

from crosspost.model import Clock, Post
from crosspost.platforms import Hide, Platform, hide_nothing
from crosspost.platforms._matching import host_of, is_loopback, path_of
from crosspost.platforms.mastodon.settings import Settings

__all__ = ["Settings", "compose_link", "connect", "is_editable", "is_post_address"]


LOOK_AFTER = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
"""No lag is documented for an account's own statuses; a server that reads from a replica of its database may be some
seconds behind. The last look is later than any request can still arrive."""
WINDOW = timedelta(hours=3)
"""300 posts in three hours (docs.joinmastodon.org/api/rate-limits, read 2026-07)."""


def connect(settings: Settings, clock: Clock, hide: Hide = hide_nothing) -> Platform:  # noqa: ARG001 - there are no sessions
    from crosspost.platforms.mastodon.adapter import MastodonAccount

    return MastodonAccount(settings, clock)


def compose_link(post: Post, settings: Settings) -> str | None:
    return f"{settings.api_base_url.rstrip('/')}/share?text={quote(post.text, safe='')}"


def is_editable(settings: Settings) -> bool:  # noqa: ARG001 - whatever they are
    return True


def is_post_address(url: str, settings: Settings) -> bool:
    """`https://INSTANCE/@name/ID` or one of its other forms, on the account's own instance."""
    here = host_of(url) == host_of(settings.api_base_url) or is_loopback(settings.api_base_url)
    return here and _POST_PATH.fullmatch(path_of(url)) is not None


_POST_PATH = re.compile(r"/(@\w+/|users/\w+/statuses/|web/statuses/|@\w+/statuses/)[0-9A-Za-z]+/?")
