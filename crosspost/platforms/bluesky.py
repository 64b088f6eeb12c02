"""Bluesky, through atproto (an extra: it is heavy)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from crosspost.compose import Form
from crosspost.compose.facets import write_with_facets
from crosspost.credentials import Secret
from crosspost.fit import Limit, grapheme_count, utf8_bytes
from crosspost.model import Clock, Post
from crosspost.platforms import Platform

FORM = Form(
    platform="bluesky",
    limit=300,
    count=grapheme_count,
    further=(Limit(3000, utf8_bytes),),
    write=write_with_facets,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The keys of `[accounts.NAME]` with `platform = "bluesky"`."""

    required: ClassVar[tuple[str, ...]] = ("handle", "app_password")
    """What an account with `mode = "auto"` must have."""

    api_base_url: str = "https://bsky.social"
    """The personal data server (or its entryway), with or without /xrpc."""
    handle: str | None = None
    """The account's handle, such as thisweekinrust.bsky.social."""
    app_password: Secret | None = None
    """An app password; never the account's own."""


def connect(settings: Settings, clock: Clock) -> Platform:
    raise NotImplementedError


def compose_link(post: Post, settings: Settings) -> str | None:
    raise NotImplementedError


def is_post_address(url: str, settings: Settings) -> bool:
    raise NotImplementedError
