"""What crosspost knows, in a database: SQLite by default, PostgreSQL where several machines share the work.

    tables.py       the schema, and how each value is kept
    migrations/     how an older schema becomes this one (Alembic)
    opening.py      URL → engine; durability; a sentence for everything that can be wrong with a database
    scopes.py       typed records in the key-value table
    readonly.py     a SQLite file for those who only look
    issues.py       what was seen, who holds it back, and how far each issue is
    deliveries.py   one row for each issue and account; claims; transitions
    small_tables.py typed records by key, files, channels, costs and pauses
    store.py        the Store: all of it together

Each write is one transaction that holds its event as well. SQLAlchemy is imported by the first `open_store`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crosspost.log.redaction import Redaction
from crosspost.model import Clock

if TYPE_CHECKING:
    from crosspost.store.store import Store

__all__ = ["Store", "open_in_memory", "open_store"]


def open_store(
    url: str,
    newsletter: str,
    clock: Clock,
    *,
    create: bool = True,
    lock_timeout: timedelta = timedelta(seconds=10),
    redaction: Redaction | None = None,
) -> Store:
    """Open the database for the rows of one newsletter. Create it, or upgrade its schema, where that is needed.

    `create=False` opens it to read only: nothing is created, changed or upgraded, and read permission is enough.
    `lock_timeout` is how long a statement waits for another process's lock. `redaction` hides secrets in every stored
    reason and all stored evidence. Raises StoreError, in one sentence and without the URL's password.
    """
    from crosspost.store.opening import open_engine  # SQLAlchemy is imported with it
    from crosspost.store.store import Store

    engine = open_engine(url, create=create, lock_timeout=lock_timeout)
    return Store(engine, newsletter, clock, redaction or Redaction())


def open_in_memory(newsletter: str, clock: Clock) -> Store:
    """Open an empty store that is gone when it is closed: for `replay`, which posts nothing."""
    from crosspost.store.opening import in_memory_engine
    from crosspost.store.store import Store

    return Store(in_memory_engine(), newsletter, clock, Redaction())


def __getattr__(name: str) -> Any:
    """`from crosspost.store import Store` for those who need the type: SQLAlchemy is imported only then."""
    if name == "Store":
        from crosspost.store.store import Store

        return Store
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
