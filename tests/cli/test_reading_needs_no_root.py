"""Who only looks changes nothing, and needs no more than the right to read the database."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from crosspost.cli import execute
from crosspost.pipeline import run_pass
from crosspost.platforms import stand_ins
from crosspost.sandbox import Sandbox
from tests.conftest import MovableClock
from tests.rehearsing import NIGHT, Rehearsal

LOOKS = [["status"], ["status", "665"], ["history", "665"], ["preview", "665"], ["parse", "665"], ["check"]]

AS_ANOTHER = """
import contextlib, io, os, sys
from crosspost.cli import execute
config, mine, group = sys.argv[1:4]
commands = [line.split() for line in sys.argv[4:]]
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    for command in commands:  # so that everything is imported: the interpreter may be readable by root alone
        execute(["-c", mine, *command])
os.setgroups([])
os.setgid(int(group))
os.setuid(65534)
os.environ["HOME"] = "/nonexistent"
print([execute(["-c", config, *command]) for command in commands])
"""


@pytest.fixture
def rehearsal() -> Iterator[Rehearsal]:
    """In a folder that another user can reach."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, Sandbox(stand_ins()) as sandbox:
        Path(folder).chmod(0o755)
        rehearsal = Rehearsal(Path(folder), sandbox, MovableClock(NIGHT))
        text = rehearsal.path.read_text()
        (Path(folder) / "state").mkdir(mode=0o700)
        rehearsal.path.write_text(text.replace(f"{folder}/crosspost.db", f"{folder}/state/crosspost.db"))
        yield rehearsal


def everything_in(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = (each for each in folder.rglob("*") if each.is_file())
    return {str(each): (each.read_bytes(), each.stat().st_mtime_ns) for each in files}


def announced(rehearsal: Rehearsal) -> None:
    with rehearsal.app() as app:
        run_pass(app)
        rehearsal.publish(665)
        rehearsal.passes(app)


def test_nothing_is_made_where_there_is_no_database(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearsal.publish(665)
    before = everything_in(rehearsal.folder)

    assert execute(["-c", str(rehearsal.path), "status", "--json"]) == 0
    assert '"issues": []' in capsys.readouterr().out
    assert execute(["-c", str(rehearsal.path), "status"]) == 0
    assert "there is no database yet; `crosspost once` or `crosspost run` makes it" in capsys.readouterr().err
    assert execute(["-c", str(rehearsal.path), "history", "665"]) == 2
    assert execute(["-c", str(rehearsal.path), "preview", "665"]) == 0
    assert everything_in(rehearsal.folder) == before


@pytest.mark.parametrize("command", LOOKS, ids=" ".join)
def test_a_look_changes_nothing(rehearsal: Rehearsal, command: list[str]) -> None:
    announced(rehearsal)
    before = everything_in(rehearsal.folder)

    assert execute(["-c", str(rehearsal.path), *command]) == 0
    assert everything_in(rehearsal.folder) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")
@pytest.mark.parametrize("may_read", [True, False])
def test_a_member_of_the_group_looks_and_a_stranger_is_told_why_not(
    rehearsal: Rehearsal, tmp_path: Path, may_read: bool
) -> None:
    announced(rehearsal)
    service, group = 1000, 12345
    state, database = rehearsal.folder / "state", rehearsal.folder / "state" / "crosspost.db"
    for each in (state, database):
        os.chown(each, service, group)
    state.chmod(0o750)
    database.chmod(0o640)
    own = tmp_path / "own.toml"
    own.write_text(rehearsal.path.read_text())
    before = everything_in(rehearsal.folder)

    commands = ["status", "history 665", "preview 665", "parse 665"]
    who = str(group if may_read else 65534)
    done = subprocess.run(
        [sys.executable, "-c", AS_ANOTHER, str(rehearsal.path), str(own), who, *commands],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )

    assert done.stdout.strip().endswith("[0, 0, 0, 0]" if may_read else "[1, 1, 1, 0]"), (
        done.stdout + done.stderr
    )
    assert done.stderr.count("may not be read by nobody; use sudo, or see") == (0 if may_read else 3)
    assert "Traceback" not in done.stderr
    assert everything_in(rehearsal.folder) == before
