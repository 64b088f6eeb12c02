"""What each account has cost, month by month: the table spending."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa

from crosspost.store import tables
from crosspost.store.database import Database
from crosspost.store.values import month_of

SPENDING = tables.spending.c
PARTS = 1_000_000
"""The table counts in millionths of a US dollar."""


class SpendingRows(Database):
    """The table spending."""

    def spent(self, account: str, at: datetime) -> Decimal:
        """Return what the account has cost in the month of `at`, in US dollars."""
        query = sa.select(SPENDING.spent).where(
            SPENDING.newsletter == self.newsletter,
            SPENDING.account == account,
            SPENDING.month == month_of(at),
        )
        with self._reading() as connection:
            return Decimal(connection.execute(query).scalar() or 0) / PARTS

    def spend(self, account: str, amount: Decimal, at: datetime, *, most: Decimal | None = None) -> bool:
        """Add an amount to what the account has cost in the month of `at`; a negative one takes it back.

        With `most` it is added only where the month then does not cost more. Of several processes that try at once,
        those get True whose amounts fit together.
        """
        parts = int(amount * PARTS)
        if most is not None and amount > most:
            return False
        insert = self._insert(tables.spending).values(
            newsletter=self.newsletter, account=account, month=month_of(at), spent=max(parts, 0)
        )
        then = SPENDING.spent + parts
        fits = None if most is None else then <= int(most * PARTS)
        added = insert.on_conflict_do_update(
            index_elements=["newsletter", "account", "month"],
            set_={"spent": sa.case((then < 0, 0), else_=then)},
            where=fits,
        )
        with self._writing() as connection:
            return connection.execute(added.returning(SPENDING.spent)).first() is not None
