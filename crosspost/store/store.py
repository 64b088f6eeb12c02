"""The Store: the issues, their deliveries, the discussion link, the history, and a small memory."""

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
from crosspost.store.database import rows
from crosspost.store.deliveries import DeliveryRows
from crosspost.store.issues import IssueRows
from crosspost.store.opening import READ_ONLY, file_of
from crosspost.store.small_tables import SmallTables
from crosspost.store.values import CLOCK_SKEW

BACKFILL = "backfill"
"""Under this name the history has the link: no account can have it."""


class Store(IssueRows, DeliveryRows, SmallTables):
    """An open store. Safe for several threads and several processes; every method raises StoreError only."""

    def backfill(self, number: int) -> Backfill | None:
        found = self._rows(self._select(Backfill, tables.backfill, number=number), Backfill)
        return found[0] if found else None

    def set_backfill(self, row: Backfill, now: datetime) -> Backfill:
        """Keep where the discussion link is. An event only when state or reason changed."""
        row = replace(row, reason=self._clean(row.reason), changed_at=now)
        query = self._select(Backfill, tables.backfill, number=row.number).with_for_update()
        with self._writing() as connection:
            found = rows(connection, query, Backfill)
            self._keep(connection, tables.backfill, asdict(row))
            before = found[0].state if found else None
            if not found or (before, found[0].reason) != (row.state, row.reason):
                evidence = {"url": row.url} if row.url else {}
                place = (self.newsletter, row.number, BACKFILL)
                self._add_event(connection, Event(now, *place, before, row.state, row.reason, evidence))
        return row

    def reset_future_times(self, now: datetime) -> bool:
        """Set every kept time of the past that lies in the future to now: the clock was set back since.

        What was put off is due. Returns whether anything was changed.
        Deliveries that wait have the same rule in `due`.
        """
        ahead = now + CLOCK_SKEW
        issue, delivery, link = tables.issue.c, tables.delivery.c, tables.backfill.c
        waits = delivery.state == DeliveryState.DUE
        # Of a second post that may be out nobody knows since when: any post of the issue counts as it then.
        fence = sa.case((waits, sa.bindparam("now", now, delivery.fence.type)), else_=None)
        right: list[tuple[sa.Column[Any], dict[str, Any]]] = [
            *(
                (issue[name], {name: now})
                for name in ("first_seen_at", "changed_at", "planned_at", "vanished_at")
            ),
            *((delivery[name], {name: now}) for name in ("planned_at", "due_since")),
            (delivery.fence, {"fence": fence}),
            (link.changed_at, {"changed_at": now, "not_before": None}),
            (tables.hold.c.at, {"at": now}),
        ]
        wrong = [(sa.and_(self._where(at.table), at > ahead), at.table, values) for at, values in right]
        there = [sa.exists().where(condition).select_from(table) for condition, table, _ in wrong]
        if not self._scalar(sa.select(sa.or_(*there))):
            return False
        with self._writing() as connection:
            for condition, table, values in wrong:
                connection.execute(sa.update(table).where(condition).values(values))
        return True

    def events(self, number: int) -> list[Event]:
        """Return the history of an issue, the oldest event first."""
        query = self._select(Event, tables.event, number=number).order_by(tables.event.c.id)
        return self._rows(query, Event)

    def add_note(
        self, number: int, account: str | None, reason: str, evidence: Mapping[str, Any] | None, now: datetime
    ) -> None:
        """Add to the history without changing anything."""
        if account is None or account == BACKFILL:
            table = tables.backfill if account else tables.issue
            state_now = sa.select(table.c.state).where(self._where(table, number=number))
        else:
            of_the_row = self._where(tables.delivery, number=number, account=account)
            state_now = sa.select(tables.delivery.c.state).where(of_the_row)
        with self._writing() as connection:
            state = connection.execute(state_now).scalar()
            place = (self.newsletter, number, account)
            self._add_event(connection, Event(now, *place, state, state or NOTED, reason, evidence or {}))

    def ping(self) -> None:
        """Raise StoreError when the database does not answer, or cannot read its newest rows any more.

        A SQLite file that was damaged, deleted or replaced while it was open still answers, from memory or as the
        file that has no name any more: then what is written is lost with the process.
        """
        issue, event = tables.issue, tables.event
        if self._sqlite and self._file != file_of(self._engine):
            raise StoreError(
                f"the database {self._place} was moved or replaced while it was open; restart crosspost"
            )
        with self._reading() as connection:
            if self._sqlite:
                connection.exec_driver_sql("PRAGMA shrink_memory")  # forgets the pages that it has read
            connection.execute(sa.select(issue).order_by(issue.c.number.desc()).limit(1)).first()
            connection.execute(sa.select(event.c.id).order_by(event.c.id.desc()).limit(1)).first()

    def check_writable(self) -> None:
        """Raise StoreError when rows could not be written. Writes none: the statement fits no row.

        Of a SQLite file that was opened to read only, the permissions are looked at.
        """
        memory, read_only = tables.memory, self._engine.get_execution_options().get(READ_ONLY)
        if not read_only:
            with self._writing() as connection:
                connection.execute(sa.update(memory).where(sa.false()).values(value=memory.c.value))
        elif not self._is_writable():
            raise StoreError(f"the database {self._place} may be read, but not written, by this user")

    def _is_writable(self) -> bool:
        with self._reading() as connection:
            if self._sqlite:
                return readonly.is_writable(Path(self._engine.url.database or ""))
            asked = sa.text("SELECT NOT pg_is_in_recovery() AND has_table_privilege(:place, 'UPDATE')")
            return bool(connection.execute(asked, {"place": tables.delivery.name}).scalar())

    def version(self) -> str:
        """Return the database and its schema, for `check` and for reports."""
        asked = "SELECT sqlite_version()" if self._sqlite else "SHOW server_version"
        server = "SQLite" if self._sqlite else "PostgreSQL"
        return f"{server} {self._scalar(sa.text(asked))}, schema {tables.SCHEMA}"

    def close(self) -> None:
        self._engine.dispose()
