"""Read the records of an account, and make their keys.

A key is a TID (atproto.com/specs/tid, read 2026-08).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from crosspost.platforms._matching import Kind

_FIRST_KEY = datetime(2024, 1, 1, tzinfo=UTC)
_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"


def record_key(key: str) -> str:
    """Return the record's key for a delivery's key: a TID, as this collection requires, of a time in 2024.

    It is a digest, so its time means nothing; it is in the past, because a server may refuse a time in the future.
    """
    digest = int.from_bytes(hashlib.sha256(key.encode()).digest())
    year = int(timedelta(days=365) / timedelta(microseconds=1))
    return tid(int(_FIRST_KEY.timestamp() * 1_000_000) + digest % year, (digest // year) % 1024)


def tid(microseconds: int, clock: int = 0) -> str:
    """Return the TID of a moment since 1970: TIDs sort as their moments do."""
    number = (microseconds << 10) | clock
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(60, -1, -5))


def created_at(record: Mapping[str, Any]) -> datetime | None:
    """Return when a record says that it was made; None where it says nothing readable."""
    try:
        moment = datetime.fromisoformat(str(record.get("createdAt")))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def addresses_of(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Return where the facets and the card of a record lead to."""
    features = [f for facet in record.get("facets") or () for f in facet.get("features") or ()]
    embed = record.get("embed") or {}
    card = embed.get("external") or (embed.get("media") or {}).get("external") or {}
    return tuple(str(part["uri"]) for part in (*features, card) if part.get("uri"))


def kind_of(record: Mapping[str, Any]) -> Kind:
    if record.get("reply"):
        return Kind.REPLY
    embed = record.get("embed") or {}
    quotes = str(embed.get("$type") or "").startswith("app.bsky.embed.record")
    return Kind.QUOTE if quotes else Kind.TEXT
