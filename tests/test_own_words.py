"""Another text for one post, by `post --text` and by comments in the issue; what the comments say is done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from crosspost import platforms
from crosspost.cli import act, execute
from crosspost.model import DeliveryState, TextBy
from crosspost.pipeline import run_pass
from crosspost.platforms import stand_ins
from crosspost.sandbox import Sandbox
from tests.conftest import MovableClock
from tests.rehearsing import NIGHT, Rehearsal, issue_text

URL = "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/"
NOBODY = dict.fromkeys(platforms.names(), 0)


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[Rehearsal]:
    with Sandbox(stand_ins()) as sandbox:
        yield Rehearsal(tmp_path, sandbox, MovableClock(NIGHT))


def silent(_line: str) -> None: ...


def commented(*comments: str) -> str:
    return issue_text(665) + "".join(f"\n<!-- crosspost: {each} -->\n" for each in comments)


def published(rehearsal: Rehearsal, *comments: str) -> None:
    with rehearsal.app() as app:
        run_pass(app)
        rehearsal.publish(665, commented(*comments))
        rehearsal.passes(app)


# ── post --text ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("account", platforms.names())
def test_a_text_of_ones_own_is_posted_and_found_again(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str], account: str
) -> None:
    rehearsal.publish(665)
    text = rehearsal.folder / "text.txt"
    text.write_text(f"Six hundred and sixty-five!\n\nRead it: {URL}\n")
    command = ["-c", str(rehearsal.path)]
    execute([*command, "once"])

    assert execute([*command, "post", "665", "--to", account, "--text", str(text), "--yes"]) in (0, 75)

    (sent,) = rehearsal.sandbox.posts(account)
    assert sent.text.startswith("Six hundred and sixty-five!")
    capsys.readouterr()
    assert execute([*command, "status", "665"]) == 0
    assert "(text by a person)" in capsys.readouterr().out
    execute([*command, "status", "665", "--json"])
    (row,) = json.loads(capsys.readouterr().out)["issues"][0]["deliveries"]
    assert row["text_by"] == "person"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Out now!", "leaves out the issue's address"),
        (f"{'long ' * 60} {URL}", "is too long"),
        (" \n ", "is empty"),
    ],
)
def test_a_text_that_cannot_be_sent_is_refused_and_nothing_is_planned(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str], text: str, why: str
) -> None:
    rehearsal.publish(665)
    file = rehearsal.folder / "text.txt"
    file.write_text(text)
    command = ["-c", str(rehearsal.path), "post", "665", "--to", "x", "--text", str(file), "--yes"]

    assert execute(command) == 2

    assert why in capsys.readouterr().err
    with rehearsal.app() as app:
        assert app.store.deliveries(665) == []


def test_a_text_is_for_one_account_that_is_named(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    file = rehearsal.folder / "text.txt"
    file.write_text(URL)
    assert execute(["-c", str(rehearsal.path), "post", "665", "--text", str(file)]) == 2
    assert "--text is for one account: name it with --to" in capsys.readouterr().err


@pytest.mark.parametrize("endless", [False, True])
def test_a_text_that_is_too_large_is_called_that_and_read_no_further(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str], endless: bool
) -> None:
    file = Path("/dev/zero") if endless else rehearsal.folder / "text.txt"
    if not endless:
        file.write_text("é" * 60_000)  # a limit in bytes is in the middle of a letter
    assert execute(["-c", str(rehearsal.path), "post", "665", "--to", "x", "--text", str(file)]) == 2
    assert "is larger than 100 kB: no platform takes so long a text" in capsys.readouterr().err


def test_a_text_takes_the_place_of_one_that_is_planned_and_comes_too_late_for_one_that_is_sent(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    with rehearsal.app(rehearsal.configured(hold=True)) as app:
        run_pass(app)
        rehearsal.publish(665)
    with rehearsal.app() as app:
        act.hold(app, 665, None)
        from crosspost.cli.issue_argument import resolve
        from crosspost.planning import plan

        plan(app, resolve(app, "665").issue, ["x"], early=True)
        act.post(app, "665", ["x"], custom_text=f"Mine {URL}", confirm=silent)
        (sent,) = rehearsal.sandbox.posts("x")
        assert sent.text.startswith("Mine ")
    file = rehearsal.folder / "text.txt"
    file.write_text(f"Another {URL}")

    assert execute(["-c", str(rehearsal.path), "post", "665", "--to", "x", "--text", str(file), "--yes"]) == 2
    assert "x is sent with 665: https://x.com/" in capsys.readouterr().err


def test_a_correction_of_the_issue_leaves_a_persons_own_text_alone(rehearsal: Rehearsal) -> None:
    with rehearsal.app(rehearsal.configured(only=("mastodon",))) as app:
        run_pass(app)
        path = rehearsal.publish(665)
        act.post(app, "665", ["mastodon"], custom_text=f"Mine {URL}", confirm=silent)
        run_pass(app)
        path.write_text(issue_text(665).replace("Announcing something", "Announcing something else"))

        assert run_pass(app).problems == ()
        (row,) = app.store.deliveries(665)
        assert (row.state, row.outdated, row.post.text_by) == (DeliveryState.SENT, (), TextBy.PERSON)


# ── comments in the issue ────────────────────────────────────────────────────────────────────────────


def test_a_link_that_is_to_lead_stands_first(rehearsal: Rehearsal) -> None:
    published(rehearsal, "lead https://example.org/aloud")

    (sent,) = rehearsal.sandbox.posts("mastodon")
    assert sent.text.startswith("This Week in Rust 665: Reading code aloud")


def test_an_account_that_is_to_be_skipped_is_skipped_and_the_others_are_not(rehearsal: Rehearsal) -> None:
    published(rehearsal, "skip x")

    assert rehearsal.counts() == {**dict.fromkeys(platforms.names(), 1), "x": 0}
    with rehearsal.app() as app:
        (row,) = [row for row in app.store.deliveries(665) if row.account == "x"]
    assert (row.state, row.reason) == (DeliveryState.SKIPPED, "skipped by a comment in the issue")


def test_a_text_in_a_comment_is_posted(rehearsal: Rehearsal) -> None:
    published(rehearsal, f"text x: Our own words\n{URL}")

    (sent,) = rehearsal.sandbox.posts("x")
    assert sent.text.startswith("Our own words\n")
    with rehearsal.app() as app:
        by = {row.account: row.post.text_by for row in app.store.deliveries(665)}
    assert by == {**dict.fromkeys(platforms.names()), "x": TextBy.COMMENT}


def test_a_text_in_a_comment_without_the_address_is_said_and_not_used(
    rehearsal: Rehearsal, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    published(rehearsal, "text x: Our own words", "skip threads")

    (sent,) = rehearsal.sandbox.posts("x")
    assert sent.text.startswith("This Week in Rust 665")
    with rehearsal.app() as app:
        noted = [event.reason for event in app.store.events(665) if event.account is None]
    assert any("a comment in the issue names threads: there is no such account" in each for each in noted)
    execute(
        [
            "-c",
            str(rehearsal.path),
            "preview",
            str(rehearsal.publish(666, commented("text x: Words"))),
            "--raw",
            "--to",
            "x",
        ]
    )
    assert (
        "a comment in the issue is not used: the text for x leaves out the issue's address"
        in capsys.readouterr().err
    )


def test_a_hold_in_a_comment_holds_until_its_time_and_is_not_renewed(rehearsal: Rehearsal) -> None:
    published(rehearsal, "hold until 04:30 UTC")
    assert rehearsal.counts() == NOBODY

    with rehearsal.app() as app:
        (issue,) = app.store.issues()
        assert issue.reason.startswith("held by a comment in the issue until 04:30 UTC")
        rehearsal.clock.advance(hours=2)
        rehearsal.publish(665, commented("hold until 04:30 UTC") + "\nA word more.\n")
        rehearsal.passes(app)
    assert rehearsal.counts() == dict.fromkeys(platforms.names(), 1)


def test_a_hold_in_a_comment_ends_with_the_comment_or_by_release(rehearsal: Rehearsal) -> None:
    published(rehearsal, "hold")
    assert rehearsal.counts() == NOBODY
    with rehearsal.app() as app:
        rehearsal.publish(665, issue_text(665))
        rehearsal.passes(app)
    assert rehearsal.counts() == dict.fromkeys(platforms.names(), 1)


def test_a_release_ends_the_hold_of_a_comment_and_a_new_comment_holds_again(rehearsal: Rehearsal) -> None:
    published(rehearsal, "hold until 23:00")
    with rehearsal.app() as app:
        act.release(app, 665)
        rehearsal.clock.advance(minutes=5)
        rehearsal.publish(665, commented("hold until 22:00"))
        rehearsal.passes(app)
        assert rehearsal.counts() == NOBODY
        rehearsal.clock.advance(minutes=5)
        act.release(app, 665)
        rehearsal.passes(app)
    assert rehearsal.counts() == dict.fromkeys(platforms.names(), 1)


def test_parse_and_preview_show_what_was_understood(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    path = rehearsal.publish(665, commented("skip x", "lead https://example.org/nowhere"))

    assert execute(["-c", str(rehearsal.path), "parse", str(path)]) == 0
    said = capsys.readouterr().out
    assert "skip x" in said
    assert "a comment for crosspost is not used: no link among the articles leads to" in said
    assert execute(["-c", str(rehearsal.path), "preview", str(path)]) == 0
    shown = capsys.readouterr()
    assert "a comment in the issue says: skip x" in shown.err
    assert "── x" not in shown.out
