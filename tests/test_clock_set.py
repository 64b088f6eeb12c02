"""A clock that ran ahead and is set right, or steps back and forth across restarts: nothing waits for a false hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from crosspost import alerts, platforms
from crosspost.alerts.conditions import Alert
from crosspost.config.schema import AlertsConfig
from crosspost.errors import SourceError
from crosspost.model import BackfillState, DeliveryState, IssueState
from crosspost.pipeline import run_pass
from crosspost.platforms import stand_ins
from crosspost.sandbox import Sandbox
from crosspost.store import Store
from crosspost.watch.directory import DirectorySource
from crosspost.watch.problems import ProblemKind, Problems
from crosspost.watch.sources import Listing
from tests.conftest import MovableClock
from tests.rehearsing import NIGHT, Rehearsal

ONE_EACH = dict.fromkeys(platforms.names(), 1)
QUIET = timedelta(minutes=10)
NEWS = "This Week in Rust"


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[Rehearsal]:
    with Sandbox(stand_ins()) as sandbox:
        yield Rehearsal(tmp_path, sandbox, MovableClock(NIGHT))


def one_pass(rehearsal: Rehearsal) -> None:
    """By a process of its own."""
    with rehearsal.app(rehearsal.configured(quiet_for=QUIET)) as app:
        run_pass(app)


def state(rehearsal: Rehearsal) -> IssueState | None:
    with rehearsal.app() as app:
        record = app.store.issue(665)
        return record.state if record else None


@pytest.mark.parametrize("ahead", [timedelta(hours=5), timedelta(days=3)], ids=str)
def test_an_issue_that_was_seen_while_the_clock_ran_ahead_is_quiet_after_its_quiet_time(
    rehearsal: Rehearsal, ahead: timedelta
) -> None:
    one_pass(rehearsal)
    rehearsal.clock.now += ahead
    rehearsal.publish(665)
    one_pass(rehearsal)
    rehearsal.clock.now -= ahead

    one_pass(rehearsal)
    assert state(rehearsal) is IssueState.WAITING, "it may not be early either"
    rehearsal.clock.now += QUIET
    one_pass(rehearsal)

    assert rehearsal.counts() == ONE_EACH
    with rehearsal.app() as app:
        record = app.store.issue(665)
        assert record is not None
        assert record.planned_at == rehearsal.clock.now
        assert record.first_seen_at <= rehearsal.clock.now


@pytest.mark.parametrize(
    "steps",
    [(6, -6), (-6, 6), (72, -72, 1), (-48, 30, 18), (1, -2, 3, -4, 2), (-72, 144, -72)],
    ids=str,
)
def test_steps_back_and_forth_across_restarts_end_in_one_post_each(
    rehearsal: Rehearsal, steps: tuple[int, ...]
) -> None:
    one_pass(rehearsal)
    rehearsal.publish(665)
    for hours in steps:
        one_pass(rehearsal)
        rehearsal.clock.now += timedelta(hours=hours)
    for _ in range(3):
        one_pass(rehearsal)
        rehearsal.clock.now += QUIET

    assert rehearsal.counts() == ONE_EACH
    for hours in steps:
        rehearsal.clock.now += timedelta(hours=hours)
        one_pass(rehearsal)
    assert rehearsal.counts() == ONE_EACH
    assert state(rehearsal) is IssueState.DONE


class Away(DirectorySource):
    """Does not answer when the link is on its way home."""

    away = False

    def poll(self, last_revision: str | None) -> Listing | None:
        if self.away and last_revision is None:
            raise SourceError("it does not answer")
        return super().poll(last_revision)


def test_a_link_that_was_put_off_while_the_clock_ran_ahead_goes_home_at_once(rehearsal: Rehearsal) -> None:
    with rehearsal.app() as app:
        source = Away("directory", rehearsal.content)
        app.sources = (source,)
        run_pass(app)
        rehearsal.clock.advance(hours=5)
        source.away = True
        rehearsal.publish(665)
        run_pass(app)
        link = app.store.backfill(665)
        assert link is not None
        assert link.not_before is not None
        source.away = False
        rehearsal.clock.advance(hours=-5)

        run_pass(app)

        link = app.store.backfill(665)
        assert link is not None
        assert link.state is BackfillState.DONE


def test_a_channel_that_failed_while_the_clock_ran_ahead_hears_it_now(
    store: Store, clock: MovableClock
) -> None:
    heard: list[str] = []

    def hears(_title: str, body: str) -> bool:
        heard.append(body)
        return True

    concern = [Alert("665/x", "Issue 665 is stuck on x")]
    clock.advance(days=2)
    alerts.send_alerts(store, concern, AlertsConfig(), clock, lambda _title, _body: False)
    clock.advance(days=-2)

    alerts.send_alerts(store, concern, AlertsConfig(), clock, hears)

    assert heard == ["Issue 665 is stuck on x"]


def test_a_fault_that_was_met_while_the_clock_ran_ahead_is_tried_again_now(
    store: Store, clock: MovableClock
) -> None:
    later = clock() + timedelta(days=2)
    before = Problems(store, later)
    before.add("git", "", "", ProblemKind.FAULT, "what nobody foresaw")
    before.save()
    assert Problems(store, later).is_postponed("git")

    assert not Problems(store, clock()).is_postponed("git")


def test_a_fence_that_was_set_while_the_clock_ran_ahead_hides_no_post(rehearsal: Rehearsal) -> None:
    """What was posted since has a time before that fence: a look would not find it, and it would go out twice."""
    with rehearsal.app(rehearsal.configured(only=("mastodon",))) as app:
        run_pass(app)
        rehearsal.publish(665)
        rehearsal.passes(app)
        (row,) = app.store.deliveries(665)
        now = rehearsal.clock.now
        ahead = now + timedelta(hours=5)
        due = app.store.move(row, DeliveryState.DUE, now=ahead, reason="again", fence=ahead, due_since=ahead)
        assert due is not None

        assert app.store.reset_future_times(now)
        (row,) = app.store.deliveries(665)
        assert (row.fence, row.due_since, row.revision) == (now, now, due.revision)
        assert not app.store.reset_future_times(now)

        unclear = app.store.move(row, DeliveryState.UNCERTAIN, now=ahead, reason="no answer", fence=ahead)
        assert unclear is not None
        assert app.store.reset_future_times(now)
        (row,) = app.store.deliveries(665)
        assert row.fence is None
