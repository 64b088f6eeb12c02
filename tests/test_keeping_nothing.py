"""A machine that keeps nothing: each run begins with an empty database, and finds what an earlier one posted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from crosspost import platforms
from crosspost.cli import execute
from crosspost.cli.correct import retract
from crosspost.cli.pass_loop import run_passes
from crosspost.config.schema import Config
from crosspost.model import BackfillState, DeliveryState, IssueState
from crosspost.pipeline import Pass, run_pass
from crosspost.platforms import stand_ins
from crosspost.sandbox import Fault, Sandbox
from tests.conftest import MovableClock
from tests.forge.standin import forge as standing_in
from tests.newsroom import Checkout, git
from tests.rehearsing import NIGHT, WEDNESDAY, Rehearsal, Resting, issue_text
from tests.web_server import Reply

FILE = "content/2026-08-19-this-week-in-rust.md"
ONE_EACH = dict.fromkeys(platforms.names(), 1)


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[Rehearsal]:
    clock = MovableClock(NIGHT)
    with Sandbox(stand_ins(), clock=clock) as sandbox:
        found = Rehearsal(tmp_path, sandbox, clock)
        # The platforms' own times, in place of a rehearsal's short ones.
        text = found.path.read_text().replace('look_after = ["1s", "2s", "4s"]\n', "")
        text = text.replace('max_age = "36500d"', 'max_age = "7d"').replace('every = "1s"', 'every = "60s"')
        found.path.write_text(text)
        found.publish(664)
        yield found


def run(
    rehearsal: Rehearsal, *, wait: str = "20m", config: Config | None = None, empty: bool = True
) -> list[Pass]:
    """One run: `once --newest --wait`, in an empty folder, on the rehearsal's clock. Each of its passes."""
    minutes = timedelta(minutes=int(wait.removesuffix("m")))
    if empty:
        for file in rehearsal.folder.glob("crosspost.db*"):
            file.unlink()

    def pause(rest: timedelta) -> None:
        rehearsal.clock.now += rest

    with rehearsal.app(config) as app:
        app.store.begin_at_newest(rehearsal.clock())
        return list(run_passes(app, minutes, stop=Resting(pause)))


def states(rehearsal: Rehearsal) -> dict[str, DeliveryState]:
    with rehearsal.app() as app:
        return rehearsal.states(app, 665)


def written(rehearsal: Rehearsal) -> dict[str, timedelta]:
    """How long after the beginning each platform was first written to."""
    return {each.platform: each.at - NIGHT for each in reversed(rehearsal.sandbox.requests(kind="write"))}


# ── what is a candidate ──────────────────────────────────────────────────────────────────────────────


def test_the_newest_issue_is_announced_everywhere_and_an_older_one_nowhere(rehearsal: Rehearsal) -> None:
    rehearsal.publish(665)

    done = run(rehearsal)

    assert str(done[0].baseline) == (
        "baseline: 1 issue up to 664; none of these is announced automatically; the gate decides about 665"
    )
    assert done[-1].exit_code == 0
    assert rehearsal.counts() == ONE_EACH
    assert {post.link for post in rehearsal.sandbox.posts("mastodon")} == {
        "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/"
    }


def test_the_newest_is_baseline_where_it_is_too_old(rehearsal: Rehearsal) -> None:
    rehearsal.publish(665)
    rehearsal.clock.advance(days=8)

    (done,) = run(rehearsal)

    assert str(done.baseline) == "baseline: 2 issues up to 665; none of these is announced automatically"
    assert done.exit_code == 0
    assert rehearsal.counts() == dict.fromkeys(platforms.names(), 0)


def test_an_old_file_with_a_high_number_does_not_hide_the_newest(rehearsal: Rehearsal) -> None:
    rehearsal.publish(5066, issue_text(5066, day=WEDNESDAY - timedelta(days=900)))
    rehearsal.publish(665)

    run(rehearsal)

    assert rehearsal.counts() == ONE_EACH
    assert states(rehearsal)["x"] is DeliveryState.SENT


