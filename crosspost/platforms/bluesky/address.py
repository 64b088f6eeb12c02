"""The address of a post on Bluesky, from all forms in which people have it."""

from __future__ import annotations

import re

from crosspost.platforms._address import Kept, plain, split
from crosspost.platforms._matching import host_of
from crosspost.platforms.bluesky.settings import Settings

_RECORD = re.compile(r"at://(?P<who>[\w.:%-]+)/app\.bsky\.feed\.post/(?P<key>[0-9a-z]+)/?")
_PAGE = re.compile(
    r"/profile/(?P<who>[\w.:%-]+)/post/(?P<key>[0-9a-z]+)(?:/(?:liked-by|reposted-by|quotes))?/?"
)


def kept(url: str, settings: Settings) -> Kept:  # noqa: ARG001 - every platform's is called so
    """Return `https://bsky.app/profile/WHO/post/KEY`, of the record's own `at://` address as well."""
    parts = split(url)
    on_page = parts is not None and host_of(parts.geturl()).removeprefix("www.") == "bsky.app"
    found = _PAGE.fullmatch(parts.path) if parts and on_page else _RECORD.fullmatch(url.strip())
    if found is None:
        return plain(url)
    who = found["who"].replace("%3A", ":").replace("%3a", ":").lower()
    return Kept(f"https://bsky.app/profile/{who}/post/{found['key']}")
