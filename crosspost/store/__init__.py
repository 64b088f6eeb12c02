"""The database: SQLite by default, PostgreSQL where several machines share the work.

    tables.py       the schema, and the type of each column
    migrations/     the upgrades from older schemas (Alembic)
    opening.py      URL → engine; durability; one sentence for everything that can be wrong with a database
    readonly.py     a SQLite file opened for reading only
    database.py     transactions, queries for one newsletter, events: the base class
    issues.py       the tables issue and hold
    deliveries.py   the table delivery: claims and transitions
    store.py        the Store: these two, and every other table
    scopes.py       typed records of the key-value table
    values.py       idempotency keys, initial states, source files, the clock skew

Each write is one transaction together with its event. SQLAlchemy is imported by the first `open_store`.
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
    """Import Store, and with it SQLAlchemy, only for those who name it."""
    if name == "Store":
        from crosspost.store.store import Store

        return Store
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
