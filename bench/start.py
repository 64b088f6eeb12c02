"""How long the commands take to start, as whole processes, relative to a bare interpreter."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench._machine import PACKAGE, compile_all

SAMPLE = str(PACKAGE / "samples" / "issue.md")
EXAMPLE = PACKAGE.parent / "config.example.toml"

BARE = "python -c pass"
MOST = {"crosspost --help": 5, "crosspost --version": 5, "crosspost preview ISSUE": 20}


@dataclass(frozen=True)
class Size:
    rounds: int


FULL = Size(9)
QUICK = Size(1)


def seconds(*arguments: str) -> float:
    """One start of this interpreter, to its end."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - begin


def run(size: Size) -> None:
    compile_all()
    with tempfile.TemporaryDirectory() as scratch:
        # Every platform configured, and no database yet.
        configuration = Path(scratch) / "config.toml"
        configuration.write_text(EXAMPLE.read_text().replace("/var/lib/crosspost", scratch))
        measure(
            {
                BARE: ("-c", "pass"),
                "crosspost --help": ("-m", "crosspost", "--help"),
                "crosspost --version": ("-m", "crosspost", "--version"),
                "crosspost preview ISSUE": ("-m", "crosspost", "preview", SAMPLE),
                "… with a configuration": ("-m", "crosspost", "-c", str(configuration), "preview", SAMPLE),
                "crosspost parse ISSUE": ("-m", "crosspost", "parse", SAMPLE),
            },
            size.rounds,
        )


def measure(commands: Mapping[str, Sequence[str]], rounds: int) -> None:
    # In turns, and the best of each: whatever else the machine does then slows all of them or none.
    turns = [{label: seconds(*arguments) for label, arguments in commands.items()} for _ in range(rounds)]
    best = {label: min(taken[label] for taken in turns) for label in commands}
    for label, taken in best.items():
        target = f"  (at most {MOST[label]})" if label in MOST else ""
        print(f"{label:32} {taken * 1000:5.0f} ms  {taken / best[BARE]:5.1f} × bare{target}")
