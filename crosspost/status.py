"""Where everything stands and why: one frozen value that the command line, the status page and the alerts read."""

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
"""How many issues the overview shows; unsettled ones are shown however old they are."""

UNSETTLED = (IssueState.WAITING, IssueState.PLANNED)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueStatus(IssueRecord):
    """One issue with its deliveries and its discussion link."""

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
        edits = f"`crosspost amend {self.number}` would edit {quantity(len(rows), 'post')}"
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
            "watcher": _named(self.watcher, "machine", "since", "seen_at") if self.watcher else None,
            "problems": [
                {**_named(each, *_PROBLEM), "again_at": json_time(each.not_before)} for each in self.problems
            ],
            "spending": [_spending_json(spending) for spending in self.spending],
            "channels": [
                _named(each, "name", "number", "seen_at", "looked_at", "reason") for each in self.channels
            ],
            "held_unseen": [_named(hold, "number", "until") for hold in self.held_unseen],
        }


_PROBLEM = ("source", "path", "step", "reason", "kind", "since")


def status(store: Store, number: int | None = None, *, newest: int = NEWEST) -> Status:
    """Read the status of one issue, or of the `newest` and every unsettled one."""
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


def _named(value: object, *names: str) -> dict[str, Any]:
    """Return these fields as JSON takes them."""
    return {name: _plain(getattr(value, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return json_time(value)
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _issue_json(issue: IssueStatus) -> dict[str, Any]:
    return {
        **_named(issue, "number", "title", "url", "date", "state", "reason"),
        **_named(issue, "first_seen_at", "planned_at", "settled_at", "vanished_at", "correction"),
        "deliveries": [_delivery_json(row) for row in issue.deliveries],
        "backfill": _named(issue.backfill, "state", "url", "reason"),
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
        **_named(row, "account", "platform", "state", "adopted", "url"),
        "earlier_urls": list(row.earlier),
        "text_by": row.post.text_by,
        **_named(row, "attempts", "not_before", "reason"),
        "request": row.request if not row.is_settled else None,
        **_named(row, "outdated", "settled_at"),
        "shadow": _shadow_json(row) if row.was_shadow else None,
    }


def _shadow_json(row: Delivery) -> dict[str, Any]:
    """Return what would have been posted, when, and what people posted in its place."""
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
    return [{"time": json_time(event.at), **_named(event, *names)} for event in events]


def json_time(at: datetime | None) -> str | None:
    """Return a time as every JSON document has it: UTC, to the second, "2026-08-20T03:00:00Z"."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
