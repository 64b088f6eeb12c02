"""Reddit, through PRAW."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from crosspost.compose import Form, markdown_link
from crosspost.compose.safety import on_reddit
from crosspost.compose.selftext import write_selftext
from crosspost.credentials import Secret
from crosspost.model import Clock, Post
from crosspost.platforms import Platform

FORM = Form(platform="reddit", limit=40_000, escape=on_reddit, link=markdown_link, write=write_selftext)

DISCUSSION = True


@dataclass(frozen=True, slots=True)
class Settings:
    """The keys of `[accounts.NAME]` with `platform = "reddit"`."""

    required: ClassVar[tuple[str, ...]] = ("client_id", "client_secret", "refresh_token")
    """What an account with `mode = "auto"` must have."""

    subreddit: str = "rust"
    """Where to submit, without "r/"."""
    api_base_url: str = "https://www.reddit.com"
    """A value other than this stands for both of PRAW's addresses, www.reddit.com and oauth.reddit.com."""
    client_id: Secret | None = None
    """The approved app's id."""
    client_secret: Secret | None = None
    """The approved app's secret."""
    refresh_token: Secret | None = None
    """A permanent token with the scopes identity submit read history flair."""
    user_agent: str = "linux:crosspost:0.1.0 (newsletter announcements)"
    """Reddit asks for "<platform>:<app>:<version> (by /u/<name>)"; generic ones are throttled."""
    flair: str | None = None
    """The link flair by its text, as the subreddit shows it."""
    body: Literal["summary", "none"] = "summary"
    """Whether the link post carries the summary as its text."""
    send_replies: bool = False
    """Whether replies to the post go to the account's inbox."""


def connect(settings: Settings, clock: Clock) -> Platform:
    raise NotImplementedError


def compose_link(post: Post, settings: Settings) -> str | None:
    raise NotImplementedError


def is_post_address(url: str, settings: Settings) -> bool:
    raise NotImplementedError
