"""What was seen, who holds it back, and how far each issue is (docs/design.md)."""

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

    Shown = Issue | MalformedIssue | Header
    """What is known of an issue that a source shows."""

ISSUE = tables.issue.c
DELIVERY = tables.delivery.c
HOLD = tables.hold.c
EARLY = "a person announced it early, on some accounts only; the others wait for the issue"
MAY_BE_OUT = (DeliveryState.SENT, DeliveryState.SENDING, DeliveryState.UNCERTAIN)
"""Deliveries in these states forbid to take an issue back silently: followers may have seen it."""

KEPT = (DeliveryState.SKIPPED, DeliveryState.RETRACTED)
"""What a person decided: an issue that comes again is not announced there."""

NOWHERE = Sighting(source="", path="", fingerprint="", revision="", data=b"")
"""Of an issue that is announced before any source has shown it."""

AS_PLANNED = InitialState(DeliveryState.DUE, "")


class IssueRows(Database):
    """The tables issue and hold, and the step from an issue to its deliveries."""

    def save_baseline(self, shown: Iterable[tuple[Shown, Sighting]], now: datetime) -> None:
        """Keep what was already out as `baseline`, and that the newsletter was looked at, even if empty."""
        state, reason = IssueState.BASELINE, "it was already out when this store first saw the newsletter"
        with self._writing() as connection:
            for issue, sighting in shown:
                kept = {**self._first_seen(issue, sighting, now), "state": state, "reason": reason}
                if self._add(connection, tables.issue, kept):
                    event = Event(now, self.newsletter, issue.number, None, None, state, reason)
                    self._add_event(connection, event)
            self._add(connection, tables.newsletter, {"newsletter": self.newsletter, "baseline_at": now})

    def highest_number(self, *states: IssueState) -> int | None:
        """Return the highest number ever seen; with `states`, only among issues that are in one of them."""
        query = sa.select(sa.func.max(ISSUE.number)).where(self._where(tables.issue))
        highest: int | None = self._scalar(query.where(ISSUE.state.in_(states)) if states else query)
        return highest

    def issue(self, number: int) -> IssueRecord | None:
        found = self._rows(self._select(IssueRecord, tables.issue, number=number), IssueRecord)
        return found[0] if found else None

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
        """Keep what a source shows of an issue now. `late_after`: the later number that came before a new one.

        A new one, and one that was withdrawn, is waiting. A changed text sets `changed_at` and nothing else:
        a changed file is no new issue.
        """
        number, where = issue.number, f"seen in {sighting.source} at {sighting.path}"
        with self._writing() as connection:
            if self._keep_issue(connection, issue, sighting, where, now):
                self._set_issue(connection, number, late_after=late_after)
                waiting = Event(now, self.newsletter, number, None, None, IssueState.WAITING, where)
                self._add_event(connection, replace(waiting, evidence=_evidence(sighting)))
            else:
                self._see_again(connection, issue, sighting, now)
            if isinstance(issue, Issue):
                self._hold_by_comment(connection, issue, now)
            return self._there(connection, number)

    def set_waiting_reason(self, number: int, reason: str, now: datetime) -> None:
        """Keep why the gate is closed. An event only when the reason is another than before."""
        reason, waiting = self._clean(reason), IssueState.WAITING
        with self._writing() as connection:
            record = self._locked(connection, number)
            if record is None or record.state != waiting or record.reason == reason:
                return
            self._set_issue(connection, number, reason=reason)
            self._add_event(connection, Event(now, self.newsletter, number, None, waiting, waiting, reason))

    def withdraw(self, number: int, reason: str, now: datetime) -> bool:
        """Withdraw an issue, as long as nothing of it can be out. Otherwise the history notes it: False."""
        reason = self._clean(reason)
        with self._writing() as connection:
            record = self._locked(connection, number)
            if record is None or record.state == IssueState.WITHDRAWN:
                return False
            deliveries = self._locked_deliveries(connection, number)
            out = any(row.state in MAY_BE_OUT and not row.is_untried for row in deliveries)
            too_late = record.state not in (IssueState.WAITING, IssueState.PLANNED) or out
            after = record.state if too_late else IssueState.WITHDRAWN
            if too_late:
                reason = f"{reason}; too late to withdraw it"
                self._set_issue(connection, number, reason=reason, vanished_at=now)
            else:
                # A person's `skip` or `retract` stays, should the issue come again.
                gone = [row.id for row in deliveries if row.state not in KEPT]
                connection.execute(sa.delete(tables.delivery).where(DELIVERY.id.in_(gone)))
                link = self._where(tables.backfill, number=number)
                connection.execute(sa.delete(tables.backfill).where(link))
                self._set_issue(connection, number, state=after, reason=reason, planned_at=None)
            event = Event(now, self.newsletter, number, None, record.state, after, reason)
            self._add_event(connection, event)
            return not too_late

    def plan(  # noqa: PLR0913 - what is to be said, and what is known of it already
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
        """Give each account its row, with the text that will be sent; all of it or nothing.

        Repeating it changes nothing: a row that is there stays as it is. `initial_states`, by account: what begins in
        another state than due.
        `early`: a person announces it on these accounts before it is out, and it goes on waiting for the others.
        `shadow`: the new rows are only to be rehearsed.
        Returns every delivery of the issue.
        """
        number = issue.number
        with self._writing() as connection:
            unseen = self._keep_issue(connection, issue, NOWHERE, "", now)
            before = self._there(connection, number).state
            new = [
                self._plan_one(
                    connection, post, (initial_states or {}).get(post.account, AS_PLANNED), shadow, now
                )
                for post in posts
            ]
            after, reason = IssueState.WAITING, EARLY
            if not early and (any(new) or before not in (IssueState.PLANNED, IssueState.DONE)):
                after = IssueState.PLANNED
                reason = f"planned for {', '.join(post.account for post in posts) or 'no account'}"
                started = {"planned_at": now, "settled_at": None, "vanished_at": None}
                self._set_issue(connection, number, state=after, reason="", **started)
            if early or after is IssueState.PLANNED:
                event = Event(now, self.newsletter, number, None, None if unseen else before, after, reason)
                self._add_event(connection, event)
            own = issue.discussion_url if backfill is BackfillState.DONE else None
            link = Backfill(self.newsletter, number, backfill, own)
            self._add(connection, tables.backfill, asdict(link))
            return tuple(self._locked_deliveries(connection, number))

    def finish(self, number: int, now: datetime) -> bool:
        """Mark the issue done once every delivery is settled and the link is in it or not wanted. False: not now."""
        with self._writing() as connection:
            record = self._locked(connection, number)
            if record is None or record.state != IssueState.PLANNED:
                return False
            unsettled = [row for row in self._locked_deliveries(connection, number) if not row.is_settled]
            of_the_issue = self._where(tables.backfill, number=number)
            link = connection.execute(sa.select(tables.backfill.c.state).where(of_the_issue)).scalar()
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
        """Return what was said last, by command and by comment; of one issue, or of all by number."""
        only = {} if number is None else {"number": number}
        return self._rows(self._select(Hold, tables.hold, **only).order_by(HOLD.number, HOLD.by), Hold)

    def save_hold(self, word: Hold, reason: str) -> list[Delivery]:
        """Keep who holds an issue back or lets it go, with its event. Returns the issue's deliveries as they are then.

        A process that has read a due row before this cannot claim it any more: it reads the row, and this, again.
        """
        with self._writing() as connection:
            self._keep_hold(connection, word, reason)
            query = self._select(Delivery, tables.delivery, number=word.number).order_by(DELIVERY.id)
            return rows(connection, query, Delivery)

    # ── the parts of these ───────────────────────────────────────────────────────────────────────────

    def _locked(self, connection: sa.Connection, number: int) -> IssueRecord | None:
        """Return the record, locked until the transaction ends. (SQLite's writers already take turns.)"""
        query = self._select(IssueRecord, tables.issue, number=number).with_for_update()
        found = rows(connection, query, IssueRecord)
        return found[0] if found else None

    def _there(self, connection: sa.Connection, number: int) -> IssueRecord:
        """Return the record, locked, of an issue that this transaction knows to be kept."""
        return cast(IssueRecord, self._locked(connection, number))

    def _locked_deliveries(self, connection: sa.Connection, number: int) -> list[Delivery]:
        query = self._select(Delivery, tables.delivery, number=number).order_by(DELIVERY.id).with_for_update()
        return rows(connection, query, Delivery)

    def _keep_issue(
        self,
        connection: sa.Connection,
        issue: Issue | MalformedIssue,
        sighting: Sighting,
        reason: str,
        now: datetime,
    ) -> bool:
        """Keep an issue as waiting. False: it is kept already."""
        kept = self._first_seen(issue, sighting, now)
        return self._add(connection, tables.issue, {**kept, "state": IssueState.WAITING, "reason": reason})

    def _first_seen(self, issue: Shown, sighting: Sighting, now: datetime) -> dict[str, Any]:
        return {
            **_as_shown(issue, sighting),
            "newsletter": self.newsletter,
            "number": issue.number,
            "first_seen_at": now,
            "changed_at": min(sighting.changed_at or now, now),
        }

    def _see_again(
        self, connection: sa.Connection, issue: Issue | MalformedIssue, sighting: Sighting, now: datetime
    ) -> None:
        record = self._there(connection, issue.number)
        changed = record.fingerprint != sighting.fingerprint
        again = record.state == IssueState.WITHDRAWN
        after, reason = (IssueState.WAITING, "it is back") if again else (record.state, "its text changed")
        new = _as_shown(issue, sighting)
        if changed or again:
            new["changed_at"] = now
        if again:
            new |= {"state": after, "reason": reason}
        elif record.vanished_at is not None:
            new |= {"reason": "", "vanished_at": None}
        self._set_issue(connection, record.number, **new)
        if again or (changed and record.state != IssueState.BASELINE):
            event = Event(now, self.newsletter, record.number, None, record.state, after, reason)
            self._add_event(connection, replace(event, evidence=_evidence(sighting)))

    def _set_issue(self, connection: sa.Connection, number: int, **values: Any) -> None:
        connection.execute(
            sa.update(tables.issue).where(self._where(tables.issue, number=number)).values(values)
        )

    def _hold_by_comment(self, connection: sa.Connection, issue: Issue, now: datetime) -> None:
        """Keep what a comment in the issue says of a hold. The same words as before say nothing new."""
        wish = issue.directives.hold
        query = self._select(Hold, tables.hold, number=issue.number, by=HoldBy.COMMENT).with_for_update()
        kept = rows(connection, query, Hold)
        if (kept[0].wish if kept and kept[0].held else None) == wish:
            return
        try:
            until = weektime.parse_time(wish, now) if wish else None
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

    def _plan_one(
        self, connection: sa.Connection, post: Post, start: InitialState, shadow: bool, now: datetime
    ) -> bool:
        """Plan a delivery, in the state in which it begins. False: it is there already."""
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
        if not self._add(connection, tables.delivery, row):
            return False
        due, evidence = (
            DeliveryState.DUE,
            {"key": row["key"], "length": post.length, "dropped": list(post.dropped)},
        )
        planned = Event(now, self.newsletter, post.number, post.account, None, due, "planned", evidence)
        self._add_event(connection, planned)
        if start is not AS_PLANNED:
            evidence = {"url": start.url} if start.url else {}
            begun = replace(planned, before=due, after=start.state, reason=start.reason, evidence=evidence)
            self._add_event(connection, begun)
        return True


def _evidence(sighting: Sighting) -> dict[str, Any]:
    return {"revision": sighting.revision, "fingerprint": sighting.fingerprint}


def _as_shown(issue: Shown, sighting: Sighting) -> dict[str, Any]:
    """Return what follows the source, whatever the issue's state."""
    return {
        "title": issue.title,
        "url": issue.url,
        "date": issue.date,
        "source": sighting.source,
        "path": sighting.path,
        "fingerprint": sighting.fingerprint,
    }
