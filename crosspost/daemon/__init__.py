"""Run the daemon: passes at the right times, until it is told to stop.

    APScheduler   ──┐
    SIGHUP        ──┼──► trigger ──► one thread, one pass after the other ──► STATUS=, the next wake
    push webhook  ──┘

    heartbeat      a job like the others: the store answers and passes come to an end ──► WATCHDOG=1
    lease          another: which of several machines on one PostgreSQL watches (watch/lease.py)
    main thread    signals; a look at the clock; the orderly stop

A job only triggers. So a trigger during a pass is neither lost nor a complaint ("maximum number of running
instances reached"), and a pass that hangs does not hold up the heartbeat that has to notice it. All that
lasts is in the store's rows: the job store is memory, made anew at every start, and never shared
(apscheduler.readthedocs.io/en/3.x: user guide and FAQ, read 2026-11).
"""

from __future__ import annotations

import faulthandler
import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from enum import Enum
from queue import Empty, SimpleQueue

from crosspost.app import App, missing_extras
from crosspost.daemon.schedule import Schedule, default_stall_limit
from crosspost.daemon.sd_notify import Notify, sd_notify, watchdog_interval
from crosspost.errors import CrosspostError
from crosspost.log import event
from crosspost.pipeline import Pass, run_pass
from crosspost.plural import quantity
from crosspost.watch.lease import RENEWALS
from crosspost.web import Health

log = logging.getLogger(__name__)

GRACE = timedelta(seconds=8)
"""How long a stop waits for the attempts under way; with the rest of the stop it stays below ten seconds."""

TICK = timedelta(seconds=10)
"""How often the clock is looked at, and the watchdog fed at least."""

JUMP = timedelta(seconds=5)
"""A wall clock that moved this far against the steady one was set, not slewed (NTP slews 0.5 ms a second)."""

WORK = timedelta(seconds=0.2)
"""A pass that took more CPU than this did more than look."""


class Request(Enum):
    POLL_NOW = "look now"
    STOP = "stop"


# Its put() may be called from a signal handler and from any thread (docs.python.org/3/library/queue.html).
RequestQueue = SimpleQueue[Request]


MakePass = Callable[..., Pass]
"""pipeline.run_pass, or what a rehearsal puts in its place."""


def run(
    app: App,
    *,
    make_pass: MakePass = run_pass,
    notify: Notify = sd_notify,
    install_signals: bool = True,
    requested: RequestQueue | None = None,
    stall_limit: timedelta | None = None,
) -> int:
    """Make passes until a stop is requested (SIGTERM, SIGINT); then finish the attempt under way.

    Returns the exit code. Raises CrosspostError when it cannot start: the store, or the address of the web
    page, cannot be used. With `install_signals` the process is taken to be the daemon's own: it is left
    within ten seconds of a stop even if an attempt still waits for its answer. The row of such an attempt
    says `sending`, and the next start looks for it. `stall_limit`: how long no pass may end before the watchdog
    is no longer fed; by default as long as `default_stall_limit` says.
    """
    requested = SimpleQueue() if requested is None else requested
    if install_signals:
        listen_to_signals(requested)
        faulthandler.enable()  # the watchdog ends a daemon that hangs by SIGABRT: each thread says where it stood
        gc.set_threshold(700)  # for weeks, cycles are looked for as often as Python itself does
    app.store.ping()  # opens it here, once: a problem with it is reported before anything is started
    for sentence in missing_extras(app.config):
        event(log, "not installed", level=logging.WARNING, why=sentence)
    schedule = Schedule(app)
    clean = app.redaction.clean

    def tell(*lines: str) -> None:  # systemd shows it to whoever asks
        notify(*map(clean, lines))

    stall_limit = stall_limit or default_stall_limit(app.config.sources, app.config.delivery)
    runner = PassRunner(app, make_pass, schedule, tell, stall_limit)
    with ExitStack() as running:
        if app.config.web.listen:
            from crosspost.web.server import serving  # with aiohttp: 13 MB that only pages need

            running.enter_context(serving(app, runner.health, lambda: requested.put(Request.POLL_NOW)))
        runner.start()
        schedule.start(runner.trigger)
        running.callback(schedule.stop)
        if app.store.is_shared:
            schedule.every(app.config.store.takeover / RENEWALS, runner.beat)
        if asked := watchdog_interval():
            schedule.every(min(TICK, asked / 3), runner.feed_watchdog)
        tell("READY=1", "STATUS=making the first pass")
        event(log, "daemon started", store=app.store.version(), shadow=app.config.delivery.shadow or None)
        runner.trigger()
        main_loop(requested, runner, schedule)
        tell("STOPPING=1", "STATUS=finishing the attempt under way")
        event(log, "daemon stopping")
        schedule.stop()
        finished = runner.stop(GRACE)
    if not finished and install_signals:
        exit_now()
    with suppress(CrosspostError):  # then another machine waits for as long as if this one had died
        app.lease.release()
    event(log, "daemon stopped")
    return 0


