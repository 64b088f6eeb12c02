"""What the sandbox keeps in memory: the posts of all platforms, the requests, and the faults that wait.

One lock for everything: requests are answered in the server's thread, tests and the page look from others.
"""

from __future__ import annotations

import random
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from crosspost.model import Clock
from crosspost.sandbox.values import Fault, FaultOrder, Kind, SandboxPost, SandboxRequest

Menu = Mapping[Kind, tuple[FaultOrder, ...]]
"""What chaos draws from, by the kind of the request."""


class State:
    """The posts of all platforms, the requests, the faults that wait, and how listings lag."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.cleared = 0
        """How often everything was forgotten: a request from before must not post after it."""
        self._ids = self._counted = 0
        self._forget()

    def _forget(self) -> None:
        self._posts: list[SandboxPost] = []
        self._requests: list[SandboxRequest] = []
        self._faults: defaultdict[str, list[FaultOrder]] = defaultdict(list)
        self._chaos: dict[str, tuple[random.Random, float, Menu]] = {}
        self._lag: dict[str, timedelta] = {}
        self._looks: dict[str, int] = {}
        self._looks_left: defaultdict[str, dict[str, int]] = defaultdict(dict)

    def clear(self) -> None:
        """Forget posts, requests, faults and lags. Ids go on, so that none is given twice."""
        with self.lock:
            self.cleared += 1
            self._forget()

    # ── posts ──

    def next_number(self) -> int:
        """Return another number on every call."""
        with self.lock:
            self._ids += 1
            return self._ids

    def time_id(self, at: datetime, *, bits: int, epoch: int = 0) -> str:
        """Return a new id that sorts by time: milliseconds since `epoch` (since 1970), above so many bits."""
        return str((int(at.timestamp() * 1000) - epoch << bits) + self.next_number())

    def add(self, post: SandboxPost) -> SandboxPost:
        """Keep a post; from now on it is in the platform's listings, unless they lag."""
        with self.lock:
            self._counted += 1
            post = replace(post, number=self._counted)
            self._posts.append(post)
            if self._looks.get(post.platform):
                self._looks_left[post.platform][post.id] = self._looks[post.platform]
            return post

    def posts(self, platform: str | None = None) -> tuple[SandboxPost, ...]:
        """Return every post there is, oldest first."""
        with self.lock:
            return tuple(post for post in self._posts if platform in (None, post.platform))

    def get(self, platform: str, id: str) -> SandboxPost | None:  # noqa: A002 - the platforms' own word
        """Return one post; None when it is not there."""
        return next((post for post in self.posts(platform) if post.id == id), None)

    def remove(self, platform: str, id: str) -> None:  # noqa: A002 - the platforms' own word
        """Forget one post."""
        with self.lock:
            self._posts = [p for p in self._posts if not (p.platform == platform and p.id == id)]

    def update(self, post: SandboxPost, **changes: Any) -> SandboxPost:
        """Keep a post that is there as it is from now on."""
        with self.lock:
            changed = replace(post, **changes)
            self._posts = [changed if each is post else each for each in self._posts]
            return changed

    def listing(self, platform: str) -> list[SandboxPost]:
        """Return what the platform's listings show at this moment, newest first. Counts as one look."""
        with self.lock:
            left = self._looks_left[platform]
            lag = self._lag.get(platform)
            fresh = self.clock() - lag if lag else None
            shown = [
                post
                for post in reversed(self.posts(platform))
                if not left.get(post.id) and (fresh is None or post.at <= fresh)
            ]
            for id_, looks in left.items():
                left[id_] = max(looks - 1, 0)
            return shown

    def hide(self, platform: str, seconds: float, looks: int) -> None:
        """Let a new post be missing from listings for so long, and from so many listings."""
        with self.lock:
            self._lag[platform] = timedelta(seconds=seconds)
            self._looks[platform] = looks
            if not looks:
                self._looks_left[platform].clear()

    # ── requests ──

    def log_request(self, request: SandboxRequest) -> int:
        """Note a request; the number is for `answered`."""
        with self.lock:
            self._requests.append(request)
            return len(self._requests) - 1

    def log_answer(self, index: int, status: int | None, fault: str = "") -> None:
        """Say what became of the request that `arrived` numbered."""
        with self.lock:
            if index < len(self._requests):  # a request that was under way when the sandbox was cleared
                self._requests[index] = replace(self._requests[index], status=status, fault=fault)

    def requests(self, platform: str | None = None) -> tuple[SandboxRequest, ...]:
        """Return every request, oldest first."""
        with self.lock:
            return tuple(request for request in self._requests if platform in (None, request.platform))

    # ── faults ──

    def fail(self, platform: str, order: FaultOrder) -> None:
        """Let a fault wait for its request."""
        with self.lock:
            self._faults[platform].append(order)

    def take_fault(self, platform: str, kind: Kind) -> FaultOrder | None:
        """Return the fault that this request meets: the first that waits for its kind, else what chaos draws."""
        with self.lock:
            waiting = self._faults[platform]
            for place, order in enumerate(waiting):
                if order.on not in ("any", kind):
                    continue
                if order.times == 1:
                    del waiting[place]
                elif order.times is not None:
                    waiting[place] = replace(order, times=order.times - 1)
                return order
            if platform not in self._chaos:
                return None
            dice, rate, menu = self._chaos[platform]
            return dice.choice(menu[kind]) if menu.get(kind) and dice.random() < rate else None

    def clear_faults(self, platforms: Iterable[str]) -> None:
        """Forget the faults that wait there, and end chaos."""
        with self.lock:
            for platform in platforms:
                self._faults[platform].clear()
                self._chaos.pop(platform, None)

    def start_chaos(self, platform: str, seed: object, rate: float, menu: Menu) -> None:
        """Draw faults from this menu from now on: the same seed and the same requests meet the same faults."""
        with self.lock:
            self._chaos[platform] = (random.Random(f"{seed}/{platform}"), rate, menu)  # noqa: S311 - repeatable


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
"""What chaos draws from. "upload" is left in peace: nothing is published by it."""