def test_one_of_next_week_neither_hides_the_newest_nor_goes_out_itself(rehearsal: Rehearsal) -> None:
    rehearsal.publish(665)
    rehearsal.publish(666, issue_text(666, day=WEDNESDAY + timedelta(weeks=1)))

    done = run(rehearsal)

    assert rehearsal.counts() == ONE_EACH
    with rehearsal.app() as app:
        waits = app.store.issue(666)
        assert waits is not None
        assert (waits.state, waits.reason) == (
            IssueState.WAITING,
            "is dated 2026-08-26, in the future",
        )
    assert done[-1].exit_code == 0


def test_with_a_database_that_knows_the_newsletter_the_option_changes_nothing_and_says_so(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    today = datetime.now(UTC).date()
    rehearsal.publish(665, issue_text(665, day=today))
    command = ["-c", str(rehearsal.path), "once"]
    assert execute(command) == 0
    capsys.readouterr()

    assert execute([*command, "--newest"]) == 0

    assert "--newest changes nothing: this database knows the newsletter already" in capsys.readouterr().err
    assert rehearsal.sandbox.requests() == ()


def test_without_the_option_an_empty_database_takes_everything_as_out(rehearsal: Rehearsal) -> None:
    rehearsal.publish(665)
    with rehearsal.app() as app:
        assert str(run_pass(app).baseline).startswith("baseline: 2 issues up to 665;")
        assert run_pass(app).exit_code == 0
    assert rehearsal.sandbox.requests() == ()


# ── when it is sent ──────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_sent_before_it_would_be_found_and_one_look_is_enough_where_a_repetition_does_no_harm(
    rehearsal: Rehearsal,
) -> None:
    rehearsal.publish(665)

    run(rehearsal, wait="0m")

    assert set(states(rehearsal).values()) == {DeliveryState.UNCERTAIN}
    run(rehearsal, empty=False)
    after = written(rehearsal)
    assert rehearsal.counts() == ONE_EACH
    for name in platforms.names():
        first, *_, last = platforms.settings_of(name).look_schedule
        if name in ("bluesky", "mastodon"):
            assert first <= after[name] < last
        else:
            assert after[name] >= last


def test_a_server_that_ignores_keys_is_looked_at_as_long_as_any_other(rehearsal: Rehearsal) -> None:
    rehearsal.publish(665)
    rehearsal.sandbox.speak_as("mastodon", "gotosocial")

    run(rehearsal)

    assert written(rehearsal)["mastodon"] >= platforms.settings_of("mastodon").look_schedule[-1]


def test_time_spent_at_the_gate_counts(rehearsal: Rehearsal) -> None:
    """What an earlier run sent is as old as this run: no platform is waited for from the gate's opening on."""
    rehearsal.publish(665)
    changed = (NIGHT - timedelta(minutes=1)).timestamp()
    os.utime(rehearsal.content / "2026-08-19-this-week-in-rust.md", (changed, changed))

    done = run(rehearsal, config=rehearsal.configured(quiet_for=timedelta(minutes=10)))

    assert done[-1].exit_code == 0
    assert rehearsal.counts() == ONE_EACH
    assert written(rehearsal)["reddit"] <= timedelta(minutes=16)


def test_a_manual_account_waits_for_its_editor_as_ever(rehearsal: Rehearsal) -> None:
    rehearsal.publish(665)

    done = run(rehearsal, config=rehearsal.configured(modes={"reddit": "manual"}))

    assert done[-1].exit_code == 0
    assert states(rehearsal)["reddit"] is DeliveryState.DUE
    assert rehearsal.counts() == ONE_EACH | {"reddit": 0}


