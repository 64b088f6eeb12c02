"""The state of a sandbox, in memory: the posts of all platforms, the requests, the faults that wait, the lags.

One lock guards everything: requests are answered in the server's thread; tests and the page read from others.
"""

from __future__ import annotations

import random
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from crosspost.model import Clock
from crosspost.sandbox.values import Fault, FaultOrder, Kind, SandboxPost, SandboxRequest

Menu = Mapping[Kind, tuple[FaultOrder, ...]]
"""The faults that chaos draws from, by the kind of the request."""


class State:
    """What has happened in a sandbox, and what is to happen. Safe for several threads."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.cleared = 0
        """How often everything was forgotten: a request from before must not post after it."""
        self._last_number = self._post_count = 0
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
            self._last_number += 1
            return self._last_number

    def add(self, post: SandboxPost) -> SandboxPost:
        """Store a post; from now on it is in the platform's listings, unless they lag."""
        with self.lock:
            self._post_count += 1
            post = replace(post, number=self._post_count)
            self._posts.append(post)
            if self._looks.get(post.platform):
                self._looks_left[post.platform][post.id] = self._looks[post.platform]
            return post

    def posts(self, platform: str | None = None) -> tuple[SandboxPost, ...]:
        """Return every post there is, oldest first."""
        with self.lock:
            return tuple(post for post in self._posts if platform in (None, post.platform))

    def get(self, platform: str, id_: str) -> SandboxPost | None:
        """Return one post; None when it is not there."""
        return next((post for post in self.posts(platform) if post.id == id_), None)

    def remove(self, platform: str, id_: str) -> None:
        """Forget one post."""
        with self.lock:
            self._posts = [p for p in self._posts if not (p.platform == platform and p.id == id_)]

    def update(self, post: SandboxPost, **changes: Any) -> SandboxPost:
        """Change a post."""
        with self.lock:
            changed = replace(post, **changes)
            self._posts = [changed if each is post else each for each in self._posts]
            return changed

    def listing(self, platform: str) -> list[SandboxPost]:
        """Return what the platform's listings show now, newest first. Counts as one of the looks of `hide`."""
        with self.lock:
            left = self._looks_left[platform]
            lag = self._lag.get(platform)
            fresh = self.clock() - lag if lag else None
            listed = [
                post
                for post in reversed(self.posts(platform))
                if not left.get(post.id) and (fresh is None or post.at <= fresh)
            ]
            for id_, looks in left.items():
                left[id_] = max(looks - 1, 0)
            return listed

    def hide(self, platform: str, seconds: float, looks: int) -> None:
        """Leave a new post out of listings for so many seconds, and out of so many listings."""
        with self.lock:
            self._lag[platform] = timedelta(seconds=seconds)
            self._looks[platform] = looks
            if not looks:
                self._looks_left[platform].clear()

    # ── requests ──

    def log_request(self, request: SandboxRequest) -> int:
        """Record a request. Returns its index, for `log_answer`."""
        with self.lock:
            self._requests.append(request)
            return len(self._requests) - 1

    def log_answer(self, index: int, status: int | None, fault: str = "") -> None:
        """Record the result of the request with this index."""
        with self.lock:
            if index < len(self._requests):  # else the sandbox was cleared while it was under way
                self._requests[index] = replace(self._requests[index], status=status, fault=fault)

    def requests(self, platform: str | None = None) -> tuple[SandboxRequest, ...]:
        """Return every request, oldest first."""
        with self.lock:
            return tuple(request for request in self._requests if platform in (None, request.platform))

    # ── faults ──

    def fail(self, platform: str, order: FaultOrder) -> None:
        """Add a fault for a request to come."""
        with self.lock:
            self._faults[platform].append(order)

    def take_fault(self, platform: str, kind: Kind) -> FaultOrder | None:
        """Return the fault that this request gets: the first that waits for its kind, else what chaos draws."""
        with self.lock:
            waiting = self._faults[platform]
            for index, order in enumerate(waiting):
                if order.on not in ("any", kind):
                    continue
                if order.times == 1:
                    del waiting[index]
                elif order.times is not None:
                    waiting[index] = replace(order, times=order.times - 1)
                return order
            if platform not in self._chaos:
                return None
            dice, rate, menu = self._chaos[platform]
            return dice.choice(menu[kind]) if menu.get(kind) and dice.random() < rate else None

    def clear_faults(self, platforms: Iterable[str]) -> None:
        """Remove the faults that wait, and end chaos."""
        with self.lock:
            for platform in platforms:
                self._faults[platform].clear()
                self._chaos.pop(platform, None)

    def start_chaos(self, platform: str, seed: object, rate: float, menu: Menu) -> None:
        """Draw faults from this menu from now on: the same seed and the same requests get the same faults."""
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
"""What chaos draws from. There is nothing for "upload", which publishes nothing."""
