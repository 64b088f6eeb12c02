"""Everything that is due now, one thread for each account: a slow platform holds back no other.

A thread that hangs is left behind. Its row stays in `sending`, becomes uncertain in time, and is looked for.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from crosspost.config.schema import DeliveryConfig
from crosspost.delivery.account import Account
from crosspost.delivery.claim import Failpoint, HoldCheck, no_failpoint, no_hold
from crosspost.errors import StoreError
from crosspost.model import Clock, Delivery

if TYPE_CHECKING:
    from crosspost.delivery.session import Session
    from crosspost.store import Store

STOP_GRACE = 8.0
"""Seconds that an attempt under way gets when the program is told to stop: it has ten to end."""

PATIENCE_WITH_A_STEP = 3
"""A step may look, upload and send, each within the limit; after that its thread is left behind."""


def longest_run(policy: DeliveryConfig) -> timedelta:
    """Return how long `deliver` may take: no worker begins a step later than one may last."""
    return 2 * PATIENCE_WITH_A_STEP * policy.attempt_limit


POLL_INTERVAL = 0.05
"""Seconds between two checks of a thread that has not ended."""


def deliver(  # noqa: PLR0913 - four that every delivery needs, then options that most callers leave out
    store: Store,
    accounts: Mapping[str, Account],
    policy: DeliveryConfig,
    clock: Clock,
    *,
    numbers: Collection[int] | None = None,
    account_names: Collection[str] | None = None,
    stop: threading.Event | None = None,
    on_change: Callable[[Delivery], None] | None = None,
    on_error: Callable[[Delivery, Exception], None] | None = None,
    check_hold: HoldCheck = no_hold,
    failpoint: Failpoint = no_failpoint,
    in_order: bool = True,
) -> tuple[Delivery, ...]:
    """Bring everything that is due now one step further, and return what changed.

    `numbers` and `account_names` limit it to some issues and accounts. `in_order`: the oldest issue first; of several
    machines one does so, and the others do not queue up behind it. `on_change` gets each change as soon as it is
    stored, one call at a time. Once `stop` is set nothing new begins, and attempts under way have eight seconds.
    `on_error` gets an error of a row's step, with the row as postponed; without it the error is raised at the end, as a
    StoreError always.
    """
    names = [name for name in accounts if account_names is None or name in account_names]
    rows = store.due_deliveries(clock(), accounts=names, numbers=numbers)
    if not rows:
        return ()
    from crosspost.delivery.session import Session  # most passes have nothing due, and need not load it

    if not in_order:
        random.shuffle(rows)
    stop = stop or threading.Event()
    lock = threading.Lock()

    def report(change: Delivery) -> None:
        if on_change is not None:
            with lock:
                on_change(change)

    workers = []
    for name in names:
        if account_rows := [row for row in rows if row.account == name]:
            session = Session(store, accounts[name], policy, clock, failpoint, check_hold)
            workers.append(Worker(session, account_rows, stop, report))
    _run(workers, stop, policy.attempt_limit * PATIENCE_WITH_A_STEP)
    for row, error in (each for worker in workers for each in tuple(worker.errors)):
        if on_error is None or isinstance(error, StoreError):
            raise error
        on_error(row, error)
    return tuple(change for worker in workers for change in tuple(worker.changes))


class Worker(threading.Thread):
    """The rows of one account, one after the other."""

    def __init__(
        self,
        session: Session,
        rows: Sequence[Delivery],
        stop: threading.Event,
        report: Callable[[Delivery], None],
    ) -> None:
        # A daemon thread: a platform that hangs for ever must not keep the process from ending.
        super().__init__(name=f"deliver-{rows[0].account}", daemon=True)
        self._session = session
        self._rows = rows
        self._stop_event = stop
        self._report = report
        self.changes: list[Delivery] = []
        self.errors: list[tuple[Delivery, Exception]] = []
        self.step_began = time.monotonic()

    def run(self) -> None:
        longest = longest_run(self._session.policy).total_seconds() / 2
        try:
            began = time.monotonic()
            for row in self._rows:
                if self._stop_event.is_set() or time.monotonic() - began > longest:
                    break  # what is left is due in the next pass
                self.step_began = time.monotonic()
                self._step(row)
        finally:
            # A connection that cannot be let go of changes no row.
            with suppress(Exception):
                self._session.close()

    def _step(self, row: Delivery) -> None:
        try:
            from crosspost.delivery.step import advance

            change = advance(self._session, row)
        except StoreError as error:
            self.errors.append((row, error))  # the row cannot be written to either
            return
        except Exception as error:  # noqa: BLE001 - raised again by deliver(); the other rows go on
            self.errors.append((self._postpone(row, error), error))
            return
        if change is None:
            return
        self.changes.append(change)
        try:
            self._report(change)
        except Exception as error:  # noqa: BLE001 - raised again by deliver(); the row is settled all the same
            self.errors.append((change, error))

    def _postpone(self, row: Delivery, error: Exception) -> Delivery:
        try:
            from crosspost.delivery.step import postpone

            return postpone(self._session, row, error) or row
        except Exception as further:  # noqa: BLE001 - raised again by deliver(), as is the first
            self.errors.append((row, further))
            return row


def _run(workers: Sequence[Worker], stop: threading.Event, patience: timedelta) -> None:
    """Start the workers, and wait until each has ended or is out of time."""
    for worker in workers:
        worker.start()
    stop_by: float | None = None
    for worker in workers:
        while worker.is_alive():
            worker.join(POLL_INTERVAL)
            now = time.monotonic()
            if stop.is_set():
                stop_by = stop_by or now + STOP_GRACE
            if (stop_by and now > stop_by) or now - worker.step_began > patience.total_seconds():
                break
