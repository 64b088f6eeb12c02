"""One row for each issue and account (docs/design.md).

The row is the truth. A transition is made only to the row as it was read (`revision`), so that of two
processes which saw the same row one is told that it came too late. What the transitions mean is decided in
crosspost.delivery.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crosspost.model import BackfillState, Delivery, DeliveryState, Event, IssueState, Sent
from crosspost.store import tables
from crosspost.store.database import Database, rows
from crosspost.store.values import CLOCK_SKEW, sent_columns

DELIVERY = tables.delivery.c
HAS_OPEN_REQUEST = sa.and_(DELIVERY.state == DeliveryState.SENT, DELIVERY.request.is_not(None))
"""A post that is out has still to be deleted or edited."""
WAS_SHADOW = sa.and_(DELIVERY.state == DeliveryState.SKIPPED, DELIVERY.shadow_at.is_not(None))
"""It was rehearsed, and what people post in its place is looked for."""
BY_ITS_TIME = sa.or_(
    DELIVERY.state.in_((DeliveryState.UNCERTAIN, DeliveryState.SENDING)), HAS_OPEN_REQUEST, WAS_SHADOW
)
"""It is gone on with at its time; without one it waits for a person."""


class DeliveryRows(Database):
    """The table delivery."""

    def deliveries(self, number: int | None = None) -> list[Delivery]:
        """Return the rows: the newest issue first, its accounts in the order in which they were planned."""
        only = {} if number is None else {"number": number}
        query = self._select(Delivery, tables.delivery, **only)
        return self._rows(query.order_by(DELIVERY.number.desc(), DELIVERY.id), Delivery)

    def counts(self) -> dict[tuple[str, DeliveryState], int]:
        """Return how many deliveries of each platform are in each state: counted by the database."""
        kinds = (DELIVERY.platform, DELIVERY.state)
        query = sa.select(*kinds, sa.func.count()).where(self._where(tables.delivery)).group_by(*kinds)
        with self._reading() as connection:
            return {(platform, state): count for platform, state, count in connection.execute(query)}

    def times_to_post(self) -> list[tuple[str, timedelta]]:
        """Return for each post of ours its platform and how long it took from the plan. Reads no text."""
        ours = self._where(tables.delivery, state=DeliveryState.SENT, adopted=False)
        query = sa.select(DELIVERY.platform, DELIVERY.planned_at, DELIVERY.settled_at)
        with self._reading() as connection:
            found = connection.execute(query.where(ours, DELIVERY.settled_at.is_not(None)))
            return [(row.platform, row.settled_at - row.planned_at) for row in found]

    def delivery(self, row_id: int) -> Delivery | None:
        """Return the row as it is now."""
        found = self._rows(self._select(Delivery, tables.delivery, id=row_id), Delivery)
        return found[0] if found else None

    def due_deliveries(
        self, now: datetime, accounts: Collection[str] | None = None, numbers: Collection[int] | None = None
    ) -> list[Delivery]:
        """Return the rows for which there is something to do now, the oldest issue first.

        Due rows whose time has come, uncertain and rehearsed ones whose next look has, sent ones that are to be
        deleted or edited, and those in `sending` for longer than an attempt may last. A row changed at a moment that
        has not come yet was changed before the clock was set back: what it says about time is not waited for.
        """
        come = sa.or_(DELIVERY.not_before <= now, DELIVERY.changed_at > now + CLOCK_SKEW)
        query = self._select(Delivery, tables.delivery).where(
            tables.TO_DO,
            sa.or_(
                sa.and_(DELIVERY.state == DeliveryState.DUE, sa.or_(DELIVERY.not_before.is_(None), come)),
                sa.and_(BY_ITS_TIME, DELIVERY.not_before.is_not(None), come),
            ),
        )
        if accounts is not None:
            query = query.where(DELIVERY.account.in_(accounts))
        if numbers is not None:
            query = query.where(DELIVERY.number.in_(numbers))
        return self._rows(query.order_by(DELIVERY.number, DELIVERY.id), Delivery)

    def next_due(
        self, accounts: Collection[str] | None = None, after: datetime | None = None
    ) -> datetime | None:
        """Return the earliest moment at which anything goes on by itself, the link included.

        It may be past, unless it is to be `after` a time. `accounts` names those that do: a manual account that
        cannot be read waits for its editor.
        """
        is_due = DELIVERY.state == DeliveryState.DUE
        at_once = sa.case((is_due, sa.func.coalesce(DELIVERY.changed_at, DELIVERY.planned_at)))
        deliveries = sa.select(sa.func.coalesce(DELIVERY.not_before, at_once).label("at")).where(
            self._where(tables.delivery), tables.TO_DO, sa.or_(is_due, BY_ITS_TIME)
        )
        if accounts is not None:
            deliveries = deliveries.where(DELIVERY.account.in_(accounts))
        link, hold = tables.backfill.c, tables.hold.c
        links = sa.select(link.not_before).where(
            self._where(tables.backfill), link.state.in_((BackfillState.DUE, BackfillState.PROPOSED))
        )
        holds = sa.select(hold.until).where(
            self._where(tables.hold, held=True), hold.until > (after or self._clock())
        )
        at = sa.union_all(deliveries, links, holds).subquery().c.at
        query = sa.select(sa.func.min(at))
        moment: datetime | None = self._scalar(query if after is None else query.where(at > after))
        return moment

    def claim(self, row: Delivery, now: datetime, until: datetime) -> Delivery | None:
        """Take a due delivery: due → sending, with its own token, committed. None: somebody was quicker.

        From `until` on the attempt counts as dead, for every process.
        """
        attempt = row.attempts + 1
        anew = {"attempts": attempt, "uncertain_since": None, "looks": 0, **_token(now, until)}
        return self.move(row, DeliveryState.SENDING, now=now, reason=f"attempt {attempt}", **anew)

    def claim_request(self, row: Delivery, now: datetime, until: datetime) -> Delivery | None:
        """Take a post that is to be deleted or edited: it stays `sent`, with a token of the attempt."""
        return self.move(row, row.state, now=now, reason=row.reason, **_token(now, until))

    def has_changed(self, row: Delivery) -> bool:
        """Return whether another machine has moved the row since it was read. On SQLite there is none to ask for."""
        if not self.is_shared:
            return False
        query = sa.select(DELIVERY.id).where(DELIVERY.id == row.id, DELIVERY.revision == row.revision)
        return self._scalar(query) is None

    def is_still_claimed(self, row: Delivery) -> bool:
        """Return whether the attempt that claimed this row still owns it: read from the database.

        Not when a person has asked for something else since: what has not left by then does not leave.
        """
        query = sa.select(DELIVERY.id).where(
            DELIVERY.id == row.id,
            DELIVERY.claim == row.claim,
            DELIVERY.state == row.state,
            DELIVERY.request.is_not_distinct_from(row.request),
        )
        return self._scalar(query) is not None

    def move(
        self,
        row: Delivery,
        state: DeliveryState,
        *,
        now: datetime,
        reason: str,
        evidence: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> Delivery | None:
        """Make one transition of the row as it was read, with its event. None: the row has changed since.

        The claim ends with `sending`, unless one is given; `not_before` is None unless it is given. No event when
        neither state nor reason is another than before. An issue that was done is not, when there is more to do.
        """
        changes = {
            "not_before": None,
            **changes,
            "state": state,
            "reason": self._clean(reason),
            "changed_at": now,
        }
        if state != DeliveryState.SENDING:
            changes = {"claim": None, "claimed_at": None, **changes}
        with self._writing() as connection:
            if row.is_settled and not replace(row, **changes).is_settled:
                done = self._where(tables.issue, number=row.number, state=IssueState.DONE)
                planned = {"state": IssueState.PLANNED, "settled_at": None}
                connection.execute(sa.update(tables.issue).where(done).values(planned))
            moved = self._update(connection, DELIVERY.revision == row.revision, row, changes)
            if moved is None:
                connection.rollback()
            elif (moved.state, moved.reason) != (row.state, row.reason):
                place = (self.newsletter, row.number, row.account)
                event = Event(now, *place, row.state, state, moved.reason, evidence or {})
                self._add_event(connection, event)
            return moved

    def record_late_answer(self, row: Delivery, sent: Sent, now: datetime) -> Delivery | None:
        """Keep the answer of an attempt that had lost its claim: the post is there, whatever the row says.

        Whoever holds the row now loses it before sending. None when the row is `sent` already: the
        history has the second address then.
        """
        evidence = {"url": sent.url, "id": sent.id, "claim": row.claim}
        reason = "a late answer says that it is there"
        event = Event(
            now, self.newsletter, row.number, row.account, None, DeliveryState.SENT, reason, evidence
        )
        changes = {"state": DeliveryState.SENT, "reason": reason, "changed_at": now}
        changes |= {"claim": None, "claimed_at": None, **sent_columns(sent.url, sent.id, now, adopted=False)}
        query = self._select(Delivery, tables.delivery, id=row.id).with_for_update()
        with self._writing() as connection:
            current = next(iter(rows(connection, query, Delivery)), None)
            if current is None:
                return None
            event = replace(event, before=current.state)
            if current.state == DeliveryState.SENT:
                if current.url != sent.url:
                    second = replace(event, reason="a late answer names a second post")
                    self._add_event(connection, second)
                return None
            if current.request is not None:
                changes["not_before"] = now  # it is to be deleted
            self._add_event(connection, event)
            return self._update(connection, sa.true(), current, changes)

    # ── the parts of these ───────────────────────────────────────────────────────────────────────────

    def _update(
        self,
        connection: sa.Connection,
        condition: sa.ColumnElement[bool],
        row: Delivery,
        changes: Mapping[str, Any],
    ) -> Delivery | None:
        changed = (
            sa.update(tables.delivery)
            .where(DELIVERY.id == row.id, condition)
            .values(revision=DELIVERY.revision + 1, **changes)
            .returning(tables.delivery)
        )
        found = connection.execute(changed).mappings().first()
        return None if found is None else Delivery(**found)


def _token(now: datetime, until: datetime) -> dict[str, Any]:
    """Return what makes a row one attempt's own until then."""
    return {"claim": uuid.uuid4().hex, "claimed_at": now, "not_before": until}
