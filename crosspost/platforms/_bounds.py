"""The bounds of an answer, in time and in bytes, below whichever client library asked for it.

A library's own timeout bounds each wait on the socket; a server that drips a byte a second outlasts it for ever.
So each connection is shut down at a deadline, whatever is being waited for: the TLS handshake, headers, the body.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

LONGEST_ANSWER = 8 * 1024 * 1024
"""Bytes of one answer, unpacked. A page of a hundred posts has some 300 kB."""

AGAIN = 0.5
"""Seconds until a connection that came about after the deadline is shut down as well."""


class OutOfTimeError(TimeoutError):
    """The time for the whole call was used up, before this request or before its answer was complete."""


class TooLargeError(RuntimeError):
    """The answer is longer than LONGEST_ANSWER."""

    def __init__(self) -> None:
        super().__init__(f"an answer of more than {LONGEST_ANSWER // 1024 // 1024} MB")


class Cutter:
    """Shuts the connection of the request under way down at a deadline.

    It holds a duplicate of the socket: the socket itself is wrapped, unwrapped and closed by a library, and its
    number may by then belong to another file.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._twin: socket.socket | None = None

    def hold(self, connection: socket.socket) -> None:
        """Take the connection of the request under way."""
        self._hold(socket.socket(fileno=os.dup(connection.fileno())))

    @contextmanager
    def until(self, deadline: float) -> Iterator[None]:
        """Within it, the connection ends at `deadline` (of time.monotonic)."""
        over = threading.Event()

        def watch() -> None:
            wait = deadline - time.monotonic()
            while not over.wait(max(wait, 0)):
                wait = AGAIN
                with self._lock:
                    if self._twin is not None:
                        with suppress(OSError):  # it has ended by itself
                            self._twin.shutdown(socket.SHUT_RDWR)

        threading.Thread(target=watch, name="deadline", daemon=True).start()
        try:
            yield
        finally:
            over.set()
            self._hold(None)

    def _hold(self, twin: socket.socket | None) -> None:
        with self._lock:
            before, self._twin = self._twin, twin
        if before is not None:
            before.close()
