"""The store's values that need no database: idempotency keys, initial states, source files, the clock skew."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from crosspost.model import ActualPost, DeliveryState, PostRequest

CLOCK_SKEW = timedelta(minutes=2)
"""The most by which the clocks of several machines may differ. A row written further in the future was written before
the clock was set back: its times are not waited for."""

KEY_LENGTH = 25
"""The longest nonce that Discord accepts (discord.com/developers/docs/resources/message, read 2026-11)."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a source as it was at the last poll; `number` is None for one that is no issue."""

    path: str
    fingerprint: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class InitialState:
    """The state, other than due, in which a delivery is planned. Each field is a column of its row."""

    state: DeliveryState
    reason: str
    url: str | None = None
    """The address of the post, where it is known."""
    uncertain_since: datetime | None = None
    looks: int = 0
    not_before: datetime | None = None
    request: PostRequest | None = None
    shadow_at: datetime | None = None
    seen: ActualPost | None = None


def month_of(at: datetime) -> date:
    """Return the first day of the calendar month, in UTC."""
    return at.astimezone(UTC).date().replace(day=1)


def key_for(newsletter: str, number: int, account: str, turn: int = 1) -> str:
    """Return the idempotency key of a delivery: the same after a restart, on another machine and from a backup.

    It has at most 25 characters of [0-9a-z-]. `turn` is 1, and one more for each second post that a person asked for.
    """
    identity = "\0".join([newsletter, str(number), account, str(turn)])
    digest = base64.b32encode(hashlib.sha256(identity.encode()).digest()).decode().lower()
    return f"{number}-{digest[:12]}"[-KEY_LENGTH:].lstrip("-")


def sent_columns(url: str, remote_id: str | None, now: datetime, *, adopted: bool = True) -> dict[str, Any]:
    """Return the columns of a row whose post is on the platform."""
    known = {"url": url, "remote_id": remote_id, "adopted": adopted, "settled_at": now}
    return {**known, "not_before": None, "uncertain_since": None}
