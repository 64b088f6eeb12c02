"""One pass, on one page: watch → gate → parse → digest → compose → plan → deliver → backfill.

The daemon's timer, `crosspost once`, `crosspost post` and the end-to-end tests make the same call. Every step is safe
to repeat and goes on where the last pass stopped. A failure of one issue or account stops no other.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from pathlib import Path
from threading import Event as StopEvent
from typing import TYPE_CHECKING, Any

from crosspost.alerts import alert_editors
from crosspost.delivery.workers import deliver
from crosspost.log import event
from crosspost.log.redaction import error_text
from crosspost.model import BackfillState, Delivery, DeliveryState, IssueState
from crosspost.watch.problems import ProblemKind, Problems
from crosspost.watch.watch import Baseline, poll_sources

if TYPE_CHECKING:
    from crosspost.app import App

log = logging.getLogger(__name__)

OPEN = (IssueState.WAITING, IssueState.PLANNED)


@dataclass(frozen=True, slots=True)
class Pass:
    """The result of one pass."""

    started: datetime
    ended: datetime
    problems: tuple[str, ...]
    """Sentences: sources that did not answer, files that are not understood, unexpected errors."""
    needs_person: bool
    unfinished: bool
    """A planned delivery or backfill will go on by itself, or the pass was stopped before it asked the gate."""
    waiting: bool = False
    """An issue waits at the gate."""
    baseline: Baseline | None = None
    """The issues that this pass took as published before; None: that was done earlier."""

    @property
    def may_go_on(self) -> bool:
        """Return whether a later pass may find something else to do."""
        return self.unfinished or self.waiting or bool(self.problems)

    @property
    def exit_code(self) -> int:
        """Return the exit code of `once` (docs/commands.md)."""
        if self.needs_person or self.problems:
            return 1
        return 75 if self.unfinished else 0


def run_pass(app: App, *, stop: StopEvent | None = None) -> Pass:
    """Run every step once: what can be done now is done.

    A machine that does not hold the lease only delivers what is planned.
    """
    stop, watches = stop or StopEvent(), app.lease.watches
    started = app.clock()
    app.refresh_secrets()
    app.store.ping()  # what is written to a database that was replaced meanwhile would be lost
    if app.store.reset_future_times(started):
        event(
            log,
            "the clock was set back",
            level=logging.WARNING,
            next="kept times that lay ahead count as now",
        )
    problems = Problems(app.store, started, app.redaction.clean, tries_all=watches)
    baseline, all_asked = observe(app, problems, stop) if watches else (None, True)
    settle(app, problems, stop=stop)
    if watches:
        with problems.boundary("channels"):
            app.poll_channels()
    problems.save()  # the alerts read them where `status` does
    with problems.boundary("alerts"):
        alert_editors(app)
    problems.save()
    records = app.store.issues(*OPEN)
    actors = [each for record in records for each in next_actors(app, record.number)]
    return Pass(
        started=started,
        ended=app.clock(),
        problems=problems.sentences,
        needs_person=NextActor.PERSON in actors,
        unfinished=NextActor.CROSSPOST in actors or not all_asked,
        waiting=any(record.state is IssueState.WAITING for record in records),
        baseline=baseline,
    )


def observe(app: App, problems: Problems, stop: StopEvent) -> tuple[Baseline | None, bool]:
    """Run watch → gate → plan.

    Returns the baseline, if this was the first poll, and whether the gate was asked about every candidate: False when
    `stop` came before.
    """
    news = poll_sources(
        app.sources, app.store, app.config.gate, app.clock, problems, newsletter=app.config.newsletter
    )
    if news.baseline is not None:
        event(log, str(news.baseline))
    if not news.changed and not news.candidates:
        return news.baseline, True
    from crosspost.admission import process_news  # most passes have no news, and need not load it

    return news.baseline, process_news(app, news, problems, stop)


def settle(
    app: App,
    problems: Problems,
    *,
    numbers: Sequence[int] | None = None,
    accounts: Sequence[str] | None = None,
    file: Path | None = None,
    stop: StopEvent,
) -> None:
    """Run deliver → backfill: one step of every due delivery, accounts in parallel; then the link, at once.

    `file`: the issue's local file, when no source shows it yet. Raises StoreError; any other error is added to
    `problems`, and the rest goes on.
    """

    def report_change(delivery: Delivery) -> None:
        fields: dict[str, Any] = {"issue": delivery.number, "account": delivery.account}
        fields |= {"attempt": delivery.attempts, "url": delivery.url}
        why = None if delivery.reason == delivery.state else delivery.reason
        event(log, f"delivery {delivery.state}", **fields, why=why)
        problems.clear(*delivery_problem_key(app, delivery))
        if delivery.state is DeliveryState.SENT and app.accounts[delivery.account].discussion:
            fill_in_link(app, delivery.number, problems, file=file)

    def report_error(delivery: Delivery, error: Exception) -> None:
        """Add the problem: the row is postponed and says so; other rows go on."""
        problems.add(
            *delivery_problem_key(app, delivery), ProblemKind.FAULT, error_text(error), delivery.not_before
        )

    with problems.boundary("deliveries"):
        deliver(
            app.store,
            app.accounts,
            app.config.delivery,
            app.clock,
            numbers=numbers,
            account_names=accounts,
            stop=stop,
            on_change=report_change,
            on_error=report_error,
            check_hold=app.check_hold,
            in_order=app.lease.watches,
        )
    for number in numbers or [record.number for record in app.store.issues(IssueState.PLANNED)]:
        if stop.is_set():
            break
        fill_in_link(app, number, problems, file=file)
        app.store.finish(number, app.clock())


def delivery_problem_key(app: App, delivery: Delivery) -> tuple[str, str, str]:
    """Return the key of a problem with this delivery: source and path of its issue, and the step."""
    record = app.store.issue(delivery.number)
    source, path = (record.source, record.path) if record else ("", "")
    return source, path, f"delivery of {delivery.number} to {delivery.account}"


def fill_in_link(app: App, number: int, problems: Problems, *, file: Path | None = None) -> None:
    """Run one step of the backfill: the discussion link into the issue."""
    record = app.store.issue(number)
    link = app.store.backfill(number)
    if record is None or link is None or link.state in (BackfillState.OFF, BackfillState.DONE):
        return
    problem_key = (record.source, record.path, f"link of {number}")
    if problems.is_postponed(*problem_key):
        return
    from crosspost.backfill import BackfillRequest, run_step

    with problems.boundary(*problem_key):
        request = BackfillRequest(
            record, discussion_of(app, number), file, app.hiring_thread, newsletter=app.config.newsletter
        )
        after = run_step(app.store, request, app.sources, app.config.backfill, app.clock)
        if after.state != link.state:
            event(log, f"link {after.state}", issue=number, url=after.url, why=after.reason)
        return
    if problem := problems.get(*problem_key):
        postponed = replace(link, reason=problem.reason, not_before=problem.not_before)
        app.store.set_backfill(postponed, app.clock())


def discussion_of(app: App, number: int) -> str | None:
    """Return the address of the issue's discussion, once it is posted."""
    for row in app.store.deliveries(number):
        account = app.accounts.get(row.account)
        if account and account.discussion and row.receipt:
            return row.receipt.url
    return None


