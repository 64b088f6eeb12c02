"""Read the status of every issue and account, for the command line, the status page and the alerts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from crosspost.model import (
    Backfill,
    BackfillState,
    ChannelState,
    Delivery,
    Event,
    Hold,
    IssueRecord,
    IssueState,
    Spending,
)
from crosspost.plural import quantity
from crosspost.watch.lease import Watcher, watcher
from crosspost.watch.problems import Problem, stored_problems

if TYPE_CHECKING:
    from crosspost.store import Store

NEWEST = 20
"""The number of issues that are read, besides all unsettled ones."""

UNSETTLED = (IssueState.WAITING, IssueState.PLANNED)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueStatus(IssueRecord):
    """One issue with its deliveries and its discussion link."""

    deliveries: tuple[Delivery, ...]
    backfill: Backfill
    holds: tuple[Hold, ...] = ()

    @property
    def correction(self) -> str | None:
        """Return what has changed since it was posted, and what to do, in a sentence; None: nothing has."""
        rows = [row for row in self.deliveries if row.outdated]
        if not rows:
            return None
        names = list(dict.fromkeys(f"the {name}" for row in rows for name in row.outdated))
        edits = f"`crosspost amend {self.number}` would edit {quantity(len(rows), 'post')}"
        return f"{', '.join(names[:-1])}{' and ' if names[1:] else ''}{names[-1]} changed; {edits}"


@dataclass(frozen=True, slots=True)
class Status:
    """The issues, the problems and what else the database knows at one moment."""

    issues: tuple[IssueStatus, ...]
    """The newest first."""
    problems: tuple[Problem, ...]
    """Sources that do not answer, files that cannot be parsed, and other failures."""
    held_unseen: tuple[Hold, ...] = ()
    """Issues that are held before any source has shown them."""
    spending: tuple[Spending, ...] = ()
    """The costs of this month, for each account with paid calls."""
    channels: tuple[ChannelState, ...] = ()
    """The last known state of each watched channel."""
    watcher: Watcher | None = None
    """The one of several machines that polls the sources; None: there is one machine, or none does."""

    def as_json(self) -> dict[str, Any]:
        """Return the document of `status --json` (docs/documents.md)."""
        return {
            "issues": [_issue_json(issue) for issue in self.issues],
            "watcher": _fields(self.watcher, "machine", "since", "seen_at") if self.watcher else None,
            "problems": [
                {**_fields(each, *_PROBLEM), "again_at": json_time(each.not_before)} for each in self.problems
            ],
            "spending": [_spending_json(spending) for spending in self.spending],
            "channels": [
                _fields(each, "name", "number", "seen_at", "looked_at", "reason") for each in self.channels
            ],
            "held_unseen": [_fields(hold, "number", "until") for hold in self.held_unseen],
        }


_PROBLEM = ("source", "path", "step", "reason", "kind", "since")


def status(store: Store, number: int | None = None, *, newest: int = NEWEST) -> Status:
    """Read the status of one issue, or of the newest ones and every unsettled one."""
    if number is None:
        records = store.issues(limit=newest)
        shown = {record.number for record in records}
        records += [record for record in store.issues(*UNSETTLED) if record.number not in shown]
    else:
        records = [record for record in [store.issue(number)] if record is not None]
    unseen = tuple(hold for hold in store.holds(number) if hold.held and store.issue(hold.number) is None)
    return Status(
        tuple(_issue(store, record) for record in records),
        stored_problems(store),
        unseen,
        watcher=watcher(store),
    )


def _issue(store: Store, record: IssueRecord) -> IssueStatus:
    known = {field.name: getattr(record, field.name) for field in fields(record)}
    return IssueStatus(
        **known,
        deliveries=tuple(store.deliveries(record.number)),
        backfill=store.backfill(record.number)
        or Backfill(store.newsletter, record.number, BackfillState.OFF),
        holds=tuple(store.holds(record.number)),
    )


def _fields(value: object, *names: str) -> dict[str, Any]:
    """Return these fields with values that JSON has."""
    return {name: _plain(getattr(value, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return json_time(value)
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _issue_json(issue: IssueStatus) -> dict[str, Any]:
    return {
        **_fields(issue, "number", "title", "url", "date", "state", "reason"),
        **_fields(issue, "first_seen_at", "planned_at", "settled_at", "vanished_at", "correction"),
        "deliveries": [_delivery_json(row) for row in issue.deliveries],
        "backfill": _fields(issue.backfill, "state", "url", "reason"),
    }


def _spending_json(spending: Spending) -> dict[str, Any]:
    """Return amounts as texts, in US dollars, so that no reader rounds them."""
    return {
        "account": spending.account,
        "month": f"{spending.month:%Y-%m}",
        "spent": f"{spending.spent:.3f}",
        "budget": None if spending.budget is None else f"{spending.budget:.2f}",
    }


def _delivery_json(row: Delivery) -> dict[str, Any]:
    return {
        **_fields(row, "account", "platform", "state", "adopted", "url"),
        "earlier_urls": list(row.earlier),
        "text_by": row.post.text_by,
        **_fields(row, "attempts", "not_before", "reason"),
        "request": row.request if not row.is_settled else None,
        **_fields(row, "outdated", "settled_at"),
        "shadow": _shadow_json(row) if row.was_shadow else None,
    }


def _shadow_json(row: Delivery) -> dict[str, Any]:
    """Return the text and time of a rehearsed post, and the post that people made in its place."""
    from crosspost.compose.post_text import pasteable_text
    from crosspost.pages.shadow import differences

    changes = differences(row)
    seen = row.seen and {
        "url": row.seen.url,
        "at": json_time(row.seen.at),
        "text": row.seen.text,
        "only_ours": list(changes.ours) if changes else [],
        "only_theirs": list(changes.theirs) if changes else [],
    }
    return {"at": json_time(row.shadow_at), "text": pasteable_text(row.post), "seen": seen}


def history_json(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Return the document of `history --json` (docs/documents.md), in order."""
    names = ("number", "account", "state", "reason", "evidence")
    return [{"time": json_time(event.at), **_fields(event, *names)} for event in events]


def json_time(at: datetime | None) -> str | None:
    """Return a time as in every JSON document: UTC, to the second, "2026-08-20T03:00:00Z"."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
