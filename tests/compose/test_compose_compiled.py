"""A template is compiled once, and whatever is kept of that never changes what is said."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SAMPLE = resources.files("crosspost.samples") / "issue.md"


def preview(folder: Path, **environment: str) -> bytes:
    """What a process of its own says, whose compiled files are in `folder`."""
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(
        [sys.executable, "-m", "crosspost", "preview", str(SAMPLE), "--to", "x"],
        env=surroundings | {"PYTHONPYCACHEPREFIX": str(folder), "HOME": str(folder)} | environment,
        capture_output=True,
        check=True,
    ).stdout


def test_what_is_kept_is_used_and_replaced_when_it_is_broken(tmp_path: Path) -> None:
    said = preview(tmp_path)
    (kept,) = tmp_path.rglob("*.j2c")
    whole = kept.read_bytes()

    assert preview(tmp_path) == said
    for broken in (b"", whole[:20], whole[:-20], b"\x80" * 100):
        kept.write_bytes(broken)

        assert preview(tmp_path) == said
    assert kept.read_bytes() == whole
    assert list(kept.parent.glob("*.j2c*")) == [kept]


def test_nothing_is_kept_where_python_keeps_nothing(tmp_path: Path) -> None:
    said = preview(tmp_path, PYTHONDONTWRITEBYTECODE="1")

    assert not list(tmp_path.rglob("*.j2c"))
    assert preview(tmp_path) == said


def test_a_folder_that_cannot_be_written_to_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("where a folder would have to be")

    assert b"This Week in Rust" in preview(tmp_path / "file")
