"""The faults that wait for the requests of one service, and chaos, which draws faults at random."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from dataclasses import replace

from crosspost.sandbox.values import Fault, FaultOrder, Kind

Menu = Mapping[Kind, tuple[FaultOrder, ...]]
"""The faults that chaos draws from, by the kind of the request."""


class Faults:
    """The faults of one service, under the sandbox's lock."""

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._waiting: list[FaultOrder] = []
        self._chaos: tuple[random.Random, float, Menu] | None = None

    def add(self, order: FaultOrder) -> None:
        """Add a fault for a request to come."""
        with self._lock:
            self._waiting.append(order)

    def start_chaos(self, seed: str, rate: float, menu: Menu) -> None:
        """Draw faults from this menu from now on: the same seed and the same requests get the same faults."""
        with self._lock:
            self._chaos = (random.Random(seed), rate, menu)  # noqa: S311 - repeatable

    def clear(self) -> None:
        """Remove the faults that wait, and end chaos."""
        with self._lock:
            self._waiting.clear()
            self._chaos = None

    def take(self, kind: Kind) -> FaultOrder | None:
        """Return the fault that a request gets: the first that waits for its kind, else what chaos draws."""
        with self._lock:
            for index, order in enumerate(self._waiting):
                if order.on not in ("any", kind):
                    continue
                if order.times == 1:
                    del self._waiting[index]
                elif order.times is not None:
                    self._waiting[index] = replace(order, times=order.times - 1)
                return order
            if self._chaos is None:
                return None
            dice, rate, menu = self._chaos
            return dice.choice(menu[kind]) if menu.get(kind) and dice.random() < rate else None


_DROPPED = (Fault.EOF, Fault.RESET, Fault.HANG, Fault.HTML)
CHAOS: Menu = {
    "write": (
        *(FaultOrder(fault, stored=stored) for fault in _DROPPED for stored in (False, True)),
        *(FaultOrder(Fault.STATUS, status=status) for status in (401, 500, 503)),
        *(FaultOrder(Fault.STATUS, status=status, stored=True) for status in (502, 503, 504)),
        *map(FaultOrder, (Fault.LATE, Fault.BAD_HEADERS, Fault.TRUNCATED, Fault.RATE_LIMITED)),
        FaultOrder(Fault.RATE_LIMITED, reset=1.0),
    ),
    "read": (
        *map(FaultOrder, (*_DROPPED, Fault.TRUNCATED)),
        FaultOrder(Fault.STATUS, status=503),
        FaultOrder(Fault.RATE_LIMITED, reset=1.0),
    ),
    "auth": (*map(FaultOrder, (Fault.EOF, Fault.RESET)), FaultOrder(Fault.STATUS, status=503)),
}
"""The faults that chaos draws from. There is nothing for "upload", which publishes nothing."""
