"""Mastodon (and servers that speak its API), through Mastodon.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from crosspost.compose import Form
from crosspost.credentials import Secret
from crosspost.model import Clock, Post
from crosspost.platforms import Platform

FORM = Form(platform="mastodon", limit=500)


@dataclass(frozen=True, slots=True)
class Settings:
    """The keys of `[accounts.NAME]` with `platform = "mastodon"`."""

    required: ClassVar[tuple[str, ...]] = ("access_token",)
    """What an account with `mode = "auto"` must have."""

    api_base_url: str = "https://mastodon.social"
    """The instance."""
    access_token: Secret | None = None
    """A token with the scopes read:accounts read:statuses write:statuses write:media."""
    visibility: Literal["public", "unlisted", "private"] = "public"
    """Who sees the post."""


def connect(settings: Settings, clock: Clock) -> Platform:
    raise NotImplementedError


def compose_link(post: Post, settings: Settings) -> str | None:
    raise NotImplementedError


def is_post_address(url: str, settings: Settings) -> bool:
    raise NotImplementedError
