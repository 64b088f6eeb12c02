"""How long the commands take to start, as whole processes, relative to a bare interpreter."""

from __future__ import annotations

import compileall
import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 9
PACKAGE = Path(__file__).parents[1] / "crosspost"


def seconds(*arguments: str) -> float:
    """The median of a few cold starts of this interpreter."""
    taken = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=False, capture_output=True)
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def run() -> None:
    # As installed: pip compiles what it installs, while a working tree may not have been.
    compileall.compile_dir(PACKAGE, quiet=2)
    sample = PACKAGE / "samples" / "issue.md"
    configuration = PACKAGE.parent / "config.example.toml"
    bare = seconds("-c", "pass")
    print(f"{'python -c pass':32} {bare * 1000:7.0f} ms")
    for label, arguments, most in (
        ("crosspost --help", ("--help",), 5),
        ("crosspost --version", ("--version",), 5),
        ("crosspost preview ISSUE", ("preview", str(sample)), 20),
        ("crosspost preview, configured", ("-c", str(configuration), "preview", str(sample)), None),
        ("crosspost parse ISSUE", ("parse", str(sample)), None),
    ):
        taken = seconds("-m", "crosspost", *arguments)
        target = f"  (at most {most})" if most else ""
        print(f"{label:32} {taken * 1000:7.0f} ms  {taken / bare:5.1f} × bare{target}")
