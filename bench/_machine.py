"""What the benchmarks share: processes and their CPU time, issues to publish, and rows that could not be measured."""

from __future__ import annotations

import compileall
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path

import crosspost

LONGEST = 180.0
"""Seconds after which a benchmark gives a row up."""

BARE = ("-c", "pass")
PACKAGE = Path(crosspost.__file__).parent


class NotMeasured(Exception):  # noqa: N818 - it says what is the case; nothing is wrong with the program
    """The machine was too busy for this figure."""


def compile_all() -> None:
    """As installed: pip compiles what it installs, while a working tree may not have been."""
    compileall.compile_dir(PACKAGE, quiet=2)


def row(measure: Callable[[], None]) -> None:
    """Print a figure, or that it could not be had. What is broken, and not merely slow, is raised."""
    try:
        measure()
    except NotMeasured as why:
        print(f"  not measured: {why}", flush=True)


def wait_until(condition: Callable[[], object], child: subprocess.Popen[bytes], pause: float = 0.02) -> None:
    """Wait until a daemon has done something. Raises NotMeasured when that takes too long."""
    end = time.monotonic() + LONGEST
    while not condition():
        check_alive(child)
        if time.monotonic() > end:
            raise NotMeasured(f"the daemon did not get to it within {LONGEST:.0f} s")
        time.sleep(pause)


def check_alive(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is not None:
        raise RuntimeError(f"the daemon ended by itself, with exit code {child.returncode}")


def start(config: Path, folder: Path, **environment: str) -> subprocess.Popen[bytes]:
    """A daemon that has made its first pass: the baseline is taken."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(folder / "notify"))
        manager.settimeout(0.5)
        child = subprocess.Popen(
            [sys.executable, "-m", "crosspost", "-c", str(config), "--log-level", "error", "run"],
            env=os.environ | environment | {"NOTIFY_SOCKET": str(folder / "notify"), "MALLOC_ARENA_MAX": "1"},
        )
        try:
            wait_until(lambda: _says(manager, b"STATUS=last pass"), child, pause=0)
        except BaseException:
            stop(child)
            raise
    return child


def _says(manager: socket.socket, words: bytes) -> bool:
    try:
        return words in manager.recv(4096)
    except TimeoutError:
        return False


def stop(child: subprocess.Popen[bytes]) -> None:
    """End a daemon; one that does not end is killed."""
    child.terminate()
    try:
        child.wait(15)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def cpu(*arguments: str) -> float:
    """Seconds of CPU, user's and system's, of one run of this interpreter and of its own children."""
    child = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    with child:
        complaint = child.stderr.read() if child.stderr else ""
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {child.returncode}: {complaint.strip()}")
    return used.ru_utime + used.ru_stime


def median_cpu(rounds: int, arguments: Sequence[str], before: Callable[[], object] = lambda: None) -> float:
    """The median of several runs, each after `before`."""
    taken = []
    for _ in range(rounds):
        before()
        taken.append(cpu(*arguments))
    return statistics.median(taken)


def issue(number: int, day: date) -> str:
    """The packaged sample under another number and date."""
    text = resources.files("crosspost.samples").joinpath("issue.md").read_text("utf-8")
    text = re.sub(r"(?m)^Date: .*$", f"Date: {day:%Y-%m-%d}", text, count=1)
    return re.sub(r"(?m)^(Title: .*|Number: )\b\d+$", rf"\g<1>{number}", text, count=2)


def publish(folder: Path, number: int) -> None:
    """One file more in a directory of issues. An issue a week, so that each has an address of its own."""
    (folder / "content").mkdir(exist_ok=True)
    day = (datetime.now(UTC) - timedelta(weeks=300 - number)).date()
    unfinished = folder / "unfinished"
    unfinished.write_text(issue(number, day), encoding="utf-8")
    unfinished.rename(folder / "content" / f"issue-{number}.md")


def git(folder: Path, *arguments: str, check: bool = True) -> str:
    who = ("-c", "user.name=Bench", "-c", "user.email=bench@localhost")
    done = subprocess.run(
        ["git", "-C", str(folder), *who, *arguments], check=check, capture_output=True, text=True
    )
    return done.stdout.strip()


def git_origin(folder: Path) -> Path:
    """A bare repository with one issue on its branch."""
    work, origin = folder / "work", folder / "origin.git"
    work.mkdir()
    publish(work, 100)
    git(work, "init", "--initial-branch=main")
    git(work, "add", ".")
    git(work, "commit", "-m", "One issue")
    git(folder, "clone", "--bare", str(work), str(origin))
    return origin
