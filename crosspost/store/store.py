"""The Store: the issues, their deliveries, the discussion link, the history, and a small memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from crosspost.errors import StoreError
from crosspost.model import Backfill, DeliveryState, Event, IssueRecord
from crosspost.model.record import NOTED
from crosspost.store import readonly, tables
from crosspost.store.channels import ChannelRows
from crosspost.store.deliveries import DeliveryRows
from crosspost.store.issues import IssueRows
from crosspost.store.opening import ONLY_READ, file_of
from crosspost.store.rows import to_backfill, to_event
from crosspost.store.scopes import Scope, T
from crosspost.store.spending import SpendingRows
from crosspost.store.values import SKEW

BACKFILL = "backfill"
"""Under this name the history has the link: no account can have it."""
BEGUN_AT_NEWEST = Scope("begun at newest", datetime.fromisoformat)
"""By newsletter: when a machine that keeps nothing began this database."""
FIRST_DAY = timedelta(days=1)
"""Longer than one run of such a machine lasts. What comes later to a database that was kept is simply news."""


class Store(IssueRows, DeliveryRows, ChannelRows, SpendingRows):
    """An open store. Safe for several threads and several processes; every method raises StoreError only."""

    def recall(self, scope: Scope[T], key: str) -> T | None:
        """Return what was last remembered under this key; None when it is nothing that can be read."""
        with self._reading() as connection:
            return scope.read(connection.execute(_remembered(scope, key)).scalar())

    def remember(self, scope: Scope[T], key: str, value: T) -> None:
        """Keep a record in place of the one before."""
        row = {"value": scope.write(value), "at": self._clock()}
        with self._writing() as connection:
            self._keep(connection, tables.memory, {"scope": scope.name, "key": key}, row)

    def remember_if(self, scope: Scope[T], key: str, value: T, *, was: T | None) -> bool:
        """Remember it if what is remembered is still `was` (None: nothing). Of two that try, one gets True."""
        row, memory = {"value": scope.write(value), "at": self._clock()}, tables.memory.c
        with self._writing() as connection:
            kept = connection.execute(_remembered(scope, key)).scalar()
            if scope.read(kept) != was:
                return False
            if kept is None:
                return self._add(connection, tables.memory, {"scope": scope.name, "key": key, **row})
            changed = (
                sa.update(tables.memory)
                .where(memory.scope == scope.name, memory.key == key, memory.value == kept)
                .values(row)
                .returning(memory.key)
            )
            return connection.execute(changed).first() is not None

    def begin_at_newest(self, now: datetime) -> bool:
        """Begin an empty database with the newest issue as a candidate: earlier runs may have announced it.

        False: the newsletter is known here already, and nothing changes.
        """
        if self.baseline_taken():
            return False
        self.remember_if(BEGUN_AT_NEWEST, self.newsletter, now, was=None)
        return True

    def begun_at_newest(self) -> datetime | None:
        """Return when this database was begun so; None: it was not."""
        return self.recall(BEGUN_AT_NEWEST, self.newsletter)

    def announced_before(self, record: IssueRecord) -> datetime | None:
        """Return until when runs of which nothing is kept may have announced the issue; None: no such run knew it."""
        begun = self.begun_at_newest()
        return begun if begun is not None and record.first_seen_at < begun + FIRST_DAY else None

    def paused_until(self, account: str) -> datetime | None:
        """Return until when an account is left alone; the time may be past. None: it is not."""
        pause = tables.pause.c
        query = sa.select(pause.until).where(pause.newsletter == self.newsletter, pause.account == account)
        with self._reading() as connection:
            return connection.execute(query).scalar()

    def pause(self, account: str, until: datetime) -> None:
        """Leave an account alone until then."""
        with self._writing() as connection:
            key = {"newsletter": self.newsletter, "account": account}
            self._keep(connection, tables.pause, key, {"until": until})

    def end_pause(self, account: str) -> None:
        """Leave an account alone no longer."""
        pause = tables.pause.c
        with self._writing() as connection:
            connection.execute(
                sa.delete(tables.pause).where(pause.newsletter == self.newsletter, pause.account == account)
            )

    def backfill(self, number: int) -> Backfill | None:
        with self._reading() as connection:
            return self._backfill(connection, number)

    def set_backfill(self, row: Backfill, now: datetime) -> Backfill:
        """Keep where the discussion link is. An event only when state or reason changed."""
        row = replace(row, reason=self._clean(row.reason), changed_at=now)
        kept = ("state", "url", "reason", "attempts", "not_before", "changed_at")
        values = {name: getattr(row, name) for name in kept}
        with self._writing() as connection:
            before = self._backfill(connection, row.number, lock=True)
            key = {"newsletter": self.newsletter, "number": row.number}
            self._keep(connection, tables.backfill, key, values)
            if before is None or (before.state, before.reason) != (row.state, row.reason):
                states = (before.state if before else None, row.state)
                evidence = {"url": row.url} if row.url else {}
                self._add_event(
                    connection,
                    Event(now, self.newsletter, row.number, BACKFILL, *states, row.reason, evidence),
                )
        return row

    def set_times_right(self, now: datetime) -> bool:
        """Re-judge every kept time that tells of the past and lies ahead: the clock was set back since.

        What was seen then counts as seen now, and what was put off is due. Whether anything was changed.
        Deliveries that wait have the same rule in `due`.
        """
        ahead = now + SKEW
        issue, delivery, link = tables.issue.c, tables.delivery.c, tables.backfill.c
        waits = delivery.state == DeliveryState.DUE
        # Of a second post that may be out nobody knows since when: any post of the issue counts as it then.
        fence = sa.case((waits, sa.bindparam("now", now, delivery.fence.type)), else_=None)
        wrong: list[tuple[sa.Column[Any], dict[str, Any]]] = [
            (issue.first_seen_at, {"first_seen_at": now}),
            (issue.changed_at, {"changed_at": now}),
            (issue.planned_at, {"planned_at": now}),
            (issue.vanished_at, {"vanished_at": now}),
            (delivery.planned_at, {"planned_at": now}),
            (delivery.due_since, {"due_since": now}),
            (delivery.fence, {"fence": fence}),
            (link.changed_at, {"changed_at": now, "not_before": None}),
            (tables.hold.c.at, {"at": now}),
        ]
        there = [
            sa.exists().where(at.table.c.newsletter == self.newsletter, at > ahead).select_from(at.table)
            for at, _ in wrong
        ]
        with self._reading() as connection:
            if not connection.execute(sa.select(sa.or_(*there))).scalar():
                return False
        with self._writing() as connection:
            for at, right in wrong:
                connection.execute(
                    sa.update(at.table)
                    .where(at.table.c.newsletter == self.newsletter, at > ahead)
                    .values(right)
                )
        return True

    def events(self, number: int) -> list[Event]:
        """Return the history of an issue, the oldest event first."""
        event = tables.event.c
        query = (
            sa.select(tables.event)
            .where(event.newsletter == self.newsletter, event.number == number)
            .order_by(event.id)
        )
        return self._rows(query, to_event)

    def note(
        self,
        number: int,
        account: str | None,
        reason: str,
        evidence: Mapping[str, Any] | None = None,
        now: datetime | None = None,
    ) -> None:
        """Add to the history without changing anything."""
        with self._writing() as connection:
            state = self._state_of(connection, number, account)
            event = Event(
                now or self._clock(),
                self.newsletter,
                number,
                account,
                state,
                state or NOTED,
                reason,
                evidence or {},
            )
            self._add_event(connection, event)

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

    def may_write(self) -> None:
        """Raise StoreError when rows could not be written. Writes none: the statement fits no row.

        Of a SQLite file that was opened to read only, the permissions are looked at.
        """
        memory = tables.memory
        if self._engine.get_execution_options().get(ONLY_READ):
            self._might_write()
            return
        with self._writing() as connection:
            connection.execute(sa.update(memory).where(sa.false()).values(value=memory.c.value))

    def _might_write(self) -> None:
        place = tables.delivery.name
        with self._reading() as connection:
            if self._sqlite:
                allowed = readonly.may_write(Path(self._engine.url.database or ""))
            else:
                asked = sa.text("SELECT NOT pg_is_in_recovery() AND has_table_privilege(:place, 'UPDATE')")
                allowed = bool(connection.execute(asked, {"place": place}).scalar())
        if not allowed:
            raise StoreError(f"the database {self._place} may be read, but not written, by this user")

    def version(self) -> str:
        """Return the database and its schema, for `check` and for reports."""
        with self._reading() as connection:
            if self._sqlite:
                server = f"SQLite {connection.execute(sa.text('SELECT sqlite_version()')).scalar()}"
            else:
                server = f"PostgreSQL {connection.execute(sa.text('SHOW server_version')).scalar()}"
        return f"{server}, schema {tables.SCHEMA}"

    def close(self) -> None:
        self._engine.dispose()

    def _backfill(self, connection: sa.Connection, number: int, *, lock: bool = False) -> Backfill | None:
        backfill = tables.backfill.c
        query = sa.select(tables.backfill).where(
            backfill.newsletter == self.newsletter, backfill.number == number
        )
        if lock:
            query = query.with_for_update()
        row = connection.execute(query).mappings().first()
        return None if row is None else to_backfill(row)

    def _state_of(self, connection: sa.Connection, number: int, account: str | None) -> str | None:
        if account is None:
            record = self._record(connection, number)
            return record.state if record else None
        if account == BACKFILL:
            link = self._backfill(connection, number)
            return link.state if link else None
        delivery = tables.delivery.c
        return connection.execute(
            sa.select(delivery.state).where(
                delivery.newsletter == self.newsletter, delivery.number == number, delivery.account == account
            )
        ).scalar()


def _remembered(scope: Scope[Any], key: str) -> sa.Select[str]:
    memory = tables.memory.c
    return sa.select(memory.value).where(memory.scope == scope.name, memory.key == key)
