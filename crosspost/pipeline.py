"""One pass, on one page: watch → gate → parse → digest → compose → plan → deliver → backfill.

The daemon's timer, `crosspost once`, `crosspost post` and the end-to-end tests all make the same call. Every step is
safe to repeat, picks up where the last pass stopped, and cannot be held back by another issue's or account's failure.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from pathlib import Path
from threading import Event as StopEvent
from typing import TYPE_CHECKING

from crosspost.alerts import alert_editors
from crosspost.backfill import Request, run_step
from crosspost.delivery.requests import can_amend
from crosspost.delivery.workers import deliver
from crosspost.log import event
from crosspost.log.redaction import told
from crosspost.model import Backfill, BackfillState, Delivery, DeliveryState, Issue, IssueState
from crosspost.planning import changes_since, is_skipped, own_discussion, plan, wrong_comments
from crosspost.watch import gate
from crosspost.watch.problems import Kind, Problems
from crosspost.watch.watch import Baseline, Candidate, watch

if TYPE_CHECKING:
    from crosspost.app import App

log = logging.getLogger(__name__)

NOT_IN_FLIGHT = (DeliveryState.DUE, DeliveryState.UNCERTAIN, DeliveryState.STUCK)
OPEN = (IssueState.WAITING, IssueState.PLANNED)


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass found and left."""

    started: datetime
    ended: datetime
    problems: tuple[str, ...]
    """Sentences: sources that did not answer, files that are not understood, unexpected errors."""
    needs_person: bool
    unfinished: bool
    """A planned delivery or backfill will go on by itself."""
    baseline: Baseline | None = None
    """What this pass took as out already; None: that was done before."""

    @property
    def exit_code(self) -> int:
        """What the README's table of exit codes says."""
        if self.needs_person or self.problems:
            return 1
        return 75 if self.unfinished else 0


def run_pass(app: App, *, stop: StopEvent | None = None) -> Pass:
    """Look once at everything, and do what can be done now."""
    stop = stop or StopEvent()
    started = app.clock()
    app.learn_secrets()
    app.store.ping()  # what is written to a database that was replaced meanwhile would be forgotten
    if app.store.set_times_right(started):
        event(
            log,
            "the clock was set back",
            level=logging.WARNING,
            next="kept times that lay ahead count as now",
        )
    problems = Problems(app.store, started, app.redaction.clean)
    baseline = observe(app, problems, stop)
    settle(app, problems, stop=stop)
    with problems.boundary("channels"):
        app.look_at_channels()
    problems.keep()  # the alerts read them where `status` does
    with problems.boundary("alerts"):
        alert_editors(app)
    problems.keep()
    return report(app, started, problems.sentences, baseline)


def observe(app: App, problems: Problems, stop: StopEvent) -> Baseline | None:
    """watch → gate → plan. Returns what was taken as out already, if this was the first look."""
    seen = watch(
        app.sources, app.store, app.config.gate, app.clock, problems, newsletter=app.config.newsletter
    )
    if seen.baseline is not None:
        event(log, str(seen.baseline))
    for candidate in seen.changed:
        with problems.boundary(*place_of(candidate)):
            adopt_discussion(app, candidate.issue)
            note_corrections(app, candidate.issue)
            skip_by_comment(app, candidate.issue)
    for candidate in seen.candidates:
        if stop.is_set():
            break
        with problems.boundary(*place_of(candidate)):
            admit(app, candidate)
        if problem := problems.of(*place_of(candidate)):
            app.store.wait(candidate.issue.number, problem.reason, app.clock())
    return seen.baseline


def place_of(candidate: Candidate) -> tuple[str, str]:
    """Return where the issue was read: a problem with it is shown under this."""
    return candidate.sighting.source, candidate.sighting.path


