"""What the sandbox keeps in memory: the posts of all platforms, the requests, and the faults that wait.

One lock for everything: requests are answered in the server's thread, tests and the page look from others.
"""

from __future__ import annotations

import random
import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from crosspost.model import Clock
from crosspost.sandbox.values import Fault, FaultOrder, Kind, SandboxPost, SandboxRequest

_ADDRESS = re.compile(r"https?://[^\s<>\"\])]+")


def first_address(text: str) -> str:
    """Return the first web address in a text, without the punctuation behind it; empty when there is none."""
    found = _ADDRESS.search(text)
    return found[0].rstrip(".,;:!?'") if found else ""


class Memory:
    """The sandbox's memory."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self._ids = 0
        self.cleared = 0
        """How often everything was forgotten: a request from before must not post after it."""
        self._posts: list[SandboxPost] = []
        self._counted = 0
        self._requests: list[SandboxRequest] = []
        self._faults: dict[str, list[FaultOrder]] = defaultdict(list)
        self._chaos: dict[str, _Chaos] = {}
        self._lag: dict[str, timedelta] = {}
        self._looks_left: dict[str, dict[str, int]] = defaultdict(dict)
        self._looks: dict[str, int] = {}

    # ── posts ──

    def next_number(self) -> int:
        """Return another number on every call: the low bits of every id."""
        with self.lock:
            self._ids += 1
            return self._ids

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
        with self.lock:
            return next((p for p in self._posts if p.platform == platform and p.id == id), None)

    def remove(self, platform: str, id: str) -> None:  # noqa: A002 - the platforms' own word
        """Forget one post."""
        with self.lock:
            self._posts = [p for p in self._posts if not (p.platform == platform and p.id == id)]

    def change(self, post: SandboxPost, **changes: Any) -> SandboxPost:
        """Keep a post that is there as it is from now on."""
        with self.lock:
            changed = replace(post, **changes)
            self._posts = [changed if each is post else each for each in self._posts]
            return changed

    def listed(self, platform: str) -> list[SandboxPost]:
        """Return what the platform's listings show at this moment, newest first. Counts as one look."""
        with self.lock:
            lag = self._lag.get(platform, timedelta())
            left = self._looks_left[platform]
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

    def arrived(self, request: SandboxRequest) -> int:
        """Note a request; the number is for `answered`."""
        with self.lock:
            self._requests.append(request)
            return len(self._requests) - 1

    def answered(self, index: int, status: int | None, fault: str = "") -> None:
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
            for index, order in enumerate(waiting):
                if order.on not in ("any", kind):
                    continue
                if order.times is not None:
                    waiting[index : index + 1] = (
                        [replace(order, times=order.times - 1)] if order.times > 1 else []
                    )
                return order
            chaos = self._chaos.get(platform)
            return chaos.draw(kind) if chaos else None

    def clear_faults(self, platforms: Iterable[str]) -> None:
        """Forget the faults that wait there, and end chaos."""
        with self.lock:
            for platform in platforms:
                self._faults[platform].clear()
                self._chaos.pop(platform, None)

    def start_chaos(
        self, platform: str, seed: object, rate: float, menu: Mapping[Kind, tuple[FaultOrder, ...]]
    ) -> None:
        """Draw faults from this menu from now on."""
        with self.lock:
            self._chaos[platform] = _Chaos(f"{seed}/{platform}", rate, menu)

    def clear(self) -> None:
        """Forget posts, requests, faults and lags. Ids go on, so that none is given twice."""
        with self.lock:
            self.cleared += 1
            self._posts.clear()
            self._requests.clear()
            self._faults.clear()
            self._chaos.clear()
            self._lag.clear()
            self._looks.clear()
            self._looks_left.clear()


class _Chaos:
    """Draws faults for one platform: the same seed and the same requests meet the same faults."""

    def __init__(self, seed: str, rate: float, menu: Mapping[Kind, tuple[FaultOrder, ...]]) -> None:
        self._random = random.Random(seed)  # noqa: S311 - it must be repeatable, not secret
        self._rate = rate
        self._menu = menu

    def draw(self, kind: Kind) -> FaultOrder | None:
        choices = self._menu.get(kind)
        if not choices or self._random.random() >= self._rate:
            return None
        return self._random.choice(choices)


CHAOS: Mapping[Kind, tuple[FaultOrder, ...]] = {
    "write": (
        FaultOrder(Fault.EOF),
        FaultOrder(Fault.EOF, stored=True),
        FaultOrder(Fault.RESET),
        FaultOrder(Fault.RESET, stored=True),
        FaultOrder(Fault.HANG),
        FaultOrder(Fault.HANG, stored=True),
        FaultOrder(Fault.LATE),
        FaultOrder(Fault.STATUS, status=500),
        FaultOrder(Fault.STATUS, status=502, stored=True),
        FaultOrder(Fault.STATUS, status=503),
        FaultOrder(Fault.STATUS, status=503, stored=True),
        FaultOrder(Fault.STATUS, status=504, stored=True),
        FaultOrder(Fault.HTML),
        FaultOrder(Fault.HTML, stored=True),
        FaultOrder(Fault.BAD_HEADERS),
        FaultOrder(Fault.TRUNCATED),
        FaultOrder(Fault.RATE_LIMITED, reset=1.0),
        FaultOrder(Fault.RATE_LIMITED),
        FaultOrder(Fault.STATUS, status=401),
    ),
    "read": (
        FaultOrder(Fault.EOF),
        FaultOrder(Fault.RESET),
        FaultOrder(Fault.HANG),
        FaultOrder(Fault.STATUS, status=503),
        FaultOrder(Fault.HTML),
        FaultOrder(Fault.TRUNCATED),
        FaultOrder(Fault.RATE_LIMITED, reset=1.0),
    ),
    "auth": (FaultOrder(Fault.EOF), FaultOrder(Fault.RESET), FaultOrder(Fault.STATUS, status=503)),
}
"""What chaos draws from. "upload" is left in peace: nothing is published by it."""
