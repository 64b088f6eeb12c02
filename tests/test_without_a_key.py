"""The Reddit link without an API key: from a private feed into the issue, through the real program and the sandbox."""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crosspost.app import App, load_config
from crosspost.check import run_checks
from crosspost.cli import execute
from crosspost.config.schema import Config
from crosspost.errors import ConfigError
from crosspost.model import DeliveryState
from crosspost.parse import discussion
from crosspost.pipeline import run_pass
from crosspost.platforms import Level, stand_ins
from crosspost.sandbox import Fault, Sandbox
from crosspost.status import status
from tests.conftest import MovableClock
from tests.rehearsing import NIGHT, PLACEHOLDER, Rehearsal, issue_text

PAGE = "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/"
TITLE = "This Week in Rust 665"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def rehearsal(tmp_path: Path, clock: MovableClock) -> Iterator[Rehearsal]:
    clock.now = NIGHT
    with Sandbox({"reddit": stand_ins()["reddit"]}, clock=clock) as sandbox:
        yield without_a_key(Rehearsal(tmp_path, sandbox, clock))


def without_a_key(rehearsal: Rehearsal) -> Rehearsal:
    """The rehearsal's own configuration as somebody without a key would have it."""
    lines = rehearsal.path.read_text().replace("# feed = ", 'mode = "manual"\nfeed = ').splitlines()
    secrets = ("client_id", "client_secret", "refresh_token")
    rehearsal.path.write_text("\n".join(line for line in lines if not line.startswith(secrets)))
    return rehearsal


def configured(rehearsal: Rehearsal, **settings: Any) -> Config:
    config = rehearsal.configured()
    (account,) = config.accounts
    settings = {"authors": ("the_editor",)} | settings
    changed = replace(account, settings=replace(account.settings, **settings), look_after=None)
    policy = replace(config.delivery, look_after=None, give_up_after=timedelta(days=2))
    return replace(config, accounts=(changed,), delivery=policy)


def asked(rehearsal: Rehearsal) -> list[datetime]:
    return [request.at for request in rehearsal.sandbox.requests("reddit")]


def pass_by(app: App, rehearsal: Rehearsal, passed: timedelta, *, step: timedelta = MINUTE) -> None:
    """A daemon's passes for so long."""
    end = rehearsal.clock.now + passed
    while rehearsal.clock.now < end:
        run_pass(app)
        rehearsal.clock.now += step
    run_pass(app)


def test_an_editors_thread_is_in_the_issue_within_two_minutes(rehearsal: Rehearsal) -> None:
    with rehearsal.app(configured(rehearsal)) as app:
        run_pass(app)
        path = rehearsal.publish(665)
        pass_by(app, rehearsal, timedelta(minutes=5), step=timedelta(seconds=10))
        assert rehearsal.states(app, 665) == {"reddit": DeliveryState.DUE}, "an empty feed proves nothing"
        thread = rehearsal.sandbox.seed_post("reddit", title=TITLE, link=PAGE, by="the_editor")
        pass_by(app, rehearsal, timedelta(minutes=2), step=timedelta(seconds=10))

        (row,) = app.store.deliveries(665)
        assert (row.state, row.adopted, row.url) == (DeliveryState.SENT, True, thread.url)
        assert path.read_text() == issue_text(665, link=thread.url)
        times = asked(rehearsal)
        assert all(later - earlier >= MINUTE for earlier, later in itertools.pairwise(times))
        pass_by(app, rehearsal, timedelta(hours=1))
        assert asked(rehearsal) == times, "nothing is asked once it is there"
    assert {request.method for request in rehearsal.sandbox.requests("reddit")} == {"GET"}
    assert {request.status for request in rehearsal.sandbox.requests("reddit")} <= {200, 304}


def test_nothing_is_asked_while_no_issue_waits(rehearsal: Rehearsal) -> None:
    rehearsal.publish(664)
    with rehearsal.app(configured(rehearsal)) as app:
        pass_by(app, rehearsal, timedelta(hours=1))
    assert asked(rehearsal) == []


def test_two_issues_that_wait_share_one_request(rehearsal: Rehearsal) -> None:
    with rehearsal.app(configured(rehearsal)) as app:
        run_pass(app)
        rehearsal.publish(664)
        rehearsal.publish(665)
        pass_by(app, rehearsal, timedelta(minutes=3))
        assert len(asked(rehearsal)) == 4
    with rehearsal.app(configured(rehearsal)) as app:
        run_pass(app)
    assert len(asked(rehearsal)) == 4, "nor does a second process ask within the minute"


