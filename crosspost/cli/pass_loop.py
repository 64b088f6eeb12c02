"""Pass after pass in one run, for a machine that is gone afterwards: `once --wait`."""

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
"""A run that is to last longer is the daemon's."""


def passes(app: App, wait: timedelta, *, stop: StopEvent) -> Iterator[Pass]:
    """Yield each pass, until a later one could change nothing, `wait` is over, or `stop` is set; at least one.

    Between two passes it rests until the next row is due, but no longer than the daemon would.
    """
    ends = app.clock() + wait
    while True:
        done = run_pass(app, stop=stop)
        yield done
        now = app.clock()
        if stop.is_set() or not done.may_go_on or now >= ends:
            return
        from crosspost.daemon.schedule import SHORTEST, next_poll

        due = app.next_due(after=done.started)
        again = min(filter(None, (due, ends, next_poll(app.config.sources, now))))
        stop.wait(max(again - now, SHORTEST).total_seconds())


def how_long(text: str) -> timedelta:
    """Read the duration after --wait. Raises UsageError."""
    try:
        wait = parse_duration(text)
    except ValueError as error:
        raise UsageError(f"--wait {text}: {error}") from error
    if wait > LONGEST:
        raise UsageError(f"--wait {text}: at most a day; what is to wait longer is the daemon: crosspost run")
    return wait


@contextmanager
def stopped_by_signals() -> Iterator[StopEvent]:
    """Set the event on the first SIGTERM or SIGINT; a second one ends the process as it always did."""
    stop = StopEvent()
    with ExitStack() as handlers:

        def heard(_signal: int, _frame: object) -> None:
            stop.set()
            handlers.close()

        for each in (signal.SIGTERM, signal.SIGINT):
            handlers.callback(signal.signal, each, signal.signal(each, heard))
        yield stop
