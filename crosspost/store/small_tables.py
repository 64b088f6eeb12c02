"""What is remembered beside issues and deliveries: records, files, channels, costs, pauses, how it all began."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from crosspost.model import ChannelState, IssueRecord
from crosspost.store import tables
from crosspost.store.database import Database
from crosspost.store.scopes import Scope, T
from crosspost.store.values import SourceFile, month_of

BEGUN_AT_NEWEST = Scope("begun at newest", datetime)
"""By newsletter: when a machine that keeps nothing began this database."""
FIRST_DAY = timedelta(days=1)
"""Longer than one run of such a machine lasts. What comes later to a database that was kept is simply news."""
PARTS = 1_000_000
"""The table spending counts in millionths of a US dollar."""


class SmallTables(Database):
    """The tables memory, newsletter, file, channel, spending and pause."""

    def get_value(self, scope: Scope[T], key: str) -> T | None:
        """Return what was last remembered under this key; None when it is nothing that can be read."""
        return scope.read(self._scalar(_remembered(scope, key)))

    def set_value(self, scope: Scope[T], key: str, value: T) -> None:
        """Keep a record in place of the one before."""
        with self._writing() as connection:
            self._keep(connection, tables.memory, self._entry(scope, key, value))

    def compare_and_set(self, scope: Scope[T], key: str, value: T, *, expected: T | None) -> bool:
        """Remember it if what is remembered is still `expected` (None: nothing). Of two that try, one gets True."""
        row, memory = self._entry(scope, key, value), tables.memory.c
        with self._writing() as connection:
            kept = connection.execute(_remembered(scope, key)).scalar()
            if scope.read(kept) != expected:
                return False
            if kept is None:
                return self._add(connection, tables.memory, row)
            changed = sa.update(tables.memory).where(
                memory.scope == scope.name, memory.key == key, memory.value == kept
            )
            changed = changed.values(value=row["value"], at=row["at"]).returning(memory.key)
            return connection.execute(changed).first() is not None

    def _entry(self, scope: Scope[T], key: str, value: T) -> dict[str, Any]:
        return {"scope": scope.name, "key": key, "value": scope.write(value), "at": self._clock()}

    # ── how the database began ───────────────────────────────────────────────────────────────────────

    def has_baseline(self) -> bool:
        """Return whether the newsletter was ever looked at."""
        return bool(self._scalar(sa.select(sa.exists().where(self._where(tables.newsletter)))))

    def begin_at_newest(self, now: datetime) -> bool:
        """Begin an empty database with the newest issue as a candidate: earlier runs may have announced it.

        False: the newsletter is known here already, and nothing changes.
        """
        if self.has_baseline():
            return False
        self.compare_and_set(BEGUN_AT_NEWEST, self.newsletter, now, expected=None)
        return True

    def begun_at_newest(self) -> datetime | None:
        """Return when this database was begun so; None: it was not."""
        return self.get_value(BEGUN_AT_NEWEST, self.newsletter)

    def may_be_announced_until(self, record: IssueRecord) -> datetime | None:
        """Return until when runs of which nothing is kept may have announced the issue; None: no such run knew it."""
        begun = self.begun_at_newest()
        return begun if begun is not None and record.first_seen_at < begun + FIRST_DAY else None

    # ── what the sources and the other channels showed at the last look ──────────────────────────────

    def files(self, source: str) -> dict[str, SourceFile]:
        """Return the files of a source as they were at the last look, by path."""
        query = self._select(SourceFile, tables.file, source=source)
        return {seen.path: seen for seen in self._rows(query, SourceFile)}

    def save_files(self, source: str, seen: Iterable[SourceFile], gone: Iterable[str] = ()) -> None:
        with self._writing() as connection:
            for path in gone:
                connection.execute(
                    sa.delete(tables.file).where(self._where(tables.file, source=source, path=path))
                )
            for each in seen:
                place = {"newsletter": self.newsletter, "source": source}
                self._keep(connection, tables.file, {**place, **asdict(each)})

    def channels(self) -> list[ChannelState]:
        """Return what is known of each channel that was ever looked at, by its name."""
        query = self._select(ChannelState, tables.channel).order_by(tables.channel.c.name)
        return self._rows(query, ChannelState)

    def save_channel(self, state: ChannelState) -> None:
        """Keep what a look showed."""
        cleaned = {"newsletter": self.newsletter, "reason": self._clean(state.reason)}
        with self._writing() as connection:
            self._keep(connection, tables.channel, {**asdict(state), **cleaned})

    # ── what an account costs, and until when it is left alone ───────────────────────────────────────

    def spent_in_month(self, account: str, at: datetime) -> Decimal:
        """Return what the account has cost in the month of `at`, in US dollars."""
        of_the_month = self._where(tables.spending, account=account, month=month_of(at))
        return Decimal(self._scalar(sa.select(tables.spending.c.spent).where(of_the_month)) or 0) / PARTS

    def add_spending(
        self, account: str, amount: Decimal, at: datetime, *, most: Decimal | None = None
    ) -> bool:
        """Add an amount to what the account has cost in the month of `at`; a negative one takes it back.

        With `most` it is added only where the month then does not cost more. Of several processes that try at once,
        those get True whose amounts fit together.
        """
        if most is not None and amount > most:
            return False
        parts, key = (
            int(amount * PARTS),
            {"newsletter": self.newsletter, "account": account, "month": month_of(at)},
        )
        spent = tables.spending.c.spent
        then = spent + parts
        added = self._insert(tables.spending, {**key, "spent": max(parts, 0)}).on_conflict_do_update(
            index_elements=list(key),
            set_={"spent": sa.case((then < 0, 0), else_=then)},
            where=None if most is None else then <= int(most * PARTS),
        )
        with self._writing() as connection:
            return connection.execute(added.returning(spent)).first() is not None

    def paused_until(self, account: str) -> datetime | None:
        """Return until when an account is left alone; the time may be past. None: it is not."""
        paused = self._where(tables.pause, account=account)
        until: datetime | None = self._scalar(sa.select(tables.pause.c.until).where(paused))
        return until

    def pause(self, account: str, until: datetime) -> None:
        """Leave an account alone until then."""
        row = {"newsletter": self.newsletter, "account": account, "until": until}
        with self._writing() as connection:
            self._keep(connection, tables.pause, row)

    def end_pause(self, account: str) -> None:
        """Leave an account alone no longer."""
        with self._writing() as connection:
            connection.execute(sa.delete(tables.pause).where(self._where(tables.pause, account=account)))


def _remembered(scope: Scope[Any], key: str) -> sa.Select[str]:
    memory = tables.memory.c
    return sa.select(memory.value).where(memory.scope == scope.name, memory.key == key)
