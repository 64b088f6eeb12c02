"""What a record of an account says: a post, or the session's token."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from crosspost.platforms._matching import Item, Kind


def created(record: Mapping[str, Any]) -> datetime:
    """When a record says that it was made; one that says nothing readable counts as new."""
    try:
        moment = datetime.fromisoformat(str(record.get("createdAt")))
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def item_of(record: Mapping[str, Any]) -> Item:
    features = [f for facet in record.get("facets") or () for f in facet.get("features") or ()]
    embed = record.get("embed") or {}
    card = embed.get("external") or (embed.get("media") or {}).get("external") or {}
    addresses = tuple(str(place["uri"]) for place in (*features, card) if place.get("uri"))
    return Item(str(record.get("text") or ""), addresses, _kind(record), at=created(record))


def _kind(record: Mapping[str, Any]) -> Kind:
    if record.get("reply"):
        return Kind.REPLY
    quotes = str((record.get("embed") or {}).get("$type") or "").startswith("app.bsky.embed.record")
    return Kind.QUOTE if quotes else Kind.TEXT


def scope_of(token: str) -> str:
    """Return the scope that a session's token says it has; empty when it says none."""
    try:
        said = token.split(".")[1]
        scope = json.loads(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)))["scope"]
    except (LookupError, ValueError, TypeError):
        return ""
    return str(scope)
