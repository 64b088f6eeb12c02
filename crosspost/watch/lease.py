"""The lease that decides which of several machines on one PostgreSQL watches: a stored record, which the holder renews.

It is not an advisory lock of PostgreSQL: the server holds one as long as the holder's session lasts, also that of a
frozen process or of a pooler, and a server that takes over after another does not have it. The record is changed by a
conditional update, as for a claim. No clock is compared with another machine's: a machine takes over when the record
has not changed, by its own clock, for half the time that the configuration allows.

Two machines that watch at once, because one was frozen, do no harm: every step of a pass is safe to repeat.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from crosspost.log import event
from crosspost.model import Clock
from crosspost.store.scopes import Scope

if TYPE_CHECKING:
    from crosspost.store import Store

log = logging.getLogger(__name__)

RENEWALS = 6
"""The number of renewals within the time after which another machine has taken over."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """The machine that watches. The fields are those of the stored record."""

    machine: str
    """The host's name and the process, for people."""
    since: datetime
    seen_at: datetime
    """When it renewed the lease last, by its own clock."""
    token: str
    """The token of the process."""
    beats: int = 0
    """The number of renewals."""

    def __str__(self) -> str:
        return f"{self.machine} watches since {self.since:%Y-%m-%d %H:%M}, last renewed at {self.seen_at:%H:%M:%S} UTC"


WATCHER: Scope[Watcher | None] = Scope("watcher", Watcher | None)
"""The machine that watches, by newsletter; None: the last holder released the lease."""


def watcher(store: Store) -> Watcher | None:
    """Return which machine watches the newsletter; None: none, or there is only one. Raises StoreError."""
    return store.get_value(WATCHER, store.newsletter) if store.is_shared else None


@dataclass
class Lease:
    """This process's view of the lease."""

    store: Store
    takeover: timedelta
    """How long after the holder's last renewal another machine watches at the latest."""
    clock: Clock
    monotonic: Callable[[], float] = time.monotonic
    watches: bool = True
    """The result of the last `acquire`; true where that is never called, as in a single pass by hand."""

    def __post_init__(self) -> None:
        self._token = uuid.uuid4().hex
        self._lock = threading.Lock()
        self._last: Watcher | None = None
        self._changed_at = self.monotonic()

    def acquire(self, *, take_over: bool = False) -> bool:
        """Renew the lease, or take it when it is free, with `take_over` from any holder. Return whether this machine
        watches now. Raises StoreError."""
        if self.store.is_shared:
            with self._lock:
                self.watches = self._acquire(take_over)
        return self.watches

    def _acquire(self, take_over: bool) -> bool:
        holder, now = watcher(self.store), self.clock()
        if holder != self._last:
            self._last, self._changed_at = holder, self.monotonic()
        waited = self.monotonic() - self._changed_at
        if holder is not None and holder.token == self._token:
            mine = replace(holder, seen_at=now, beats=holder.beats + 1)
        elif holder is None or take_over or waited >= self.takeover.total_seconds() / 2:
            mine = Watcher(f"{socket.gethostname()}, process {os.getpid()}", now, now, self._token)
        else:
            return False
        if not self.store.compare_and_set(WATCHER, self.store.newsletter, mine, expected=holder):
            return False
        if mine.beats == 0:
            event(log, "this machine watches", after=holder.machine if holder else None)
        self._last, self._changed_at = mine, self.monotonic()
        return True

    def release(self) -> None:
        """Release the lease, if this process holds it. Raises StoreError."""
        holder = watcher(self.store)
        if holder is not None and holder.token == self._token:
            self.store.compare_and_set(WATCHER, self.store.newsletter, None, expected=holder)
