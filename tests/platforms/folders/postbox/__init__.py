"""A sixth platform, in one folder: posts of plain text, each under the key that its sender chose."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from crosspost.config.secrets import Secret
from crosspost.model import Clock, Post
from crosspost.platforms import Hide, Platform, hide_nothing

LOOK_AFTER = (timedelta(seconds=5), timedelta(seconds=20))
WINDOW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Settings:
    required: ClassVar[tuple[str, ...]] = ("token",)

    api_base_url: str = "https://postbox.example"
    token: Secret | None = None


def connect(settings: Settings, clock: Clock, hide: Hide = hide_nothing) -> Platform:
    from .adapter import PostboxAccount

    return PostboxAccount(settings.api_base_url, settings.token, clock)


def compose_link(post: Post, settings: Settings) -> str | None:
    return f"{settings.api_base_url}/new?about={post.number}"


def is_post_address(url: str, settings: Settings) -> bool:
    return re.fullmatch(rf"{re.escape(settings.api_base_url)}/posts/[\w-]+", url) is not None
