"""Bluesky: the settings of its accounts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from crosspost.config.secrets import Secret
from crosspost.model import Post
from crosspost.network import host_of
from crosspost.platforms._address import CanonicalAddress, split_address, without_query
from crosspost.platforms._settings import AccountSettings

_RECORD = re.compile(r"at://(?P<who>[\w.:%-]+)/app\.bsky\.feed\.post/(?P<key>[0-9a-z]+)/?")
PAGE = re.compile(
    r"/profile/(?P<who>[\w.:%-]+)/post/(?P<key>[0-9a-z]+)(?:/(?:liked-by|reposted-by|quotes))?/?"
)


@dataclass(frozen=True, slots=True)
class Settings(AccountSettings):
    """The keys of `[accounts.NAME]` with `platform = "bluesky"`."""

    look_schedule = (timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=5))
    """No lag: the server that takes the record is the one that is asked, by the record's own key
    (atproto.com, read 2026-08)."""
    rate_limit_window = timedelta(hours=24)
    """35,000 points and 300 logins in a day (docs.bsky.app, rate limits, read 2026-08)."""
    required = ("handle", "app_password")
    extra = ("bluesky", "atproto")

    api_base_url: str = "https://bsky.social"
    """The personal data server (or its entryway), with or without /xrpc."""
    handle: str | None = None
    """The account's handle, such as thisweekinrust.bsky.social."""
    app_password: Secret | None = None
    """An app password; never the account's own."""

    def __post_init__(self) -> None:
        """Remove the "@" with which people write a handle."""
        if self.handle is not None:
            object.__setattr__(self, "handle", self.handle.strip().removeprefix("@"))

    def compose_link(self, post: Post) -> str:
        from crosspost.compose.post_text import pasteable_body

        return f"https://bsky.app/intent/compose?text={quote(pasteable_body(post), safe='')}"

    def canonical_address(self, url: str) -> CanonicalAddress:
        """Return `https://bsky.app/profile/WHO/post/KEY`, also for the record's own `at://` address.

        `is_post` where WHO is the account's handle (any, where none is configured) or a did.
        """
        parts = split_address(url)
        on_page = parts is not None and host_of(parts.geturl()).removeprefix("www.") == "bsky.app"
        found = PAGE.fullmatch(parts.path) if parts and on_page else _RECORD.fullmatch(url.strip())
        if found is None:
            return without_query(url)
        who = found["who"].replace("%3A", ":").replace("%3a", ":").lower()
        own = who.startswith("did:") or self.handle in (None, who)
        return CanonicalAddress(f"https://bsky.app/profile/{who}/post/{found['key']}", is_post=own)
