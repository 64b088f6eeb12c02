"""The table delivery: one row for each issue and account (docs/design.md).

A transition changes the row only as it was read (`revision`): of two processes that read the same row, one gets None.
What each transition means is decided in crosspost.delivery.
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
from crosspost.store.database import Database
from crosspost.store.values import CLOCK_SKEW, sent_columns

DELIVERY = tables.delivery.c
HAS_OPEN_REQUEST = sa.and_(DELIVERY.state == DeliveryState.SENT, DELIVERY.request.is_not(None))
"""Condition: a published post is still to be deleted or edited."""
WAS_SHADOW = sa.and_(DELIVERY.state == DeliveryState.SKIPPED, DELIVERY.shadow_at.is_not(None))
"""Condition: only rehearsed; the post that people make in its place is looked for."""
WAITS_FOR_TIME = sa.or_(
    DELIVERY.state.in_((DeliveryState.UNCERTAIN, DeliveryState.SENDING)), HAS_OPEN_REQUEST, WAS_SHADOW
)
"""Condition: work goes on at `not_before`; without that time it waits for a person."""


class DeliveryRows(Database):
    """The table delivery."""

    def deliveries(self, number: int | None = None) -> list[Delivery]:
        """Return the rows: the newest issue first, its accounts in the order in which they were planned."""
        filters = {} if number is None else {"number": number}
        query = self._select(Delivery, tables.delivery, **filters)
        return self._rows(query.order_by(DELIVERY.number.desc(), DELIVERY.id), Delivery)

    def counts(self) -> dict[tuple[str, DeliveryState], int]:
        """Return the number of deliveries by platform and state, counted by the database."""
        group = (DELIVERY.platform, DELIVERY.state)
        query = sa.select(*group, sa.func.count()).where(self._where(tables.delivery)).group_by(*group)
        with self._reading() as connection:
            return {(platform, state): count for platform, state, count in connection.execute(query)}

    def times_to_post(self) -> list[tuple[str, timedelta]]:
        """Return the platform of each post that crosspost made, and the time from its plan to the post."""
        posted = self._where(tables.delivery, state=DeliveryState.SENT, adopted=False)
        query = sa.select(DELIVERY.platform, DELIVERY.planned_at, DELIVERY.settled_at)
        with self._reading() as connection:
            result = connection.execute(query.where(posted, DELIVERY.settled_at.is_not(None)))
            return [(row.platform, row.settled_at - row.planned_at) for row in result]

    def delivery(self, row_id: int) -> Delivery | None:
        """Return the row as it is now."""
        return self._row(Delivery, tables.delivery, id=row_id)

    def due_deliveries(
        self, now: datetime, accounts: Collection[str] | None = None, numbers: Collection[int] | None = None
    ) -> list[Delivery]:
        """Return the rows with something to do now, the oldest issue first.

        These are due rows whose time has come, uncertain and rehearsed ones whose next look is due, sent ones that are
        to be deleted or edited, and those in `sending` for longer than an attempt may last. A row whose last change
        lies in the future was changed before the clock was set back: its time counts as come.
        """
        time_has_come = sa.or_(DELIVERY.not_before <= now, DELIVERY.changed_at > now + CLOCK_SKEW)
        query = self._select(Delivery, tables.delivery).where(
            tables.TO_DO,
            sa.or_(
                sa.and_(
                    DELIVERY.state == DeliveryState.DUE, sa.or_(DELIVERY.not_before.is_(None), time_has_come)
                ),
                sa.and_(WAITS_FOR_TIME, DELIVERY.not_before.is_not(None), time_has_come),
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
        """Return the earliest time at which a delivery, the discussion link or a hold needs a pass.

        It may be past, unless `after` is given. `accounts`: the accounts that need no person (a manual account that
        cannot be read waits for its editor).
        """
        is_due = DELIVERY.state == DeliveryState.DUE
        at_once = sa.case((is_due, sa.func.coalesce(DELIVERY.changed_at, DELIVERY.planned_at)))
        deliveries = sa.select(sa.func.coalesce(DELIVERY.not_before, at_once).label("at")).where(
            self._where(tables.delivery), tables.TO_DO, sa.or_(is_due, WAITS_FOR_TIME)
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
        earliest: datetime | None = self._scalar(query if after is None else query.where(at > after))
        return earliest

    def claim(self, row: Delivery, now: datetime, until: datetime) -> Delivery | None:
        """Claim a due delivery for one attempt: due → sending, with a new token, committed. None: it has changed since.

        From `until` on every process takes the attempt for dead.
        """
        attempt = row.attempts + 1
        changes = {"attempts": attempt, "uncertain_since": None, "looks": 0, **_claim_columns(now, until)}
        return self.move(row, DeliveryState.SENDING, now=now, reason=f"attempt {attempt}", **changes)

    def claim_request(self, row: Delivery, now: datetime, until: datetime) -> Delivery | None:
        """Claim a post that is to be deleted or edited: it stays `sent`, with a new token."""
        return self.move(row, row.state, now=now, reason=row.reason, **_claim_columns(now, until))

    def has_changed(self, row: Delivery) -> bool:
        """Return whether another machine has changed the row since it was read. SQLite has no other machine."""
        if not self.is_shared:
            return False
        query = sa.select(DELIVERY.id).where(DELIVERY.id == row.id, DELIVERY.revision == row.revision)
        return self._scalar(query) is None

    def is_still_claimed(self, row: Delivery) -> bool:
        """Return whether the database still has this row's claim, and the same request of a person (or none).

        False also when a person has asked for something else since: then nothing may be sent any more.
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
        """Make one transition of the row, with its event. None: the row has changed since it was read.

        `changes` are further columns. Without them `not_before` becomes None, and so does the claim in every state but
        `sending`. No event is added when state and reason stay the same. An issue that is done is planned again when
        the delivery has more to do.
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
            updated = self._update(connection, DELIVERY.revision == row.revision, row, changes)
            if updated is None:
                connection.rollback()
            elif (updated.state, updated.reason) != (row.state, row.reason):
                key = (self.newsletter, row.number, row.account)
                event = Event(now, *key, row.state, state, updated.reason, evidence or {})
                self._add_event(connection, event)
            return updated

    def record_late_answer(self, row: Delivery, sent: Sent, now: datetime) -> Delivery | None:
        """Record a success that arrived after the attempt had lost its claim: the post is on the platform.

        Whoever has claimed the row meanwhile loses the claim before sending. None when the row is `sent` already:
        then the history gets the second address.
        """
        evidence = {"url": sent.url, "id": sent.id, "claim": row.claim}
        reason = "a late answer says that it is there"
        event = Event(
            now, self.newsletter, row.number, row.account, None, DeliveryState.SENT, reason, evidence
        )
        changes = {"state": DeliveryState.SENT, "reason": reason, "changed_at": now}
        changes |= {"claim": None, "claimed_at": None, **sent_columns(sent.url, sent.id, now, adopted=False)}
        with self._writing() as connection:
            current = self._locked_row(connection, Delivery, tables.delivery, id=row.id)
            if current is None:
                return None
            event = replace(event, before=current.state)
            if current.state == DeliveryState.SENT:
                if current.url != sent.url:
                    event = replace(event, reason="a late answer names a second post")
                    self._add_event(connection, event)
                return None
            if current.request is not None:
                changes["not_before"] = now  # it is to be deleted
            self._add_event(connection, event)
            return self._update(connection, sa.true(), current, changes)

    def _update(
        self,
        connection: sa.Connection,
        condition: sa.ColumnElement[bool],
        row: Delivery,
        changes: Mapping[str, Any],
    ) -> Delivery | None:
        update = (
            sa.update(tables.delivery)
            .where(DELIVERY.id == row.id, condition)
            .values(revision=DELIVERY.revision + 1, **changes)
            .returning(tables.delivery)
        )
        updated = connection.execute(update).mappings().first()
        return None if updated is None else Delivery(**updated)


def _claim_columns(now: datetime, until: datetime) -> dict[str, Any]:
    return {"claim": uuid.uuid4().hex, "claimed_at": now, "not_before": until}
