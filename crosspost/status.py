"""Where everything stands and why: one frozen value that the command line, the status page and the alerts read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from crosspost.model import (
    Backfill,
    BackfillState,
    ChannelState,
    Delivery,
    Hold,
    IssueRecord,
    IssueState,
    Spending,
)
from crosspost.plural import counted
from crosspost.watch.lease import Watcher, watcher
from crosspost.watch.problems import Problem, kept

if TYPE_CHECKING:
    from crosspost.store import Store

NEWEST = 20
"""How many issues the overview shows; unsettled ones are shown however old they are."""

UNSETTLED = (IssueState.WAITING, IssueState.PLANNED)


@dataclass(frozen=True, slots=True)
class IssueStatus:
    """One issue with its deliveries and its discussion link."""

    number: int
    title: str
    url: str
    date: date | None
    state: IssueState
    reason: str
    first_seen_at: datetime
    planned_at: datetime | None
    settled_at: datetime | None
    vanished_at: datetime | None
    deliveries: tuple[Delivery, ...]
    backfill: Backfill
    holds: tuple[Hold, ...] = ()

    @property
    def correction(self) -> str | None:
        """Return in a sentence what changed since it was posted, and what can be done; None: nothing did."""
        rows = [row for row in self.deliveries if row.outdated]
        if not rows:
            return None
        names = list(dict.fromkeys(f"the {name}" for row in rows for name in row.outdated))
        edits = f"`crosspost amend {self.number}` would edit {counted(len(rows), 'post')}"
        return f"{', '.join(names[:-1])}{' and ' if names[1:] else ''}{names[-1]} changed; {edits}"


@dataclass(frozen=True, slots=True)
class Status:
    """What the store knows now."""

    issues: tuple[IssueStatus, ...]
    """The newest first."""
    problems: tuple[Problem, ...]
    """What does not work: sources that do not answer, files that are not understood."""
    held_unseen: tuple[Hold, ...] = ()
    """Issues that are held before any source has shown them."""
    spending: tuple[Spending, ...] = ()
    """What this month has cost on each account that is charged for its calls."""
    channels: tuple[ChannelState, ...] = ()
    """What the channels that are only watched showed last."""
    watcher: Watcher | None = None
    """Which of several machines looks at the sources; None: there is one machine, or nobody does."""

    def as_json(self) -> dict[str, Any]:
        """Return the document of `status --json` (docs/documents.md)."""
        return {
            "issues": [_issue_json(issue) for issue in self.issues],
            "watcher": _watcher_json(self.watcher) if self.watcher else None,
            "problems": [_problem_json(problem) for problem in self.problems],
            "spending": [_spending_json(spending) for spending in self.spending],
            "channels": [_channel_json(channel) for channel in self.channels],
            "held_unseen": [
                {"number": hold.number, "until": in_json(hold.until)} for hold in self.held_unseen
            ],
        }


def status(store: Store, number: int | None = None, *, newest: int = NEWEST) -> Status:
    """Read the status of one issue, or of the `newest` and every unsettled one."""
    named = None if number is None else store.issue(number)
    records = _overview(store, newest) if number is None else [named] if named else []
    unseen = tuple(hold for hold in store.holds_on(number) if hold.held and store.issue(hold.number) is None)
    issues = tuple(_issue(store, record) for record in records)
    return Status(issues, kept(store), unseen, watcher=watcher(store))


def _overview(store: Store, newest: int) -> Sequence[IssueRecord]:
    first = store.issues(limit=newest)
    shown = {record.number for record in first}
    older = [record for record in store.issues(*UNSETTLED) if record.number not in shown]
    return [*first, *older]


def _issue(store: Store, record: IssueRecord) -> IssueStatus:
    no_link = Backfill(store.newsletter, record.number, BackfillState.OFF)
    return IssueStatus(
        record.number,
        record.title,
        record.url,
        record.date,
        record.state,
        record.reason,
        record.first_seen_at,
        record.planned_at,
        record.settled_at,
        record.vanished_at,
        tuple(store.deliveries(record.number)),
        store.backfill(record.number) or no_link,
        tuple(store.holds_on(record.number)),
    )


def _issue_json(issue: IssueStatus) -> dict[str, Any]:
    link = issue.backfill
    return {
        "number": issue.number,
        "title": issue.title,
        "url": issue.url,
        "date": issue.date.isoformat() if issue.date else None,
        "state": str(issue.state),
        "reason": issue.reason,
        "first_seen_at": in_json(issue.first_seen_at),
        "planned_at": in_json(issue.planned_at),
        "settled_at": in_json(issue.settled_at),
        "vanished_at": in_json(issue.vanished_at),
        "correction": issue.correction,
        "deliveries": [_delivery_json(row) for row in issue.deliveries],
        "backfill": {"state": str(link.state), "url": link.url, "reason": link.reason},
    }


def _problem_json(problem: Problem) -> dict[str, Any]:
    return {
        "source": problem.source,
        "path": problem.path,
        "step": problem.step,
        "reason": problem.reason,
        "kind": str(problem.kind),
        "since": in_json(problem.since),
        "again_at": in_json(problem.not_before),
    }


def _watcher_json(watcher: Watcher) -> dict[str, Any]:
    return {
        "machine": watcher.machine,
        "since": in_json(watcher.since),
        "seen_at": in_json(watcher.seen_at),
    }


def _channel_json(channel: ChannelState) -> dict[str, Any]:
    return {
        "name": channel.name,
        "number": channel.number,
        "seen_at": in_json(channel.seen_at),
        "looked_at": in_json(channel.looked_at),
        "reason": channel.reason,
    }


def _spending_json(spending: Spending) -> dict[str, Any]:
    """Amounts are texts, in US dollars: no reader may round them."""
    return {
        "account": spending.account,
        "month": f"{spending.month:%Y-%m}",
        "spent": f"{spending.spent:.3f}",
        "budget": None if spending.budget is None else f"{spending.budget:.2f}",
    }


def _delivery_json(row: Delivery) -> dict[str, Any]:
    return {
        "account": row.account,
        "platform": row.platform,
        "state": str(row.state),
        "adopted": row.adopted,
        "url": row.url,
        "earlier_urls": list(row.earlier),
        "text_by": row.post.text_by,
        "attempts": row.attempts,
        "not_before": in_json(row.not_before),
        "reason": row.reason,
        "request": str(row.request) if row.request and not row.is_settled else None,
        "outdated": list(row.outdated),
        "settled_at": in_json(row.settled_at),
        "shadow": _shadow_json(row) if row.was_shadow else None,
    }


def _shadow_json(row: Delivery) -> dict[str, Any]:
    """Return what would have been posted, when, and what people posted in its place."""
    from crosspost.pages.shadow import differences, text_of

    changes = differences(row)
    seen = row.seen and {
        "url": row.seen.url,
        "at": in_json(row.seen.at),
        "text": row.seen.text,
        "only_ours": list(changes.ours) if changes else [],
        "only_theirs": list(changes.theirs) if changes else [],
    }
    return {"at": in_json(row.shadow_at), "text": text_of(row.post), "seen": seen}


def in_json(at: datetime | None) -> str | None:
    """Return a time as every JSON document has it: UTC, to the second, "2026-08-20T03:00:00Z"."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
