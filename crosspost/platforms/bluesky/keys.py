"""The keys of Bluesky's records: TIDs (atproto.com/specs/tid, read 2026-08)."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

_FIRST_KEY = datetime(2024, 1, 1, tzinfo=UTC)
_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"


def record_key(key: str) -> str:
    """Return the record's key for a delivery's: a TID, as this collection wants, that looks like a moment of 2024.

    Made from a digest, so it says nothing; in the past, so it is never held to come from the future.
    """
    digest = int.from_bytes(hashlib.sha256(key.encode()).digest())
    year = int(timedelta(days=365) / timedelta(microseconds=1))
    return tid(int(_FIRST_KEY.timestamp() * 1_000_000) + digest % year, (digest // year) % 1024)


def tid(microseconds: int, clock: int = 0) -> str:
    """Return the TID of a moment since 1970: TIDs sort as their moments do."""
    number = (microseconds << 10) | clock
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(60, -1, -5))
