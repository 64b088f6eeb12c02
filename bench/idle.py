"""A daemon that has nothing to do, and one that has done a lot: memory, CPU, descriptors, threads.

Ten minutes are simulated sixty times as fast: a pass a second for a pass a minute, and the watchdog fed as much more
often. Each of these costs what it costs in life; only the waiting in between, which costs nothing, is left out.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench._machine import check_alive, git_origin, publish, row, start, stop, wait_until
from crosspost.platforms import stand_ins
from crosspost.sandbox import Sandbox

SPEED = 60


@dataclass(frozen=True)
class Size:
    minutes: int
    """Simulated ones of the idle daemon."""
    settle: float
    """Seconds before they begin."""
    issues: int
    """Of the busy one."""


FULL = Size(minutes=10, settle=3, issues=100)
QUICK = Size(minutes=1, settle=0, issues=2)


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


def run(size: Size) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        row(lambda: idle(Path(scratch), size))
    with tempfile.TemporaryDirectory() as scratch:
        row(lambda: busy(Path(scratch), size))


def idle(folder: Path, size: Size) -> None:
    """A daemon with an account on every platform that watches a git branch on which nothing happens."""
    source = f'[source]\nkind = "git"\nurl = "{git_origin(folder)}"\nevery = "{60 / SPEED:g}s"\n\n'
    config = folder / "config.toml"
    with Sandbox(stand_ins(), port=0) as sandbox:
        text = sandbox.configuration(store_url=f"sqlite:///{folder}/db", source_path=folder, folder=folder)
        config.write_text(re.sub(r"(?s)\[source\].*?(?=\[)", source, text))
        child = start(config, folder, WATCHDOG_USEC=f"{30_000_000 // SPEED}")
        try:
            time.sleep(size.settle)
            before = Usage.of(child.pid)
            time.sleep(size.minutes * 60 / SPEED)
            check_alive(child)
            after = Usage.of(child.pid)
        finally:
            stop(child)
    own = (after.own_seconds - before.own_seconds) / size.minutes
    children = (after.child_seconds - before.child_seconds) / size.minutes
    print(
        f"idle daemon, {size.minutes} simulated minutes, every platform configured, a git branch every minute"
    )
    _line("resident", before.megabytes, after.megabytes, "MB", "(to be at most 50)")
    _line("descriptors", before.descriptors, after.descriptors)
    _line("threads", before.threads, after.threads)
    print(f"  {'CPU a minute':24} {own:7.3f} s  (at most 0.05), and {children:.3f} s in git")


def busy(folder: Path, size: Size) -> None:
    """One process that announces many issues, one after the other, on every platform of the sandbox."""
    with Sandbox(stand_ins(), port=0) as sandbox:
        text = sandbox.configuration(store_url=f"sqlite:///{folder}/db", source_path=folder, folder=folder)
        config = folder / "config.toml"
        config.write_text(text)
        publish(folder, 100)
        child = start(config, folder)
        try:
            _announce(folder, sandbox, child, 101, 1)
            first = Usage.of(child.pid)
            begun = time.perf_counter()
            _announce(folder, sandbox, child, 102, size.issues - 1)
            taken = time.perf_counter() - begun
            last = Usage.of(child.pid)
        finally:
            stop(child)
    print(f"\nbusy daemon, after 1 issue and after {size.issues}, on {len(sandbox.credentials)} platforms")
    ratio = last.megabytes / first.megabytes
    _line(
        "resident", first.megabytes, last.megabytes, "MB", f"(to be at most 120); × {ratio:.2f} (at most 1.2)"
    )
    _line("descriptors", first.descriptors, last.descriptors)
    _line("threads", first.threads, last.threads)
    print(
        f"  {'from file to last post':24} {taken / (size.issues - 1):7.2f} s an issue, with a look every second"
    )


def _announce(folder: Path, sandbox: Sandbox, child: subprocess.Popen[bytes], first: int, count: int) -> None:
    for number in range(first, first + count):
        publish(folder, number)
        wanted = number - 100
        wait_until(lambda: all(len(sandbox.posts(name)) >= wanted for name in sandbox.credentials), child)  # noqa: B023


def _line(what: str, before: float, after: float, unit: str = "", note: str = "") -> None:
    print(f"  {what:24} {before:7.4g} → {after:.4g} {unit}  {note}".rstrip())
