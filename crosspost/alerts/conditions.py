"""Decide what needs a person, from the status that every command shows. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from crosspost import platforms
from crosspost.config import weektime
from crosspost.config.schema import NEVER
from crosspost.model import BackfillState, DeliveryState, IssueState
from crosspost.platforms import CheckResult, Level
from crosspost.watch import gate
from crosspost.watch.problems import ProblemKind

if TYPE_CHECKING:
    from crosspost.config.schema import Config
    from crosspost.model import Delivery
    from crosspost.status import IssueStatus, Status

WEEK = timedelta(days=7)
_DAY = timedelta(days=1)
NEWEST = 10
"""The number of issues that are read besides the unsettled ones: their times show when the next one is overdue."""
_MIN_ISSUES = 4
"""The fewest issues from which a time is expected."""
_LONGEST_DELAY = timedelta(days=5)
"""The longest time from the beginning of an issue's day. One announced later was delayed, and does not count."""
_ANNOUNCED = (IssueState.PLANNED, IssueState.DONE, IssueState.BASELINE)

ByDelivery = Mapping[tuple[int, str], str]
"""(issue's number, account) → text."""


@dataclass(frozen=True, slots=True)
class Alert:
    key: str
    """The subject: "665/x". An alert is sent once for as long as its key lasts."""
    sentence: str
    """The problem, and what to do."""
    open: bool = True
    """False: a person has acted, and it is not settled yet. It is neither sent nor resolved."""


def alerts_of(
    status: Status, config: Config, now: datetime, texts: ByDelivery | None = None
) -> tuple[Alert, ...]:
    """Return everything that needs a person now.

    `texts`: for each (issue, manual account) the ready text and what the editor has to do.
    """
    alerts: list[Alert] = []
    for issue in status.issues:
        alerts.extend(_issue(issue, config, now))
        alerts.extend(_deliveries(issue, config, now, texts or {}))
        alerts.extend(_link(issue, config, now))
    for check in (_problems, _no_issue, _channels):
        alerts.extend(check(status, config, now))
    return tuple(alerts)


def _issue(issue: IssueStatus, config: Config, now: datetime) -> Iterator[Alert]:
    number = issue.number
    limit = config.alerts.gate_waits_longer_than
    if issue.state is IssueState.WAITING and _age(issue.first_seen_at, now) > limit:
        yield Alert(
            f"{number}/gate",
            f"Issue {number} is still waiting: {issue.reason}. "
            f"Fix that, or announce it as it is: crosspost post {number}",
        )
    only_rehearsed = bool(issue.deliveries) and all(row.shadow for row in issue.deliveries)
    if issue.vanished_at is not None and not only_rehearsed:
        yield Alert(
            f"{number}/taken-back",
            f"Issue {number} was announced, and now {issue.reason}. "
            f"Decide what happens to its posts: crosspost status {number}",
        )
    if config.alerts.corrections and issue.correction:
        yield Alert(f"{number}/corrections", f"Issue {number}: {issue.correction}")


def _deliveries(issue: IssueStatus, config: Config, now: datetime, texts: ByDelivery) -> Iterator[Alert]:
    number = issue.number
    accounts = {account.name: account for account in config.accounts}
    held = gate.hold_wait(number, issue.holds, config.gate, now)
    for row in issue.deliveries:
        name, reason = row.account, row.reason
        key, account = f"{number}/{name}", accounts.get(name)
        if row.state is DeliveryState.STUCK:
            retry = f"crosspost retry {number} {name}"
            todo = "" if retry in reason else f". Fix the cause, then: {retry}"
            yield Alert(key, f"Issue {number} is stuck on {name}: {reason}{todo} (or: skip)")
        elif row.state is DeliveryState.UNCERTAIN and _needs_person(row, issue, config, now):
            yield Alert(
                key,
                f"Issue {number} may or may not be on {name}: {reason}. If it is there: "
                f"crosspost record {number} {name} URL; if not: crosspost retry {number} {name}",
            )
        elif row.state is DeliveryState.DUE and held and not row.despite_hold:
            yield Alert(key, f"Issue {number} on {name}: {held.reason}", open=False)
        elif row.state is DeliveryState.DUE and account is not None and account.mode == "manual":
            ready = texts.get((number, name)) or f"Then: crosspost record {number} {name} URL"
            yield Alert(key, f"Issue {number} is yours to post on {name}.\n{ready}")
        elif (
            row.has_open_request and row.not_before is None and account is not None and account.mode == "auto"
        ):
            yield Alert(key, f"Issue {number} on {name} ({row.url}): {reason}")
        elif not row.is_settled:
            yield Alert(key, f"Issue {number} on {name}: {reason}", open=False)
        if row.asked_until and row.state in (DeliveryState.DUE, DeliveryState.UNCERTAIN):
            yield Alert(
                f"{key}/asked",
                f"{name} accepts no attempt for issue {number} before {row.asked_until:%Y-%m-%d}, when crosspost has "
                f"given up. It is tried before that anyway; to post it now, post it by hand, then: "
                f"crosspost record {number} {name} URL",
            )