class NextActor(Enum):
    """The one who acts next on a delivery or link that is not finished."""

    CROSSPOST = auto()
    EDITOR = auto()
    """The editor of a manual account is to post: nothing is wrong."""
    PERSON = auto()
    """Somebody has to fix what is wrong."""


def next_actors(app: App, number: int, accounts: Sequence[str] = ()) -> Iterator[NextActor]:
    """Yield who acts next on each delivery of an issue that is not settled, and on its link."""
    yield from (_next_actor(app, row) for row in app.rows(number, accounts) if not row.is_settled)
    link = app.store.backfill(number)
    if link is None:
        return
    if link.state is BackfillState.STUCK:
        yield NextActor.PERSON
    elif link.state is BackfillState.DUE:
        yield NextActor.CROSSPOST
    elif link.state is BackfillState.WAITING and link.url:  # it stands in a draft: until that is published
        record = app.store.issue(number)
        if record is not None and record.state is IssueState.PLANNED:
            yield NextActor.CROSSPOST


def _next_actor(app: App, row: Delivery) -> NextActor:
    """Return who acts next on a delivery that is not settled."""
    account = app.accounts.get(row.account)
    if account is None or row.state is DeliveryState.STUCK:
        return NextActor.PERSON
    if account.mode == "manual" and row.state is not DeliveryState.UNCERTAIN:
        return NextActor.EDITOR
    if row.state in (DeliveryState.UNCERTAIN, DeliveryState.SENT) and row.not_before is None:
        return NextActor.PERSON
    if account.mode == "manual":
        return NextActor.EDITOR
    wait = app.check_hold(row) if row.state is DeliveryState.DUE else None
    return NextActor.EDITOR if wait is not None and wait.again_at is None else NextActor.CROSSPOST
