"""X, through tweepy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from crosspost.compose import Form
from crosspost.compose.safety import on_x
from crosspost.credentials import Secret
from crosspost.fit import weighted_length
from crosspost.model import Clock, Post
from crosspost.platforms import Platform

FORM = Form(platform="x", limit=280, count=weighted_length, escape=on_x)


@dataclass(frozen=True, slots=True)
class Settings:
    """The keys of `[accounts.NAME]` with `platform = "x"`."""

    required: ClassVar[tuple[str, ...]] = (
        "consumer_key",
        "consumer_secret",
        "access_token",
        "access_token_secret",
    )
    """What an account with `mode = "auto"` must have."""

    api_base_url: str = "https://api.x.com"
    """Stands for https://api.twitter.com and https://api.x.com alike."""
    consumer_key: Secret | None = None
    """The app's API key."""
    consumer_secret: Secret | None = None
    """The app's API key secret."""
    access_token: Secret | None = None
    """The account's own access token (OAuth 1.0a, read and write)."""
    access_token_secret: Secret | None = None
    """The access token's secret."""


def connect(settings: Settings, clock: Clock) -> Platform:
    raise NotImplementedError


def compose_link(post: Post, settings: Settings) -> str | None:
    raise NotImplementedError


def is_post_address(url: str, settings: Settings) -> bool:
    raise NotImplementedError
