"""The tutorial does what it says: each command is run in one shell, and shows what the page says it shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, PROJECT, blocks_of

pytestmark = pytest.mark.slow

MADE = {"make demo": "true", 'export PATH="$PWD/.venv/bin:$PATH"': "true"}
"""The environment is there already, and tests/test_end_to_end.py runs the demo."""

STAND_INS = {
    "crosspost sandbox --config rehearsal.toml &": (
        "crosspost sandbox --config rehearsal.toml --port 0 --for 300 &> said & stand_ins=$!; "
        "until grep -q site said; do sleep 0.1; done; page=$(grep -om1 'http://[0-9.:]*' said); "
        "sed s#$page#http://127.0.0.1:8590# said"
    )
}
"""On ports that are free."""


def steps() -> Iterator[tuple[str, list[str]]]:
    """Each command, with the lines that it is said to print."""
    for block in blocks_of(DOCS / "tutorial.md"):
        for part in re.split(r"(?m)^\$ ", block.text)[1:]:
            command, *lines = part.splitlines()
            yield command, lines


def script() -> str:
    others = MADE | STAND_INS
    typed = [others.get(command, command.replace("http://127.0.0.1:8590", "$page")) for command, _ in steps()]
    lines = [f"echo '@@'; {command}" for command in typed]
    return "\n".join(["trap 'kill $stand_ins' EXIT", *lines])


def pattern(line: str) -> str:
    """Return what matches an expected line; `…` is any text, and columns may be of any width."""
    return ".*".join(r"\s+".join(map(re.escape, re.split(r"\s{2,}", part))) for part in line.split("…"))


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_command_of_the_tutorial_shows_what_the_page_says(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "crosspost" / "samples", tmp_path / "crosspost" / "samples")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script()],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=280,
        check=False,
    )

    said = done.stdout.split("@@\n")[1:]
    assert len(said) == len(list(steps())), done.stdout
    for shown, (command, expected) in zip(said, steps(), strict=True):
        for line in expected:
            if command not in MADE:
                assert re.search(pattern(line), shown), f"{command}\n{shown}"
