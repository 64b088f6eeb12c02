"""What Transport (_http.py) is for `requests`, for httpx: `WriteOnce`, the bounds, no redirect, the last answer.

httpx follows redirects when atproto makes its client, secrets and writes included; the hook on each response comes
first. `WriteOnce` is asked in httpcore's trace, when the connection stands, right before the first byte.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

from crosspost.platforms import _network
from crosspost.platforms._attempt import RequestBounds
from crosspost.platforms._bounds import LONGEST_ANSWER, Cutter, OutOfTimeError, TooLargeError

sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # its command line brings rich and pygments
import httpx  # noqa: E402

UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
MAYBE = (
    httpx.ReadTimeout,
    httpx.WriteTimeout,
    httpx.ReadError,
    httpx.WriteError,
    httpx.RemoteProtocolError,
)
PACKED = 64
"""Answers are asked for unpacked. One that is packed all the same may have this much less."""


class Wire(RequestBounds):
    """The requests of one client. `publishes`: how the paths end of those that do."""

    def __init__(self, *publishes: str) -> None:
        self._publishes = publishes
        self._cutter = Cutter()
        self._stream: Any = None

    def settings(self) -> dict[str, Any]:
        """Return what `httpx.Client` is made with."""
        return {
            "timeout": httpx.Timeout(_network.READ_SECONDS, connect=_network.CONNECT_SECONDS),
            "limits": httpx.Limits(max_connections=1, max_keepalive_connections=1),
            "event_hooks": {"request": [self._before], "response": [self._after]},
        }

    def _opened(self) -> AbstractContextManager[object]:
        return self._cutter.until(self._deadline)

    def _before(self, request: httpx.Request) -> None:
        """Called by httpx before each request."""
        self.last = None
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise OutOfTimeError("no time was left for another request")
        connect = min(left, _network.CONNECT_SECONDS)
        request.headers["Accept-Encoding"] = "identity"
        request.extensions["timeout"] = {"connect": connect, "read": left, "write": left, "pool": connect}
        request.extensions["trace"] = self._trace

    def _trace(self, event: str, facts: Any) -> None:
        """Called by httpcore (its extension "trace") at each step of a request."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._stream = facts["return_value"]
            self._cutter.hold(self._stream.get_extra_info("socket"))
        elif event == "http11.send_request_headers.started":
            self._about_to_send(facts["request"])

    def _about_to_send(self, request: Any) -> None:
        """The connection stands; the next thing is the first byte."""
        if self._stream is not None:
            self._cutter.hold(self._stream.get_extra_info("socket"))
        if time.monotonic() >= self._deadline:
            raise OutOfTimeError("no time was left for another request")
        path = request.url.target.partition(b"?")[0].decode("ascii", "replace")
        if path.endswith(self._publishes):
            self._let_out()

    def _after(self, response: httpx.Response) -> None:
        """Called by httpx with each response, before its body is read and before a redirect is followed."""
        self.last = response
        if response.has_redirect_location:
            raise _network.MovedError(response.status_code, response.headers["location"])
        packed = response.headers.get("content-encoding", "identity") != "identity"
        limit = LONGEST_ANSWER // PACKED if packed else LONGEST_ANSWER
        stream = response.stream
        if isinstance(stream, httpx.SyncByteStream):
            response.stream = _Bounded(stream, limit, self._deadline)


class _Bounded(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, limit: int, deadline: float) -> None:
        self._stream = stream
        self._limit = limit
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        length = 0
        for chunk in self._stream:
            length += len(chunk)
            if length > self._limit:
                raise TooLargeError
            yield chunk
        if time.monotonic() >= self._deadline:  # a connection shut down looks like the end of the answer
            raise OutOfTimeError("the answer was not complete in time")

    def close(self) -> None:
        self._stream.close()
