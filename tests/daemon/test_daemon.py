"""The daemon in this process: when it makes passes, what it tells the service manager, how it stops.

The scheduler, the store and the threads are the real ones; a pass is made by the test: it can hang or fail.
"""

from __future__ import annotations

import hmac
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue

import pytest
import requests

from crosspost import daemon
from crosspost.app import App
from crosspost.config.schema import Config, DeliveryConfig, SourceConfig, StoreConfig, WebConfig
from crosspost.config.secrets import Secret
from crosspost.daemon import Request, RequestQueue, summary
from crosspost.daemon.schedule import (
    LONGEST_FOLLOW_UP,
    LONGEST_READ,
    Schedule,
    default_stall_limit,
    next_poll,
)
from crosspost.errors import StoreError
from crosspost.model import Backfill, BackfillState
from crosspost.pipeline import Pass

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
LONGEST_WAIT = 120.0
"""Seconds after which a test gives up. Nothing is expected to take this long."""


def until(condition: Callable[[], bool]) -> None:
    """Wait for what has to happen some time."""
    end = time.monotonic() + LONGEST_WAIT
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def a_pass(*problems: str, needs_person: bool = False, unfinished: bool = False) -> Pass:
    now = datetime(2026, 8, 20, 3, 0, tzinfo=UTC)
    return Pass(now, now + SECOND, problems, needs_person, unfinished)


@dataclass
class Passes:
    """Makes passes as the test wants them, and counts."""

    problems: Sequence[str] = ()
    error: Exception | None = None
    made: int = 0
    begun: int = 0
    may_end: threading.Event = field(default_factory=threading.Event)
    stop_seen: bool = False

    def __post_init__(self) -> None:
        self.may_end.set()

    def __call__(self, app: App, *, stop: threading.Event) -> Pass:
        self.begun += 1
        assert self.may_end.wait(LONGEST_WAIT)
        self.stop_seen = stop.is_set()
        self.made += 1
        if self.error:
            raise self.error
        return a_pass(*self.problems)


@dataclass
class Manager:
    """A service manager that remembers what it was told."""

    heard: list[str] = field(default_factory=list)

    def __call__(self, *lines: str) -> None:
        self.heard += lines

    def count(self, line: str) -> int:
        return self.heard.count(line)

    @property
    def status(self) -> str:
        return next((line for line in reversed(self.heard) if line.startswith("STATUS=")), "")


def an_app(tmp_path: Path, every: timedelta = HOUR, attempt_limit: timedelta = MINUTE) -> App:
    return App(
        Config(
            store=StoreConfig(url=f"sqlite:///{tmp_path}/crosspost.db"),
            sources=(SourceConfig(kind="directory", path=tmp_path, every=every),),
            delivery=DeliveryConfig(attempt_limit=attempt_limit),
        )
    )


@dataclass
class Running:
    requests: RequestQueue
    manager: Manager
    thread: threading.Thread
    codes: list[int]

    def stop(self) -> int:
        self.requests.put(Request.STOP)
        self.thread.join(LONGEST_WAIT)
        return self.codes[0]


@contextmanager
def running(app: App, passes: Passes, stall_limit: timedelta | None = None) -> Iterator[Running]:
    """`stall_limit`: how long no pass may end, where a test is not to wait for as long as passes may last."""
    requests: RequestQueue = SimpleQueue()
    manager = Manager()
    codes: list[int] = []

    def work() -> None:
        codes.append(
            daemon.run(
                app,
                make_pass=passes,
                notify=manager,
                install_signals=False,
                requests=requests,
                stall_limit=stall_limit,
            )
        )

    daemon_thread = threading.Thread(target=work)
    daemon_thread.start()
    it = Running(requests, manager, daemon_thread, codes)
    try:
        yield it
    finally:
        passes.may_end.set()
        it.stop()
        app.close()
        assert not daemon_thread.is_alive()


