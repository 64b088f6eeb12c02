"""Shadow mode: everything but the writes, and beside it what people do. No write leaves the machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest
import requests

from crosspost import platforms
from crosspost.alerts.conditions import alerts_of
from crosspost.app import App
from crosspost.cli import act, execute
from crosspost.cli.backfill import fill_in
from crosspost.cli.issue_argument import resolve
from crosspost.config.schema import BackfillConfig, Config, SourceConfig
from crosspost.config.secrets import Secret
from crosspost.errors import UsageError
from crosspost.model import BackfillState, DeliveryState, Found, IssueState, NeverArrived
from crosspost.pipeline import run_pass
from crosspost.planning import plan
from crosspost.platforms import Attempt, stand_ins
from crosspost.sandbox import Fault, Sandbox
from tests.conftest import MovableClock
from tests.newsroom import Checkout
from tests.rehearsing import NIGHT, Rehearsal, issue_text
from tests.web_server import serving

PAGE = "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/"
LOGINS = ("/api/v1/access_token", "/xrpc/com.atproto.server.createSession")
"""What is asked with POST and writes nothing: a session."""
ALL_SKIPPED = dict.fromkeys(platforms.names(), DeliveryState.SKIPPED)
ONE_EACH = dict.fromkeys(platforms.names(), 1)


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[Rehearsal]:
    with Sandbox(stand_ins()) as sandbox:
        yield Rehearsal(tmp_path, sandbox, MovableClock(NIGHT))


def in_shadow(rehearsal: Rehearsal) -> Config:
    config = rehearsal.configured()
    return replace(config, delivery=replace(config.delivery, shadow=True))


def writes(sandbox: Sandbox) -> list[tuple[str, str]]:
    """Every request that may have written something, as the far side counts them."""
    return [
        (request.platform, f"{request.method} {request.path}")
        for request in sandbox.requests()
        if request.kind == "write"
        or (request.method not in ("GET", "HEAD") and not request.path.endswith(LOGINS))
    ]


def rehearsed(rehearsal: Rehearsal, app: App) -> None:
    """A baseline, an issue, and passes until nothing happens by itself."""
    run_pass(app)
    rehearsal.publish(665)
    rehearsal.passes(app)


# ── no write ─────────────────────────────────────────────────────────────────────────────────────────


def test_no_write_leaves_the_machine_and_every_delivery_ends_skipped(rehearsal: Rehearsal) -> None:
    with rehearsal.app(in_shadow(rehearsal)) as app:
        run_pass(app)
        path = rehearsal.publish(665)
        done = rehearsal.passes(app)

        assert done.exit_code == 0
        assert rehearsal.states(app, 665) == ALL_SKIPPED
        assert all(row.shadow_at == NIGHT and row.attempts == 0 for row in app.store.deliveries(665))
        assert app.status(665).issues[0].state is IssueState.DONE

    assert writes(rehearsal.sandbox) == []
    assert {request.platform for request in rehearsal.sandbox.requests()} >= set(platforms.names())
    assert path.read_text() == issue_text(665)


def test_the_same_passes_without_it_are_counted(rehearsal: Rehearsal) -> None:
    """The count above would see a write."""
    with rehearsal.app() as app:
        rehearsed(rehearsal, app)

    assert {platform for platform, _ in writes(rehearsal.sandbox)} == set(platforms.names())


@pytest.mark.parametrize(("shadow", "pushed"), [(True, False), (False, True)])
@pytest.mark.parametrize("mode", ["push", "pull-request"])
def test_neither_a_link_nor_a_pull_request_leaves_the_machine(
    rehearsal: Rehearsal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mode: Literal["push", "pull-request"],
    shadow: bool,
    pushed: bool,
) -> None:
    monkeypatch.setenv("FORGE_TOKEN", "forge-secret")
    checkout = Checkout.begin(tmp_path)
    checkout.commit({"content/readme.txt": "nothing yet"})
    with serving() as forge:
        config = in_shadow(rehearsal) if shadow else rehearsal.configured()
        config = replace(
            config,
            sources=(SourceConfig("git", url=f"file://{checkout.remote}"),),
            backfill=BackfillConfig(
                mode=mode, api_base_url=forge.url, repository="o/r", token=Secret("env", "FORGE_TOKEN")
            ),
        )
        with rehearsal.app(config) as app:
            run_pass(app)
            head = checkout.commit({"content/2026-08-19-this-week-in-rust.md": issue_text(665)})
            rehearsal.passes(app)
            rehearsal.clock.now += timedelta(hours=1)
            run_pass(app)
            wanted = app.status(665).issues[0].backfill.state is not BackfillState.OFF
            if shadow:
                with pytest.raises(UsageError, match="shadow is on"):
                    fill_in(app, "665", None, replace=False, confirm=print)

        left = checkout.git("ls-remote", str(checkout.remote), "main").split()[0] != head or bool(forge.asked)
        assert (left, wanted) == (pushed, pushed)


@pytest.mark.parametrize("name", platforms.names())
def test_whatever_asks_an_account_to_write_is_told_that_nothing_is_written(
    rehearsal: Rehearsal, name: str
) -> None:
    with rehearsal.app(in_shadow(rehearsal)) as app:
        rehearsed(rehearsal, app)
        (row,) = (row for row in app.store.deliveries(665) if row.account == name)
        connect = app.accounts[name].connect
        assert connect is not None
        platform = connect()
        attempt = Attempt("key", 1, 10.0, lambda: None)
        there = Found("https://example.org/1", "1")
        outcomes = [platform.send(row.post, attempt), platform.delete(there, attempt)]
        outcomes.append(platform.edit(there, row.post, attempt))
        platform.close()

    assert all(isinstance(outcome, NeverArrived) for outcome in outcomes)
    assert writes(rehearsal.sandbox) == []


@pytest.mark.parametrize("arguments", [["retract", "665", "--yes"], ["amend", "665"], ["backfill", "665"]])
def test_a_command_that_only_writes_is_refused(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with rehearsal.app() as app:
        rehearsed(rehearsal, app)
    sent = writes(rehearsal.sandbox)
    config = rehearsal.path.read_text()
    assert "[delivery]\n" in config
    rehearsal.path.write_text(config.replace("[delivery]\n", "[delivery]\nshadow = true\n"))

    assert execute(["-c", str(rehearsal.path), *arguments]) == 2
    assert "shadow is on" in capsys.readouterr().err
    assert writes(rehearsal.sandbox) == sent


def test_once_shadow_is_the_same_for_one_pass(rehearsal: Rehearsal) -> None:
    assert execute(["-c", str(rehearsal.path), "once"]) == 0
    rehearsal.publish(665)

    assert execute(["-c", str(rehearsal.path), "once", "--shadow"]) == 0

    with rehearsal.app() as app:
        assert rehearsal.states(app, 665) == ALL_SKIPPED
    assert writes(rehearsal.sandbox) == []


@pytest.mark.parametrize("command", ["status", "check"])
def test_nobody_has_to_wonder_why_nothing_is_posted(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    config = rehearsal.path.read_text()
    rehearsal.path.write_text(config.replace("[delivery]\n", "[delivery]\nshadow = true\n"))

    execute(["-c", str(rehearsal.path), command])

    said = capsys.readouterr()
    assert "nothing is posted, edited, deleted, pushed or proposed" in " ".join((said.out + said.err).split())
    assert writes(rehearsal.sandbox) == []


def test_nobody_is_alerted_of_something_that_went_out(rehearsal: Rehearsal) -> None:
    with rehearsal.app(in_shadow(rehearsal)) as app:
        run_pass(app)
        path = rehearsal.publish(665)
        rehearsal.passes(app)
        path.unlink()
        rehearsal.clock.now += timedelta(hours=1)
        run_pass(app)

        status = app.status(665)
        assert status.issues[0].vanished_at is not None
        assert alerts_of(status, app.config, rehearsal.clock()) == ()


# ── switching it on and off ──────────────────────────────────────────────────────────────────────────


def test_switching_it_off_sends_nothing_old(rehearsal: Rehearsal) -> None:
    with rehearsal.app(in_shadow(rehearsal)) as app:
        rehearsed(rehearsal, app)
    with rehearsal.app() as app:
        for hours in (0, 1, 72):
            rehearsal.clock.now += timedelta(hours=hours)
            rehearsal.passes(app)
        with pytest.raises(UsageError, match="crosspost post 665 --to mastodon"):
            act.retry(app, 665, "mastodon", again=True, confirm=print)

    assert writes(rehearsal.sandbox) == []


def test_a_second_post_cannot_be_asked_for_in_shadow_mode(rehearsal: Rehearsal) -> None:
    rehearsal.publish(664)
    with rehearsal.app() as app:
        run_pass(app)
        rehearsal.publish(665)
        rehearsal.passes(app)
    sent = writes(rehearsal.sandbox)
    with rehearsal.app(in_shadow(rehearsal)) as app, pytest.raises(UsageError, match="shadow is on"):
        act.retry(app, 665, "mastodon", again=True, confirm=print)
    with rehearsal.app() as app:
        rehearsal.passes(app)

    assert writes(rehearsal.sandbox) == sent != []


def test_what_was_held_when_it_was_planned_in_shadow_stays_rehearsed(rehearsal: Rehearsal) -> None:
    with rehearsal.app(in_shadow(rehearsal)) as app:
        run_pass(app)
        rehearsal.publish(665)
        act.post(app, "665", ["x"], confirm=print)
    config = rehearsal.configured(hold=True)
    with rehearsal.app(replace(config, delivery=replace(config.delivery, shadow=True))) as app:
        plan(app, resolve(app, "665").issue)
        run_pass(app)
        assert DeliveryState.DUE in rehearsal.states(app, 665).values()
    with rehearsal.app() as app:
        rehearsal.passes(app)
        assert rehearsal.states(app, 665) == ALL_SKIPPED

    assert writes(rehearsal.sandbox) == []


def test_only_post_revives_it_and_then_once(rehearsal: Rehearsal) -> None:
    with rehearsal.app(in_shadow(rehearsal)) as app:
        rehearsed(rehearsal, app)
        act.post(app, "665", [], confirm=print)
        assert writes(rehearsal.sandbox) == []
    with rehearsal.app() as app:
        assert act.post(app, "665", ["x"], confirm=print) == 0
        assert rehearsal.counts() == {**dict.fromkeys(platforms.names(), 0), "x": 1}
        act.post(app, "665", [], confirm=print)
        act.post(app, "665", [], confirm=print)
        rehearsal.passes(app)

        assert set(rehearsal.states(app, 665).values()) == {DeliveryState.SENT}
        assert app.status(665).issues[0].backfill.state is BackfillState.DONE

    assert rehearsal.counts() == ONE_EACH


def test_what_was_planned_before_it_was_switched_on_is_kept_and_sent_after(rehearsal: Rehearsal) -> None:
    rehearsal.sandbox.fail("x", Fault.RATE_LIMITED, reset=600)
    with rehearsal.app() as app:
        run_pass(app)
        rehearsal.publish(665)
        run_pass(app)
        assert rehearsal.states(app, 665)["x"] is DeliveryState.DUE
        rehearsal.clock.now = app.next_due() or NIGHT
    sent = writes(rehearsal.sandbox)

    with rehearsal.app(in_shadow(rehearsal)) as app:
        assert run_pass(app).exit_code == 75
        assert "planned before shadow mode" in next(
            row.reason for row in app.store.deliveries(665) if row.account == "x"
        )
        assert writes(rehearsal.sandbox) == sent
    with rehearsal.app() as app:
        rehearsal.passes(app)
        assert rehearsal.states(app, 665)["x"] is DeliveryState.SENT


def test_what_was_planned_before_is_not_sent_when_it_has_grown_old(rehearsal: Rehearsal) -> None:
    rehearsal.sandbox.fail("x", Fault.RATE_LIMITED, reset=600)
    with rehearsal.app() as app:
        run_pass(app)
        rehearsal.publish(665)
        run_pass(app)
    for _ in range(2):
        rehearsal.clock.now += timedelta(days=1, hours=1)
        with rehearsal.app(in_shadow(rehearsal)) as app:
            run_pass(app)
            state = rehearsal.states(app, 665)["x"]

    assert state is DeliveryState.STUCK


# ── beside what people do ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", platforms.names())
def test_what_people_post_is_found_with_its_time_and_what_differs(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    with rehearsal.app(in_shadow(rehearsal)) as app:
        rehearsed(rehearsal, app)
        made = NIGHT + timedelta(minutes=15)
        title = "This Week in Rust 665"
        text = "" if name == "reddit" else f"{title} is out, with a word of ours!\n\n{PAGE}"
        theirs = rehearsal.sandbox.seed_post(
            name, title=title if name == "reddit" else "", text=text, link=PAGE, at=made
        )
        rehearsal.clock.now += timedelta(hours=7)
        run_pass(app)
        run_pass(app)

    assert execute(["-c", str(rehearsal.path), "status", "665", "--json"]) == 0
    (issue,) = json.loads(capsys.readouterr().out)["issues"]
    shadow = {row["account"]: row["shadow"] for row in issue["deliveries"]}
    assert shadow[name]["at"] == "2026-08-20T03:00:00Z"
    assert shadow[name]["text"]
    assert shadow[name]["seen"]["url"] == theirs.url
    assert shadow[name]["seen"]["at"] == "2026-08-20T03:15:00Z"
    if name != "reddit":
        assert "This Week in Rust 665 is out, with a word of ours!" in shadow[name]["seen"]["only_theirs"]
        assert shadow[name]["seen"]["only_ours"]
    assert all(shadow[other]["seen"] is None for other in shadow if other != name)

    assert execute(["-c", str(rehearsal.path), "status", "665"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "ours was ready 2026-08-20 03:00 UTC; people posted it 15 min later" in shown
    assert writes(rehearsal.sandbox) == []


def test_what_people_posted_first_would_have_been_adopted(rehearsal: Rehearsal) -> None:
    with rehearsal.app(in_shadow(rehearsal)) as app:
        run_pass(app)
        rehearsal.sandbox.seed_post("mastodon", text=f"TWiR! {PAGE}", at=NIGHT - timedelta(minutes=3))
        rehearsal.publish(665)
        rehearsal.passes(app)
        row = next(row for row in app.store.deliveries(665) if row.account == "mastodon")

    assert row.was_shadow
    assert row.seen is not None
    assert row.seen.at == NIGHT - timedelta(minutes=3)
    assert "would have been adopted" in row.reason


@pytest.mark.parametrize("readable", [True, False])
@pytest.mark.parametrize("when", ["before", "held", "after"])
def test_a_discussion_that_the_issue_links_to_is_what_people_posted(
    rehearsal: Rehearsal, when: str, readable: bool
) -> None:
    config = in_shadow(rehearsal)
    accounts = tuple(
        replace(each, has_credentials=readable or each.name != "reddit") for each in config.accounts
    )
    config = replace(config, accounts=accounts)
    theirs = rehearsal.sandbox.seed_post(
        "reddit", title="This Week in Rust 665", link=PAGE, at=NIGHT - timedelta(minutes=20)
    )
    linked = issue_text(665, link=theirs.url)
    if when == "after":
        rehearsal.sandbox.remove_post("reddit", theirs.id)
    with rehearsal.app(config) as app:
        run_pass(app)
        rehearsal.publish(665, linked if when == "before" else None)
    if when == "held":
        with rehearsal.app(replace(config, gate=replace(config.gate, hold=True))) as app:
            plan(app, resolve(app, "665").issue)
            run_pass(app)
    with rehearsal.app(config) as app:
        if when == "after":
            rehearsal.passes(app)
        rehearsal.publish(665, linked)
        for _ in range(3):
            rehearsal.clock.now += timedelta(hours=1)
            run_pass(app)
        (row,) = (row for row in app.store.deliveries(665) if row.account == "reddit")

    assert row.was_shadow
    assert row.seen is not None
    assert row.seen.url == theirs.url
    if readable and when != "after":
        assert (row.seen.at, row.seen.text) == (theirs.at, "This Week in Rust 665")
        assert row.not_before is None
    assert writes(rehearsal.sandbox) == []


def test_it_is_looked_for_until_it_would_be_given_up(rehearsal: Rehearsal) -> None:
    with rehearsal.app(in_shadow(rehearsal)) as app:
        rehearsed(rehearsal, app)
        for _ in range(20):
            rehearsal.clock.now += timedelta(hours=3)
            run_pass(app)
        assert app.next_due(after=rehearsal.clock()) is None
        rows = app.store.deliveries(665)

    assert all(row.not_before is None and "not seen within 2 days" in row.reason for row in rows)


def test_looks_that_cost_money_are_few(rehearsal: Rehearsal) -> None:
    with rehearsal.app(in_shadow(rehearsal)) as app:
        rehearsed(rehearsal, app)
        while (due := app.next_due(after=rehearsal.clock())) and due < NIGHT + timedelta(days=3):
            rehearsal.clock.now += timedelta(hours=1)
            run_pass(app)
        (spent,) = app.spending()

    assert 0 < spent.spent < Decimal("0.200")  # one post with a link


def test_the_page_shows_it(rehearsal: Rehearsal) -> None:
    from crosspost.web import Health
    from crosspost.web.server import serving

    config = in_shadow(rehearsal)
    with rehearsal.app(replace(config, web=replace(config.web, listen="127.0.0.1:0"))) as app:
        rehearsed(rehearsal, app)
        rehearsal.sandbox.seed_post("mastodon", text=f"Out! {PAGE}", at=NIGHT + timedelta(minutes=15))
        rehearsal.clock.now += timedelta(hours=1)
        run_pass(app)
        with serving(app, lambda: Health(True, "", None, None), lambda: None) as address:
            page = requests.get(f"{address}issues/665", timeout=10).text

    assert "shadow mode: it would have been sent, 2026-08-20 03:00 UTC" in page
    assert "people posted it 15 min later" in page
