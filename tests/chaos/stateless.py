"""A machine that keeps nothing: runs of the real program, each in an empty folder, ended anywhere.

A run is `once --newest --wait 20m`: sources, gate, look, send, link, the next pass. Its rests between two passes take
no time: when every run that lives rests, the clock is moved to what the first of them waits for. So a run of twenty
minutes takes a second, and what a platform is to carry out late is still carried out before its last look.
"""

from __future__ import annotations

import itertools
import os
import random
import re
import selectors
import shutil
import signal
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from crosspost import platforms
from crosspost.model import utcnow
from crosspost.platforms import stand_ins
from crosspost.sandbox import Fault, Sandbox
from tests.rehearsing import Resting, issue_text

from .accounts import SharedClock
from .campaign import answered_by, wait_for_the_late
from .life import Cradle, Orders, ended_by, fate_of

WAIT = timedelta(minutes=20)
MOST_RUNS = 60
KIND_AFTER = 30
"""Runs for one issue after which none is killed and no fault is drawn."""
STEPS = ("looking", "looked", "claiming", "claimed", "writing", "answered", "settled")
FIRST = 1000
"""The first issue's number."""
ANSWER_LOST = (Fault.EOF, Fault.RESET, Fault.HTML, Fault.STATUS)
NOT_HEARD = re.compile(r"stored|late|truncated").search
"""In the words for a fault: what was asked for was done, and no good answer came."""


@dataclass
class Counts:
    """What the runs of some campaigns came to."""

    deliveries: int = 0
    runs: int = 0
    kills: int = 0
    faults: int = 0
    lost_answers: int = 0
    """Of the faults: the request was carried out, and its answer did not arrive."""
    duplicates: int = 0
    lost: int = 0
    findings: list[str] = field(default_factory=list)

    def __iadd__(self, other: Counts) -> Self:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))
        return self


@dataclass(frozen=True)
class Weather:
    """How bad it is."""

    keys: bool = True
    """The platforms recognise a second write: by its key, its text or its link."""
    at_once: int = 1
    """How many runs are at work at a time."""
    fault_rate: float = 0.06
    kill_rate: float = 0.003
    """At each step of a delivery. The first run for an issue is always ended, at each step and account in turn."""
    lost_answers: float = 0.5
    """How often the first post of an issue is made, and its answer lost."""
    hang: float = 1.2


def run(
    seeds: Sequence[int],
    deliveries: int,
    weather: Weather,
    on_seed: Callable[[int, Counts], None] | None = None,
) -> Counts:
    """One campaign for each seed, with so many deliveries each."""
    total = Counts()
    with TemporaryDirectory(prefix="crosspost-chaos-", dir=_fast()) as home:
        folder = Path(home)
        clock = SharedClock(folder / "clock")
        with Cradle(folder / "lives.log") as cradle, Sandbox(stand_ins(), clock=clock) as sandbox:
            for seed in seeds:
                counts = Campaign(seed, folder / str(seed), sandbox, cradle, weather).run(deliveries)
                total += counts
                if on_seed is not None:
                    on_seed(seed, counts)
    return total


