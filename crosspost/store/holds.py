"""Who holds an issue back or lets it go, seen by a source or not yet (docs/design.md)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crosspost.config import weektime
from crosspost.model import Delivery, DeliveryState, Event, Hold, HoldBy, Issue
from crosspost.store import tables
from crosspost.store.database import Database, rows

HOLD = tables.hold.c
DELIVERY = tables.delivery.c


class HoldRows(Database):
    """The table hold."""

    def holds_on(self, number: int | None = None) -> list[Hold]:
        """Return what was said last, by command and by comment; of one issue, or of all by number."""
        only = {} if number is None else {"number": number}
        return self._rows(self._select(Hold, tables.hold, **only).order_by(HOLD.number, HOLD.by), Hold)

    def hold(self, word: Hold, reason: str) -> list[Delivery]:
        """Keep who holds an issue back or lets it go, with its event. Returns the issue's deliveries as they are then.

        A process that has read a due row before this cannot claim it any more: it reads the row, and this, again.
        """
        with self._writing() as connection:
            self._keep_hold(connection, word, reason)
            query = self._select(Delivery, tables.delivery, number=word.number).order_by(DELIVERY.id)
            return rows(connection, query, Delivery)

    def _hold_by_comment(self, connection: sa.Connection, issue: Issue, now: datetime) -> None:
        """Keep what a comment in the issue says of a hold. The same words as before say nothing new."""
        wish = issue.directives.hold
        query = self._select(Hold, tables.hold, number=issue.number, by=HoldBy.COMMENT).with_for_update()
        kept = rows(connection, query, Hold)
        if (kept[0].wish if kept and kept[0].held else None) == wish:
            return
        try:
            until = weektime.instant(wish, now) if wish else None
        except ValueError:  # it is past
            return
        word = Hold(issue.number, HoldBy.COMMENT, wish is not None, until, wish or "", now)
        reason = "the comment that held it is gone" if wish is None else "held by a comment in the issue"
        self._keep_hold(connection, word, reason)

    def _keep_hold(self, connection: sa.Connection, word: Hold, reason: str) -> None:
        """Keep it, renew the number of each due row, and add the event of the issue."""
        self._keep(connection, tables.hold, {"newsletter": self.newsletter, **asdict(word)})
        changes: dict[str, Any] = {"revision": DELIVERY.revision + 1}
        if word.held:
            changes["despite_hold"] = False
        due = self._where(tables.delivery, number=word.number, state=DeliveryState.DUE)
        connection.execute(sa.update(tables.delivery).where(due).values(changes))
        of_the_issue = self._where(tables.issue, number=word.number)
        state = connection.execute(sa.select(tables.issue.c.state).where(of_the_issue)).scalar()
        after = state or ("held" if word.held else "released")
        self._add_event(connection, Event(word.at, self.newsletter, word.number, None, state, after, reason))
