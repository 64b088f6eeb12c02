"""Who holds an issue back or lets it go, seen by a source or not yet (docs/design.md)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from crosspost.config import weektime
from crosspost.model import Delivery, DeliveryState, Event, Hold, HoldBy, Issue
from crosspost.store import tables
from crosspost.store.database import Database
from crosspost.store.rows import to_delivery, to_hold

HOLD = tables.hold.c
DELIVERY = tables.delivery.c


class HoldRows(Database):
    """The table hold."""

    def holds_on(self, number: int | None = None) -> list[Hold]:
        """Return what was said last, by command and by comment; of one issue, or of all by number."""
        query = (
            sa.select(tables.hold).where(HOLD.newsletter == self.newsletter).order_by(HOLD.number, HOLD.by)
        )
        if number is not None:
            query = query.where(HOLD.number == number)
        return self._rows(query, to_hold)

    def hold(self, word: Hold, reason: str) -> list[Delivery]:
        """Keep who holds an issue back or lets it go, with its event. Returns the issue's deliveries as they are then.

        A process that has read a due row before this cannot claim it any more: it reads the row, and this, again.
        """
        with self._writing() as connection:
            self._keep_hold(connection, word)
            self._add_event(connection, self._of_the_issue(connection, word, reason))
            rows = sa.select(tables.delivery).where(
                DELIVERY.newsletter == self.newsletter, DELIVERY.number == word.number
            )
            return [to_delivery(row) for row in connection.execute(rows.order_by(DELIVERY.id)).mappings()]

    def _hold_by_comment(self, connection: sa.Connection, issue: Issue, now: datetime) -> None:
        """Keep what a comment in the issue says of a hold. The same words as before say nothing new."""
        wish = issue.directives.hold
        kept = connection.execute(
            sa.select(tables.hold)
            .where(HOLD.newsletter == self.newsletter, HOLD.number == issue.number, HOLD.by == HoldBy.COMMENT)
            .with_for_update()
        )
        before = kept.mappings().first()
        if (before["wish"] if before and before["held"] else None) == wish:
            return
        try:
            until = weektime.instant(wish, now) if wish else None
        except ValueError:  # it is past
            return
        word = Hold(issue.number, HoldBy.COMMENT, wish is not None, until, wish or "", now)
        self._keep_hold(connection, word)
        reason = "the comment that held it is gone" if wish is None else "held by a comment in the issue"
        self._add_event(connection, self._of_the_issue(connection, word, reason))

    def _keep_hold(self, connection: sa.Connection, word: Hold) -> None:
        key = {"newsletter": self.newsletter, "number": word.number, "by": word.by}
        values = {"held": word.held, "until": word.until, "wish": word.wish, "at": word.at}
        self._keep(connection, tables.hold, key, values)
        changes = {"revision": DELIVERY.revision + 1}
        if word.held:
            changes["despite_hold"] = sa.false()
        connection.execute(
            sa.update(tables.delivery)
            .where(
                DELIVERY.newsletter == self.newsletter,
                DELIVERY.number == word.number,
                DELIVERY.state == DeliveryState.DUE,
            )
            .values(changes)
        )

    def _of_the_issue(self, connection: sa.Connection, word: Hold, reason: str) -> Event:
        issue = tables.issue.c
        state = connection.execute(
            sa.select(issue.state).where(issue.newsletter == self.newsletter, issue.number == word.number)
        ).scalar()
        after = state or ("held" if word.held else "released")
        return Event(word.at, self.newsletter, word.number, None, state, after, self._clean(reason))
