"""The state that all services of a sandbox share: the clock, the lock, the numbers, and the requests that arrived."""

from __future__ import annotations

import threading
from dataclasses import replace

from crosspost.model import Clock
from crosspost.sandbox.values import SandboxRequest


class State:
    """The state that all services share. Its lock guards them: the server's thread answers, tests read from others."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.cleared = 0
        """How often everything was forgotten: a request from before must not post after it."""
        self._last_number = self._post_count = 0
        self._requests: list[SandboxRequest] = []

    def clear(self) -> None:
        """Forget the requests. Numbers go on, so that none is given twice."""
        with self.lock:
            self.cleared += 1
            self._requests = []

    def next_number(self) -> int:
        """Return another number on every call."""
        with self.lock:
            self._last_number += 1
            return self._last_number

    def next_post_number(self) -> int:
        """Return how many posts there have been, with this one."""
        with self.lock:
            self._post_count += 1
            return self._post_count

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
