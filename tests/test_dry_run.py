"""`post --dry-run` against real servers: everything is read, nothing is written, there or here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crosspost import platforms
from crosspost.cli import execute
from crosspost.platforms import stand_ins
from crosspost.sandbox import Fault, Sandbox
from tests.conftest import MovableClock
from tests.rehearsing import NIGHT, Rehearsal


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[Rehearsal]:
    with Sandbox(stand_ins()) as sandbox:
        rehearsal = Rehearsal(tmp_path, sandbox, MovableClock(NIGHT))
        text = rehearsal.path.read_text()
        rehearsal.path.write_text(text.replace('max_age = "36500d"', 'max_age = "7d"'))
        yield rehearsal


def dry_run(rehearsal: Rehearsal, *arguments: str) -> int:
    return execute(["-c", str(rehearsal.path), "post", *arguments, "--dry-run"])


def test_it_shows_gate_texts_price_and_what_is_there_and_writes_nothing(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearsal.sandbox.seed_post(
        "reddit",
        title="This Week in Rust 665",
        link="https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/",
        by="an_editor",
        at=NIGHT,
    )
    rehearsal.publish(665)

    assert dry_run(rehearsal, "665") == 0

    said = capsys.readouterr().out
    assert "gate: issue is " in said
    assert "This Week in Rust 665: Announcing something" in said
    assert "it costs $0.200" in said
    assert "is there already, recognised by its address, and would be adopted: http" in said
    assert said.count("is not there and would be sent") == len(platforms.names()) - 1
    assert said.endswith("Nothing was sent and nothing was changed.\n")
    assert all(rehearsal.sandbox.requests(name, "write") == () for name in platforms.names())
    assert not (rehearsal.folder / "crosspost.db").exists()


def test_an_issue_that_nothing_keeps_back_finds_the_gate_open(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also one that is first seen by this command: it is judged at a moment after that."""
    text = rehearsal.path.read_text()
    rehearsal.path.write_text(text.replace('max_age = "7d"', 'max_age = "36500d"'))
    rehearsal.publish(665)

    assert dry_run(rehearsal, "665") == 0

    assert "\ngate: open\n" in capsys.readouterr().out


def test_what_is_planned_is_shown_with_its_address(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearsal.publish(665)
    execute(["-c", str(rehearsal.path), "once"])
    execute(["-c", str(rehearsal.path), "post", "665", "--to", "x", "--yes"])
    capsys.readouterr()

    assert dry_run(rehearsal, "665", "--to", "x") == 0

    (posted,) = rehearsal.sandbox.posts("x")
    assert f"has it already: {posted.url}" in capsys.readouterr().out


def test_an_account_that_refuses_the_look_is_said(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearsal.publish(665)
    rehearsal.sandbox.fail("mastodon", Fault.STATUS, on="any", status=401, times=None)

    assert dry_run(rehearsal, "665", "--to", "mastodon") == 1
    assert "cannot be looked for, so nothing would be sent" in capsys.readouterr().out