def test_it_is_ready_before_the_first_pass_ends_and_makes_it_at_once(tmp_path: Path) -> None:
    passes = Passes()
    passes.may_end.clear()

    with running(an_app(tmp_path), passes) as it:
        until(lambda: passes.begun == 1)

        assert it.manager.count("READY=1") == 1
        assert passes.made == 0


def test_passes_follow_each_other_at_the_sources_interval(tmp_path: Path) -> None:
    passes = Passes()

    with running(an_app(tmp_path, every=SECOND / 10), passes):
        until(lambda: passes.made >= 3)


def test_a_wish_makes_the_next_pass_happen_now(tmp_path: Path) -> None:
    passes = Passes()

    with running(an_app(tmp_path, every=HOUR), passes) as it:
        until(lambda: passes.made == 1)
        it.requests.put(Request.POLL_NOW)

        until(lambda: passes.made == 2)


def test_wishes_during_a_pass_are_one_more_pass(tmp_path: Path) -> None:
    passes = Passes()
    passes.may_end.clear()

    with running(an_app(tmp_path, every=HOUR), passes) as it:
        until(lambda: passes.begun == 1)
        for _ in range(5):
            it.requests.put(Request.POLL_NOW)
        until(it.requests.empty)
        passes.may_end.set()
        until(lambda: passes.made == 2)
        it.stop()

    assert passes.made == 2


def test_a_row_that_becomes_due_is_looked_at_before_the_regular_time(tmp_path: Path) -> None:
    app = an_app(tmp_path, every=HOUR)
    now = app.clock()
    url, reason = "https://www.reddit.com/r/rust/comments/1/", "the push was refused"
    link = Backfill(app.newsletter, 665, BackfillState.DUE, url, reason, attempts=1, not_before=now + SECOND)
    app.store.set_backfill(link, now)
    passes = Passes()

    with running(app, passes):
        until(lambda: passes.made == 2)


def test_the_status_says_how_the_last_pass_was_and_when_the_next_is(tmp_path: Path) -> None:
    with running(an_app(tmp_path), Passes()) as it:
        until(lambda: "last pass" in it.manager.status)

        assert it.manager.status.startswith("STATUS=last pass 03:00:01 UTC, all well; next ")


@pytest.mark.parametrize("error", [StoreError("the database is full"), ZeroDivisionError("a bug")])
def test_a_pass_that_fails_is_said_and_the_next_one_is_made(tmp_path: Path, error: Exception) -> None:
    passes = Passes(error=error)

    with running(an_app(tmp_path), passes) as it:
        until(lambda: "failed" in it.manager.status)
        assert str(error) in it.manager.status
        passes.error = None
        it.requests.put(Request.POLL_NOW)
        until(lambda: "all well" in it.manager.status)


def test_a_problem_is_said_once_and_so_is_its_end(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    passes = Passes(problems=["git: no answer"])

    def said(words: str) -> int:
        return sum(words in record.getMessage() for record in caplog.records)

    with caplog.at_level(logging.INFO), running(an_app(tmp_path, every=SECOND / 20), passes):
        until(lambda: passes.made >= 4)
        assert said("pass met a problem") == 1
        passes.problems = ()
        until(lambda: said("problem resolved") == 1)


def test_a_stop_lets_the_pass_end_and_begins_no_other(tmp_path: Path) -> None:
    passes = Passes()
    passes.may_end.clear()

    with running(an_app(tmp_path, every=SECOND / 20), passes) as it:
        until(lambda: passes.begun == 1)
        it.requests.put(Request.STOP)
        until(lambda: it.manager.count("STOPPING=1") == 1)
        passes.may_end.set()

        assert it.stop() == 0

    assert (passes.begun, passes.made, passes.stop_seen) == (1, 1, True)


def test_the_watchdog_is_fed_while_passes_come_to_their_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "300000")

    with running(an_app(tmp_path, every=SECOND / 10), Passes()) as it:
        until(lambda: it.manager.count("WATCHDOG=1") >= 3)


