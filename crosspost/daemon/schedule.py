"""Decide when the next pass is due, and run the jobs, with APScheduler 3."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from crosspost.app import App
from crosspost.config import weektime
from crosspost.config.schema import DeliveryConfig, SourceConfig
from crosspost.delivery.workers import longest_run

if TYPE_CHECKING:
    from apscheduler.job import Job
    from apscheduler.schedulers.background import BackgroundScheduler


LONGEST_READ = timedelta(minutes=3)
"""The most that reading one source takes: git's listing 30 s and its fetch 120 s, or a feed and a page 20 s each."""

LONGEST_FOLLOW_UP = timedelta(minutes=6)
"""The most that the rest of a pass takes: a clone or fetch and a push for the link, the forge, the alerts."""

SHORTEST = timedelta(seconds=1)
"""The least time between two passes."""


class Schedule:
    def __init__(self, app: App) -> None:
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.schedulers.background import BackgroundScheduler

        self._app = app
        # With the default grace time a job that is a second late is dropped. Triggers and executor are objects,
        # because APScheduler searches every installed distribution for a name ("interval").
        self._scheduler: BackgroundScheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(2)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._regular: Job | None = None

    def start(self, trigger: Callable[[], None]) -> None:
        """Call `trigger` at the sources' interval from now on."""
        self._scheduler.start()
        self._regular = self.every(regular_interval(self._app.config.sources), trigger)

    def every(self, interval: timedelta, action: Callable[[], None]) -> Job:
        """Call `action` at this interval, for the first time after one interval."""
        from apscheduler.triggers.interval import IntervalTrigger

        return self._scheduler.add_job(
            action, IntervalTrigger(seconds=interval.total_seconds(), timezone=UTC)
        )

    def add_wake(self, last_pass: datetime) -> None:
        """Add one pass before the regular one, if a row or a source's window needs it.

        Rows that were due at the beginning of the last pass wait for the regular one: the last could not finish them.
        """
        from apscheduler.triggers.date import DateTrigger

        now = self._app.clock()
        times = filter(None, (next_poll(self._app.config.sources, now), self._app.next_due(after=last_pass)))
        at = datetime.now(UTC) + max(min(times) - now, SHORTEST)
        if self._regular and at < self._regular.next_run_time:
            trigger = self._regular.func
            self._scheduler.add_job(trigger, DateTrigger(at, UTC), id="wake", replace_existing=True)

    def next_at(self) -> datetime | None:
        """Return the time of the next pass; None before `start`."""
        wakes = (
            job for job in self._scheduler.get_jobs() if self._regular and job.func == self._regular.func
        )
        return min((job.next_run_time for job in wakes), default=None)

    def run_all_now(self) -> None:
        """Run every job now. APScheduler 3 would sleep until a wall clock that was set back has caught up again.

        github.com/agronholm/apscheduler/issues/794
        """
        from apscheduler.jobstores.base import JobLookupError

        for job in self._scheduler.get_jobs():
            with suppress(JobLookupError):  # the single wake may run at this moment
                job.modify(next_run_time=datetime.now(UTC))

    def stop(self) -> None:
        """Run no further job. Safe to call twice."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)


def regular_interval(sources: Sequence[SourceConfig]) -> timedelta:
    """Return the shortest interval of the sources; a minute where there are none, for rows that wait."""
    return min((source.every for source in sources), default=timedelta(minutes=1))


def default_stall_limit(sources: Sequence[SourceConfig], delivery: DeliveryConfig) -> timedelta:
    """Return how long after a finished pass the daemon counts as healthy without another one.

    It is longer than a pass in which everything takes as long as its own limit allows.
    """
    longest = max((source.every for source in sources), default=timedelta(minutes=1))
    return 3 * longest + len(sources) * LONGEST_READ + longest_run(delivery) + LONGEST_FOLLOW_UP


def next_poll(sources: Sequence[SourceConfig], now: datetime) -> datetime:
    """Return when the sources are to be polled next: more often in the window in which publication is expected."""
    return min((_next_poll(source, now) for source in sources), default=now + regular_interval(sources))


def _next_poll(source: SourceConfig, now: datetime) -> datetime:
    regular = now + source.every
    if source.window is None or source.every_in_window is None:
        return regular
    window = weektime.parse_window(source.window)
    if now in window:
        return min(regular, now + source.every_in_window)
    return min(regular, window.start.next(now))
