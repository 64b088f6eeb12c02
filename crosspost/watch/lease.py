"""Decide which of several machines on one PostgreSQL watches: a row in the store, which the watcher renews.

Not an advisory lock of PostgreSQL: the server holds one for as long as the holder's session lasts, also that of a
frozen process or of a pooler, and a server that takes over after another knows nothing of it. The row is changed by
the same conditional update as a claim. No clock is compared with another machine's: a machine takes over when it has
itself seen no change for half the time that the configuration allows.

Two machines that watch at once, because one was frozen, do no harm: every step of a look is safe to repeat.
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
"""How often the watcher renews the row within the time after which another machine has taken over."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who watches."""

    machine: str
    """For people: the host's name and the process."""
    since: datetime
    seen_at: datetime
    """When it said so last, by its own clock."""
    token: str
    beats: int = 0

    def __str__(self) -> str:
        return f"{self.machine} watches since {self.since:%Y-%m-%d %H:%M}, heard of at {self.seen_at:%H:%M:%S} UTC"


WATCHER: Scope[Watcher | None] = Scope("watcher", Watcher | None)
"""By newsletter; None: the last one has stopped in good order."""


def watcher(store: Store) -> Watcher | None:
    """Return who watches the newsletter; None: nobody, or there is one machine only. Raises StoreError."""
    return store.get_value(WATCHER, store.newsletter) if store.is_shared else None


@dataclass
class Lease:
    """This machine's part in it."""

    store: Store
    takeover: timedelta
    """How long after the watcher was last heard of another machine watches at the latest."""
    clock: Clock
    steady: Callable[[], float] = time.monotonic
    watches: bool = True
    """What `hold` said last; true where it is never asked, as in a single pass by hand."""

    def __post_init__(self) -> None:
        self._token = uuid.uuid4().hex
        self._one_at_a_time = threading.Lock()
        self._seen: Watcher | None = None
        self._seen_at = self.steady()

    def acquire(self, *, take_over: bool = False) -> bool:
        """Renew it, or take it when it is free, with `take_over` from whoever has it, because this machine was asked to
        look. Return whether this machine watches now. Raises StoreError."""
        if self.store.is_shared:
            with self._one_at_a_time:
                self.watches = self._acquire(take_over)
        return self.watches

    def _acquire(self, take_over: bool) -> bool:
        kept, now = watcher(self.store), self.clock()
        if kept != self._seen:
            self._seen, self._seen_at = kept, self.steady()
        if kept is not None and kept.token == self._token:
            mine = replace(kept, seen_at=now, beats=kept.beats + 1)
        elif kept is None or take_over or self.steady() - self._seen_at >= self.takeover.total_seconds() / 2:
            mine = Watcher(f"{socket.gethostname()}, process {os.getpid()}", now, now, self._token)
        else:
            return False
        if not self.store.compare_and_set(WATCHER, self.store.newsletter, mine, expected=kept):
            return False
        if mine.beats == 0:
            event(log, "this machine watches", after=kept.machine if kept else None)
        self._seen, self._seen_at = mine, self.steady()
        return True

    def release(self) -> None:
        """Leave it to the next machine that asks, if it is this one's. Raises StoreError."""
        kept = watcher(self.store)
        if kept is not None and kept.token == self._token:
            self.store.compare_and_set(WATCHER, self.store.newsletter, None, expected=kept)