def test_what_cannot_be_looked_for_is_a_persons_and_is_not_sent(rehearsal: Rehearsal) -> None:
    rehearsal.publish(665)
    rehearsal.sandbox.revoke("mastodon", "read:statuses")

    done = run(rehearsal)

    assert done[-1].exit_code == 1
    assert states(rehearsal)["mastodon"] is DeliveryState.UNCERTAIN
    assert rehearsal.counts() == ONE_EACH | {"mastodon": 0}


# ── what an earlier run did ──────────────────────────────────────────────────────────────────────────


def test_what_an_earlier_run_posted_is_adopted_and_its_link_is_filled_in_once(rehearsal: Rehearsal) -> None:
    path = rehearsal.publish(665)
    run(rehearsal)
    text = path.read_text()

    (done,) = run(rehearsal)  # at its first look: nothing is left to wait for

    assert done.exit_code == 0
    assert rehearsal.counts() == ONE_EACH
    assert path.read_text() == text
    with rehearsal.app() as app:
        assert all(row.adopted for row in app.store.deliveries(665))
        link = app.store.backfill(665)
        assert link is not None
        assert link.state is BackfillState.DONE


@pytest.mark.parametrize("fault", [Fault.EOF, Fault.HTML])
def test_an_answer_that_was_lost_with_its_run_makes_no_second_post(
    rehearsal: Rehearsal, fault: Fault
) -> None:
    rehearsal.publish(665)
    for name in platforms.names():
        rehearsal.sandbox.hide(name, 200.0)
        rehearsal.sandbox.fail(name, fault, stored=True)
    longest = max(platforms.settings_of(name).look_schedule[-1] for name in platforms.names())
    run(
        rehearsal, wait=f"{longest // timedelta(minutes=1) + 1}m"
    )  # its time is up soon after the last request
    assert rehearsal.counts() == ONE_EACH

    done = run(rehearsal)

    assert done[-1].exit_code == 0
    assert rehearsal.counts() == ONE_EACH


def test_a_post_that_an_editor_made_by_its_title_counts_whenever_it_was_made(rehearsal: Rehearsal) -> None:
    rehearsal.publish(665)
    rehearsal.sandbox.seed_post("mastodon", text="This Week in Rust 665", at=NIGHT - timedelta(hours=2))

    run(rehearsal)

    assert rehearsal.counts() == ONE_EACH


def test_a_date_that_is_corrected_between_two_runs_makes_no_second_post(rehearsal: Rehearsal) -> None:
    path = rehearsal.publish(665)
    run(rehearsal)
    path.unlink()
    rehearsal.publish(665, issue_text(665, day=WEDNESDAY + timedelta(days=1)))
    rehearsal.clock.advance(hours=2)  # no key is known any more

    run(rehearsal)

    assert rehearsal.counts() == ONE_EACH


@pytest.fixture
def editor(rehearsal: Rehearsal) -> Checkout:
    """The same newsletter in a repository, into which the link is pushed."""
    editor = Checkout.begin(rehearsal.folder)
    editor.commit({FILE: issue_text(665)}, at=NIGHT - timedelta(hours=1))
    text = rehearsal.sandbox.configuration(
        store_url=f"sqlite:///{rehearsal.folder}/crosspost.db",
        source_url=str(editor.remote),
        folder=rehearsal.folder,
    )
    text = text.replace("page_live = true", "page_live = false").replace('every = "1s"', 'every = "60s"')
    rehearsal.path.write_text(text)
    return editor


def test_the_link_is_pushed_once(rehearsal: Rehearsal, editor: Checkout) -> None:
    before = editor.head()

    assert [run(rehearsal)[-1].exit_code for _ in range(2)] == [0, 0]

    assert rehearsal.counts() == ONE_EACH
    assert git(editor.remote, "rev-list", "--count", f"{before}..main").strip() == "1"


