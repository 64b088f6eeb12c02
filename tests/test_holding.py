"""An editor holds an issue back and lets it go: by number, by configuration, by the hours of the week."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crosspost import platforms
from crosspost.alerts.conditions import alerts_of
from crosspost.cli import act, execute
from crosspost.cli.issue_argument import resolve
from crosspost.delivery.workers import deliver
from crosspost.errors import UsageError
from crosspost.model import DeliveryState, IssueState
from crosspost.pipeline import run_pass
from crosspost.planning import plan
from crosspost.platforms import stand_ins
from crosspost.sandbox import Sandbox
from crosspost.status import status
from tests.conftest import MovableClock
from tests.rehearsing import NIGHT, Rehearsal

ONE_EACH = dict.fromkeys(platforms.names(), 1)
NOBODY = dict.fromkeys(platforms.names(), 0)


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[Rehearsal]:
    with Sandbox(stand_ins()) as sandbox:
        yield Rehearsal(tmp_path, sandbox, MovableClock(NIGHT))


def reason_of(rehearsal: Rehearsal, number: int = 665) -> str:
    with rehearsal.app() as app:
        (issue,) = status(app.store, number).issues
        return issue.reason


def test_an_issue_held_before_it_was_seen_waits_until_it_is_released(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    with rehearsal.app() as app:
        run_pass(app)
        act.hold(app, 665, None)
        rehearsal.publish(665)

        done = rehearsal.passes(app)

        assert capsys.readouterr().out == (
            "665 is held until released: crosspost release 665; it was not seen yet\n"
        )
        assert done.exit_code == 0
        assert rehearsal.counts() == NOBODY
        assert reason_of(rehearsal) == "held by an editor; to release it: crosspost release 665"

        act.release(app, 665)
        rehearsal.passes(app)
        assert rehearsal.counts() == ONE_EACH


def test_a_hold_with_a_time_ends_by_itself(rehearsal: Rehearsal) -> None:
    with rehearsal.app() as app:
        run_pass(app)
        act.hold(app, 665, "04:30 UTC")
        rehearsal.publish(665)
        run_pass(app)
        assert reason_of(rehearsal).startswith("held by an editor until 04:30 UTC")
        assert app.next_due() == datetime(2026, 8, 20, 4, 30, tzinfo=UTC)

        rehearsal.clock.now = datetime(2026, 8, 20, 4, 30, tzinfo=UTC)
        rehearsal.passes(app)
        assert rehearsal.counts() == ONE_EACH


def test_closed_hours_keep_planned_deliveries_and_open_by_themselves(rehearsal: Rehearsal) -> None:
    closed = rehearsal.configured(closed="Wed 12:00 - Fri 06:00")
    with rehearsal.app() as app:
        run_pass(app)
        rehearsal.publish(665)
    with rehearsal.app(closed) as app:
        run_pass(app)
        assert reason_of(rehearsal) == "closed until Fri 06:00 UTC"
        rehearsal.clock.now = datetime(2026, 8, 21, 6, 0, tzinfo=UTC)
        rehearsal.passes(app)
    assert rehearsal.counts() == ONE_EACH


def test_with_gate_hold_every_issue_waits_for_its_release(rehearsal: Rehearsal) -> None:
    with rehearsal.app(rehearsal.configured(hold=True)) as app:
        run_pass(app)
        rehearsal.publish(665)
        rehearsal.publish(666)
        run_pass(app)
        assert reason_of(rehearsal, 666) == (
            "every issue is held ([gate] hold); to release it: crosspost release 666"
        )
        act.release(app, 665)
        rehearsal.passes(app)
        assert {record.number: record.state for record in app.store.issues()} == {
            665: IssueState.DONE,
            666: IssueState.WAITING,
        }


@pytest.fixture
def planned(rehearsal: Rehearsal) -> Rehearsal:
    """665 is planned everywhere and nothing of it was sent yet: no account answers."""
    with rehearsal.app(rehearsal.configured(closed=None)) as app:
        run_pass(app)
        rehearsal.publish(665)
        plan(app, resolve(app, "665").issue)
    return rehearsal


def test_a_hold_on_planned_deliveries_says_so_in_their_rows(planned: Rehearsal) -> None:
    with planned.app() as app:
        act.hold(app, 665, None)
        done = run_pass(app)

        assert planned.counts() == NOBODY
        assert done.exit_code == 0
        rows = app.store.deliveries(665)
        assert {row.reason for row in rows} == {"held by an editor; to release it: crosspost release 665"}

        planned.clock.advance(days=5)
        run_pass(app)
        assert {row.state for row in app.store.deliveries(665)} == {DeliveryState.DUE}

        act.release(app, 665)
        planned.passes(app)
        assert planned.counts() == ONE_EACH


def test_a_hold_said_while_another_process_looks_wins(planned: Rehearsal) -> None:
    with planned.app() as app, planned.app() as other:

        def hold_between_look_and_claim(step: str) -> None:
            if step == "claiming":
                act.hold(other, 665, None)

        accounts = {"mastodon": app.accounts["mastodon"]}
        deliver(
            app.store,
            accounts,
            app.config.delivery,
            app.clock,
            check_hold=app.check_hold,
            failpoint=hold_between_look_and_claim,
        )
    assert planned.counts() == NOBODY


def test_hours_that_close_between_the_look_and_the_claim_hold_a_delivery_back(planned: Rehearsal) -> None:
    closing = (planned.clock() + timedelta(minutes=1)).replace(second=0)
    with planned.app(planned.configured(closed=f"{closing:%a %H:%M} - Sat 06:00")) as app:
        accounts = {"mastodon": app.accounts["mastodon"]}

        def close(step: str) -> None:
            if step == "claiming":
                planned.clock.advance(minutes=1)

        deliver(
            app.store, accounts, app.config.delivery, app.clock, check_hold=app.check_hold, failpoint=close
        )

        assert planned.counts() == NOBODY
        (row,) = app.rows(665, ["mastodon"])
        assert (row.state, row.reason) == (DeliveryState.DUE, "closed until Sat 06:00 UTC")


def test_what_is_read_before_a_hold_cannot_be_claimed_after_it(planned: Rehearsal) -> None:
    with planned.app() as app:
        read = app.store.deliveries(665)[0]
        act.hold(app, 665, None)
        assert app.store.claim(read, app.clock(), app.clock() + timedelta(minutes=1)) is None


def test_a_manual_account_that_is_held_is_watched_no_more_often_and_its_editor_is_not_called(
    rehearsal: Rehearsal,
) -> None:
    config = rehearsal.configured(modes={"reddit": "manual"}, only=("reddit",))
    with rehearsal.app(replace(config, gate=replace(config.gate, closed="Wed 12:00 - Fri 06:00"))) as app:
        run_pass(app)
        rehearsal.publish(665)
        plan(app, resolve(app, "665").issue)
        run_pass(app)
        looked = len(rehearsal.sandbox.requests("reddit", "read"))
        rehearsal.clock.advance(seconds=1)
        run_pass(app)

        assert len(rehearsal.sandbox.requests("reddit", "read")) == looked
        (row,) = app.store.deliveries(665)
        assert row.reason == "closed until Fri 06:00 UTC"
        found = alerts_of(status(app.store, 665), app.config, app.clock())
        assert [alert for alert in found if alert.open] == []


def test_a_post_by_hand_overrides_the_hold_for_its_account_only(rehearsal: Rehearsal) -> None:
    with rehearsal.app() as app:
        run_pass(app)
        act.hold(app, 665, None)
        rehearsal.publish(665)
        run_pass(app)
        asked: list[str] = []

        act.post(app, "665", ["x"], confirm=asked.append)

        assert rehearsal.counts() == {**NOBODY, "x": 1}
        assert "held by an editor" in asked[0]
        run_pass(app)
        assert rehearsal.counts() == {**NOBODY, "x": 1}
        act.hold(app, 665, "Fri 03:00")  # it waits for the others, and is held for them


def test_a_post_by_hand_of_what_is_planned_and_held_is_asked_about(planned: Rehearsal) -> None:
    with planned.app(planned.configured(closed="Wed 12:00 - Fri 06:00")) as app:
        run_pass(app)
        asked: list[str] = []
        act.post(app, "665", [], confirm=asked.append)
        planned.passes(app)

    assert len(asked) == 1
    assert "closed until Fri 06:00 UTC" in asked[0]
    assert planned.counts() == ONE_EACH


def test_what_is_settled_or_was_passed_over_cannot_be_held(rehearsal: Rehearsal) -> None:
    with rehearsal.app() as app:
        rehearsal.publish(664)
        run_pass(app)
        rehearsal.publish(665)
        rehearsal.passes(app)
        with pytest.raises(UsageError, match="nothing is left to hold"):
            act.hold(app, 665, None)
        with pytest.raises(UsageError, match="did you mean 665 or 664"):
            act.hold(app, 66, None)
        with pytest.raises(UsageError, match="--until: expected a time in UTC"):
            act.hold(app, 666, "tomorrow")


def test_status_shows_what_is_held_before_it_was_seen(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["-c", str(rehearsal.path)]
    assert execute([*command, "once"]) == 0
    assert execute([*command, "hold", "665"]) == 0
    capsys.readouterr()

    assert execute([*command, "status", "665"]) == 0
    assert (
        "Issue 665 was not seen yet; it is held until released: crosspost release 665"
        in capsys.readouterr().out
    )
    assert execute([*command, "status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["held_unseen"] == [{"number": 665, "until": None}]
    assert execute([*command, "release", "665"]) == 0
    assert execute([*command, "history", "665"]) == 0
    assert "released by an editor" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["post", "preview", "parse", "backfill", "amend"])
def test_a_number_that_no_source_has_is_a_wrong_command(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    rehearsal.publish(664)
    execute(["-c", str(rehearsal.path), "once"])

    assert execute(["-c", str(rehearsal.path), command, "66"]) == 2
    assert "issue 66 is not in any of the sources; did you mean 664?" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [("status", "66"), ("history", "66"), ("skip", "66"), ("hold", "66")])
def test_an_unknown_number_is_a_wrong_command(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    rehearsal.publish(664)
    execute(["-c", str(rehearsal.path), "once"])

    assert execute(["-c", str(rehearsal.path), *arguments]) == 2
    assert "no issue 66 has been seen; did you mean 664?" in capsys.readouterr().err