def test_a_pass_that_hangs_starves_the_watchdog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "300000")
    passes = Passes()
    passes.may_end.clear()

    app = an_app(tmp_path, every=SECOND / 10)

    with caplog.at_level(logging.INFO), running(app, passes, stall_limit=SECOND) as it:
        until(lambda: "no pass has finished" in it.manager.status)
        fed = it.manager.count("WATCHDOG=1")
        time.sleep(1)

        assert it.manager.count("WATCHDOG=1") == fed
        assert sum("watchdog not fed" in record.getMessage() for record in caplog.records) == 1

        passes.may_end.set()
        until(lambda: it.manager.count("WATCHDOG=1") > fed)
        assert sum("watchdog fed again" in record.getMessage() for record in caplog.records) == 1


def test_passes_that_only_fail_starve_the_watchdog_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "300000")
    passes = Passes(error=StoreError("the disk is full"))

    with running(an_app(tmp_path, every=SECOND / 10), passes, stall_limit=SECOND / 2):
        until(lambda: any("watchdog not fed" in record.getMessage() for record in caplog.records))


def test_nothing_is_started_on_a_store_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "crosspost.db").write_bytes(b"this is no database" * 100)
    passes, manager = Passes(), Manager()

    with pytest.raises(StoreError):
        daemon.run(an_app(tmp_path), make_pass=passes, notify=manager, install_signals=False)

    assert (passes.begun, manager.heard) == (0, [])


# ── with its pages ───────────────────────────────────────────────────────────────────────────────────

SECRET = "a secret of the forge's"


@pytest.fixture
def with_pages(tmp_path: Path) -> App:
    """A daemon's program whose pages are served on a free port; `url_of` finds it."""
    secret = tmp_path / "webhook-secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    app = an_app(tmp_path, every=SECOND, attempt_limit=SECOND / 2)
    pages = WebConfig(listen=f"127.0.0.1:{a_free_port()}", webhook_secret=Secret("file", str(secret)))
    return App(replace(app.config, web=pages))


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def test_its_health_over_http_is_what_the_watchdog_goes_by(with_pages: App) -> None:
    passes = Passes()

    def health() -> int:
        return requests.get(f"http://{with_pages.config.web.listen}/healthz", timeout=10).status_code

    with running(with_pages, passes, stall_limit=SECOND):
        until(lambda: passes.made == 1)
        assert health() == 200
        passes.may_end.clear()
        until(lambda: health() == 503)
        passes.may_end.set()
        until(lambda: health() == 200)


def test_a_push_of_the_forge_makes_the_next_pass_happen_now(tmp_path: Path, with_pages: App) -> None:
    rare = replace(with_pages.config.sources[0], every=HOUR)
    app = App(replace(with_pages.config, sources=(rare,)))
    passes = Passes()
    signature = "sha256=" + hmac.new(SECRET.encode(), b"{}", "sha256").hexdigest()

    with running(app, passes):
        until(lambda: passes.made == 1)
        requests.post(
            f"http://{app.config.web.listen}/hooks/push",
            data=b"{}",
            headers={"X-Hub-Signature-256": signature},
            timeout=10,
        )

        until(lambda: passes.made == 2)


# ── the clock ────────────────────────────────────────────────────────────────────────────────────────


class WallClock:
    """The real time; each reading of the wall clock moves it further away from the monotonic one."""

    monotonic = staticmethod(time.monotonic)
    process_time = staticmethod(time.process_time)

    def __init__(self) -> None:
        self.ahead = 0.0
        self.gain = 0.0
        self.readings = 0

    def time(self) -> float:
        self.readings += 1
        self.ahead += self.gain
        return time.time() + self.ahead


