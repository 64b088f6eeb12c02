"""The base class of the store: transactions, queries for one newsletter, events, and the database's health."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from crosspost.errors import StoreError
from crosspost.log.redaction import Redaction
from crosspost.model import Clock, Event
from crosspost.store import readonly, tables
from crosspost.store.opening import READ_ONLY, WRITES, display_name, file_identity, translate_errors

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

T = TypeVar("T")


class Database:
    """An open database. Safe for several threads: each transaction has its own connection."""

    def __init__(self, engine: sa.Engine, newsletter: str, clock: Clock, redaction: Redaction) -> None:
        self.newsletter = newsletter
        """The one newsletter whose rows are read and written."""
        self._engine = engine
        self._clock = clock
        self._clean = redaction.clean
        self._clean_document = redaction.clean_document
        self._name = display_name(engine)
        self._sqlite = engine.dialect.name == "sqlite"
        # Each statement of PostgreSQL has its own snapshot anyway (READ COMMITTED), so BEGIN and COMMIT around one
        # that only reads would be two more round trips.
        self._reads = engine if self._sqlite else engine.execution_options(isolation_level="AUTOCOMMIT")
        self.is_shared = not self._sqlite
        """Whether other machines may use it, too."""
        self._file = file_identity(engine) if self._sqlite else None

    def ping(self) -> None:
        """Raise StoreError when the database does not answer, or can no longer read its newest rows.

        A SQLite file that was damaged, deleted or replaced while it was open still answers, from memory or from the
        deleted file; what is written then is lost with the process.
        """
        issue, event = tables.issue, tables.event
        if self._sqlite and self._file != file_identity(self._engine):
            raise StoreError(
                f"the database {self._name} was moved or replaced while it was open; restart crosspost"
            )
        with self._reading() as connection:
            if self._sqlite:
                connection.exec_driver_sql("PRAGMA shrink_memory")  # drops the cached pages
            connection.execute(sa.select(issue).order_by(issue.c.number.desc()).limit(1)).first()
            connection.execute(sa.select(event.c.id).order_by(event.c.id.desc()).limit(1)).first()

    def check_writable(self) -> None:
        """Raise StoreError when rows could not be written. Writes none: the statement matches no row.

        Of a database that was opened to read only, the permissions are checked.
        """
        memory, read_only = tables.memory, self._engine.get_execution_options().get(READ_ONLY)
        if not read_only:
            with self._writing() as connection:
                connection.execute(sa.update(memory).where(sa.false()).values(value=memory.c.value))
        elif not self._is_writable():
            raise StoreError(f"the database {self._name} may be read, but not written, by this user")

    def _is_writable(self) -> bool:
        with self._reading() as connection:
            if self._sqlite:
                return readonly.is_writable(Path(self._engine.url.database or ""))
            query = sa.text("SELECT NOT pg_is_in_recovery() AND has_table_privilege(:name, 'UPDATE')")
            return bool(connection.execute(query, {"name": tables.delivery.name}).scalar())

    def version(self) -> str:
        """Return product, version and schema of the database, for `check` and the log."""
        product, query = "PostgreSQL", "SHOW server_version"
        if self._sqlite:
            product, query = "SQLite", "SELECT sqlite_version()"
        return f"{product} {self._scalar(sa.text(query))}, schema {tables.SCHEMA}"

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with translate_errors(self._name), self._reads.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """Open a transaction that may write. It is committed at its end, and rolled back by an exception."""
        with (
            translate_errors(self._name),
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
        """Return the query for such rows; its columns are the fields of the dataclass `of`."""
        columns = [table.c[field.name] for field in fields(of)]  # type: ignore[arg-type]  # it is a dataclass
        return sa.select(*columns).where(self._where(table, **values))

    def _rows(self, query: sa.Select[Any], of: Callable[..., T]) -> list[T]:
        """Return the rows of a query as values."""
        with self._reading() as connection:
            return rows(connection, query, of)

    def _row(self, of: Callable[..., T], table: sa.Table, **values: Any) -> T | None:
        """Return the one row that has these values; None when there is none."""
        return next(iter(self._rows(self._select(of, table, **values), of)), None)

    def _locked_row(
        self, connection: sa.Connection, of: Callable[..., T], table: sa.Table, **values: Any
    ) -> T | None:
        """Return the row, locked until the transaction ends. (SQLite's writers take turns anyway.)"""
        query = self._select(of, table, **values).with_for_update()
        return next(iter(rows(connection, query, of)), None)

    def _scalar(self, query: sa.Executable) -> Any:
        """Return the first column of the first row of a query; None when it has no row."""
        with self._reading() as connection:
            return connection.execute(query).scalar()

    def _insert(self, table: sa.Table, values: Mapping[str, Any]) -> postgresql.Insert | sqlite.Insert:
        """Return an INSERT with ON CONFLICT. Both databases write it alike, SQLAlchemy has a class for each."""
        if self._sqlite:
            return sqlite.insert(table).values(dict(values))
        from sqlalchemy.dialects import postgresql  # 2 MB that a daemon without PostgreSQL need not load

        return postgresql.insert(table).values(dict(values))

    def _upsert(self, connection: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> None:
        """Insert a row, or update the one with the same key."""
        key = [column.name for column in table.primary_key]
        changes = {name: value for name, value in values.items() if name not in key}
        insert = self._insert(table, values)
        connection.execute(insert.on_conflict_do_update(index_elements=key, set_=changes))

    def _insert_if_absent(
        self, connection: sa.Connection, table: sa.Table, values: Mapping[str, Any]
    ) -> bool:
        """Insert a row unless it exists. Of two processes that try at once, one gets True."""
        insert = self._insert(table, values).on_conflict_do_nothing()
        # RETURNING, because not every driver has the row count of an INSERT.
        return connection.execute(insert.returning(*table.primary_key)).first() is not None

    def _add_event(self, connection: sa.Connection, event: Event) -> None:
        """Add to the history of an issue, in the transaction of the change."""
        cleaned = {"reason": self._clean(event.reason), "evidence": self._clean_document(event.evidence)}
        connection.execute(sa.insert(tables.event).values({**asdict(event), **cleaned}))


def rows(connection: sa.Connection, query: sa.Select[Any], of: Callable[..., T]) -> list[T]:
    """Return the rows of a query as values."""
    return [of(**row) for row in connection.execute(query).mappings()]
