"""Decide when the next pass is: APScheduler, and everything that is known about it here."""

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
"""How long one source may take: git's listing 30 s and its fetch 120 s, or a feed and a page 20 s each."""


LONGEST_FOLLOW_UP = timedelta(minutes=6)
"""What comes after the deliveries: a clone or fetch and a push for the link, the forge, the alerts."""


SHORTEST = timedelta(seconds=1)
"""No wake sooner than this after a pass."""


class Schedule:
    def __init__(self, app: App) -> None:
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.schedulers.background import BackgroundScheduler

        self._app = app
        # With the default grace time, a job that is a second late is dropped. Triggers and the executor are
        # given as objects: their names ("interval") would be searched for in every installed distribution.
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
        """Call `action` at this interval, for the first time when one has gone by."""
        from apscheduler.triggers.interval import IntervalTrigger

        return self._scheduler.add_job(
            action, IntervalTrigger(seconds=interval.total_seconds(), timezone=UTC)
        )

    def wake_for_what_is_due(self, since: datetime) -> None:
        """Wake once before the regular time, if a row or a source's own rhythm wants it.

        What was due at `since` already, the beginning of the last pass, is what that pass could do nothing
        about: it waits for the regular time.
        """
        from apscheduler.triggers.date import DateTrigger

        now = self._app.clock()
        wanted = [next_poll(self._app.config.sources, now)]
        if due := self._app.next_due(after=since):
            wanted.append(due)
        at = datetime.now(UTC) + max(min(wanted) - now, SHORTEST)
        if self._regular and at < self._regular.next_run_time:
            trigger = self._regular.func
            self._scheduler.add_job(trigger, DateTrigger(at, UTC), id="wake", replace_existing=True)

    def next_at(self) -> datetime | None:
        wakes = (
            job for job in self._scheduler.get_jobs() if self._regular and job.func == self._regular.func
        )
        return min((job.next_run_time for job in wakes), default=None)

    def wake_all(self) -> None:
        """Run every job now: APScheduler 3 sleeps until a wall clock that stepped back has caught up again.

        github.com/agronholm/apscheduler/issues/794
        """
        from apscheduler.jobstores.base import JobLookupError

        for job in self._scheduler.get_jobs():
            with suppress(JobLookupError):  # the one-off wake may be going off at this moment
                job.modify(next_run_time=datetime.now(UTC))

    def stop(self) -> None:
        """Ring no more. Safe to call twice."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)


def regular_interval(sources: Sequence[SourceConfig]) -> timedelta:
    """Return the shortest interval of any source; a minute where there are none, for what waits in the rows."""
    return min((source.every for source in sources), default=timedelta(minutes=1))


def default_stall_limit(sources: Sequence[SourceConfig], delivery: DeliveryConfig) -> timedelta:
    """Return how long after a completed pass the daemon counts as alive without another one.

    Never less than a pass may last when everything in it takes as long as its own limits allow.
    """
    longest = max((source.every for source in sources), default=timedelta(minutes=1))
    return 3 * longest + len(sources) * LONGEST_READ + longest_run(delivery) + LONGEST_FOLLOW_UP


def next_poll(sources: Sequence[SourceConfig], now: datetime) -> datetime:
    """When the sources' own rhythm wants the next pass: more often where publication is expected."""
    return min((_next_poll(source, now) for source in sources), default=now + regular_interval(sources))


def _next_poll(source: SourceConfig, now: datetime) -> datetime:
    regular = now + source.every
    if source.window is None or source.every_in_window is None:
        return regular
    window = weektime.parse_window(source.window)
    if now in window:
        return min(regular, now + source.every_in_window)
    return min(regular, window.start.next(now))
