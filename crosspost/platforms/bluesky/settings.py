"""The keys of an account's table with `platform = "bluesky"`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from crosspost.config.secrets import Secret


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

    def __post_init__(self) -> None:
        """Take the "@" off a handle as people write it."""
        if self.handle is not None:
            object.__setattr__(self, "handle", self.handle.strip().removeprefix("@"))


EXTRA = ("bluesky", "atproto")
"""The optional dependency that an account needs, and the module that it brings."""

POST_PATH = re.compile(r"/profile/(?P<who>[\w.:%-]+)/post/(?P<rkey>[0-9a-z]+)/?")
