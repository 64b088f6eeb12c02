"""What is public and unusual is not done before a person has agreed."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crosspost import platforms
from crosspost.cli import execute
from crosspost.platforms import stand_ins
from crosspost.sandbox import Sandbox
from tests.conftest import MovableClock
from tests.rehearsing import NIGHT, Rehearsal, issue_text

NOBODY = dict.fromkeys(platforms.names(), 0)


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[Rehearsal]:
    """The command line reads the machine's own clock, so issues here are of this week, or months old."""
    with Sandbox(stand_ins()) as sandbox:
        rehearsal = Rehearsal(tmp_path, sandbox, MovableClock(NIGHT))
        text = rehearsal.path.read_text()
        assert 'max_age = "36500d"' in text
        rehearsal.path.write_text(text.replace('max_age = "36500d"', 'max_age = "7d"'))
        yield rehearsal


def crosspost(rehearsal: Rehearsal, *arguments: str) -> int:
    return execute(["-c", str(rehearsal.path), *arguments])


def publish_today(rehearsal: Rehearsal, number: int = 665) -> None:
    today = datetime.now(UTC).date()
    weeks = timedelta(weeks=number - 665)
    rehearsal.publish(number, issue_text(number, day=today), day=today - weeks)


def test_an_issue_that_was_out_before_needs_a_yes(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    publish_today(rehearsal)
    crosspost(rehearsal, "once")

    assert crosspost(rehearsal, "post", "665", "--to", "mastodon") == 2

    said = capsys.readouterr().err
    assert (
        "This Week in Rust 665 would be announced on mastodon, overriding the gate: it was out before" in said
    )
    assert "--yes" in said
    assert rehearsal.counts() == NOBODY

    assert crosspost(rehearsal, "post", "665", "--to", "mastodon", "--yes") == 0
    assert rehearsal.counts() == {**NOBODY, "mastodon": 1}


def test_what_would_happen_is_shown_before_it_is_asked(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearsal.publish(665)
    crosspost(rehearsal, "once")
    crosspost(rehearsal, "post", "665", "--to", "mastodon", "--yes")
    capsys.readouterr()

    assert crosspost(rehearsal, "post", "665") == 2

    shown = capsys.readouterr().out
    assert "  x: This Week in Rust 665: Announcing something\n" in shown
    assert "  reddit: This Week in Rust 665\n" in shown
    assert "  mastodon has it already: http" in shown


def test_an_old_issue_needs_a_yes(rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]) -> None:
    crosspost(rehearsal, "once")
    rehearsal.publish(665)
    crosspost(rehearsal, "once")

    assert crosspost(rehearsal, "post", "665") == 2

    said = capsys.readouterr().err
    assert "days old;" in said
    assert "announce it with" not in said.partition("would be announced")[2]
    assert rehearsal.counts() == NOBODY


def test_an_issue_without_a_page_needs_a_yes(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    text = rehearsal.path.read_text()
    rehearsal.path.write_text(text.replace("page_live = false", "page_live = true"))
    crosspost(rehearsal, "once")
    publish_today(rehearsal)

    assert crosspost(rehearsal, "post", "665") == 2

    assert "overriding the gate: page answers 404" in capsys.readouterr().err
    assert rehearsal.counts() == NOBODY


def test_what_goes_out_anyway_is_not_asked_about(rehearsal: Rehearsal) -> None:
    crosspost(rehearsal, "once")
    publish_today(rehearsal)

    crosspost(rehearsal, "post", "665", "--to", "mastodon", "--to", "x")
    crosspost(rehearsal, "post", "665", "--to", "mastodon")

    assert rehearsal.counts() == {**NOBODY, "mastodon": 1, "x": 1}


def test_an_account_that_is_added_to_an_old_announcement_is_asked_about(rehearsal: Rehearsal) -> None:
    rehearsal.publish(665)
    crosspost(rehearsal, "once")
    crosspost(rehearsal, "post", "665", "--to", "mastodon", "--yes")

    assert crosspost(rehearsal, "post", "665", "--to", "mastodon") == 0
    assert crosspost(rehearsal, "post", "665", "--to", "x") == 2
    assert rehearsal.counts() == {**NOBODY, "mastodon": 1}


@pytest.mark.parametrize(("answer", "posts"), [("n\n", 0), ("\n", 0), ("y\n", 1)])
def test_on_a_terminal_it_is_asked(rehearsal: Rehearsal, answer: str, posts: int) -> None:
    rehearsal.publish(665)
    crosspost(rehearsal, "once")
    person, terminal = pty.openpty()
    os.write(person, answer.encode())

    done = subprocess.run(
        [sys.executable, "-m", "crosspost", "-c", str(rehearsal.path), "post", "665", "--to", "mastodon"],
        stdin=terminal,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(person)
    os.close(terminal)

    assert "Go on? [y/N]" in done.stderr
    assert (done.returncode, rehearsal.counts()["mastodon"]) == (0 if posts else 1, posts)


def test_a_second_public_post_is_never_recommended_and_needs_a_yes(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearsal.publish(665)
    crosspost(rehearsal, "once")
    crosspost(rehearsal, "post", "665", "--to", "mastodon", "--yes")
    capsys.readouterr()

    assert crosspost(rehearsal, "retry", "665", "mastodon") == 2
    assert "would make a second public post" in capsys.readouterr().err
    assert crosspost(rehearsal, "retry", "665", "mastodon", "--again") == 2
    said = capsys.readouterr().err
    assert "mastodon would get a second public post about 665, beside http" in said
    assert "(the first one is still there)" in said
    crosspost(rehearsal, "once")
    assert rehearsal.counts() == {**NOBODY, "mastodon": 1}

    assert crosspost(rehearsal, "retry", "665", "mastodon", "--again", "--yes") == 0
    crosspost(rehearsal, "once")
    assert rehearsal.counts() == {**NOBODY, "mastodon": 2}
    capsys.readouterr()

    assert crosspost(rehearsal, "status", "665") == 0
    first, second = rehearsal.sandbox.posts("mastodon")
    assert f"{second.url} and before {first.url}" in capsys.readouterr().out


def test_a_number_that_is_mistyped_is_not_recommended_for_posting(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    publish_today(rehearsal, 664)
    crosspost(rehearsal, "once")

    for arguments in (
        ("record", "66", "mastodon", "https://mastodon.example/@a/1"),
        ("retry", "66"),
        ("skip", "66"),
    ):
        assert crosspost(rehearsal, *arguments) == 2
        said = capsys.readouterr().err
        assert "no issue 66 has been seen" in said
        assert "crosspost post" not in said
