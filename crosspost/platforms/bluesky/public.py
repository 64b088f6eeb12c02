"""An account's public posts, without credentials: app.bsky.feed.getAuthorFeed of the public AppView.

docs.bsky.app, "API Hosts and Auth": public.api.bsky.app answers without a session (read 2026-11).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crosspost.errors import SourceError, UsageError
from crosspost.network import host_of
from crosspost.watch._download import Answer
from crosspost.watch.channels import ENTRY_LIMIT, ChannelEntry

PUBLIC = "https://public.api.bsky.app"
_HANDLE = re.compile(r"@?(?P<name>[\w-]+(\.[\w-]+)+|did:[\w:.-]+)")
_PROFILE = re.compile(r"(?P<server>https?://[^/\s@?#]+)/profile/(?P<name>[\w.:-]+)/?")


def listing(address: str) -> str:
    """Return what to ask for the posts of `name.bsky.social` or `https://bsky.app/profile/NAME`. Raises UsageError."""
    found = _HANDLE.fullmatch(address) or _PROFILE.fullmatch(address)
    if found is None:
        raise UsageError('expected a handle such as "name.bsky.social", or "https://bsky.app/profile/NAME"')
    server = found.groupdict().get("server") or PUBLIC
    server = PUBLIC if server == "https://bsky.app" else server
    query = f"actor={found['name']}&filter=posts_no_replies&limit={ENTRY_LIMIT}"
    return f"{server}/xrpc/app.bsky.feed.getAuthorFeed?{query}"


def read(answer: Answer) -> Sequence[ChannelEntry]:
    """Return the account's own posts, reposts aside. Raises SourceError."""
    try:
        feed = json.loads(answer.body)["feed"][:ENTRY_LIMIT]
        return [_post(row["post"]["record"]) for row in feed if not row.get("reason")]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise SourceError(f"{host_of(answer.url)} does not answer as Bluesky's API does") from None


def _post(record: Mapping[str, Any]) -> ChannelEntry:
    return ChannelEntry(str(record.get("text", "")), tuple(_links(record)))


def _links(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the addresses of its text and of its card."""
    for facet in record.get("facets") or ():
        yield from (str(feature["uri"]) for feature in facet.get("features") or () if "uri" in feature)
    card = (record.get("embed") or {}).get("external") or {}
    if "uri" in card:
        yield str(card["uri"])
