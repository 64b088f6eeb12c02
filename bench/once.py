"""What one `crosspost once` costs: CPU of the process and its children, relative to a bare interpreter.

One Mastodon account of the sandbox. The issues come from a directory, and where nothing is new from a git branch, too.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from bench._machine import BARE, compile_all, cpu, git_origin, median_cpu, publish, row
from crosspost.platforms import stand_ins
from crosspost.sandbox import Sandbox


@dataclass(frozen=True)
class Size:
    rounds: int


FULL = Size(9)
QUICK = Size(1)


def run(size: Size) -> None:
    compile_all()
    bare = median_cpu(size.rounds, BARE)
    print(f"{'python -c pass':32} {bare * 1000:5.0f} ms CPU")
    for source in ("directory", "git"):
        with tempfile.TemporaryDirectory() as scratch, Sandbox(stand_ins(), port=0) as sandbox:
            command = _configured(Path(scratch), sandbox, source)
            cpu(*command)  # the first pass makes the database and takes the baseline
            row(lambda: _say(f"idle once, {source}", median_cpu(size.rounds, command), bare, 30))  # noqa: B023
            if source == "directory":
                row(lambda: _one_post(Path(scratch), sandbox, command, size, bare))  # noqa: B023


def _one_post(folder: Path, sandbox: Sandbox, command: tuple[str, ...], size: Size, bare: float) -> None:
    number = count(101)
    used = median_cpu(size.rounds, command, before=lambda: publish(folder, next(number)))
    if len(sandbox.posts("mastodon")) != size.rounds:
        raise RuntimeError("a pass did not announce the issue that was published before it")
    _say("once, one issue to announce", used, bare, 55)


def _configured(folder: Path, sandbox: Sandbox, source: str) -> tuple[str, ...]:
    """The command line of a pass over a newsletter with one issue and one account."""
    publish(folder, 100)
    text = sandbox.configuration(
        store_url=f"sqlite:///{folder}/db", source_path=folder / "content", folder=folder
    )
    text = re.sub(r"(?s)\[accounts\.(?!mastodon)\w+\].*?(?=\n\[|\Z)", "", text)
    if source == "git":
        text = re.sub(
            r"(?s)\[source\].*?(?=\[)", f'[source]\nkind = "git"\nurl = "{git_origin(folder)}"\n\n', text
        )
    path = folder / "config.toml"
    path.write_text(text)
    return ("-m", "crosspost", "-c", str(path), "--log-level", "error", "once")


def _say(what: str, used: float, bare: float, most: int) -> None:
    print(
        f"{what:32} {used * 1000:5.0f} ms CPU {used / bare:5.1f} × bare  (to be at most {most})", flush=True
    )
