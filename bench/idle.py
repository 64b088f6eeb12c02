"""A daemon that has nothing to do, and one that has done a lot: memory, CPU, descriptors, threads.

Ten minutes are simulated sixty times as fast: a pass a second for a pass a minute, and the watchdog fed as much more
often. Each of these costs what it costs in life; only the waiting in between, which costs nothing, is left out.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

from crosspost.sandbox import Sandbox

MINUTES = 10
SPEED = 60
ISSUES = 100


@dataclass(frozen=True)
class Usage:
    """What a process holds and has used, from /proc (proc(5))."""

    megabytes: float
    own_seconds: float
    child_seconds: float
    descriptors: int
    threads: int

    @classmethod
    def of(cls, pid: int) -> Usage:
        root = Path(f"/proc/{pid}")
        status = dict(line.split(":", 1) for line in (root / "status").read_text().splitlines())
        times = [int(field) for field in (root / "stat").read_text().rpartition(")")[2].split()[11:15]]
        ticks = os.sysconf("SC_CLK_TCK")
        return cls(
            megabytes=int(status["VmRSS"].split()[0]) / 1024,
            own_seconds=sum(times[:2]) / ticks,
            child_seconds=sum(times[2:]) / ticks,
            descriptors=len(list((root / "fd").iterdir())),
            threads=int(status["Threads"]),
        )


def run() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        idle(Path(scratch))
    with tempfile.TemporaryDirectory() as scratch:
        busy(Path(scratch))


def idle(folder: Path) -> None:
    """A daemon with an account on every platform that watches a git branch on which nothing happens."""
    source = f'[source]\nkind = "git"\nurl = "{_origin(folder)}"\nevery = "{60 / SPEED:g}s"\n\n'
    config = folder / "config.toml"
    with Sandbox(port=0) as sandbox:
        text = sandbox.configuration(store_url=f"sqlite:///{folder}/db", source_path=folder, folder=folder)
        config.write_text(re.sub(r"(?s)\[source\].*?(?=\[)", source, text))
        child = start(config, folder, WATCHDOG_USEC=f"{30_000_000 // SPEED}")
        try:
            time.sleep(3)
            before = Usage.of(child.pid)
            time.sleep(MINUTES * 60 / SPEED)
            after = Usage.of(child.pid)
        finally:
            child.terminate()
            child.wait(15)
    own = (after.own_seconds - before.own_seconds) / MINUTES
    children = (after.child_seconds - before.child_seconds) / MINUTES
    print(f"idle daemon, {MINUTES} simulated minutes, every platform configured, a git branch every minute")
    _line("resident", before.megabytes, after.megabytes, "MB", "(at most 60)")
    _line("descriptors", before.descriptors, after.descriptors)
    _line("threads", before.threads, after.threads)
    print(f"  {'CPU a minute':24} {own:7.3f} s  (at most 0.05), and {children:.3f} s in git")


def busy(folder: Path) -> None:
    """One process that announces a hundred issues, one after the other, on every platform of the sandbox."""
    with Sandbox(port=0) as sandbox:
        text = sandbox.configuration(store_url=f"sqlite:///{folder}/db", source_path=folder, folder=folder)
        config = folder / "config.toml"
        config.write_text(text.replace("[gate]", '[gate]\nmax_age = "9999d"'))
        _publish(folder, 100)
        child = start(config, folder)
        try:
            _announce(folder, sandbox, child, 101, 1)
            first = Usage.of(child.pid)
            begun = time.perf_counter()
            _announce(folder, sandbox, child, 102, ISSUES - 1)
            taken = time.perf_counter() - begun
            last = Usage.of(child.pid)
        finally:
            child.terminate()
            child.wait(15)
    print(f"\nbusy daemon, after 1 issue and after {ISSUES}, on {len(sandbox.credentials)} platforms")
    ratio = last.megabytes / first.megabytes
    _line("resident", first.megabytes, last.megabytes, "MB", f"× {ratio:.2f} (at most 1.2)")
    _line("descriptors", first.descriptors, last.descriptors)
    _line("threads", first.threads, last.threads)
    print(f"  {'from file to last post':24} {taken / (ISSUES - 1):7.2f} s an issue, with a look every second")


def start(config: Path, folder: Path, **environment: str) -> subprocess.Popen[bytes]:
    """A daemon that has made its first pass: the baseline is taken."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(folder / "notify"))
        manager.settimeout(60)
        child = subprocess.Popen(
            [sys.executable, "-m", "crosspost", "-c", str(config), "--log-level", "error", "run"],
            env=os.environ | environment | {"NOTIFY_SOCKET": str(folder / "notify")},
        )
        while b"STATUS=last pass" not in manager.recv(4096):
            pass
    return child


def _announce(folder: Path, sandbox: Sandbox, child: subprocess.Popen[bytes], first: int, count: int) -> None:
    for number in range(first, first + count):
        _publish(folder, number)
        wanted = number - 100
        _wait(lambda: all(len(sandbox.posts(name)) >= wanted for name in sandbox.credentials), child)  # noqa: B023


def _wait(condition: Callable[[], bool], child: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while not condition():
        if child.poll() is not None or time.monotonic() > end:
            raise SystemExit("the daemon did not do what it was to do")
        time.sleep(0.05)


def _publish(folder: Path, number: int) -> None:
    """An issue a week, so that each has an address of its own."""
    (folder / "content").mkdir(exist_ok=True)
    published = datetime.now(UTC) - timedelta(weeks=300 - number)
    text = resources.files("crosspost.samples").joinpath("issue.md").read_text()
    text = re.sub(r"(?m)^Date: .*$", f"Date: {published:%Y-%m-%d}", text, count=1)
    text = re.sub(r"(?m)^(Title: .*|Number: )\b\d+$", rf"\g<1>{number}", text, count=2)
    unfinished = folder / "unfinished"
    unfinished.write_text(text)
    unfinished.rename(folder / "content" / f"issue-{number}.md")


def _origin(folder: Path) -> Path:
    """A bare repository with one issue on its branch."""
    work, origin = folder / "work", folder / "origin.git"
    work.mkdir()
    _publish(work, 100)

    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", work, *arguments], check=True, capture_output=True)

    git("init", "--initial-branch=main")
    git("add", ".")
    git("-c", "user.name=Bench", "-c", "user.email=bench@localhost", "commit", "-m", "One issue")
    git("clone", "--bare", str(work), str(origin))
    return origin


def _line(what: str, before: float, after: float, unit: str = "", note: str = "") -> None:
    print(f"  {what:24} {before:7.4g} → {after:.4g} {unit}  {note}".rstrip())