def test_a_longer_pace_is_kept(rehearsal: Rehearsal) -> None:
    with rehearsal.app(configured(rehearsal, feed_every=timedelta(minutes=10))) as app:
        run_pass(app)
        rehearsal.publish(665)
        pass_by(app, rehearsal, timedelta(minutes=25))
    assert len(asked(rehearsal)) == 3


def test_status_names_the_further_threads(rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]) -> None:
    with rehearsal.app(configured(rehearsal)) as app:
        run_pass(app)
        first = rehearsal.sandbox.seed_post("reddit", title=TITLE, link=PAGE, by="a_reader")
        rehearsal.clock.advance(minutes=1)
        second = rehearsal.sandbox.seed_post("reddit", title=TITLE, link=PAGE, by="the_editor")
        rehearsal.publish(665)
        run_pass(app)
        (row,) = status(app.store).as_json()["issues"][0]["deliveries"]

    assert row["url"] == first.url
    assert second.url in row["reason"]
    execute(["-c", str(rehearsal.path), "status"])
    shown = "".join(capsys.readouterr().out.split())
    assert first.url in shown
    assert second.url in shown


def test_the_time_of_the_next_look_is_not_told_as_one_that_an_editor_waits_for(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    with rehearsal.app(configured(rehearsal)) as app:
        run_pass(app)
        rehearsal.publish(665)
        run_pass(app)
    execute(["-c", str(rehearsal.path), "status"])

    shown = " ".join(capsys.readouterr().out.split())
    assert "waits for an editor to post it" in shown
    assert "; next step at 20" in shown
    assert "not before" not in shown


@pytest.mark.parametrize("fault", ["network-security", "429", "503"])
def test_a_refusal_is_waited_out_and_said_once(rehearsal: Rehearsal, fault: str) -> None:
    with rehearsal.app(configured(rehearsal)) as app:
        run_pass(app)
        rehearsal.publish(665)
        rehearsal.sandbox.seed_post("reddit", title=TITLE, link=PAGE)
        rehearsal.sandbox.fail("reddit", Fault.REFUSED, on="read", reason=fault, times=3)
        pass_by(app, rehearsal, timedelta(minutes=13))
        assert len(asked(rehearsal)) == 3, "after 2, 4 and 8 minutes"
        (row,) = app.store.deliveries(665)
        assert row.state is DeliveryState.DUE
        assert "it cannot be watched: Reddit" in row.reason
        pass_by(app, rehearsal, timedelta(minutes=3))
        assert rehearsal.states(app, 665) == {"reddit": DeliveryState.SENT}
        said = [event for event in app.store.events(665) if "cannot be watched" in event.reason]
        assert len(said) == 1


def test_check_reads_it_once_and_the_daemon_counts_that_request(rehearsal: Rehearsal) -> None:
    with rehearsal.app(configured(rehearsal)) as app:
        run_pass(app)
        rehearsal.sandbox.seed_post("reddit", title=TITLE, link=PAGE)
        found = {result.what: result for result in run_checks(app)}
        rehearsal.publish(665)
        run_pass(app)

    assert found["reddit: feed"].level is Level.OK
    assert "1 thread, on r/rust: 1" in found["reddit: feed"].sentence
    assert len(asked(rehearsal)) == 1


def test_a_feed_that_is_not_there_is_said_and_the_rest_goes_on(rehearsal: Rehearsal) -> None:
    (rehearsal.folder / "secrets" / "reddit-feed").unlink()
    with rehearsal.app(configured(rehearsal)) as app:
        run_pass(app)
        rehearsal.publish(665)
        run_pass(app)
        (row,) = app.store.deliveries(665)
        failed = [result for result in run_checks(app) if result.level is Level.FAIL]

    assert row.state is DeliveryState.DUE
    assert "reddit-feed does not exist" in row.reason
    assert "reddit-feed does not exist" in failed[0].sentence


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('feed_every = "59s"', 'expected at least "1m"'),
        ('feed_every = "2d"', 'at most "1d"'),
        ('mode = "auto"', "is only read and posts nothing"),
    ],
)
def test_what_a_feed_cannot_be_is_refused_at_once(rehearsal: Rehearsal, line: str, sentence: str) -> None:
    text = rehearsal.path.read_text()
    text = text.replace('mode = "manual"', line) if "mode" in line else f"{text}\n{line}"
    rehearsal.path.write_text(text)

    with pytest.raises(ConfigError, match=sentence):
        load_config(rehearsal.path, secrets=True)