def admit(app: App, candidate: Candidate) -> None:
    """Ask the gate; plan the issue when it opens, keep the gate's reason when it does not."""
    issue, record = candidate.issue, candidate.record
    judged, page = app.for_the_gate(issue)
    now = app.clock()
    evidence = gate.Evidence(page, candidate.in_feed, candidate.in_content, app.store.holds_on(issue.number))
    verdict = gate.assess(judged, record, app.config.gate, evidence, now)
    if isinstance(verdict, gate.Wait):
        app.store.wait(issue.number, verdict.reason, now)
        return
    for sentence in wrong_comments(issue, app.voices()):
        event(log, "comment not used", level=logging.WARNING, issue=issue.number, why=sentence)
        app.store.note(issue.number, None, sentence, None, now)
    plan(app, issue)
    event(log, "issue planned", issue=issue.number, url=issue.url)


def adopt_discussion(app: App, issue: Issue) -> None:
    """Adopt the discussion whose link an editor filled in meanwhile: none is posted."""
    url = own_discussion(issue)
    if url is None:
        return
    now = app.clock()
    for row in app.store.deliveries(issue.number):
        account = app.accounts.get(row.account)
        if account is None or not account.discussion or row.state not in NOT_IN_FLIGHT:
            continue
        app.store.move(
            row,
            DeliveryState.SENT,
            now=now,
            reason="an editor put its link into the issue",
            evidence={"url": url},
            url=url,
            remote_id=None,
            adopted=True,
            not_before=None,
            uncertain_since=None,
            settled_at=now,
        )


def note_corrections(app: App, issue: Issue) -> None:
    """Keep which lines of what was posted the issue words otherwise by now. Nothing is edited by itself."""
    rows = [row for row in app.store.deliveries(issue.number) if _is_editable(app, row)]
    if not rows:
        return
    for account, lines in changes_since(app, issue, rows).items():
        row = next(row for row in rows if row.account == account)
        if lines != row.outdated:
            kept = {"outdated": list(lines) or None}
            app.store.move(row, row.state, now=app.clock(), reason=row.reason, evidence=None, **kept)


def _is_editable(app: App, row: Delivery) -> bool:
    account = app.accounts.get(row.account)
    return account is not None and row.request is None and can_amend(row, account) is None


def skip_by_comment(app: App, issue: Issue) -> None:
    """Skip what a comment that came after the plan wants to have skipped, unless a person has asked for it since."""
    unwanted = {each.voice.account for each in app.voices() if is_skipped(issue, each)}
    now = app.clock()
    for row in app.store.deliveries(issue.number):
        asked_for = row.due_since != row.planned_at and app.held(row) is None
        if row.account in unwanted and row.state is DeliveryState.DUE and not asked_for:
            reason = "skipped by a comment in the issue"
            app.store.move(row, DeliveryState.SKIPPED, now=now, reason=reason, settled_at=now)


def settle(
    app: App,
    problems: Problems,
    *,
    numbers: Sequence[int] | None = None,
    accounts: Sequence[str] | None = None,
    file: Path | None = None,
    stop: StopEvent,
) -> None:
    """deliver → backfill: every delivery that is due makes one step, side by side; the link is filled in at once.

    `file`: where a person keeps the issue, when it is not yet where the source shows it. Raises StoreError; an
    unexpected error goes to `problems`, and does not keep the rest from going on.
    """

    def settled(delivery: Delivery) -> None:
        event(
            log,
            f"delivery {delivery.state}",
            issue=delivery.number,
            account=delivery.account,
            attempt=delivery.attempts,
            url=delivery.url,
            why=None if delivery.reason == delivery.state else delivery.reason,
        )
        problems.clear(*place_of_delivery(app, delivery))
        if delivery.state is DeliveryState.SENT and app.accounts[delivery.account].discussion:
            fill_in_link(app, delivery.number, problems, file=file)

    def failed(delivery: Delivery, error: Exception) -> None:
        """Its row is put off and says so; other rows go on."""
        problems.add(*place_of_delivery(app, delivery), Kind.FAULT, told(error), delivery.not_before)

    with problems.boundary("deliveries"):
        deliver(
            app.store,
            app.accounts,
            app.config.delivery,
            app.clock,
            numbers=numbers,
            only=accounts,
            stop=stop,
            on_settled=settled,
            on_error=failed,
            held=app.held,
        )
    for number in numbers or [record.number for record in app.store.issues(IssueState.PLANNED)]:
        if stop.is_set():
            break
        fill_in_link(app, number, problems, file=file)
        app.store.finish(number, app.clock())


