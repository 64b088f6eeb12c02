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
    from crosspost.delivery.step import DeliveryStep
    from crosspost.store import Store

STOP_GRACE = 8.0
"""Seconds that an attempt under way gets when the program is told to stop: it has ten to end."""

PATIENCE_WITH_A_STEP = 3
"""A step may look, upload and send, each within the limit; after that its thread is left behind."""


def longest_run(policy: DeliveryConfig) -> timedelta:
    """Return how long `deliver` may take: no worker begins a step later than one may last."""
    return 2 * PATIENCE_WITH_A_STEP * policy.attempt_limit


GLANCE = 0.05  # seconds between two glances at a thread that has not ended


def deliver(  # noqa: PLR0913 - four that every delivery needs, then options that most callers leave out
    store: Store,
    accounts: Mapping[str, Account],
    policy: DeliveryConfig,
    clock: Clock,
    *,
    numbers: Collection[int] | None = None,
    only: Collection[str] | None = None,
    stop: threading.Event | None = None,
    on_settled: Callable[[Delivery], None] | None = None,
    on_error: Callable[[Delivery, Exception], None] | None = None,
    check_hold: HoldCheck = no_hold,
    failpoint: Failpoint = no_failpoint,
    in_order: bool = True,
) -> tuple[Delivery, ...]:
    """Bring everything that is due now one step further, and return what changed.

    `numbers` and `only` narrow it to some issues and accounts. `in_order`: the oldest issue first; of several machines
    one keeps to that, so that the others do not queue up behind it. `check_hold` says why a delivery may not go out.
    `on_settled` is told of each change as soon as it is written down, one call at a time. Once `stop` is set nothing
    new begins, and attempts under way have eight seconds. What a row's own work raised is told to `on_error`, with the
    row as it was put off; without `on_error` it is raised again when all others are done. A StoreError is always
    raised.
    """
    names = [name for name in accounts if only is None or name in only]
    rows = store.due_deliveries(clock(), accounts=names, numbers=numbers)
    if not rows:
        return ()
    from crosspost.delivery.step import DeliveryStep

    if not in_order:
        random.shuffle(rows)
    stopped = stop or threading.Event()
    lock = threading.Lock()

    def report(changed: Delivery) -> None:
        if on_settled is not None:
            with lock:
                on_settled(changed)

    workers = [
        Worker(
            DeliveryStep(store, accounts[name], policy, clock, failpoint, check_hold), mine, stopped, report
        )
        for name in names
        if (mine := tuple(row for row in rows if row.account == name))
    ]
    for worker in workers:
        worker.start()
    _wait_for(workers, stopped, policy.attempt_limit * PATIENCE_WITH_A_STEP)
    for row, error in (each for worker in workers for each in tuple(worker.errors)):
        if on_error is None or isinstance(error, StoreError):
            raise error
        on_error(row, error)
    return tuple(change for worker in workers for change in tuple(worker.changes))


class Worker(threading.Thread):
    """The rows of one account, one after the other."""

    def __init__(
        self,
        step: DeliveryStep,
        rows: Sequence[Delivery],
        stop: threading.Event,
        report: Callable[[Delivery], None],
    ) -> None:
        # A daemon thread: a platform that hangs for ever must not keep the process from ending.
        super().__init__(name=f"deliver-{rows[0].account}", daemon=True)
        self._step = step
        self._rows = rows
        self._stop_event = stop
        self._report = report
        self.changes: list[Delivery] = []
        self.errors: list[tuple[Delivery, Exception]] = []
        self.step_began = time.monotonic()

    def run(self) -> None:
        try:
            begun = time.monotonic()
            for row in self._rows:
                used = time.monotonic() - begun
                if self._stop_event.is_set() or used > longest_run(self._step.policy).total_seconds() / 2:
                    break  # what is left is due in the next pass
                self.step_began = time.monotonic()
                self._one(row)
        finally:
            # A connection that cannot be let go of changes no row.
            with suppress(Exception):
                self._step.close()

    def _one(self, row: Delivery) -> None:
        try:
            changed = self._step.step(row)
        except StoreError as error:
            self.errors.append((row, error))  # the row cannot be written to either
            return
        except Exception as error:  # noqa: BLE001 - raised again by deliver(); the other rows go on
            self._put_off(row, error)
            return
        if changed is None:
            return
        self.changes.append(changed)
        try:
            self._report(changed)
        except Exception as error:  # noqa: BLE001 - raised again by deliver(); the row is settled all the same
            self.errors.append((changed, error))

    def _put_off(self, row: Delivery, error: Exception) -> None:
        after: Delivery | None = None
        try:
            after = self._step.postpone(row, error)
        except StoreError as further:
            self.errors.append((row, further))
        finally:
            self.errors.append((after or row, error))


def _wait_for(workers: Sequence[Worker], stop: threading.Event, patience: timedelta) -> None:
    """Wait until all have ended, or those that have not are out of time."""
    stop_by: float | None = None
    for worker in workers:
        while worker.is_alive():
            worker.join(GLANCE)
            now = time.monotonic()
            if stop.is_set():
                stop_by = stop_by or now + STOP_GRACE
            if (stop_by and now > stop_by) or now - worker.step_began > patience.total_seconds():
                break
