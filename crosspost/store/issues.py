"""What was seen, and how far each issue is (docs/design.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa

from crosspost.model import (
    SETTLED,
    BackfillState,
    Delivery,
    DeliveryState,
    Event,
    Flawed,
    Issue,
    IssueRecord,
    IssueState,
    Post,
    Sighting,
)
from crosspost.store import tables
from crosspost.store.files import FileRows
from crosspost.store.holds import HoldRows
from crosspost.store.rows import from_post, to_delivery, to_record
from crosspost.store.values import Start, key_for

ISSUE = tables.issue.c
DELIVERY = tables.delivery.c
EARLY = "a person announced it early, on some accounts only; the others wait for the issue"
MAY_BE_OUT = (DeliveryState.SENT, DeliveryState.SENDING, DeliveryState.UNCERTAIN)
"""Deliveries in these states forbid to take an issue back silently: followers may have seen it."""

KEPT = (DeliveryState.SKIPPED, DeliveryState.RETRACTED)
"""What a person decided: an issue that comes again is not announced there."""

NOWHERE = Sighting(source="", path="", fingerprint="", revision="", data=b"")
"""Of an issue that is announced before any source has shown it."""


class IssueRows(FileRows, HoldRows):
    """The table issue, and the step from an issue to its deliveries."""

    def take_baseline(self, records: Sequence[IssueRecord], now: datetime) -> None:
        """Keep what was already out as `baseline`, and that the newsletter was looked at, even if empty."""
        reason = "it was already out when this store first saw the newsletter"
        with self._writing() as connection:
            for record in records:
                values = {
                    **asdict(record),
                    "newsletter": self.newsletter,
                    "state": IssueState.BASELINE,
                    "reason": reason,
                }
                if self._add(connection, tables.issue, values):
                    self._add_issue_event(connection, record.number, now, (None, IssueState.BASELINE), reason)
            self._add(connection, tables.newsletter, {"newsletter": self.newsletter, "baseline_at": now})

    def highest_number(self, *states: IssueState) -> int | None:
        """Return the highest number ever seen; with `states`, only among issues that are in one of them."""
        query = sa.select(sa.func.max(ISSUE.number)).where(ISSUE.newsletter == self.newsletter)
        if states:
            query = query.where(ISSUE.state.in_(states))
        with self._reading() as connection:
            return connection.execute(query).scalar()

    def issue(self, number: int) -> IssueRecord | None:
        with self._reading() as connection:
            return self._record(connection, number)

    def issues(self, *states: IssueState, limit: int | None = None) -> list[IssueRecord]:
        """Return the issues, the newest first; with `states`, only those in one of them; at most `limit`."""
        query = sa.select(tables.issue).where(ISSUE.newsletter == self.newsletter)
        query = query.order_by(ISSUE.number.desc()).limit(limit)
        if states:
            query = query.where(ISSUE.state.in_(states))
        return self._rows(query, to_record)

    def see(
        self, issue: Issue | Flawed, sighting: Sighting, now: datetime, *, late_after: int | None = None
    ) -> IssueRecord:
        """Keep what a source shows of an issue now. `late_after`: the later number that came before a new one.

        A new one, and one that was withdrawn, is waiting. A changed text sets `changed_at` and nothing else:
        a changed file is no new issue.
        """
        with self._writing() as connection:
            where = f"seen in {sighting.source} at {sighting.path}"
            if self._keep_issue(connection, issue, sighting, where, now):
                self._set_issue(connection, issue.number, late_after=late_after)
                state = IssueState.WAITING
                self._add_issue_event(
                    connection, issue.number, now, (None, state), where, _evidence(sighting)
                )
            else:
                record = self._there(connection, issue.number)
                self._see_again(connection, record, issue, sighting, now)
            if isinstance(issue, Issue):
                self._hold_by_comment(connection, issue, now)
            return self._there(connection, issue.number)

    def wait(self, number: int, reason: str, now: datetime) -> None:
        """Keep why the gate is closed. An event only when the reason is another than before."""
        reason = self._clean(reason)
        with self._writing() as connection:
            record = self._record(connection, number, lock=True)
            if record is None or record.state != IssueState.WAITING or record.reason == reason:
                return
            self._set_issue(connection, number, reason=reason)
            self._add_issue_event(connection, number, now, (record.state, IssueState.WAITING), reason)

    def withdraw(self, number: int, reason: str, now: datetime) -> bool:
        """Take an issue back, as long as nothing of it can be out. Otherwise the history notes it: False."""
        reason = self._clean(reason)
        with self._writing() as connection:
            record = self._record(connection, number, lock=True)
            if record is None or record.state == IssueState.WITHDRAWN:
                return False
            rows = self._locked_deliveries(connection, number)
            out = any(row.state in MAY_BE_OUT and not row.is_untried for row in rows)
            if record.state not in (IssueState.WAITING, IssueState.PLANNED) or out:
                note = f"{reason}; too late to take it back"
                self._set_issue(connection, number, reason=note, vanished_at=now)
                self._add_issue_event(connection, number, now, (record.state, record.state), note)
                return False
            # A person's `skip` or `retract` stays, should the issue come again.
            connection.execute(
                sa.delete(tables.delivery).where(
                    DELIVERY.id.in_([row.id for row in rows if row.state not in KEPT])
                )
            )
            backfill = tables.backfill.c
            connection.execute(
                sa.delete(tables.backfill).where(
                    backfill.newsletter == self.newsletter, backfill.number == number
                )
            )
            self._set_issue(connection, number, state=IssueState.WITHDRAWN, reason=reason, planned_at=None)
            self._add_issue_event(connection, number, now, (record.state, IssueState.WITHDRAWN), reason)
            return True

    def plan(  # noqa: PLR0913 - what is to be said, and what is known of it already
        self,
        issue: Issue,
        posts: Sequence[Post],
        *,
        starts: Mapping[str, Start] | None = None,
        backfill: BackfillState,
        early: bool = False,
        shadow: bool = False,
        now: datetime,
    ) -> tuple[Delivery, ...]:
        """Give each account its row, with the text that will be sent; all of it or nothing.

        Repeating it changes nothing: a row that is there stays as it is. `starts` says by account what begins in
        another state than due.
        `early`: a person announces it on these accounts before it is out, and it goes on waiting for the others.
        `shadow`: the new rows are only to be rehearsed.
        Returns every delivery of the issue.
        """
        with self._writing() as connection:
            unseen = self._keep_issue(connection, issue, NOWHERE, "", now)
            record = self._there(connection, issue.number)
            new = [post for post in posts if self._plan_one(connection, post, shadow, now)]
            if early:
                before = None if unseen else record.state
                self._add_issue_event(connection, issue.number, now, (before, IssueState.WAITING), EARLY)
            elif new or record.state not in (IssueState.PLANNED, IssueState.DONE):
                reason = f"planned for {', '.join(post.account for post in posts) or 'no account'}"
                self._set_issue(
                    connection,
                    issue.number,
                    state=IssueState.PLANNED,
                    reason="",
                    planned_at=now,
                    settled_at=None,
                    vanished_at=None,
                )
                before = None if unseen else record.state
                self._add_issue_event(connection, issue.number, now, (before, IssueState.PLANNED), reason)
            for post in new:
                if starts and (start := starts.get(post.account)):
                    self._start(connection, post, start, now)
            own = issue.discussion_url if backfill is BackfillState.DONE else None
            link = {"newsletter": self.newsletter, "number": issue.number, "state": backfill, "url": own}
            self._add(connection, tables.backfill, {**link, "reason": "", "attempts": 0})
            return tuple(self._locked_deliveries(connection, issue.number))

    def finish(self, number: int, now: datetime) -> bool:
        """True when this call ended it: every delivery settled, and the link in the issue or not wanted."""
        with self._writing() as connection:
            record = self._record(connection, number, lock=True)
            if record is None or record.state != IssueState.PLANNED:
                return False
            unsettled = [row for row in self._locked_deliveries(connection, number) if not row.is_settled]
            backfill = tables.backfill.c
            link = connection.execute(
                sa.select(backfill.state).where(
                    backfill.newsletter == self.newsletter, backfill.number == number
                )
            ).scalar()
            link_done = link in (None, BackfillState.OFF, BackfillState.DONE)
            if not link_done or unsettled:
                return False
            self._set_issue(connection, number, state=IssueState.DONE, settled_at=now)
            reason = "every delivery is settled" + (
                " and the discussion link is in the issue" if link == BackfillState.DONE else ""
            )
            self._add_issue_event(connection, number, now, (record.state, IssueState.DONE), reason)
            return True

    # ── the parts of these ───────────────────────────────────────────────────────────────────────────

    def _record(self, connection: sa.Connection, number: int, *, lock: bool = False) -> IssueRecord | None:
        query = sa.select(tables.issue).where(ISSUE.newsletter == self.newsletter, ISSUE.number == number)
        if lock:
            query = query.with_for_update()  # SQLite's writers already take turns
        row = connection.execute(query).mappings().first()
        return None if row is None else to_record(row)

    def _there(self, connection: sa.Connection, number: int) -> IssueRecord:
        """Return the record of an issue that this transaction knows to be kept, locked until its end."""
        return cast(IssueRecord, self._record(connection, number, lock=True))

    def _locked_deliveries(self, connection: sa.Connection, number: int) -> list[Delivery]:
        query = (
            sa.select(tables.delivery)
            .where(DELIVERY.newsletter == self.newsletter, DELIVERY.number == number)
            .order_by(DELIVERY.id)
            .with_for_update()
        )
        return [to_delivery(row) for row in connection.execute(query).mappings()]

    def _keep_issue(
        self, connection: sa.Connection, issue: Issue | Flawed, sighting: Sighting, reason: str, now: datetime
    ) -> bool:
        """Keep an issue as waiting. False: it is kept already."""
        kept = {
            **_as_shown(issue, sighting),
            "newsletter": self.newsletter,
            "number": issue.number,
            "state": IssueState.WAITING,
            "reason": reason,
            "first_seen_at": now,
            "changed_at": min(sighting.changed_at or now, now),
        }
        return self._add(connection, tables.issue, kept)

    def _see_again(
        self,
        connection: sa.Connection,
        record: IssueRecord,
        issue: Issue | Flawed,
        sighting: Sighting,
        now: datetime,
    ) -> None:
        changed = record.fingerprint != sighting.fingerprint
        again = record.state == IssueState.WITHDRAWN
        new = _as_shown(issue, sighting)
        if changed or again:
            new["changed_at"] = now
        if again:
            new |= {"state": IssueState.WAITING, "reason": "it is back"}
        elif record.vanished_at is not None:
            new |= {"reason": "", "vanished_at": None}
        self._set_issue(connection, record.number, **new)
        if again or (changed and record.state != IssueState.BASELINE):
            reason = "it is back" if again else "its text changed"
            after = IssueState.WAITING if again else record.state
            self._add_issue_event(
                connection, record.number, now, (record.state, after), reason, _evidence(sighting)
            )

    def _set_issue(self, connection: sa.Connection, number: int, **values: Any) -> None:
        connection.execute(
            sa.update(tables.issue)
            .where(ISSUE.newsletter == self.newsletter, ISSUE.number == number)
            .values(**values)
        )

    def _plan_one(self, connection: sa.Connection, post: Post, shadow: bool, now: datetime) -> bool:
        values = {
            "newsletter": self.newsletter,
            "number": post.number,
            "account": post.account,
            "platform": post.platform,
            "state": DeliveryState.DUE,
            "key": key_for(self.newsletter, post.number, post.account),
            "post": from_post(post),
            "attempts": 0,
            "looks": 0,
            "adopted": False,
            "reason": "",
            "planned_at": now,
            "setbacks": 0,
            "due_since": now,
            "changed_at": now,
            "revision": 0,
            "shadow": shadow,
        }
        if not self._add(connection, tables.delivery, values):
            return False
        evidence = {"key": values["key"], "length": post.length, "dropped": list(post.dropped)}
        planned = Event(
            now, self.newsletter, post.number, post.account, None, DeliveryState.DUE, "planned", evidence
        )
        self._add_event(connection, planned)
        return True

    def _start(self, connection: sa.Connection, post: Post, start: Start, now: datetime) -> None:
        """Bring a delivery that this transaction has planned into the state in which it begins."""
        connection.execute(
            sa.update(tables.delivery)
            .where(
                DELIVERY.newsletter == self.newsletter,
                DELIVERY.number == post.number,
                DELIVERY.account == post.account,
            )
            .values(
                **asdict(start),
                adopted=start.url is not None,
                settled_at=now if start.state in SETTLED else None,
                requested_at=now if start.request else None,
                revision=DELIVERY.revision + 1,
            )
        )
        states = (DeliveryState.DUE, start.state)
        evidence = {"url": start.url} if start.url else {}
        event = Event(now, self.newsletter, post.number, post.account, *states, start.reason, evidence)
        self._add_event(connection, event)

    def _add_issue_event(
        self,
        connection: sa.Connection,
        number: int,
        now: datetime,
        states: tuple[IssueState | None, IssueState],
        reason: str,
        evidence: Mapping[str, Any] | None = None,
    ) -> None:
        """Add what became of an issue: its states before and after, and why."""
        self._add_event(
            connection, Event(now, self.newsletter, number, None, *states, reason, evidence or {})
        )


def _evidence(sighting: Sighting) -> dict[str, Any]:
    return {"revision": sighting.revision, "fingerprint": sighting.fingerprint}


def _as_shown(issue: Issue | Flawed, sighting: Sighting) -> dict[str, Any]:
    """Return what follows the source, whatever the issue's state."""
    return {
        "title": issue.title,
        "url": issue.url,
        "date": issue.date,
        "source": sighting.source,
        "path": sighting.path,
        "fingerprint": sighting.fingerprint,
    }