@pytest.mark.parametrize("seconds", [-120, 3600])
def test_a_clock_that_was_set_is_noticed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, seconds: int
) -> None:
    clock, passes = WallClock(), Passes()
    monkeypatch.setattr(daemon, "time", clock)
    monkeypatch.setattr(daemon, "TICK", SECOND / 100)

    with caplog.at_level(logging.INFO), running(an_app(tmp_path, every=HOUR), passes):
        until(lambda: passes.made == 1)
        clock.ahead += seconds
        until(lambda: passes.made == 2)
        ticks = clock.readings
        until(lambda: clock.readings > ticks + 3)

    assert [record.getMessage() for record in caplog.records].count("clock set") == 1


def test_a_clock_that_is_slewed_was_not_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = WallClock()
    clock.gain = 1.0
    monkeypatch.setattr(daemon, "time", clock)
    monkeypatch.setattr(daemon, "TICK", SECOND / 100)

    with caplog.at_level(logging.INFO), running(an_app(tmp_path, every=HOUR), Passes()):
        until(lambda: clock.ahead > 2 * daemon.CLOCK_STEP.total_seconds())

    assert "clock set" not in [record.getMessage() for record in caplog.records]


def test_after_a_jump_every_timer_goes_off(tmp_path: Path) -> None:
    app = an_app(tmp_path, every=HOUR)
    rung, beaten = threading.Event(), threading.Event()
    schedule = Schedule(app)
    schedule.start(rung.set)
    schedule.every(HOUR, beaten.set)
    try:
        schedule.run_all_now()

        assert rung.wait(LONGEST_WAIT)
        assert beaten.wait(LONGEST_WAIT)
    finally:
        schedule.stop()
        app.close()


# ── the rhythm ───────────────────────────────────────────────────────────────────────────────────────

WEDNESDAY = datetime(2026, 8, 19, 12, 0, tzinfo=UTC)
EAGER = SourceConfig(
    every=10 * MINUTE, every_in_window=5 * SECOND, window="Wed 20:00 - Thu 08:00", url="https://example.org/"
)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (WEDNESDAY, 10 * MINUTE),
        (WEDNESDAY.replace(hour=19, minute=57), 3 * MINUTE),
        (WEDNESDAY.replace(hour=20), 5 * SECOND),
        (WEDNESDAY.replace(hour=20) + 11 * HOUR, 5 * SECOND),
        (WEDNESDAY.replace(hour=20) + 13 * HOUR, 10 * MINUTE),
    ],
    ids=["long before", "just before", "at its beginning", "within", "after"],
)
def test_a_source_is_looked_at_more_often_where_publication_is_expected(
    now: datetime, expected: timedelta
) -> None:
    assert next_poll([EAGER], now) - now == expected


def test_the_most_impatient_source_sets_the_pace() -> None:
    assert next_poll([SourceConfig(every=HOUR), SourceConfig(every=MINUTE)], WEDNESDAY) == WEDNESDAY + MINUTE


def test_without_a_source_what_waits_in_the_rows_is_looked_at_every_minute() -> None:
    assert next_poll([], WEDNESDAY) == WEDNESDAY + MINUTE


def test_patience_covers_three_intervals_of_the_slowest_source_and_the_longest_pass() -> None:
    sources = [SourceConfig(every=HOUR), SourceConfig(every=MINUTE)]

    assert (
        default_stall_limit(sources, DeliveryConfig(attempt_limit=MINUTE))
        == 3 * HOUR + 2 * LONGEST_READ + 6 * MINUTE + LONGEST_FOLLOW_UP
    )


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        (a_pass(), "last pass 03:00:01 UTC, all well"),
        (a_pass("git: no answer"), "last pass 03:00:01 UTC, 1 problem: git: no answer"),
        (a_pass("git: no answer", "x"), "last pass 03:00:01 UTC, 2 problems: git: no answer"),
        (a_pass(needs_person=True), "last pass 03:00:01 UTC, a person is needed: see crosspost status"),
        (a_pass(unfinished=True), "last pass 03:00:01 UTC, deliveries under way"),
    ],
)
def test_a_pass_is_summed_up_in_a_line(done: Pass, expected: str) -> None:
    assert summary(done, None) == expected
