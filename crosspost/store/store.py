"""The Store: issues and deliveries, and all other tables: links, events, key-value records, files, costs, pauses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from crosspost.model import Backfill, ChannelState, DeliveryState, Event, IssueRecord
from crosspost.model.record import NOTED
from crosspost.store import tables
from crosspost.store.deliveries import DeliveryRows
from crosspost.store.issues import IssueRows
from crosspost.store.scopes import Scope, T
from crosspost.store.values import CLOCK_SKEW, SourceFile, month_of

BACKFILL = "backfill"
"""The discussion link's name in the history. No account can have it."""
BEGUN_AT_NEWEST = Scope("begun at newest", datetime)
"""The time, by newsletter, at which a machine that keeps no files began this database."""
LONGEST_RUN = timedelta(days=1)
"""The most that one run of such a machine lasts. An issue that is first seen later was announced by no earlier run."""
PARTS = 1_000_000
"""The table spending counts in millionths of a US dollar."""


class Store(IssueRows, DeliveryRows):
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

    def get_value(self, scope: Scope[T], key: str) -> T | None:
        """Return the stored value; None when there is none that can be read."""
        return scope.read(self._scalar(_value_query(scope, key)))

    def set_value(self, scope: Scope[T], key: str, value: T) -> None:
        """Store a value in place of the one before."""
        with self._writing() as connection:
            self._upsert(connection, tables.memory, self._memory_row(scope, key, value))

    def compare_and_set(self, scope: Scope[T], key: str, value: T, *, expected: T | None) -> bool:
        """Store a value if the stored one is still `expected` (None: there is none). Of two that try, one gets True."""
        row, memory = self._memory_row(scope, key, value), tables.memory.c
        with self._writing() as connection:
            stored = connection.execute(_value_query(scope, key)).scalar()
            if scope.read(stored) != expected:
                return False
            if stored is None:
                return self._insert_if_absent(connection, tables.memory, row)
            update = (
                sa.update(tables.memory)
                .where(memory.scope == scope.name, memory.key == key, memory.value == stored)
                .values(value=row["value"], at=row["at"])
            )
            return connection.execute(update.returning(memory.key)).first() is not None

    def _memory_row(self, scope: Scope[T], key: str, value: T) -> dict[str, Any]:
        return {"scope": scope.name, "key": key, "value": scope.write(value), "at": self._clock()}

    def has_baseline(self) -> bool:
        """Return whether the sources of the newsletter were ever polled."""
        return bool(self._scalar(sa.select(sa.exists().where(self._where(tables.newsletter)))))

    def begin_at_newest(self, now: datetime) -> bool:
        """Begin an empty database with the newest issue as a candidate, which an earlier run may have announced.

        False: the database knows the newsletter already, and nothing changes.
        """
        if self.has_baseline():
            return False
        self.compare_and_set(BEGUN_AT_NEWEST, self.newsletter, now, expected=None)
        return True

    def begun_at_newest(self) -> datetime | None:
        """Return when `begin_at_newest` began this database; None: it was never called on an empty one."""
        return self.get_value(BEGUN_AT_NEWEST, self.newsletter)

    def may_be_announced_until(self, record: IssueRecord) -> datetime | None:
        """Return until when an earlier run, whose rows are lost, may have announced the issue; None: none can have."""
        began_at = self.begun_at_newest()
        return began_at if began_at is not None and record.first_seen_at < began_at + LONGEST_RUN else None

    def files(self, source: str) -> dict[str, SourceFile]:
        """Return the files of a source as they were at the last poll, by path."""
        query = self._select(SourceFile, tables.file, source=source)
        return {file.path: file for file in self._rows(query, SourceFile)}

    def save_files(self, source: str, files: Iterable[SourceFile], removed: Iterable[str] = ()) -> None:
        with self._writing() as connection:
            for path in removed:
                connection.execute(
                    sa.delete(tables.file).where(self._where(tables.file, source=source, path=path))
                )
            for file in files:
                key = {"newsletter": self.newsletter, "source": source}
                self._upsert(connection, tables.file, {**key, **asdict(file)})

    def channels(self) -> list[ChannelState]:
        """Return the state of each channel that was ever polled, by its name."""
        query = self._select(ChannelState, tables.channel).order_by(tables.channel.c.name)
        return self._rows(query, ChannelState)

    def save_channel(self, state: ChannelState) -> None:
        columns = {**asdict(state), "newsletter": self.newsletter, "reason": self._clean(state.reason)}
        with self._writing() as connection:
            self._upsert(connection, tables.channel, columns)

    def spent_in_month(self, account: str, at: datetime) -> Decimal:
        """Return what the account has cost in the month of `at`, in US dollars."""
        this_month = self._where(tables.spending, account=account, month=month_of(at))
        return Decimal(self._scalar(sa.select(tables.spending.c.spent).where(this_month)) or 0) / PARTS

    def add_spending(
        self, account: str, amount: Decimal, at: datetime, *, limit: Decimal | None = None
    ) -> bool:
        """Add US dollars to what the account has cost in the month of `at`. A negative amount is a refund.

        False: the month would cost more than `limit`, and nothing was added. That also holds for several processes
        that try at once.
        """
        if limit is not None and amount > limit:
            return False
        parts = int(amount * PARTS)
        key = {"newsletter": self.newsletter, "account": account, "month": month_of(at)}
        spent = tables.spending.c.spent
        total = spent + parts
        upsert = self._insert(tables.spending, {**key, "spent": max(parts, 0)}).on_conflict_do_update(
            index_elements=list(key),
            set_={"spent": sa.case((total < 0, 0), else_=total)},
            where=None if limit is None else total <= int(limit * PARTS),
        )
        with self._writing() as connection:
            return connection.execute(upsert.returning(spent)).first() is not None

    def paused_until(self, account: str) -> datetime | None:
        """Return the end of the account's pause, which may be past; None: there is none."""
        this_account = self._where(tables.pause, account=account)
        until: datetime | None = self._scalar(sa.select(tables.pause.c.until).where(this_account))
        return until

    def pause(self, account: str, until: datetime) -> None:
        row = {"newsletter": self.newsletter, "account": account, "until": until}
        with self._writing() as connection:
            self._upsert(connection, tables.pause, row)

    def end_pause(self, account: str) -> None:
        with self._writing() as connection:
            connection.execute(sa.delete(tables.pause).where(self._where(tables.pause, account=account)))

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


def _value_query(scope: Scope[Any], key: str) -> sa.Select[str]:
    memory = tables.memory.c
    return sa.select(memory.value).where(memory.scope == scope.name, memory.key == key)
