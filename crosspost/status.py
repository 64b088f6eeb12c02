"""Where everything stands and why: the store's rows as the document of `status --json` (docs/design.md).

The command line, the web page and the alerts read the same document, so that they cannot tell different stories.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from crosspost.model import Backfill, Delivery, IssueRecord, IssueState
from crosspost.watch.problems import Problem, kept

if TYPE_CHECKING:
    from crosspost.store import Store

NEWEST = 20
"""How many issues the overview shows; unsettled ones are shown however old they are."""

UNSETTLED = (IssueState.WAITING, IssueState.PLANNED)


def status(store: Store, number: int | None = None, *, newest: int = NEWEST) -> dict[str, Any]:
    """The document for one issue, or for the `newest` and every unsettled one."""
    named = None if number is None else store.issue(number)
    records = _overview(store, newest) if number is None else [named] if named else []
    return {
        "issues": [_issue(store, record) for record in records],
        "problems": [_problem(problem) for problem in kept(store, store.newsletter)],
    }


def _overview(store: Store, newest: int) -> Sequence[IssueRecord]:
    first = store.issues(limit=newest)
    shown = {record.number for record in first}
    older = [record for record in store.issues(*UNSETTLED) if record.number not in shown]
    return [*first, *older]


def _issue(store: Store, record: IssueRecord) -> dict[str, Any]:
    return {
        "number": record.number,
        "title": record.title,
        "url": record.url,
        "date": record.date.isoformat() if record.date else None,
        "state": str(record.state),
        "reason": record.reason,
        "first_seen_at": moment(record.first_seen_at),
        "planned_at": moment(record.planned_at),
        "settled_at": moment(record.settled_at),
        "deliveries": [_delivery(row) for row in store.deliveries(record.number)],
        "backfill": _backfill(store.backfill(record.number)),
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "source": problem.source,
        "path": problem.path,
        "step": problem.step,
        "reason": problem.reason,
        "kind": str(problem.kind),
        "since": moment(problem.since),
        "again_at": moment(problem.not_before),
    }


def _delivery(row: Delivery) -> dict[str, Any]:
    return {
        "account": row.account,
        "platform": row.platform,
        "state": str(row.state),
        "adopted": row.adopted,
        "url": row.url,
        "attempts": row.attempts,
        "not_before": moment(row.not_before),
        "reason": row.reason,
        "settled_at": moment(row.settled_at),
    }


def _backfill(row: Backfill | None) -> dict[str, Any]:
    if row is None:
        return {"state": "off", "url": None, "reason": ""}
    return {"state": str(row.state), "url": row.url, "reason": row.reason}


def moment(at: datetime | None) -> str | None:
    """A time as it stands in every JSON document: UTC, to the second, "2026-08-20T03:00:00Z"."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