def _needs_person(row: Delivery, issue: IssueStatus, config: Config, now: datetime) -> bool:
    """Return whether only a person can find the post, or the looks have failed for too long."""
    if row.not_before is None:
        return True
    account = next((each for each in config.accounts if each.name == row.account), None)
    delivery = config.delivery
    looks_end = max(platforms.look_after(account, delivery)) if account else delivery.longest_retry
    return _age(issue.planned_at, now) > looks_end + config.alerts.unreachable_longer_than


def _link(issue: IssueStatus, config: Config, now: datetime) -> Iterator[Alert]:
    number, link = issue.number, issue.backfill
    late = _age(issue.planned_at, now) > config.alerts.link_missing_longer_than
    if link.state is BackfillState.STUCK:
        yield Alert(
            f"{number}/link",
            f"The discussion link cannot be put into issue {number}: {link.reason}. "
            f"Do it by hand, or: crosspost backfill {number}",
        )
    elif (
        issue.state is IssueState.PLANNED
        and late
        and link.state not in (BackfillState.DONE, BackfillState.OFF)
    ):
        yield Alert(
            f"{number}/link",
            f"Issue {number} still has no discussion link: {link.reason or 'there is none yet'}. "
            f"If there is a discussion: crosspost backfill {number} --url URL",
        )


def _no_issue(status: Status, config: Config, now: datetime) -> Iterator[Alert]:
    """Yield an alert when this week's issue is overdue, by the configured time or by the times of the last issues.

    A database without any issue yields none.
    """
    if config.alerts.no_issue_by == NEVER or not status.issues:
        return
    configured = config.alerts.no_issue_by
    by = weektime.parse_moment(configured) if configured else expected_by(status.issues)
    if by is None:
        return
    since = (by.last(now) - WEEK).date()
    if not any(issue.state in _ANNOUNCED and (issue.date or date.min) > since for issue in status.issues):
        yield Alert(
            "no-issue",
            f"No issue of {config.newsletter.name} was announced by {by} UTC. "
            "If one is published, see why: crosspost status",
        )


def _channels(status: Status, config: Config, now: datetime) -> Iterator[Alert]:
    """Yield each watched channel that lacks an issue which has been announced for `alert_after`."""
    for channel in config.channels:
        state = next((each for each in status.channels if each.name == channel.name), None)
        announced = [(each.number, each.planned_at) for each in status.issues if each.planned_at]
        number, since = max(
            (each for each in announced if each[1] + channel.alert_after <= now), default=(0, now)
        )
        if state is not None and state.looked_at is not None and number > (state.number or 0):
            shows = f"it shows issue {state.number}" if state.number else "it shows no issue that is known"
            status_text = f"it cannot be read: {state.reason}" if state.reason else shows
            yield Alert(
                f"channel/{channel.name}",
                f"Issue {number} is not on {channel.name}, and has been live since "
                f"{since:%Y-%m-%d %H:%M} UTC ({status_text}). This channel is only watched: "
                "find out why it was not published there",
            )


def _problems(status: Status, config: Config, now: datetime) -> Iterator[Alert]:
    """Yield what does not work: an outage when it lasts, anything else at once."""
    for problem in status.problems:
        key = "/".join(filter(None, (problem.source, problem.path, problem.step)))
        if problem.kind is not ProblemKind.AWAY:
            yield Alert(f"problem/{key}", f"{problem.sentence}. See: crosspost status")
        elif _age(problem.since, now) > config.alerts.unreachable_longer_than:
            yield Alert(
                f"source/{key}",
                f"{key} has not answered since {problem.since:%Y-%m-%d %H:%M} UTC: {problem.reason}",
            )


def failed_checks(results: Iterable[CheckResult]) -> tuple[Alert, ...]:
    """Return the failures of `crosspost check` as alerts."""
    return tuple(
        Alert(f"check/{result.what}", f"{result.what}: {result.sentence}")
        for result in results
        if result.level is Level.FAIL
    )


def _age(since: datetime | None, now: datetime) -> timedelta:
    return now - since if since else timedelta()


def expected_by(issues: Sequence[IssueStatus]) -> weektime.Moment | None:
    """Return a day after the weekday and hour by which the last ten issues were announced; None: they are not weekly.

    An issue of the baseline counts as announced at the end of its day (UTC).
    """
    announced = sorted(
        ((issue.date, issue) for issue in issues if issue.date and issue.state in _ANNOUNCED),
        key=lambda dated: dated[0],
        reverse=True,
    )[:NEWEST]
    days = [day for day, _ in announced]
    gaps = [(later - earlier).days for later, earlier in pairwise(days)]
    if len(announced) < _MIN_ISSUES or sorted(gaps)[len(gaps) // 2] != 7:
        return None
    weekday = Counter(day.weekday() for day in days).most_common(1)[0][0]
    after = max(_delay(day, issue) for day, issue in announced) + _DAY
    hours = weekday * 24 - (-after // timedelta(hours=1))
    return weektime.Moment(hours // 24 % 7, time(hours % 24))


def _delay(day: date, issue: IssueStatus) -> timedelta:
    if issue.state is IssueState.BASELINE or issue.planned_at is None:
        return _DAY
    after = issue.planned_at - datetime.combine(day, time(), UTC)
    return after if timedelta() <= after <= _LONGEST_DELAY else _DAY