def place_of_delivery(app: App, delivery: Delivery) -> tuple[str, str, str]:
    """Return where a problem with it is shown: at its issue's place."""
    record = app.store.issue(delivery.number)
    source, path = (record.source, record.path) if record else ("", "")
    return source, path, f"delivery of {delivery.number} to {delivery.account}"


def fill_in_link(app: App, number: int, problems: Problems, *, file: Path | None = None) -> None:
    """Take the discussion link one step further on its way into the issue."""
    record = app.store.issue(number)
    link = app.store.backfill(number)
    if record is None or link is None or link.state in (BackfillState.OFF, BackfillState.DONE):
        return
    place = (record.source, record.path, f"link of {number}")
    if problems.is_put_off(*place):
        return
    with problems.boundary(*place):
        request = Request(
            record, discussion_of(app, number), file, app.hiring_thread, newsletter=app.config.newsletter
        )
        after = run_step(app.store, request, app.sources, app.config.backfill, app.clock)
        if after.state != link.state:
            event(log, f"link {after.state}", issue=number, url=after.url, why=after.reason)
        return
    if problem := problems.of(*place):
        put_off = replace(link, reason=problem.reason, not_before=problem.not_before)
        app.store.set_backfill(put_off, app.clock())


def discussion_of(app: App, number: int) -> str | None:
    """Return the address of the issue's discussion, once it is posted."""
    for row in app.store.deliveries(number):
        account = app.accounts.get(row.account)
        if account and account.discussion and row.receipt:
            return row.receipt.url
    return None


def report(app: App, started: datetime, problems: Sequence[str], baseline: Baseline | None = None) -> Pass:
    """Return what is left to do, and whose turn it is."""
    numbers = [record.number for record in app.store.issues(*OPEN)]
    left = [each for number in numbers for each in left_to_do(app, number)]
    return Pass(
        started=started,
        ended=app.clock(),
        problems=tuple(problems),
        needs_person=Turn.PERSON in left,
        unfinished=Turn.OURS in left,
        baseline=baseline,
    )


class Turn(Enum):
    """Whose turn it is with something that is not finished."""

    OURS = auto()
    EDITOR = auto()
    """A manual account's editor is to post: that is how it is meant to go."""
    PERSON = auto()


def left_to_do(app: App, number: int, accounts: Sequence[str] = ()) -> Iterator[Turn]:
    """Whose turn it is with each delivery, and with the link, of an issue; nothing when all is settled."""
    for row in app.store.deliveries(number):
        if not row.is_settled and (not accounts or row.account in accounts):
            yield _turn(app, row)
    link = app.store.backfill(number)
    if link is not None and link.state is BackfillState.STUCK:
        yield Turn.PERSON
    elif link is not None and _is_under_way(app, link):
        yield Turn.OURS


def _is_under_way(app: App, link: Backfill) -> bool:
    """Whether the link is filled in without a person: it is due, or stands in a draft that is published by now."""
    record = app.store.issue(link.number)
    published = record is not None and record.state is IssueState.PLANNED
    return link.state is BackfillState.DUE or (
        link.state is BackfillState.WAITING and bool(link.url) and published
    )


def _turn(app: App, row: Delivery) -> Turn:
    """Whose turn it is with a delivery that is not settled."""
    account = app.accounts.get(row.account)
    if account is None or row.state is DeliveryState.STUCK:
        return Turn.PERSON
    if account.mode == "manual" and row.state is not DeliveryState.UNCERTAIN:
        return Turn.EDITOR
    if row.state in (DeliveryState.UNCERTAIN, DeliveryState.SENT) and row.not_before is None:
        return Turn.PERSON
    if account.mode == "manual":
        return Turn.EDITOR
    held = app.held(row) if row.state is DeliveryState.DUE else None
    return Turn.EDITOR if held is not None and held.again_at is None else Turn.OURS
