"""What crosspost knows, in a database: SQLite by default, PostgreSQL where several machines share the work.

    tables.py       the schema
    migrations/     how an older schema becomes this one (Alembic)
    opening.py      URL → engine; durability; a sentence for everything that can be wrong with a database
    files.py        what the sources showed at the last look
    issues.py       what was seen, and how far each issue is
    deliveries.py   one row for each issue and account; claims; transitions
    store.py        the Store: all of it together

Each write is one transaction that holds its event as well. SQLAlchemy is imported by the first `open_store`.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crosspost.log.redaction import Redaction
from crosspost.model import Clock

if TYPE_CHECKING:
    from crosspost.store.store import Store

__all__ = ["SKEW", "SeenFile", "Store", "key_for", "open_store"]

SKEW = timedelta(minutes=2)
"""Clocks of several machines may differ by this much. A row written further in the future was written before
the clock was set back: what it says about time is not to be waited for."""

KEY_LENGTH = 25
"""The longest nonce that Discord takes (discord.com/developers/docs/resources/message, read 2026-11)."""


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file of a source as it was at the last look; `number` is None for one that is no issue."""

    path: str
    fingerprint: str
    number: int | None = None


def key_for(newsletter: str, number: int, account: str, turn: int = 1) -> str:
    """The idempotency key of a delivery: the same after a restart, elsewhere, and from a restored backup.

    At most 25 characters of [0-9a-z-]. `turn` counts how often a person asked for the post to be made again.
    """
    identity = "\0".join([newsletter, str(number), account, str(turn)])
    digest = base64.b32encode(hashlib.sha256(identity.encode()).digest()).decode().lower()
    return f"{number}-{digest[:12]}"[-KEY_LENGTH:].lstrip("-")


def open_store(
    url: str,
    clock: Clock,
    *,
    create: bool = True,
    patience: timedelta = timedelta(seconds=10),
    redaction: Redaction | None = None,
) -> Store:
    """Open the database, bring its schema forward if it is older, and make it if there is none.

    With `create=False` nothing is made and nothing is brought forward: for commands that only look.
    `patience` is how long a statement waits for another process's lock. `redaction` hides secrets in every reason and
    in all evidence that is kept. Raises StoreError, in one sentence
    and without the URL's password, when the database cannot be used.
    """
    from crosspost.store.opening import open_engine  # the one way in; SQLAlchemy comes with it
    from crosspost.store.store import Store

    return Store(open_engine(url, create=create, patience=patience), clock, redaction or Redaction())


def __getattr__(name: str) -> Any:
    """`from crosspost.store import Store` for those who need the type: SQLAlchemy is imported only then."""
    if name == "Store":
        from crosspost.store.store import Store

        return Store
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
