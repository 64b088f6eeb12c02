"""One pass, on one page: watch → gate → parse → digest → compose → plan → deliver → backfill.

The daemon's timer, `crosspost once`, `crosspost post` and the end-to-end tests all make the same call. Every step is
safe to repeat, picks up where the last pass stopped, and cannot be held back by another issue's or account's failure.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event as StopEvent
from threading import Lock
from typing import TYPE_CHECKING

from crosspost import gate
from crosspost.backfill import carry
from crosspost.delivery import deliver
from crosspost.errors import CrosspostError
from crosspost.log import event
from crosspost.model import BackfillState, Delivery, DeliveryState, IssueState
from crosspost.planning import plan
from crosspost.sources.page import look
from crosspost.sources.watch import Candidate, watch

if TYPE_CHECKING:
    from crosspost.app import App

log = logging.getLogger(__name__)

FINAL = (DeliveryState.SENT, DeliveryState.SKIPPED)
OPEN = (IssueState.WAITING, IssueState.PLANNED)


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass found and left."""

    started: datetime
    ended: datetime
    problems: tuple[str, ...]
    """Sentences: sources that did not answer, issues that could not be planned."""
    needs_person: bool
    unfinished: bool
    """A planned delivery or backfill will go on by itself."""

    @property
    def exit_code(self) -> int:
        """The exit code of design §5."""
        if self.needs_person or self.problems:
            return 1
        return 75 if self.unfinished else 0


def run_pass(app: App, *, stop: StopEvent | None = None) -> Pass:
    """Look once at everything, and do what can be done now."""
    stop = stop or StopEvent()
    started = app.clock()
    problems = observe(app, stop)
    settle(app, stop=stop)
    return report(app, started, problems)


def observe(app: App, stop: StopEvent) -> list[str]:
    """watch → gate → plan. Returns a sentence for everything that did not answer."""
    seen = watch(
        app.newsletter, app.sources, app.store, app.config.gate, app.clock, site=app.config.newsletter.site
    )
    problems = [f"{source}: {sentence}" for source, sentence in seen.problems.items()]
    for candidate in seen.candidates:
        if stop.is_set():
            break
        try:
            admit(app, candidate)
        except CrosspostError as error:
            problems.append(f"issue {candidate.issue.number}: {error}")
    return problems


def admit(app: App, candidate: Candidate) -> None:
    """Ask the gate; plan the issue when it opens, keep the gate's reason when it does not."""
    issue = candidate.issue
    verdict = gate.assess(
        issue, candidate.record, app.config.gate, page_of(app, candidate), candidate.in_feed, app.clock()
    )
    if isinstance(verdict, gate.Wait):
        app.store.wait(app.newsletter, issue.number, verdict.reason, app.clock())
        return
    plan(app, issue)
    event(log, "issue planned", issue=issue.number, url=issue.url)


def settle(
    app: App, *, numbers: Sequence[int] | None = None, accounts: Sequence[str] | None = None, stop: StopEvent
) -> None:
    """deliver → backfill: every delivery that is due makes one step, side by side; the link goes home at once."""
    one_at_a_time = Lock()

    def settled(delivery: Delivery) -> None:
        if delivery.state is DeliveryState.SENT and app.accounts[delivery.account].discussion:
            with one_at_a_time:
                bring_home(app, delivery.number)

    deliver(
        app.store,
        app.newsletter,
        app.accounts,
        app.config.delivery,
        app.clock,
        numbers=numbers,
        only=accounts,
        stop=stop,
        on_settled=settled,
    )
    for record in app.store.issues(app.newsletter, *OPEN):
        if stop.is_set():
            return
        bring_home(app, record.number)
        app.store.finish(app.newsletter, record.number, app.clock())
