"""Reddit: its settings, and how to connect."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from crosspost.model import Clock, Post
from crosspost.platforms import Hide, Platform, hide_nothing
from crosspost.platforms._matching import host_of, is_loopback, path_of
from crosspost.platforms.reddit.settings import OWN_HOSTS, POST_PATH, Settings

__all__ = ["Settings", "compose_link", "connect", "is_editable", "is_post_address", "watch_every"]


DISCUSSION = True


LOOK_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
"""Listings are kept apart from the submissions and lag; some submissions never show in /new
(praw #1887, read 2026-08)."""
WINDOW = timedelta(hours=1)
"""Requests are counted for ten minutes; a new account is told to take a break for up to an hour."""


def connect(settings: Settings, clock: Clock, hide: Hide = hide_nothing) -> Platform:
    if settings.feed is not None:
        from crosspost.platforms.reddit.feed import FeedAccount

        return FeedAccount(settings, clock, hide)
    from crosspost.platforms.reddit.adapter import RedditAccount

    return RedditAccount(settings, clock, hide)


def watch_every(settings: Settings) -> timedelta | None:
    return settings.feed_every if settings.feed is not None else None


def compose_link(post: Post, settings: Settings) -> str | None:
    query = urlencode({"type": "LINK", "url": post.url, "title": post.title})
    return f"{OWN_HOSTS[0]}/r/{settings.subreddit}/submit?{query}"


def is_editable(settings: Settings) -> bool:
    return settings.body == "summary"


def is_post_address(url: str, settings: Settings) -> bool:
    """`https://www.reddit.com/r/SUBREDDIT/comments/ID/…`, also under the old, the new and the phone's name."""
    host = host_of(url)
    ours = host == "reddit.com" or host.endswith(".reddit.com")
    stand_in = is_loopback(settings.api_base_url) and host == host_of(settings.api_base_url)
    match = POST_PATH.fullmatch(path_of(url)) if ours or stand_in else None
    return match is not None and match["subreddit"].casefold() == settings.subreddit.casefold()