def test_the_address_is_in_nothing_that_is_written(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    address = (rehearsal.folder / "secrets" / "reddit-feed").read_text().strip()
    token = address.partition("feed=")[2].partition("&")[0]
    rehearsal.publish(664)
    execute(["-c", str(rehearsal.path), "--debug", "once"])
    rehearsal.publish(665)
    for reason in ("network-security", "429", "404"):
        rehearsal.sandbox.fail("reddit", Fault.REFUSED, on="read", reason=reason)
        for command in (["once"], ["check"], ["status"], ["status", "--json"], ["history", "665"]):
            execute(["-c", str(rehearsal.path), "--debug", *command])
    rehearsal.sandbox.unplug("reddit")
    execute(["-c", str(rehearsal.path), "--debug", "check"])

    shown = capsys.readouterr()
    for text in (shown.out, shown.err, (rehearsal.folder / "crosspost.db").read_bytes().decode("latin-1")):
        assert token not in text
        assert "search.rss" not in text


# ── a year of the newsletter ─────────────────────────────────────────────────────────────────────────


@pytest.mark.shared
def test_in_a_year_each_issue_gets_its_thread_before_with_or_after_the_merge(
    shared: Path, rehearsal: Rehearsal
) -> None:
    (bundle,) = (shared / "history").glob("*.bundle")
    repository = rehearsal.folder / "newsletter"
    subprocess.run(["git", "clone", "-q", str(bundle), str(repository)], check=True)
    added = [row for row in json.loads(bundle.with_suffix(".json").read_text()) if row["event"] == "added"]
    rehearsal.clock.now = datetime.fromtimestamp(added[0]["time"], UTC) - timedelta(days=1)
    config = configured(rehearsal)
    config = replace(config, gate=replace(config.gate, whole=False, largest_step=60))
    with rehearsal.app(config) as app:
        run_pass(app)
        for index, row in enumerate(sorted(added, key=lambda each: each["time"])):
            rehearsal.clock.now = max(rehearsal.clock.now, datetime.fromtimestamp(row["time"], UTC))
            number, hours = row["number"], (-3, 0, 7)[index % 3]
            thread = a_year_of_threads(rehearsal, number, _page(row["file"], number), hours)
            path = rehearsal.content / Path(row["file"]).name
            path.write_text(_without_link(_show(repository, row)))
            pass_by(app, rehearsal, timedelta(minutes=1))
            if hours > 0:
                assert rehearsal.states(app, number) == {"reddit": DeliveryState.DUE}
                rehearsal.clock.advance(hours=hours)
                thread = a_year_of_threads(rehearsal, number, _page(row["file"], number), 0)
                pass_by(app, rehearsal, timedelta(minutes=1))
            assert rehearsal.states(app, number) == {"reddit": DeliveryState.SENT}, number
            line = discussion.find_discussion_line(path.read_text())
            assert line is not None
            assert line.url == thread


def a_year_of_threads(rehearsal: Rehearsal, number: int, page: str, hours: int) -> str:
    """Let somebody submit the issue, among other things of that week; nothing while it is not its time."""
    seed, now = rehearsal.sandbox.seed_post, rehearsal.clock.now
    other = page.replace(str(number), str(number - 1))
    seed("reddit", title=f"This Week in Rust {number - 1}", link=other, by="the_editor", at=now)
    seed(
        "reddit",
        title=f"This Week in Rust {number}: a summary",
        text=f"It is at {page}",
        by="a_reader",
        at=now,
    )
    if hours > 0:
        return ""
    at = now + timedelta(hours=hours)
    return seed("reddit", title=f"This Week in Rust {number}", link=page, by="a_reader", at=at).url


def _page(file: str, number: int) -> str:
    day = Path(file).name[:10].replace("-", "/")
    return f"https://this-week-in-rust.org/blog/{day}/this-week-in-rust-{number}/"


def _show(repository: Path, row: dict[str, Any]) -> str:
    shown = ["git", "-C", str(repository), "show", f"{row['commit']}:{row['file']}"]
    return subprocess.run(shown, check=True, capture_output=True).stdout.decode()


def _without_link(text: str) -> str:
    line = discussion.find_discussion_line(text)
    assert line is not None
    return discussion.fill(text, line, PLACEHOLDER)
