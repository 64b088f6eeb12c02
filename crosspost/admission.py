"""Process the news of a pass: watch → gate → plan; a changed issue may change its posts."""

from __future__ import annotations

import logging
from threading import Event as StopEvent
from typing import TYPE_CHECKING

from crosspost.delivery.overrides import why_not_amendable
from crosspost.log import event
from crosspost.model import ActualPost, Delivery, DeliveryState, Issue, TextBy
from crosspost.planning import (
    comment_problems,
    is_skipped,
    outdated_lines,
    plan,
    verified_discussion,
)
from crosspost.store.values import sent_columns
from crosspost.watch import gate
from crosspost.watch.problems import Problems
from crosspost.watch.watch import Candidate, WatchResult

if TYPE_CHECKING:
    from crosspost.app import App

log = logging.getLogger(__name__)

NOT_IN_FLIGHT = (DeliveryState.DUE, DeliveryState.UNCERTAIN, DeliveryState.STUCK)


def process_news(app: App, news: WatchResult, problems: Problems, stop: StopEvent) -> bool:
    """Update what is planned by what changed; plan what is new and passes the gate.

    Returns whether the gate was asked about every candidate: False when `stop` came before.
    """
    for candidate in news.changed:
        with problems.boundary(*problem_key(candidate)):
            adopt_discussion(app, candidate.issue)
            mark_outdated(app, candidate.issue)
            skip_by_comment(app, candidate.issue)
    for candidate in news.candidates:
        if stop.is_set():
            return False
        with problems.boundary(*problem_key(candidate)):
            admit(app, candidate)
        if problem := problems.get(*problem_key(candidate)):
            app.store.set_waiting_reason(candidate.issue.number, problem.reason, app.clock())
    return True


def problem_key(candidate: Candidate) -> tuple[str, str]:
    """Return the source and path of an issue, under which its problems are shown."""
    return candidate.sighting.source, candidate.sighting.path


def admit(app: App, candidate: Candidate) -> None:
    """Plan the issue when the gate opens; store the gate's reason when it does not."""
    issue, now = candidate.issue, app.clock()
    page = app.page_problem(issue)
    evidence = gate.Evidence(page, candidate.in_feed, candidate.in_content, app.store.holds(issue.number))
    without_backfilled = app.without_backfilled_findings(issue)
    wait = gate.assess(without_backfilled, candidate.record, app.config.gate, evidence, now)
    if wait is not None:
        app.store.set_waiting_reason(issue.number, wait.reason, now)
        return
    for sentence in comment_problems(issue, app.targets()):
        event(log, "comment not used", level=logging.WARNING, issue=issue.number, why=sentence)
        app.store.add_note(issue.number, None, sentence, None, now)
    plan(app, issue)
    event(log, "issue planned", issue=issue.number, url=issue.url)


def adopt_discussion(app: App, issue: Issue) -> None:
    """Adopt the discussion whose link an editor filled in meanwhile: none is posted."""
    url = verified_discussion(issue)
    if url is None:
        return
    now = app.clock()
    for row in app.store.deliveries(issue.number):
        account = app.accounts.get(row.account)
        if account is None or not account.discussion:
            continue
        if row.shadow and (row.was_shadow or row.state is DeliveryState.DUE):
            _record_shadow_post(app, row, url)
            continue
        if row.state not in NOT_IN_FLIGHT:
            continue
        app.store.move(
            row,
            DeliveryState.SENT,
            now=now,
            reason="an editor put its link into the issue",
            evidence={"url": url},
            **sent_columns(url, None, now),
        )


def _record_shadow_post(app: App, row: Delivery, url: str) -> None:
    """Record where people posted what was only rehearsed; the next look says when, and what differs."""
    if row.seen is not None:
        return
    now = app.clock()
    app.store.move(
        row,
        DeliveryState.SKIPPED,
        now=now,
        reason="shadow mode: people posted it",
        seen=ActualPost(url, None, ""),
        shadow_at=row.shadow_at or now,
        settled_at=row.settled_at or now,
        not_before=row.not_before if row.was_shadow else now,
    )


def mark_outdated(app: App, issue: Issue) -> None:
    """Record which lines of its posts the issue words otherwise by now. Nothing is edited by itself."""
    for row in app.store.deliveries(issue.number):
        account = app.accounts.get(row.account)
        if account is None or row.request is not None or row.post.text_by is TextBy.PERSON:
            continue
        if why_not_amendable(row, account) is not None:
            continue
        if (lines := outdated_lines(app, issue, row)) != row.outdated:
            outdated = list(lines) or None
            app.store.move(row, row.state, now=app.clock(), reason=row.reason, outdated=outdated)


def skip_by_comment(app: App, issue: Issue) -> None:
    """Skip the accounts that a comment added after planning names, unless a person has asked for them since."""
    skipped = {each.account for each in app.targets() if is_skipped(issue, each)}
    now = app.clock()
    for row in app.store.deliveries(issue.number):
        asked_for = row.due_since != row.planned_at and app.check_hold(row) is None
        not_out = row.state is DeliveryState.DUE or row.is_untried
        if row.account in skipped and not_out and not asked_for:
            reason = "skipped by a comment in the issue"
            app.store.move(row, DeliveryState.SKIPPED, now=now, reason=reason, settled_at=now)