def main_loop(requested: RequestQueue, runner: PassRunner, schedule: Schedule) -> None:
    """Handle requests until one is to stop; meanwhile watch for steps of the clock."""
    clock_steps = ClockStepDetector()
    while True:
        try:
            request = requested.get(timeout=TICK.total_seconds())
        except Empty:
            pass
        else:
            if request is Request.STOP:
                return
            event(log, "look requested")
            runner.poll_now()
        if jump := clock_steps.jump():
            moved = f"{jump.total_seconds():+.0f}s"
            event(log, "clock set", level=logging.WARNING, by=moved, next="every timer now")
            schedule.wake_all()


class PassRunner:
    """Makes one pass after the other in a thread of its own, whenever one is triggered."""

    def __init__(
        self, app: App, make_pass: MakePass, schedule: Schedule, notify: Notify, stall_limit: timedelta
    ) -> None:
        self._app = app
        self._lease = app.lease
        self._make_pass = make_pass
        self._schedule = schedule
        self._notify = notify
        self._triggered = threading.Event()
        self._stopping = threading.Event()
        # A daemon thread: when it runs longer than the grace period, the interpreter does not wait for it.
        self._thread = threading.Thread(target=self._work, name="passes", daemon=True)
        self._stall_limit = stall_limit
        self._alive_at = time.monotonic()
        self._last: Pass | None = None
        self._asked = False
        self._fed = True
        self._told: tuple[str, ...] = ()

    def start(self) -> None:
        self._thread.start()

    def trigger(self) -> None:
        """Request a pass: at once, or right after the one that is running."""
        self._triggered.set()

    def poll_now(self) -> None:
        """Request a pass in which this machine watches, whichever did before: it was told that there is news."""
        self._asked = True
        self.trigger()

    def beat(self) -> None:
        """Say that this machine still watches, or watch from now on. A machine whose passes hang says nothing."""
        watched = self._lease.watches
        if self._silence():
            return
        with suppress(CrosspostError):  # the next pass says so
            if self._lease.acquire() and not watched:
                self.trigger()

    def stop(self, grace: timedelta) -> bool:
        """Begin nothing new; True when what was under way ended within `grace`."""
        self._stopping.set()
        self._triggered.set()
        self._thread.join(grace.total_seconds())
        return not self._thread.is_alive()

    def health(self) -> Health:
        """Return whether the store answers and passes finish. Never raises."""
        reason = self._silence()
        if not reason:
            try:
                self._app.store.ping()
            except CrosspostError as error:
                reason = str(error)
        return Health(
            healthy=not reason,
            reason=reason,
            last=self._last,
            next_at=self._schedule.next_at(),
            watches=self._lease.watches,
        )

    def feed_watchdog(self) -> None:
        """Tell the service manager that the daemon is healthy, as long as it is."""
        health = self.health()
        self._notify("WATCHDOG=1" if health.healthy else f"STATUS={health.reason}")
        if health.healthy and not self._fed:
            event(log, "watchdog fed again")
        elif self._fed and not health.healthy:
            event(log, "watchdog not fed", level=logging.ERROR, why=health.reason)
        self._fed = health.healthy

    def _silence(self) -> str:
        silent, allowed = time.monotonic() - self._alive_at, self._stall_limit.total_seconds()
        if silent <= allowed:
            return ""
        return f"no pass has finished for {silent:.0f} s (limit {allowed:.0f} s)"

    def _work(self) -> None:
        while True:
            self._triggered.wait()
            self._triggered.clear()
            if self._stopping.is_set():
                return
            try:
                self._one()
            except CrosspostError as error:
                self._failed(str(error))
            except Exception as error:  # the thread must outlive a bug: the next pass may well succeed
                sentence = f"{type(error).__name__}: {error}"
                if sentence not in self._told:
                    log.exception("pass failed")
                self._failed(sentence)

    def _one(self) -> None:
        used = time.process_time()
        asked, self._asked = self._asked, False
        self._lease.acquire(take_over=asked)
        self._last = done = self._make_pass(self._app, stop=self._stopping)
        self._alive_at = time.monotonic()
        if time.process_time() - used > WORK.total_seconds():
            # The platforms' clients leave cycles behind that hold connections. Beside all that their libraries
            # have loaded, these are so few that Python would let a dozen issues go by before it looks.
            gc.collect()
        self._report(done.problems)
        if not self._stopping.is_set():
            self._schedule.wake_for_what_is_due(done.started)
            role = "" if self._lease.watches else "stands by; "
            self._notify(f"STATUS={role}{summary(done, self._schedule.next_at())}")

    def _failed(self, sentence: str) -> None:
        self._report((sentence,))
        self._notify(f"STATUS=last pass failed: {sentence}")

    def _report(self, problems: tuple[str, ...]) -> None:
        """Log a problem once, not once a minute, and log when it is resolved."""
        for problem in problems:
            if problem not in self._told:
                event(log, "pass met a problem", level=logging.WARNING, why=problem)
        for problem in self._told:
            if problem not in problems:
                event(log, "problem resolved", why=problem)
        self._told = problems


