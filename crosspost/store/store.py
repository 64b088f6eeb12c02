"""The Store: issues, deliveries and small tables together, with the discussion link, the history and health checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from crosspost.errors import StoreError
from crosspost.model import Backfill, DeliveryState, Event
from crosspost.model.record import NOTED
from crosspost.store import readonly, tables
from crosspost.store.deliveries import DeliveryRows
from crosspost.store.issues import IssueRows
from crosspost.store.opening import READ_ONLY, file_identity
from crosspost.store.small_tables import SmallTables
from crosspost.store.values import CLOCK_SKEW

BACKFILL = "backfill"
"""The discussion link's name in the history. No account can have it."""


class Store(IssueRows, DeliveryRows, SmallTables):
    """An open store. Safe for several threads and several processes; every method raises StoreError only."""

    def backfill(self, number: int) -> Backfill | None:
        return self._row(Backfill, tables.backfill, number=number)

    def set_backfill(self, row: Backfill, now: datetime) -> Backfill:
        """Save the state of the discussion link. An event is added only when state or reason changed."""
        row = replace(row, reason=self._clean(row.reason), changed_at=now)
        with self._writing() as connection:
            last = self._locked_row(connection, Backfill, tables.backfill, number=row.number)
            self._upsert(connection, tables.backfill, asdict(row))
            if last is None or (last.state, last.reason) != (row.state, row.reason):
                key = (self.newsletter, row.number, BACKFILL)
                before, evidence = last.state if last else None, {"url": row.url} if row.url else {}
                self._add_event(connection, Event(now, *key, before, row.state, row.reason, evidence))
        return row

    def reset_future_times(self, now: datetime) -> bool:
        """Set each time of a past event that lies in the future to now: the clock was set back since it was written.

        A `not_before` is removed with it, so the row is due. Returns whether anything changed.
        Deliveries that wait have the same rule in `due_deliveries`.
        """
        future = now + CLOCK_SKEW
        issue, delivery, link = tables.issue.c, tables.delivery.c, tables.backfill.c
        is_due = delivery.state == DeliveryState.DUE
        # When a second post that may be published was begun is no longer known: any post of the issue counts as it.
        fence = sa.case((is_due, sa.bindparam("now", now, delivery.fence.type)), else_=None)
        corrections: list[tuple[sa.Column[Any], dict[str, Any]]] = [
            *(
                (issue[name], {name: now})
                for name in ("first_seen_at", "changed_at", "planned_at", "vanished_at")
            ),
            *((delivery[name], {name: now}) for name in ("planned_at", "due_since")),
            (delivery.fence, {"fence": fence}),
            (link.changed_at, {"changed_at": now, "not_before": None}),
            (tables.hold.c.at, {"at": now}),
        ]
        updates = [
            (sa.and_(self._where(at.table), at > future), at.table, values) for at, values in corrections
        ]
        any_row = [sa.exists().where(condition).select_from(table) for condition, table, _ in updates]
        if not self._scalar(sa.select(sa.or_(*any_row))):
            return False
        with self._writing() as connection:
            for condition, table, values in updates:
                connection.execute(sa.update(table).where(condition).values(values))
        return True

    def events(self, number: int) -> list[Event]:
        """Return the history of an issue, the oldest event first."""
        query = self._select(Event, tables.event, number=number).order_by(tables.event.c.id)
        return self._rows(query, Event)

    def add_note(
        self, number: int, account: str | None, reason: str, evidence: Mapping[str, Any] | None, now: datetime
    ) -> None:
        """Add to the history without changing a state."""
        table = tables.issue
        key: dict[str, Any] = {"number": number}
        if account == BACKFILL:
            table = tables.backfill
        elif account is not None:
            table = tables.delivery
            key["account"] = account
        query = sa.select(table.c.state).where(self._where(table, **key))
        with self._writing() as connection:
            state = connection.execute(query).scalar()
            event = Event(
                now, self.newsletter, number, account, state, state or NOTED, reason, evidence or {}
            )
            self._add_event(connection, event)

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
