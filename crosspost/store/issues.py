"""The tables issue and hold: what the sources showed, who holds an issue back, and its state (docs/design.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from crosspost.config import weektime
from crosspost.model import (
    SETTLED,
    Backfill,
    BackfillState,
    Delivery,
    DeliveryState,
    Event,
    Hold,
    HoldBy,
    Issue,
    IssueRecord,
    IssueState,
    MalformedIssue,
    Post,
    Sighting,
)
from crosspost.store import tables
from crosspost.store.database import Database, rows
from crosspost.store.values import InitialState, key_for

if TYPE_CHECKING:
    from crosspost.parse.header import Header

    ShownIssue = Issue | MalformedIssue | Header
    """What is known of an issue that a source shows."""

ISSUE = tables.issue.c
DELIVERY = tables.delivery.c
HOLD = tables.hold.c
EARLY = "a person announced it early, on some accounts only; the others wait for the issue"
MAY_BE_OUT = (DeliveryState.SENT, DeliveryState.SENDING, DeliveryState.UNCERTAIN)
"""The states of a delivery in which its issue is not withdrawn: followers may have seen the post."""

ENDED_BY_PERSON = (DeliveryState.SKIPPED, DeliveryState.RETRACTED)
"""A withdrawn issue that appears again is not announced on these accounts."""

NO_SIGHTING = Sighting(source="", path="", fingerprint="", revision="", data=b"")
"""The sighting of an issue that is announced before any source has shown it."""

INITIALLY_DUE = InitialState(DeliveryState.DUE, "")


class IssueRows(Database):
    """The tables issue and hold, and the step from an issue to its deliveries."""

    def save_baseline(self, shown: Iterable[tuple[ShownIssue, Sighting]], now: datetime) -> None:
        """Save what was published before as `baseline`, and that there is a baseline, even if it is empty."""
        state, reason = IssueState.BASELINE, "it was already out when this store first saw the newsletter"
        with self._writing() as connection:
            for issue, sighting in shown:
                if self._insert_issue(connection, issue, sighting, now, state=state, reason=reason):
                    event = Event(now, self.newsletter, issue.number, None, None, state, reason)
                    self._add_event(connection, event)
            row = {"newsletter": self.newsletter, "baseline_at": now}
            self._insert_if_absent(connection, tables.newsletter, row)

    def highest_number(self, *states: IssueState) -> int | None:
        """Return the highest number ever seen; with `states`, only among issues that are in one of them."""
        query = sa.select(sa.func.max(ISSUE.number)).where(self._where(tables.issue))
        highest: int | None = self._scalar(query.where(ISSUE.state.in_(states)) if states else query)
        return highest

    def issue(self, number: int) -> IssueRecord | None:
        return self._row(IssueRecord, tables.issue, number=number)

    def issues(self, *states: IssueState, limit: int | None = None) -> list[IssueRecord]:
        """Return the issues, the newest first; with `states`, only those in one of them; at most `limit`."""
        query = self._select(IssueRecord, tables.issue).order_by(ISSUE.number.desc()).limit(limit)
        return self._rows(query.where(ISSUE.state.in_(states)) if states else query, IssueRecord)

    def record_sighting(
        self,
        issue: Issue | MalformedIssue,
        sighting: Sighting,
        now: datetime,
        *,
        late_after: int | None = None,
    ) -> IssueRecord:
        """Save what a source shows of an issue now. `late_after`: the later number that came before a new one.

        A new issue, and one that was withdrawn, is waiting. A changed text sets `changed_at` and no state: it is no
        new issue.
        """
        number, reason = issue.number, f"seen in {sighting.source} at {sighting.path}"
        with self._writing() as connection:
            if self._insert_issue(connection, issue, sighting, now, reason=reason, late_after=late_after):
                waiting = Event(now, self.newsletter, number, None, None, IssueState.WAITING, reason)
                self._add_event(connection, replace(waiting, evidence=_evidence(sighting)))
            else:
                self._update_issue(connection, issue, sighting, now)
            if isinstance(issue, Issue):
                self._save_hold_of_comment(connection, issue, now)
            return self._locked_issue(connection, number)

    def set_waiting_reason(self, number: int, reason: str, now: datetime) -> None:
        """Save why the gate is closed. An event is added only when the reason has changed."""
        reason, waiting = self._clean(reason), IssueState.WAITING
        with self._writing() as connection:
            record = self._locked_row(connection, IssueRecord, tables.issue, number=number)
            if record is None or record.state != waiting or record.reason == reason:
                return
            self._set_issue(connection, number, reason=reason)
            self._add_event(connection, Event(now, self.newsletter, number, None, waiting, waiting, reason))

    def withdraw(self, number: int, reason: str, now: datetime) -> bool:
        """Withdraw an issue that no source shows any more. False: it is too late, since a post may be out."""
        reason = self._clean(reason)
        with self._writing() as connection:
            record = self._locked_row(connection, IssueRecord, tables.issue, number=number)
            if record is None or record.state == IssueState.WITHDRAWN:
                return False
            deliveries = self._locked_deliveries(connection, number)
            may_be_out = any(row.state in MAY_BE_OUT and not row.is_untried for row in deliveries)
            too_late = may_be_out or record.state not in (IssueState.WAITING, IssueState.PLANNED)
            after = record.state if too_late else IssueState.WITHDRAWN
            if too_late:
                reason = f"{reason}; too late to withdraw it"
                self._set_issue(connection, number, reason=reason, vanished_at=now)
            else:
                removed = [row.id for row in deliveries if row.state not in ENDED_BY_PERSON]
                connection.execute(sa.delete(tables.delivery).where(DELIVERY.id.in_(removed)))
                link = self._where(tables.backfill, number=number)
                connection.execute(sa.delete(tables.backfill).where(link))
                self._set_issue(connection, number, state=after, reason=reason, planned_at=None)
            event = Event(now, self.newsletter, number, None, record.state, after, reason)
            self._add_event(connection, event)
            return not too_late

    def plan(  # noqa: PLR0913 - an issue, its posts, and what is known of them already
        self,
        issue: Issue,
        posts: Sequence[Post],
        *,
        initial_states: Mapping[str, InitialState] | None = None,
        backfill: BackfillState,
        early: bool = False,
        shadow: bool = False,
        now: datetime,
    ) -> tuple[Delivery, ...]:
        """Insert a delivery for each post, with the text that will be sent. All are inserted, or none.

        A repeated call changes nothing: existing rows stay as they are. `initial_states`: by account, for deliveries
        that do not begin as due. `early`: a person announces the issue on these accounts before it is out, and it goes
        on waiting for the others. `shadow`: the new rows are only to be rehearsed.
        Returns every delivery of the issue.
        """
        number, starts = issue.number, initial_states or {}
        with self._writing() as connection:
            is_new = self._insert_issue(connection, issue, NO_SIGHTING, now)
            state = self._locked_issue(connection, number).state
            before = None if is_new else state
            inserted = [
                self._insert_delivery(connection, post, starts.get(post.account, INITIALLY_DUE), shadow, now)
                for post in posts
            ]
            if early:
                event = Event(now, self.newsletter, number, None, before, IssueState.WAITING, EARLY)
                self._add_event(connection, event)
            elif any(inserted) or state not in (IssueState.PLANNED, IssueState.DONE):
                after, reason = (
                    IssueState.PLANNED,
                    f"planned for {', '.join(post.account for post in posts) or 'no account'}",
                )
                times = {"planned_at": now, "settled_at": None, "vanished_at": None}
                self._set_issue(connection, number, state=after, reason="", **times)
                self._add_event(connection, Event(now, self.newsletter, number, None, before, after, reason))
            url = issue.discussion_url if backfill is BackfillState.DONE else None
            link = Backfill(self.newsletter, number, backfill, url)
            self._insert_if_absent(connection, tables.backfill, asdict(link))
            return tuple(self._locked_deliveries(connection, number))

    def finish(self, number: int, now: datetime) -> bool:
        """Mark a planned issue done if every delivery is settled and the link is filled in or off. False: not yet."""
        with self._writing() as connection:
            record = self._locked_row(connection, IssueRecord, tables.issue, number=number)
            if record is None or record.state != IssueState.PLANNED:
                return False
            unsettled = [row for row in self._locked_deliveries(connection, number) if not row.is_settled]
            this_issue = self._where(tables.backfill, number=number)
            link = connection.execute(sa.select(tables.backfill.c.state).where(this_issue)).scalar()
            if unsettled or link not in (None, BackfillState.OFF, BackfillState.DONE):
                return False
            self._set_issue(connection, number, state=IssueState.DONE, settled_at=now)
            reason = "every delivery is settled" + (
                " and the discussion link is in the issue" if link == BackfillState.DONE else ""
            )
            event = Event(now, self.newsletter, number, None, record.state, IssueState.DONE, reason)
            self._add_event(connection, event)
            return True

    def holds(self, number: int | None = None) -> list[Hold]:
        """Return the holds of one issue, or of all: at most one by command and one by comment for each issue."""
        filters = {} if number is None else {"number": number}
        return self._rows(self._select(Hold, tables.hold, **filters).order_by(HOLD.number, HOLD.by), Hold)

    def save_hold(self, hold: Hold, reason: str) -> list[Delivery]:
        """Save that somebody holds an issue back or releases it, with its event. Return the issue's deliveries.

        A process that has read a due row before this cannot claim it any more: it reads the row and the hold again.
        """
        with self._writing() as connection:
            self._upsert_hold(connection, hold, reason)
            query = self._select(Delivery, tables.delivery, number=hold.number).order_by(DELIVERY.id)
            return rows(connection, query, Delivery)

    def _locked_issue(self, connection: sa.Connection, number: int) -> IssueRecord:
        """Return the record, locked, of an issue that exists."""
        return cast(IssueRecord, self._locked_row(connection, IssueRecord, tables.issue, number=number))

    def _locked_deliveries(self, connection: sa.Connection, number: int) -> list[Delivery]:
        query = self._select(Delivery, tables.delivery, number=number).order_by(DELIVERY.id).with_for_update()
        return rows(connection, query, Delivery)

    def _insert_issue(
        self, connection: sa.Connection, issue: ShownIssue, sighting: Sighting, now: datetime, **columns: Any
    ) -> bool:
        """Insert an issue, as waiting unless `columns` have another state. False: it exists."""
        row = {
            **_source_columns(issue, sighting),
            "newsletter": self.newsletter,
            "number": issue.number,
            "first_seen_at": now,
            "changed_at": min(sighting.changed_at or now, now),
            "state": IssueState.WAITING,
            "reason": "",
            **columns,
        }
        return self._insert_if_absent(connection, tables.issue, row)

    def _update_issue(
        self, connection: sa.Connection, issue: Issue | MalformedIssue, sighting: Sighting, now: datetime
    ) -> None:
        record = self._locked_issue(connection, issue.number)
        changed = record.fingerprint != sighting.fingerprint
        is_back = record.state == IssueState.WITHDRAWN
        after, reason = (IssueState.WAITING, "it is back") if is_back else (record.state, "its text changed")
        new = _source_columns(issue, sighting)
        if changed or is_back:
            new["changed_at"] = now
        if is_back:
            new |= {"state": after, "reason": reason}
        elif record.vanished_at is not None:
            new |= {"reason": "", "vanished_at": None}
        self._set_issue(connection, record.number, **new)
        if is_back or (changed and record.state != IssueState.BASELINE):
            event = Event(now, self.newsletter, record.number, None, record.state, after, reason)
            self._add_event(connection, replace(event, evidence=_evidence(sighting)))

    def _set_issue(self, connection: sa.Connection, number: int, **values: Any) -> None:
        connection.execute(
            sa.update(tables.issue).where(self._where(tables.issue, number=number)).values(values)
        )

    def _save_hold_of_comment(self, connection: sa.Connection, issue: Issue, now: datetime) -> None:
        """Save the hold in a comment of the issue. A text that was saved before changes nothing."""
        wish = issue.directives.hold
        number, by = issue.number, HoldBy.COMMENT
        last = self._locked_row(connection, Hold, tables.hold, number=number, by=by)
        if (last.wish if last and last.held else None) == wish:
            return
        try:
            until = weektime.parse_time(wish, now) if wish else None
        except ValueError:  # the time is past
            return
        hold = Hold(number, by, held=wish is not None, until=until, wish=wish or "", at=now)
        reason = "the comment that held it is gone" if wish is None else "held by a comment in the issue"
        self._upsert_hold(connection, hold, reason)

    def _upsert_hold(self, connection: sa.Connection, hold: Hold, reason: str) -> None:
        """Save a hold with the event of the issue, and give each due row a new revision."""
        self._upsert(connection, tables.hold, {"newsletter": self.newsletter, **asdict(hold)})
        changes: dict[str, Any] = {"revision": DELIVERY.revision + 1}
        if hold.held:
            changes["despite_hold"] = False
        due = self._where(tables.delivery, number=hold.number, state=DeliveryState.DUE)
        connection.execute(sa.update(tables.delivery).where(due).values(changes))
        this_issue = self._where(tables.issue, number=hold.number)
        state = connection.execute(sa.select(ISSUE.state).where(this_issue)).scalar()
        after = state or ("held" if hold.held else "released")
        self._add_event(connection, Event(hold.at, self.newsletter, hold.number, None, state, after, reason))

    def _insert_delivery(
        self, connection: sa.Connection, post: Post, start: InitialState, shadow: bool, now: datetime
    ) -> bool:
        """Insert a delivery in its initial state. False: it exists."""
        row = {
            "newsletter": self.newsletter,
            "number": post.number,
            "account": post.account,
            "platform": post.platform,
            "key": key_for(self.newsletter, post.number, post.account),
            "post": post,
            "adopted": start.url is not None,
            "planned_at": now,
            "settled_at": now if start.state in SETTLED else None,
            "due_since": now,
            "changed_at": now,
            "requested_at": now if start.request else None,
            "shadow": shadow,
            **{field.name: getattr(start, field.name) for field in fields(start)},
        }
        if not self._insert_if_absent(connection, tables.delivery, row):
            return False
        due = DeliveryState.DUE
        evidence = {"key": row["key"], "length": post.length, "dropped": list(post.dropped)}
        planned = Event(now, self.newsletter, post.number, post.account, None, due, "planned", evidence)
        self._add_event(connection, planned)
        if start is not INITIALLY_DUE:
            evidence = {"url": start.url} if start.url else {}
            initial = replace(planned, before=due, after=start.state, reason=start.reason, evidence=evidence)
            self._add_event(connection, initial)
        return True


def _evidence(sighting: Sighting) -> dict[str, Any]:
    return {"revision": sighting.revision, "fingerprint": sighting.fingerprint}


def _source_columns(issue: ShownIssue, sighting: Sighting) -> dict[str, Any]:
    """Return the columns that follow the source, whatever the issue's state."""
    return {
        "title": issue.title,
        "url": issue.url,
        "date": issue.date,
        "source": sighting.source,
        "path": sighting.path,
        "fingerprint": sighting.fingerprint,
    }
