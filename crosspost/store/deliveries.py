"""One row for each issue and account (docs/design.md).

The row is the truth. A transition is made only to the row as it was read (`revision`), so that of two
processes which saw the same row one is told that it came too late. What the transitions mean is decided in
crosspost.delivery.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crosspost.model import BackfillState, Delivery, DeliveryState, Event, IssueState, Post, Seen, Sent
from crosspost.store import tables
from crosspost.store.database import Database
from crosspost.store.rows import from_post, from_seen, to_delivery
from crosspost.store.values import SKEW

DELIVERY = tables.delivery.c
HAS_OPEN_REQUEST = sa.and_(DELIVERY.state == DeliveryState.SENT, DELIVERY.request.is_not(None))
"""A post that is out has still to be deleted or edited."""
WAS_SHADOW = sa.and_(DELIVERY.state == DeliveryState.SKIPPED, DELIVERY.shadow_at.is_not(None))
"""It was rehearsed, and what people post in its place is looked for."""


class DeliveryRows(Database):
    """The table delivery."""

    def deliveries(self, number: int | None = None) -> list[Delivery]:
        """Return the rows: the newest issue first, its accounts in the order in which they were planned."""
        query = (
            sa.select(tables.delivery)
            .where(DELIVERY.newsletter == self.newsletter)
            .order_by(DELIVERY.number.desc(), DELIVERY.id)
        )
        if number is not None:
            query = query.where(DELIVERY.number == number)
        return self._rows(query, to_delivery)

    def counts(self) -> dict[tuple[str, DeliveryState], int]:
        """Return how many deliveries of each platform are in each state: counted by the database."""
        kinds = (DELIVERY.platform, DELIVERY.state)
        query = (
            sa.select(*kinds, sa.func.count()).where(DELIVERY.newsletter == self.newsletter).group_by(*kinds)
        )
        with self._reading() as connection:
            return {
                (platform, DeliveryState(state)): count
                for platform, state, count in connection.execute(query)
            }

    def times_to_posted(self) -> list[tuple[str, timedelta]]:
        """Return for each post of ours its platform and how long it took from the plan. Reads no text."""
        query = sa.select(DELIVERY.platform, DELIVERY.planned_at, DELIVERY.settled_at).where(
            DELIVERY.newsletter == self.newsletter,
            DELIVERY.state == DeliveryState.SENT,
            DELIVERY.adopted.is_(False),
            DELIVERY.settled_at.is_not(None),
        )
        with self._reading() as connection:
            return [(row.platform, row.settled_at - row.planned_at) for row in connection.execute(query)]

    def delivery(self, row_id: int) -> Delivery | None:
        """Return the row as it is now."""
        return next(
            iter(self._rows(sa.select(tables.delivery).where(DELIVERY.id == row_id), to_delivery)), None
        )

    def due(
        self, now: datetime, accounts: Collection[str] | None = None, numbers: Collection[int] | None = None
    ) -> list[Delivery]:
        """Return the rows for which there is something to do now, the oldest issue first.

        Due rows whose time has come, uncertain and rehearsed ones whose next look has, sent ones that are to be
        deleted or edited, and those in `sending` for longer than an attempt may last. A row changed at a moment that
        has not come yet was changed before the clock was set back: what it says about time is not waited for.
        """
        come = sa.or_(DELIVERY.not_before <= now, DELIVERY.changed_at > now + SKEW)
        by_its_time = sa.or_(
            DELIVERY.state.in_((DeliveryState.UNCERTAIN, DeliveryState.SENDING)), HAS_OPEN_REQUEST, WAS_SHADOW
        )
        query = (
            sa.select(tables.delivery)
            .where(
                DELIVERY.newsletter == self.newsletter,
                tables.TO_DO,
                sa.or_(
                    sa.and_(DELIVERY.state == DeliveryState.DUE, sa.or_(DELIVERY.not_before.is_(None), come)),
                    # An uncertain row, or a request, without a time waits for a person.
                    sa.and_(by_its_time, DELIVERY.not_before.is_not(None), come),
                ),
            )
            .order_by(DELIVERY.number, DELIVERY.id)
        )
        if accounts is not None:
            query = query.where(DELIVERY.account.in_(accounts))
        if numbers is not None:
            query = query.where(DELIVERY.number.in_(numbers))
        return self._rows(query, to_delivery)

    def next_due(
        self, accounts: Collection[str] | None = None, after: datetime | None = None
    ) -> datetime | None:
        """Return the earliest moment at which anything goes on by itself, the link included.

        It may be past, unless it is to be `after` a time. `accounts` names those that do: a manual account that
        cannot be read waits for its editor.
        """
        due_since = sa.func.coalesce(DELIVERY.changed_at, DELIVERY.planned_at).label("due_since")
        query = sa.select(DELIVERY.state, DELIVERY.not_before, due_since).where(
            DELIVERY.newsletter == self.newsletter,
            tables.TO_DO,
            sa.or_(
                DELIVERY.state.in_((DeliveryState.DUE, DeliveryState.UNCERTAIN, DeliveryState.SENDING)),
                HAS_OPEN_REQUEST,
                WAS_SHADOW,
            ),
        )
        if accounts is not None:
            query = query.where(DELIVERY.account.in_(accounts))
        link = tables.backfill.c
        links = sa.select(link.not_before).where(
            link.newsletter == self.newsletter,
            link.not_before.is_not(None),
            link.state.in_((BackfillState.DUE, BackfillState.PROPOSED)),
        )
        hold = tables.hold.c
        holds = sa.select(hold.until).where(
            hold.newsletter == self.newsletter, hold.held, hold.until > (after or self._clock())
        )
        with self._reading() as connection:
            moments: list[datetime] = [
                *connection.execute(links).scalars(),
                *connection.execute(holds).scalars(),
            ]
            for row in connection.execute(query):
                if row.not_before is not None:
                    moments.append(row.not_before)
                elif row.state == DeliveryState.DUE:
                    moments.append(row.due_since)
        return min((each for each in moments if after is None or each > after), default=None)

    def claim(self, row: Delivery, now: datetime, until: datetime) -> Delivery | None:
        """Take a due delivery: due → sending, with its own token, committed. None: somebody was quicker.

        From `until` on the attempt counts as dead, for every process.
        """
        return self.move(
            row,
            DeliveryState.SENDING,
            now=now,
            reason=f"attempt {row.attempts + 1}",
            claim=uuid.uuid4().hex,
            claimed_at=now,
            attempts=row.attempts + 1,
            not_before=until,
            uncertain_since=None,
            looks=0,
        )

    def claim_request(self, row: Delivery, now: datetime, until: datetime) -> Delivery | None:
        """Take a post that is to be deleted or edited: it stays `sent`, with a token of the attempt."""
        return self.move(
            row,
            row.state,
            now=now,
            reason=row.reason,
            claim=uuid.uuid4().hex,
            claimed_at=now,
            not_before=until,
        )

    def was_quicker(self, row: Delivery) -> bool:
        """Return whether another machine has moved the row since it was read. On SQLite there is none to ask for."""
        if not self.shared:
            return False
        query = sa.select(DELIVERY.id).where(DELIVERY.id == row.id, DELIVERY.revision == row.revision)
        with self._reading() as connection:
            return connection.execute(query).first() is None

    def holds(self, row: Delivery) -> bool:
        """Return whether the attempt that claimed this row still owns it: read from the database.

        Not when a person has asked for something else since: what has not left by then does not leave.
        """
        query = sa.select(DELIVERY.id).where(
            DELIVERY.id == row.id,
            DELIVERY.claim == row.claim,
            DELIVERY.state == row.state,
            DELIVERY.request.is_not_distinct_from(row.request),
        )
        with self._reading() as connection:
            return connection.execute(query).first() is not None

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
        neither state nor reason is another than before.
        """
        reason = self._clean(reason)
        changes.setdefault("not_before", None)
        if state != DeliveryState.SENDING:
            changes = {"claim": None, "claimed_at": None} | changes
        with self._writing() as connection:
            changes |= {"state": state, "reason": reason, "changed_at": now}
            moved = self._update(connection, DELIVERY.revision == row.revision, row, changes)
            if moved is None:
                return None
            if (state, reason) != (row.state, row.reason):
                self._add_delivery_event(connection, row, (now, state, reason), evidence)
            return moved

    def change_post(self, row: Delivery, post: Post, *, now: datetime, reason: str) -> Delivery | None:
        """Give a delivery that is not sent another text, and make it due. None: the row has changed since."""
        if row.state not in (DeliveryState.DUE, DeliveryState.STUCK):
            return None
        anew = {"post": from_post(post), "setbacks": 0, "due_since": now}
        waits = {"not_before": row.not_before} if row.state is DeliveryState.DUE else {}
        evidence = {"length": post.length}
        return self.move(row, DeliveryState.DUE, now=now, reason=reason, evidence=evidence, **anew, **waits)

    def record_late(self, row: Delivery, sent: Sent, now: datetime) -> Delivery | None:
        """Keep the answer of an attempt that had lost its claim: the post is there, whatever the row says.

        Whoever holds the row now loses it before sending. None when the row is `sent` already: the
        history has the second address then.
        """
        reason = "a late answer says that it is there"
        evidence = {"url": sent.url, "id": sent.id, "claim": row.claim}
        changes = {
            "state": DeliveryState.SENT,
            "reason": reason,
            "changed_at": now,
            "claim": None,
            "claimed_at": None,
            "url": sent.url,
            "remote_id": sent.id,
            "settled_at": now,
            "not_before": None,
            "uncertain_since": None,
        }
        with self._writing() as connection:
            current = self._row(connection, row.id)
            if current is None:
                return None
            moved = None
            if current.state == DeliveryState.SENT:
                if current.url != sent.url:
                    reason = "a late answer names a second post"
                    self._add_delivery_event(connection, current, (now, current.state, reason), evidence)
            else:
                if current.request is not None:
                    changes["not_before"] = now  # it is to be deleted
                moved = self._update(connection, sa.true(), current, changes)
                self._add_delivery_event(connection, current, (now, DeliveryState.SENT, reason), evidence)
            return moved

    def reopen(
        self,
        row: Delivery,
        state: DeliveryState = DeliveryState.DUE,
        *,
        now: datetime,
        reason: str,
        **changes: Any,
    ) -> Delivery | None:
        """Make a delivery due again, or sent with something to be done to it; its issue is no longer done."""
        issue = tables.issue.c
        reason = self._clean(reason)
        changes.setdefault("not_before", None)
        with self._writing() as connection:
            connection.execute(
                sa.update(tables.issue)
                .where(
                    issue.newsletter == self.newsletter,
                    issue.number == row.number,
                    issue.state == IssueState.DONE,
                )
                .values(state=IssueState.PLANNED, settled_at=None)
            )
            changes |= {"state": state, "reason": reason, "changed_at": now}
            moved = self._update(connection, DELIVERY.revision == row.revision, row, changes)
            if moved is None:
                connection.rollback()
                return None
            self._add_delivery_event(connection, row, (now, state, reason), {"before": row.url})
            return moved

    # ── the parts of these ───────────────────────────────────────────────────────────────────────────

    def _row(self, connection: sa.Connection, row_id: int) -> Delivery | None:
        found = connection.execute(
            sa.select(tables.delivery).where(DELIVERY.id == row_id).with_for_update()
        ).mappings()
        row = found.first()
        return None if row is None else to_delivery(row)

    def _update(
        self,
        connection: sa.Connection,
        condition: sa.ColumnElement[bool],
        row: Delivery,
        changes: Mapping[str, Any],
    ) -> Delivery | None:
        values = {name: from_post(value) for name, value in changes.items() if isinstance(value, Post)}
        values |= {name: from_seen(value) for name, value in changes.items() if isinstance(value, Seen)}
        found = connection.execute(
            sa.update(tables.delivery)
            .where(DELIVERY.id == row.id, condition)
            .values(revision=DELIVERY.revision + 1, **{**changes, **values})
            .returning(tables.delivery)
        ).mappings()
        changed = found.first()
        return None if changed is None else to_delivery(changed)

    def _add_delivery_event(
        self,
        connection: sa.Connection,
        row: Delivery,
        changed: tuple[datetime, DeliveryState, str],
        evidence: Mapping[str, Any] | None,
    ) -> None:
        """Add what became of a row: when, its new state, and why."""
        now, after, reason = changed
        event = Event(now, self.newsletter, row.number, row.account, row.state, after, reason, evidence or {})
        self._add_event(connection, event)
