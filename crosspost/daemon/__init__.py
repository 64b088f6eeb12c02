"""Run the daemon: one pass after the other, until a stop is requested.

    __init__.py   the main thread (signals, the clock, the stop) and the thread that makes the passes
    schedule.py   when the next pass is due (APScheduler)
    sd_notify.py  messages to systemd: READY=1, STATUS=, WATCHDOG=1

APScheduler's jobs, SIGHUP and the push webhook only trigger a pass. A trigger during a pass starts another one after
it, and a pass that hangs does not stop the job that has to notice it. The jobs are in memory and made at every start;
whatever has to last is in the database (apscheduler.readthedocs.io/en/3.x: user guide and FAQ, read 2026-11).
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
"""How often the clock is checked; the watchdog is fed at least as often."""

CLOCK_STEP = timedelta(seconds=5)
"""A wall clock that gains or loses this much in one tick was set, not slewed (NTP slews 0.5 ms a second)."""

IDLE_CPU = timedelta(seconds=0.2)
"""A pass without news takes less CPU time than this."""


class Request(Enum):
    POLL_NOW = "poll now"
    STOP = "stop"


# Its put() may be called from a signal handler and from any thread (docs.python.org/3/library/queue.html).
RequestQueue = SimpleQueue[Request]


MakePass = Callable[..., Pass]
"""pipeline.run_pass, or a replacement in a test."""


def run(
    app: App,
    *,
    make_pass: MakePass = run_pass,
    notify: Notify = sd_notify,
    install_signals: bool = True,
    requests: RequestQueue | None = None,
    stall_limit: timedelta | None = None,
) -> int:
    """Make passes until a stop is requested (SIGTERM, SIGINT), finish the attempt under way, return the exit code.

    Raises CrosspostError when the daemon cannot start: the database or the web page's address cannot be used. With
    `install_signals` the process ends within ten seconds of a stop, even if an attempt still waits for its answer. The
    row of that attempt stays `sending`, and the next start looks for its post. `stall_limit`: the time without a
    finished pass after which the watchdog is no longer fed; see `default_stall_limit`.
    """
    requests = SimpleQueue() if requests is None else requests
    if install_signals:
        listen_to_signals(requests)
        faulthandler.enable()  # the watchdog ends a hanging daemon by SIGABRT, which prints every thread's stack
        gc.set_threshold(700)  # Python's own, in place of the command line's: a daemon runs for weeks
    app.store.ping()  # an error of the database is reported before anything is started
    for sentence in missing_extras(app.config):
        event(log, "not installed", level=logging.WARNING, why=sentence)
    schedule = Schedule(app)
    limit = stall_limit or default_stall_limit(app.config.sources, app.config.delivery)
    runner = PassRunner(app, make_pass, schedule, notify, limit)
    with ExitStack() as running:
        if app.config.web.listen:
            from crosspost.web.server import serving  # imports aiohttp: 13 MB

            running.enter_context(serving(app, runner.health, lambda: requests.put(Request.POLL_NOW)))
        running.callback(schedule.stop)
        runner.start()
        main_loop(requests, runner, schedule)
        runner.notify("STOPPING=1", "STATUS=finishing the attempt under way")
        event(log, "daemon stopping")
        schedule.stop()
        finished = runner.stop(GRACE)
    if not finished and install_signals:
        exit_now()
    with suppress(CrosspostError):  # then the other machines wait until the lease runs out
        app.lease.release()
    event(log, "daemon stopped")
    return 0


def main_loop(requests: RequestQueue, runner: PassRunner, schedule: Schedule) -> None:
    """Handle requests until one is to stop. Meanwhile run every job when the wall clock was set.

    A machine that slept counts as one whose clock was set: its monotonic clock stood still.
    """
    offset = time.time() - time.monotonic()
    while True:
        try:
            request = requests.get(timeout=TICK.total_seconds())
        except Empty:
            pass
        else:
            if request is Request.STOP:
                return
            event(log, "look requested")
            runner.poll_now()
        step = time.time() - time.monotonic() - offset
        offset += step
        if abs(step) > CLOCK_STEP.total_seconds():
            event(log, "clock set", level=logging.WARNING, by=f"{step:+.0f}s", next="every timer now")
            schedule.run_all_now()


class PassRunner:
    """Makes passes in its own thread, one after the other, each when it is triggered."""

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
        self._progress_at = time.monotonic()
        self._last_pass: Pass | None = None
        self._poll_requested = False
        self._was_healthy = True
        self._reported: tuple[str, ...] = ()

    def start(self) -> None:
        """Start the thread and the jobs, and make the first pass."""
        config = self._app.config
        self._thread.start()
        self._schedule.start(self.trigger)
        if self._app.store.is_shared:
            self._schedule.every(config.store.takeover / RENEWALS, self.renew_lease)
        if interval := watchdog_interval():
            self._schedule.every(min(TICK, interval / 3), self.feed_watchdog)
        self.notify("READY=1", "STATUS=making the first pass")
        event(log, "daemon started", store=self._app.store.version(), shadow=config.delivery.shadow or None)
        self.trigger()

    def notify(self, *lines: str) -> None:
        """Send lines to systemd, which shows them to every user, without secrets."""
        self._notify(*map(self._app.redaction.clean, lines))

    def trigger(self) -> None:
        """Request a pass: at once, or right after the one that is running."""
        self._triggered.set()

    def poll_now(self) -> None:
        """Request a pass that polls the sources, even if another machine has done so until now."""
        self._poll_requested = True
        self.trigger()

    def renew_lease(self) -> None:
        """Renew the lease for polling the sources, or take it over. A machine whose passes hang does neither."""
        was_watching = self._lease.watches
        if self._stall():
            return
        with suppress(CrosspostError):  # the next pass reports it
            if self._lease.acquire() and not was_watching:
                self.trigger()

    def stop(self, grace: timedelta) -> bool:
        """Begin no further pass. Return whether the one under way has ended within `grace`."""
        self._stopping.set()
        self._triggered.set()
        self._thread.join(grace.total_seconds())
        return not self._thread.is_alive()

    def health(self) -> Health:
        """Return whether the store answers and passes finish. Never raises."""
        reason = self._stall()
        if not reason:
            try:
                self._app.store.ping()
            except CrosspostError as error:
                reason = str(error)
        return Health(
            healthy=not reason,
            reason=reason,
            last=self._last_pass,
            next_at=self._schedule.next_at(),
            watches=self._lease.watches,
        )

    def feed_watchdog(self) -> None:
        """Tell systemd that the daemon is healthy, or else why it is not."""
        health = self.health()
        self.notify("WATCHDOG=1" if health.healthy else f"STATUS={health.reason}")
        if health.healthy and not self._was_healthy:
            event(log, "watchdog fed again")
        elif self._was_healthy and not health.healthy:
            event(log, "watchdog not fed", level=logging.ERROR, why=health.reason)
        self._was_healthy = health.healthy

    def _stall(self) -> str:
        """Return that no pass has finished for too long; empty when one has."""
        silent, limit = time.monotonic() - self._progress_at, self._stall_limit.total_seconds()
        return "" if silent <= limit else f"no pass has finished for {silent:.0f} s (limit {limit:.0f} s)"

    def _work(self) -> None:
        while True:
            self._triggered.wait()
            self._triggered.clear()
            if self._stopping.is_set():
                return
            try:
                self._make_one()
            except CrosspostError as error:
                self._report_failure(str(error))
            except Exception as error:  # the thread must outlive a bug: the next pass may succeed
                sentence = f"{type(error).__name__}: {error}"
                if sentence not in self._reported:
                    log.exception("pass failed")
                self._report_failure(sentence)

    def _make_one(self) -> None:
        cpu = time.process_time()
        take_over, self._poll_requested = self._poll_requested, False
        self._lease.acquire(take_over=take_over)
        self._last_pass = result = self._make_pass(self._app, stop=self._stopping)
        self._progress_at = time.monotonic()
        if time.process_time() - cpu > IDLE_CPU.total_seconds():
            # The platforms' clients leave reference cycles that hold connections. They are few beside all objects of
            # their libraries: Python itself would collect them only after a dozen issues.
            gc.collect()
        self._report(result.problems)
        if not self._stopping.is_set():
            self._schedule.add_wake(result.started)
            role = "" if self._lease.watches else "stands by; "
            self.notify(f"STATUS={role}{summary(result, self._schedule.next_at())}")

    def _report_failure(self, sentence: str) -> None:
        self._report((sentence,))
        self.notify(f"STATUS=last pass failed: {sentence}")

    def _report(self, problems: tuple[str, ...]) -> None:
        """Log each problem once, and log when it is resolved."""
        for problem in problems:
            if problem not in self._reported:
                event(log, "pass met a problem", level=logging.WARNING, why=problem)
        for problem in self._reported:
            if problem not in problems:
                event(log, "problem resolved", why=problem)
        self._reported = problems


def summary(result: Pass, next_at: datetime | None) -> str:
    """Return what `systemctl status` shows: "last pass 20:03:10, all well; next 20:04:10"."""
    if result.problems:
        state = f"{quantity(len(result.problems), 'problem')}: {result.problems[0]}"
    elif result.needs_person:
        state = "a person is needed: see crosspost status"
    else:
        state = "deliveries under way" if result.unfinished else "all well"
    after = f"; next {next_at:%H:%M:%S}" if next_at else ""
    return f"last pass {result.ended:%H:%M:%S} UTC, {state}{after}"


def listen_to_signals(requests: RequestQueue) -> None:
    """Turn SIGTERM and SIGINT into a request to stop, SIGHUP into one to poll the sources now."""
    by_signal = {
        signal.SIGTERM: Request.STOP,
        signal.SIGINT: Request.STOP,
        signal.SIGHUP: Request.POLL_NOW,
    }
    for number in by_signal:
        signal.signal(number, lambda received, _frame: requests.put(by_signal[signal.Signals(received)]))


def exit_now() -> None:
    """End the process at once. A normal exit would wait for the thread whose attempt waits for a platform."""
    why = "an attempt is under way: the next start looks for it"
    event(log, "daemon stopped", level=logging.WARNING, why=why)
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)
