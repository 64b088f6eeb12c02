"""Make passes until everything is settled: `once --wait`, for a machine that keeps nothing."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from threading import Event as StopEvent
from typing import TYPE_CHECKING

from crosspost.config.types import parse_duration
from crosspost.errors import UsageError
from crosspost.pipeline import Pass, run_pass

if TYPE_CHECKING:
    from crosspost.app import App

LONGEST = timedelta(days=1)
"""The longest `--wait`; for longer runs there is the daemon."""


def run_passes(app: App, wait: timedelta, *, stop: StopEvent) -> Iterator[Pass]:
    """Yield each pass, until a later one could change nothing, `wait` is over, or `stop` is set; at least one.

    The pause between two passes ends when the next row is due, and is no longer than the daemon's.
    """
    end = app.clock() + wait
    while True:
        result = run_pass(app, stop=stop)
        yield result
        now = app.clock()
        if stop.is_set() or not result.may_go_on or now >= end:
            return
        from crosspost.daemon.schedule import SHORTEST, next_poll

        due = app.next_due(after=result.started)
        again = min(filter(None, (due, end, next_poll(app.config.sources, now))))
        stop.wait(max(again - now, SHORTEST).total_seconds())


def parse_wait(text: str) -> timedelta:
    """Read the duration after --wait. Raises UsageError."""
    try:
        wait = parse_duration(text)
    except ValueError as error:
        raise UsageError(f"--wait {text}: {error}") from error
    if wait > LONGEST:
        raise UsageError(f"--wait {text}: at most a day; for longer there is the daemon: crosspost run")
    return wait


@contextmanager
def stopped_by_signals() -> Iterator[StopEvent]:
    """Yield an event that the first SIGTERM or SIGINT sets; a second one ends the process as usual."""
    stop = StopEvent()
    with ExitStack() as handlers:

        def handle(_signal: int, _frame: object) -> None:
            stop.set()
            handlers.close()

        for each in (signal.SIGTERM, signal.SIGINT):
            handlers.callback(signal.signal, each, signal.signal(each, handle))
        yield stop
