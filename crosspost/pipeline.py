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
from typing import TYPE_CHECKING, Any

from crosspost.alerts import alert_editors
from crosspost.delivery.workers import deliver
from crosspost.log import event
from crosspost.log.redaction import told
from crosspost.model import BackfillState, Delivery, DeliveryState, IssueState
from crosspost.watch.problems import Kind, Problems
from crosspost.watch.watch import Baseline, watch

if TYPE_CHECKING:
    from crosspost.app import App

log = logging.getLogger(__name__)

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
    """A planned delivery or backfill will go on by itself; or the pass was stopped before it asked the gate."""
    waiting: bool = False
    """An issue waits at the gate."""
    baseline: Baseline | None = None
    """What this pass took as out already; None: that was done before."""

    @property
    def may_go_on(self) -> bool:
        """Whether a later pass may find something else to do."""
        return self.unfinished or self.waiting or bool(self.problems)

    @property
    def exit_code(self) -> int:
        """What the table of exit codes says (docs/commands.md)."""
        if self.needs_person or self.problems:
            return 1
        return 75 if self.unfinished else 0


def run_pass(app: App, *, stop: StopEvent | None = None) -> Pass:
    """Look once at everything, and do what can be done now.

    Where another machine watches the sources and the channels, this one delivers what is planned.
    """
    stop, watches = stop or StopEvent(), app.lease.watches
    started = app.clock()
    app.learn_secrets()
    app.store.ping()  # what is written to a database that was replaced meanwhile would be forgotten
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
            app.look_at_channels()
    problems.keep()  # the alerts read them where `status` does
    with problems.boundary("alerts"):
        alert_editors(app)
    problems.keep()
    records = app.store.issues(*OPEN)
    left = [each for record in records for each in left_to_do(app, record.number)]
    return Pass(
        started=started,
        ended=app.clock(),
        problems=problems.sentences,
        needs_person=Turn.PERSON in left,
        unfinished=Turn.OURS in left or not all_asked,
        waiting=any(record.state is IssueState.WAITING for record in records),
        baseline=baseline,
    )


def observe(app: App, problems: Problems, stop: StopEvent) -> tuple[Baseline | None, bool]:
    """watch → gate → plan. Returns what was taken as out already, if this was the first look.

    Also whether the gate was asked about everything: a stop may come before.
    """
    seen = watch(
        app.sources, app.store, app.config.gate, app.clock, problems, newsletter=app.config.newsletter
    )
    if seen.baseline is not None:
        event(log, str(seen.baseline))
    if seen.changed or seen.candidates:  # most passes have no news, and need none of this
        from crosspost.admission import take_in

        return seen.baseline, take_in(app, seen, problems, stop)
    return seen.baseline, True


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
        where: dict[str, Any] = {"issue": delivery.number, "account": delivery.account}
        why = None if delivery.reason == delivery.state else delivery.reason
        event(
            log, f"delivery {delivery.state}", **where, attempt=delivery.attempts, url=delivery.url, why=why
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
            in_order=app.lease.watches,
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
    from crosspost.backfill import Request, run_step

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


class Turn(Enum):
    """Whose turn it is with something that is not finished."""

    OURS = auto()
    EDITOR = auto()
    """A manual account's editor is to post: that is how it is meant to go."""
    PERSON = auto()


def left_to_do(app: App, number: int, accounts: Sequence[str] = ()) -> Iterator[Turn]:
    """Whose turn it is with each delivery, and with the link, of an issue; nothing when all is settled."""
    yield from (_turn(app, row) for row in app.rows(number, accounts) if not row.is_settled)
    link = app.store.backfill(number)
    if link is None:
        return
    if link.state is BackfillState.STUCK:
        yield Turn.PERSON
    elif link.state is BackfillState.DUE:
        yield Turn.OURS
    elif link.state is BackfillState.WAITING and link.url:  # it stands in a draft: until that is published
        record = app.store.issue(number)
        if record is not None and record.state is IssueState.PLANNED:
            yield Turn.OURS


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