@pytest.mark.parametrize("kind", ["github", "forgejo"])
def test_a_pull_request_of_an_earlier_run_is_found_and_no_other_one_is_opened(
    rehearsal: Rehearsal, editor: Checkout, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORGE_TOKEN", "forge-secret")
    with standing_in(editor.remote, kind) as forge:
        proposes = f"""mode = "pull-request"
api_base_url = "{forge.api}"
repository = "rust-lang/this-week-in-rust"
token = {{ env = "FORGE_TOKEN" }}"""
        rehearsal.path.write_text(rehearsal.path.read_text().replace('mode = "push"', proposes))
        forge.fails["POST", "/pulls"] = [Reply(502, "Bad gateway")]  # a branch is left behind
        run(rehearsal, wait="1m")
        assert forge.fails["POST", "/pulls"] == []

        codes = [run(rehearsal)[-1].exit_code for _ in range(2)]

        assert codes == [0, 0]
        assert len(forge.pulls) == 1
        with rehearsal.app() as app:
            link = app.store.backfill(665)
            assert link is not None
            assert (link.state, link.url) == (BackfillState.PROPOSED, forge.pulls[0]["html_url"])
    assert rehearsal.counts() == ONE_EACH


# ── what changes while nothing is sent yet ───────────────────────────────────────────────────────────


def test_an_issue_that_is_taken_back_before_anything_was_sent_is_not_announced(rehearsal: Rehearsal) -> None:
    path = rehearsal.publish(665)
    run(rehearsal, wait="0m")
    path.unlink()

    done = run(rehearsal, empty=False)

    assert done[-1].exit_code == 0
    assert rehearsal.counts() == dict.fromkeys(platforms.names(), 0)


def test_a_comment_that_comes_before_anything_was_sent_counts(rehearsal: Rehearsal) -> None:
    rehearsal.publish(665)
    run(rehearsal, wait="0m")
    rehearsal.publish(665, issue_text(665) + "\n<!-- crosspost: skip x -->\n")

    done = run(rehearsal, empty=False)

    assert done[-1].exit_code == 0
    assert rehearsal.counts() == ONE_EACH | {"x": 0}


# ── how long a run lasts ─────────────────────────────────────────────────────────────────────────────


def test_a_run_passes_on_while_the_gate_is_closed(rehearsal: Rehearsal) -> None:
    path = rehearsal.publish(665, issue_text(665).replace("This week's crate", "No crate"))
    whole = issue_text(665)
    made = []

    def pause(rest: timedelta) -> None:
        made.append(rest)
        rehearsal.clock.now += rest
        path.write_text(whole)

    config = rehearsal.configured()
    with rehearsal.app(config) as app:
        app.store.begin_at_newest(rehearsal.clock())
        done = list(run_passes(app, timedelta(minutes=30), stop=Resting(pause)))

    assert done[-1].exit_code == 0
    assert rehearsal.counts() == ONE_EACH
    assert made


@pytest.mark.parametrize(("text", "code"), [(issue_text(665), 75), ("gate", 0)], ids=["sending", "the gate"])
def test_when_the_time_is_up_it_says_whether_something_is_under_way(
    rehearsal: Rehearsal, text: str, code: int
) -> None:
    rehearsal.publish(665, text if code else issue_text(665).replace("## Crate of the Week", ""))

    done = run(rehearsal, wait="2m")

    assert done[-1].exit_code == code
    assert rehearsal.clock() - NIGHT < timedelta(minutes=3)


def test_a_run_without_news_ends_at_once(rehearsal: Rehearsal) -> None:
    rehearsal.clock.now = NIGHT + timedelta(days=8)
    assert len(run(rehearsal)) == 1
    assert rehearsal.clock() == NIGHT + timedelta(days=8)


@pytest.mark.parametrize("wait", ["soon", "2d"])
def test_a_time_that_is_none_or_too_long_is_refused(
    rehearsal: Rehearsal, wait: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["-c", str(rehearsal.path), "once", "--wait", wait]) == 2
    assert f"--wait {wait}: " in capsys.readouterr().err


def test_sigterm_ends_a_run_between_two_passes(tmp_path: Path) -> None:
    with Sandbox(stand_ins()) as sandbox:
        rehearsal = Rehearsal(tmp_path, sandbox, MovableClock())
        text = rehearsal.path.read_text().replace('look_after = ["1s", "2s", "4s"]', 'look_after = ["1h"]')
        rehearsal.path.write_text(text)
        rehearsal.publish(665, issue_text(665, day=date.today()))  # noqa: DTZ011 - any day of these will do
        command = [sys.executable, "-m", "crosspost", "-c", str(rehearsal.path)]
        with subprocess.Popen([*command, "once", "--newest", "--wait", "1h"]) as process:
            sandbox.wait_for(lambda: len({each.platform for each in sandbox.requests()}) == 5, 120)
            process.send_signal(signal.SIGTERM)
            assert process.wait(120) == 75
    assert sandbox.posts() == ()


def test_a_run_that_is_stopped_before_it_asked_the_gate_does_not_say_that_all_is_well(
    rehearsal: Rehearsal,
) -> None:
    rehearsal.publish(665)
    stop = threading.Event()
    stop.set()

    with rehearsal.app() as app:
        app.store.begin_at_newest(rehearsal.clock())
        assert [done.exit_code for done in run_passes(app, timedelta(minutes=20), stop=stop)] == [75]


# ── taking back ──────────────────────────────────────────────────────────────────────────────────────


def test_a_retraction_finds_the_posts_of_an_earlier_run_and_says_what_keeps_them_away(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearsal.publish(665)
    run(rehearsal)
    for file in rehearsal.folder.glob("crosspost.db*"):
        file.unlink()
    asked: list[str] = []
    rehearsal.clock.advance(hours=1)

    with rehearsal.app() as app:
        code = retract(app, 665, ["mastodon", "bluesky"], confirm=asked.append)

    assert code == 0
    assert rehearsal.counts() == ONE_EACH | {"mastodon": 0, "bluesky": 0}
    assert asked == [
        "This Week in Rust 665 would be looked for on mastodon, bluesky, and deleted where it is found"
    ]
    assert capsys.readouterr().out.splitlines()[-1] == (
        "a run that begins with an empty database would post it again; to prevent that, put this into the issue: "
        "<!-- crosspost: skip mastodon, bluesky -->"
    )
    rehearsal.publish(665, issue_text(665) + "\n<!-- crosspost: skip mastodon, bluesky -->\n")
    assert run(rehearsal)[-1].exit_code == 0
    assert rehearsal.counts() == ONE_EACH | {"mastodon": 0, "bluesky": 0}


def test_a_retraction_finds_what_is_listed_late(rehearsal: Rehearsal) -> None:
    rehearsal.publish(665)
    rehearsal.sandbox.seed_post("mastodon", text="Good night", at=NIGHT - timedelta(hours=1))
    run(rehearsal)
    for name in platforms.names():  # listed right before the last look
        post = rehearsal.sandbox.posts(name)[-1]
        listed = rehearsal.clock() + 0.9 * platforms.settings_of(name).look_schedule[-1]
        rehearsal.sandbox.hide(name, (listed - post.at).total_seconds())
    for file in rehearsal.folder.glob("crosspost.db*"):
        file.unlink()
    with rehearsal.app() as app:
        assert retract(app, 665, [], confirm=lambda _: None) == 75

    done = run(rehearsal, empty=False)

    assert done[-1].exit_code == 0
    assert [post for post in rehearsal.sandbox.posts() if post.link and not post.deleted] == []


def test_what_a_retraction_does_not_find_is_never_sent(rehearsal: Rehearsal) -> None:
    rehearsal.publish(665)
    with rehearsal.app() as app:
        assert retract(app, 665, [], confirm=lambda _: None) == 75
    done = run(rehearsal, empty=False)

    assert done[-1].exit_code == 0
    assert set(states(rehearsal).values()) == {DeliveryState.SKIPPED}
    assert rehearsal.counts() == dict.fromkeys(platforms.names(), 0)
