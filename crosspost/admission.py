"""What a pass does with news: watch → gate → plan, and what a changed issue means for its posts."""

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


def process_news(app: App, seen: WatchResult, problems: Problems, stop: StopEvent) -> bool:
    """Bring what is planned in line with what changed; plan what is new and passes the gate.

    Returns whether the gate was asked about everything: False when `stop` came before.
    """
    for candidate in seen.changed:
        with problems.boundary(*problem_key(candidate)):
            adopt_discussion(app, candidate.issue)
            mark_outdated(app, candidate.issue)
            skip_by_comment(app, candidate.issue)
    for candidate in seen.candidates:
        if stop.is_set():
            return False
        with problems.boundary(*problem_key(candidate)):
            admit(app, candidate)
        if problem := problems.get(*problem_key(candidate)):
            app.store.set_waiting_reason(candidate.issue.number, problem.reason, app.clock())
    return True


def problem_key(candidate: Candidate) -> tuple[str, str]:
    """Return where the issue was read: a problem with it is shown under this."""
    return candidate.sighting.source, candidate.sighting.path


def admit(app: App, candidate: Candidate) -> None:
    """Ask the gate; plan the issue when it opens, keep the gate's reason when it does not."""
    issue, record = candidate.issue, candidate.record
    judged, page = app.gate_input(issue)
    now = app.clock()
    evidence = gate.Evidence(page, candidate.in_feed, candidate.in_content, app.store.holds(issue.number))
    wait = gate.assess(judged, record, app.config.gate, evidence, now)
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
            _see_in_shadow(app, row, url)
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


def _see_in_shadow(app: App, row: Delivery, url: str) -> None:
    """Keep where people have posted what was only rehearsed; the next look says when, and what differs."""
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
    """Keep which lines of what was posted the issue words otherwise by now. Nothing is edited by itself."""
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
    """Skip what a comment that came after the plan wants to have skipped, unless a person has asked for it since."""
    skipped = {each.account for each in app.targets() if is_skipped(issue, each)}
    now = app.clock()
    for row in app.store.deliveries(issue.number):
        asked_for = row.due_since != row.planned_at and app.check_hold(row) is None
        not_out = row.state is DeliveryState.DUE or row.is_untried
        if row.account in skipped and not_out and not asked_for:
            reason = "skipped by a comment in the issue"
            app.store.move(row, DeliveryState.SKIPPED, now=now, reason=reason, settled_at=now)
