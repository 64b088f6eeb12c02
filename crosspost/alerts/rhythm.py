"""By when a weekly newsletter is usually out, from its last issues. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from crosspost.config.weektime import Moment
from crosspost.model import IssueState

if TYPE_CHECKING:
    from crosspost.status import IssueStatus

ISSUES = 10
LEAST = 4
"""Of fewer issues nothing is said."""
DAY = timedelta(days=1)
LATEST = timedelta(days=5)
"""After the beginning of its day; one that was announced later was held up, and says nothing of the others."""
OUT = (IssueState.PLANNED, IssueState.DONE, IssueState.BASELINE)


def expected_by(issues: Sequence[IssueStatus]) -> Moment | None:
    """Return the weekday and hour by which the last ten issues were out, plus a day; None where they are not weekly.

    An issue was out when it was announced; one that was out before this store began, by the end of its day (UTC).
    """
    out = sorted(
        ((issue.date, issue) for issue in issues if issue.date and issue.state in OUT),
        key=lambda dated: dated[0],
        reverse=True,
    )[:ISSUES]
    days = [day for day, _ in out]
    gaps = [(later - earlier).days for later, earlier in pairwise(days)]
    if len(out) < LEAST or median(gaps) != 7:
        return None
    weekday = Counter(day.weekday() for day in days).most_common(1)[0][0]
    after = max(_out_after(day, issue) for day, issue in out) + DAY
    hours = weekday * 24 - (-after // timedelta(hours=1))
    return Moment(hours // 24 % 7, time(hours % 24))


def _out_after(day: date, issue: IssueStatus) -> timedelta:
    """Return how long after the beginning of its day it was out."""
    if issue.state is IssueState.BASELINE or issue.planned_at is None:
        return DAY
    after = issue.planned_at - datetime.combine(day, time(), UTC)
    return after if timedelta() <= after <= LATEST else DAY