class ClockStepDetector:
    """Notices that the wall clock was set. A machine that slept counts: its steady clock stood still."""

    def __init__(
        self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall = wall
        self._steady = steady
        self._offset = wall() - steady()

    def jump(self) -> timedelta | None:
        """Return by how much the clock was set since the last call; None when it was not set."""
        offset = self._wall() - self._steady()
        moved = timedelta(seconds=offset - self._offset)
        self._offset = offset
        return moved if abs(moved) > JUMP else None


def summary(done: Pass, next_at: datetime | None) -> str:
    """Return what `systemctl status` shows: "last pass 20:03:10, all well; next 20:04:10"."""
    if done.problems:
        state = f"{quantity(len(done.problems), 'problem')}: {done.problems[0]}"
    elif done.needs_person:
        state = "a person is needed: see crosspost status"
    else:
        state = "deliveries under way" if done.unfinished else "all well"
    after = f"; next {next_at:%H:%M:%S}" if next_at else ""
    return f"last pass {done.ended:%H:%M:%S} UTC, {state}{after}"


def listen_to_signals(requested: RequestQueue) -> None:
    """Turn SIGTERM and SIGINT into a stop request, SIGHUP into a look at the sources now."""
    meant = {signal.SIGTERM: Request.STOP, signal.SIGINT: Request.STOP, signal.SIGHUP: Request.POLL_NOW}
    for number in meant:
        signal.signal(number, lambda heard, _frame: requested.put(meant[signal.Signals(heard)]))


def exit_now() -> None:
    """End the process now: a normal exit waits for every thread, and one of them waits for a platform."""
    why = "an attempt is under way: the next start looks for it"
    event(log, "daemon stopped", level=logging.WARNING, why=why)
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)
