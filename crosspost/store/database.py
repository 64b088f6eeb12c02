"""The base class of the store: read and write transactions, queries for one newsletter, and events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from crosspost.log.redaction import Redaction
from crosspost.model import Clock, Event
from crosspost.store import tables
from crosspost.store.opening import WRITES, file_of, translated, where

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

T = TypeVar("T")


class Database:
    """An open database. Safe for several threads: each transaction has a connection of its own."""

    def __init__(self, engine: sa.Engine, newsletter: str, clock: Clock, redaction: Redaction) -> None:
        self.newsletter = newsletter
        """The one newsletter whose rows are read and written."""
        self._engine = engine
        self._clock = clock
        self._clean = redaction.clean
        self._cleaned = redaction.clean_document
        self._place = where(engine)
        self._sqlite = engine.dialect.name == "sqlite"
        # PostgreSQL gives each statement a view of its own anyway (READ COMMITTED), so BEGIN and COMMIT around one
        # that only reads would be two more round trips.
        self._reads = engine if self._sqlite else engine.execution_options(isolation_level="AUTOCOMMIT")
        self.is_shared = not self._sqlite
        """Whether other machines may use it, too."""
        self._file = file_of(engine) if self._sqlite else None

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with translated(self._place), self._reads.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """Open a transaction that may write: committed at its end, gone when anything is raised."""
        with (
            translated(self._place),
            self._engine.connect().execution_options(**{WRITES: True}) as connection,
            connection.begin(),
        ):
            yield connection

    def _where(self, table: sa.Table, **values: Any) -> sa.ColumnElement[bool]:
        """Return the condition for this newsletter's rows that have these values."""
        return sa.and_(
            table.c.newsletter == self.newsletter, *(table.c[name] == values[name] for name in values)
        )

    def _select(self, of: Callable[..., Any], table: sa.Table, **values: Any) -> sa.Select[Any]:
        """Return the query for such rows: of each, the columns that the dataclass `of` has fields for."""
        columns = [table.c[field.name] for field in fields(of)]  # type: ignore[arg-type]  # it is a dataclass
        return sa.select(*columns).where(self._where(table, **values))

    def _rows(self, query: sa.Select[Any], of: Callable[..., T]) -> list[T]:
        """Return what a query finds, as values."""
        with self._reading() as connection:
            return rows(connection, query, of)

    def _scalar(self, query: sa.Executable) -> Any:
        """Return the first column of the first row that a query finds; None: it finds none."""
        with self._reading() as connection:
            return connection.execute(query).scalar()

    def _insert(self, table: sa.Table, values: Mapping[str, Any]) -> postgresql.Insert | sqlite.Insert:
        """Return an INSERT that knows ON CONFLICT; both databases write it alike, SQLAlchemy has one for each."""
        if self._sqlite:
            return sqlite.insert(table).values(dict(values))
        from sqlalchemy.dialects import postgresql  # 2 MB that a daemon without PostgreSQL need not hold

        return postgresql.insert(table).values(dict(values))

    def _keep(self, connection: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> None:
        """Insert a row, or give the one that is there under its key these values."""
        key = [column.name for column in table.primary_key]
        changes = {name: value for name, value in values.items() if name not in key}
        insert = self._insert(table, values)
        connection.execute(insert.on_conflict_do_update(index_elements=key, set_=changes))

    def _add(self, connection: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> bool:
        """Insert a row unless it is there. Of two processes that try at once, one gets True."""
        insert = self._insert(table, values).on_conflict_do_nothing()
        # The row itself is asked for: the row count of an INSERT is not to be had from every driver.
        return connection.execute(insert.returning(*table.primary_key)).first() is not None

    def _add_event(self, connection: sa.Connection, event: Event) -> None:
        """Add to the history of an issue, in the transaction that makes it true."""
        cleaned = {"reason": self._clean(event.reason), "evidence": self._cleaned(event.evidence)}
        connection.execute(sa.insert(tables.event).values({**asdict(event), **cleaned}))


def rows(connection: sa.Connection, query: sa.Select[Any], of: Callable[..., T]) -> list[T]:
    """Return what a query finds, as values."""
    return [of(**row) for row in connection.execute(query).mappings()]