def _fast() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class Campaign:
    """One newsletter, one sandbox, many runs."""

    def __init__(self, seed: int, folder: Path, sandbox: Sandbox, cradle: Cradle, weather: Weather) -> None:
        self._content = folder / "content"
        self._content.mkdir(parents=True)
        (folder / "clock").symlink_to(folder.parent / "clock")
        self._clock = SharedClock(folder / "clock")
        self._seed = seed
        self._folder = folder
        self._sandbox = sandbox
        self._cradle = cradle
        self._weather = weather
        self._chance = random.Random(seed)
        self._fates = itertools.cycle(itertools.product(STEPS, platforms.names()))
        self._counts = Counts()
        text = sandbox.configuration(store_url="sqlite:///rows.db", source_path=self._content, folder=folder)
        for key, value in {"every": "5m", "max_age": "7d", "attempt_limit": "1s"}.items():
            text = re.sub(rf'(?m)^{key} = "\w+"', f'{key} = "{value}"', text)
        text = re.sub(r"(?m)^(look_after|first_retry|longest_retry) = .*\n", "", text)
        (folder / "config.toml").write_text(text)

    def run(self, deliveries: int) -> Counts:
        names = platforms.names()
        self._sandbox.clear()
        for name in names:
            last = platforms.settings_of(name).look_schedule[-1]
            self._sandbox.hide(name, 0.9 * last.total_seconds())
            self._sandbox.platforms[name].deduplicates = self._weather.keys
        if not self._weather.keys:
            self._sandbox.speak_as("mastodon", "gotosocial")
        weather = self._weather
        self._sandbox.chaos(self._seed, weather.fault_rate, names, seconds=weather.hang)
        quiet = lambda: wait_for_the_late(self._sandbox, 4 * weather.hang)  # noqa: E731 - it is passed on
        with Timekeeper(self._folder / "rests", self._clock, quiet) as keeper:
            for number in range(FIRST, FIRST + -(-deliveries // len(names))):
                self._announce(number, keeper)
        self._judge()
        return self._counts

    def _announce(self, number: int, keeper: Timekeeper) -> None:
        """Publish an issue, and run until a run says that all is settled."""
        day = self._clock().date()
        path = self._content / f"{day}-this-week-in-rust.md"
        path.write_text(issue_text(number, day=day))
        os.utime(path, (self._clock().timestamp(),) * 2)
        for name in platforms.names():
            if self._chance.random() < self._weather.lost_answers:
                self._sandbox.fail(name, self._chance.choice(ANSWER_LOST), stored=True)
        for turn in range(MOST_RUNS):
            if turn == KIND_AFTER:
                self._sandbox.clear_faults()
            if 0 in self._runs(f"{self._seed}/{number}/{turn}", turn, keeper):
                break
            self._clock.move_to(self._clock() + timedelta(seconds=self._chance.uniform(0, 300)))
        else:
            self._counts.findings.append(f"seed {self._seed}: {number} was not settled after {turn + 1} runs")
            self._counts.lost += 1
        if self._weather.fault_rate and turn >= KIND_AFTER:
            self._sandbox.chaos(
                f"{self._seed}/{number}",
                self._weather.fault_rate,
                platforms.names(),
                seconds=self._weather.hang,
            )
        self._clock.move_to(self._clock() + timedelta(days=1))

    def _runs(self, seed: str, turn: int, keeper: Timekeeper) -> list[int]:
        """Let runs begin in empty folders. The exit code of each that was not ended before."""
        count = self._weather.at_once
        keeper.expect(count)
        lives = [self._cradle.begin(self._orders(f"{seed}/{n}", turn)) for n in range(count)]
        self._counts.runs += count
        self._counts.kills += ended_by([self._cradle.end_of(pid) for pid in lives])
        codes = [int(file.read_text()) for file in self._folder.glob("runs/*/code")]
        shutil.rmtree(self._folder / "runs", ignore_errors=True)
        return codes

    def _orders(self, seed: str, turn: int) -> Orders:
        orders = Orders(str(self._folder), "", {}, {}, seed=seed, life=f"{__name__}:one_run")
        if turn >= KIND_AFTER or not self._weather.kill_rate:
            return orders
        if turn == 0:
            return replace(orders, end_at=next(self._fates))
        anywhere = self._chance.uniform(0.01, 3) if self._chance.random() < 0.15 else 0.0
        return replace(orders, kill_rate=self._weather.kill_rate, kill_after=anywhere)

    def _judge(self) -> None:
        there = Counter(answered_by(post) for post in self._sandbox.posts() if not post.deleted)
        faults = [each for each in self._sandbox.requests() if each.fault]
        self._counts.faults = len(faults)
        self._counts.lost_answers = sum(
            1 for each in faults if each.kind == "write" and NOT_HEARD(each.fault)
        )
        numbers = range(FIRST, FIRST + len(list(self._content.iterdir())))
        for name, number in itertools.product(platforms.names(), numbers):
            count = there[name, number]
            self._counts.deliveries += 1
            self._counts.duplicates += max(count - 1, 0)
            self._counts.lost += count == 0
            if count != 1:
                self._counts.findings.append(f"seed {self._seed}: {number} on {name}: {count} posts")


# ── one run ──────────────────────────────────────────────────────────────────────────────────────────────────────


@cache
def warm_up() -> None:
    """Load what a run loads, and read what it reads: a forked run need not. Starts no thread, opens no connection."""
    from crosspost.accounts import default_config
    from crosspost.app import App
    from crosspost.cli import pass_loop
    from crosspost.parse import TWIR, parse_bytes
    from crosspost.planning import posts_for
    from crosspost.store import open_store

    assert callable(pass_loop.run_passes)
    for name in platforms.names():
        import_module(f"crosspost.platforms.{name}.adapter")
    posts_for(
        App(default_config()[0]), parse_bytes(issue_text(FIRST).encode(), newsletter=TWIR, path="issue.md")
    )
    with TemporaryDirectory() as folder:
        open_store(f"sqlite:///{folder}/rows.db", "warm", utcnow).close()


def one_run(orders: Orders) -> None:
    """`crosspost once --newest --wait 20m` in an empty folder; its exit code is left in the file `code` there."""
    from crosspost import pipeline
    from crosspost.app import App, load_config
    from crosspost.cli.pass_loop import run_passes
    from crosspost.delivery.workers import deliver

    folder = Path(orders.folder)
    shared, ticks = SharedClock(folder / "clock"), itertools.count()

    def clock() -> datetime:
        """The shared time, which no two moments of this run have in common: rests are as long as in life."""
        return shared() + timedelta(microseconds=next(ticks))

    with socket.socket(socket.AF_UNIX) as keeper:
        keeper.connect(str(folder / "rests"))
        if orders.kill_after:
            signal.setitimer(signal.ITIMER_REAL, orders.kill_after)
        empty = folder / "runs" / str(os.getpid())
        empty.mkdir(parents=True)
        fate = fate_of(orders)
        pipeline.deliver = lambda *given, **named: deliver(*given, **named, failpoint=fate)  # type: ignore[attr-defined]
        config = load_config(folder / "config.toml", secrets=True)
        config = replace(config, store=replace(config.store, url=f"sqlite:///{empty / 'rows.db'}"))

        def pause(rest: timedelta) -> None:
            keeper.sendall(struct.pack("d", (clock() + rest).timestamp()))
            if not keeper.recv(1):
                raise RuntimeError("nobody moves the clock any more")

        with App(config, clock) as app:
            app.store.begin_at_newest(clock())
            for done in run_passes(app, WAIT, stop=Resting(pause)):
                code = done.exit_code
        (empty / "code").write_text(str(code))


class Timekeeper:
    """Moves the clock when every run rests. Use it as a context manager."""

    def __init__(self, path: Path, clock: SharedClock, quiet: Callable[[], None]) -> None:
        """`quiet`: called before each move; returns when no platform is to carry out a request any more."""
        self._clock = clock
        self._quiet = quiet
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._runs: dict[socket.socket, float | None] = {}
        """connection → until when that run rests; None: it is at work."""
        self._expected = 0
        self._closing = False
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def expect(self, runs: int) -> None:
        """Move nothing before so many more runs have begun."""
        self._expected += runs

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        self._thread.join()

    def _keep(self) -> None:
        with selectors.DefaultSelector() as selector, self._listener, ExitStack() as connections:
            connections.callback(self._let_go)
            selector.register(self._listener, selectors.EVENT_READ)
            while not self._closing:
                for key, _ in selector.select(0.2):
                    self._hear(selector, key.fileobj)  # type: ignore[arg-type]
                rests = [until for until in self._runs.values() if until is not None]
                if rests and self._expected == 0 and len(rests) == len(self._runs):
                    self._move_to(min(rests))

    def _let_go(self) -> None:
        for run in self._runs:
            run.close()

    def _hear(self, selector: selectors.BaseSelector, one: socket.socket) -> None:
        if one is self._listener:
            run, _ = one.accept()
            selector.register(run, selectors.EVENT_READ)
            self._runs[run] = None
            self._expected -= 1
            return
        with suppress(ConnectionResetError):  # it was ended with an answer unread
            if said := one.recv(8):
                (self._runs[one],) = struct.unpack("d", said)
                return
        selector.unregister(one)
        del self._runs[one]
        one.close()

    def _move_to(self, seconds: float) -> None:
        self._quiet()
        now = self._clock()
        self._clock.move_to(max(now, now + timedelta(seconds=seconds - now.timestamp())))
        for run, until in self._runs.items():
            if until is not None and until <= max(seconds, now.timestamp()):
                self._runs[run] = None
                with suppress(OSError):  # it was ended while it rested
                    run.sendall(b"1")


# ── printed ──────────────────────────────────────────────────────────────────────────────────────────────────────


def lines(rows: dict[str, Counts]) -> Iterator[str]:
    """Yield the table: one line for each row."""
    names = [each.name for each in fields(Counts) if each.name != "findings"]
    yield " " * 36 + "".join(f"{name.replace('_', ' '):>14}" for name in names)
    for title, counts in rows.items():
        yield f"{title:<36}" + "".join(f"{getattr(counts, name):>14}" for name in names)


def main(seeds: int, deliveries: int) -> int:
    """Print what the campaigns came to. 1 if anything was doubled or lost, but for two runs at once."""
    began = time.monotonic()
    weather = Weather()

    def said(seed: int, counts: Counts) -> None:
        print(
            f"seed {seed:>3}: {counts.runs} runs, {counts.duplicates} duplicates, {counts.lost} lost",
            flush=True,
        )

    rows = {
        "keys honoured": run(range(1, seeds + 1, 2), deliveries, weather, said),
        "keys ignored": run(range(2, seeds + 1, 2), deliveries, replace(weather, keys=False), said),
    }
    total = Counts()
    for counts in rows.values():
        total += counts
    rows["total"] = total
    beside = replace(weather, keys=False, at_once=2)
    rows["two runs at once, keys ignored *"] = run([seeds + 1], deliveries, beside, said)
    for finding in total.findings:
        print(finding)
    print(*lines(rows), sep="\n")
    print("* cannot be told apart: one run at a time is required (in a workflow: a concurrency group)")
    print(f"in {time.monotonic() - began:.0f} s")
    return 1 if total.duplicates or total.lost else 0
