"""Connections to the pages: how many at once, and for how long each.

The pages share their process, and so its descriptors, with the work. Whoever opens connections and leaves them half
open must find a limit long before git, the database and the platforms do. asyncio's own server accepts a hundred at
a time before anything can be refused, so connections are accepted here, one by one.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from crosspost.log import event

log = logging.getLogger(__name__)

HEADERS = {
    # The pages bring their own style and pictures; nothing else is loaded, run, framed or sent anywhere.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""What every answer carries, a refusal too."""

BACKLOG = 128
"""Connections that the kernel keeps, at no cost to this process, until they are accepted; and taken at a time."""

PAUSE = 1.0
"""Seconds until the next try when the process has no descriptor left to accept with."""

REPORT_EVERY = 3600.0
"""Seconds between two lines in the log that say that connections are refused."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client, and all of them, may take. Times are in seconds."""

    head: float = 10.0
    """From the connection to the end of the request's head."""
    whole: float = 30.0
    """From the connection to its end: one request, its body and the answer."""
    connections: int = 64
    """At once, and never more than an eighth of the descriptors that the process may have."""

    def at_once(self, descriptors: int) -> int:
        """Return how many connections there may be if the process may have that many descriptors (-1: no limit)."""
        if descriptors == resource.RLIM_INFINITY:
            return self.connections
        return min(self.connections, max(1, descriptors // 8))


def bind(host: str, port: int) -> Sequence[socket.socket]:
    """Return a listening socket for each address of `host`. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    bound: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            bound.append(socket.socket(family, kind, protocol))
            bound[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                bound[-1].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            bound[-1].setblocking(False)
            bound[-1].bind(address)
            bound[-1].listen(BACKLOG)
    except OSError:
        for each in bound:
            each.close()
        raise
    return bound


class Listener:
    """Hands connections to aiohttp's server, up to the limit; further ones are refused at once."""

    def __init__(self, server: web.Server, sockets: Sequence[socket.socket], limits: Limits) -> None:
        self._server = server
        self._sockets = sockets
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._handing_over: set[asyncio.Task[None]] = set()
        self._open = 0
        self._most = limits.at_once(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        self._reported_at = -REPORT_EVERY

    def start(self) -> None:
        for listening in self._sockets:
            self._loop.add_reader(listening, self._accept, listening)

    def close(self) -> None:
        """Accept no more. Those that are connected stay."""
        for listening in self._sockets:
            self._loop.remove_reader(listening)
            listening.close()

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(BACKLOG):
            try:
                connection, _address = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:
                self._loop.remove_reader(listening)
                self._loop.call_later(PAUSE, self._accept_again, listening)
                return
            self._take(connection)

    def _take(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        if self._open >= self._most:
            self._refuse(connection)
            return
        self._open += 1
        task = self._loop.create_task(self._hand_over(connection))
        self._handing_over.add(task)
        task.add_done_callback(self._handing_over.discard)

    def _accept_again(self, listening: socket.socket) -> None:
        if listening.fileno() != -1:
            self._loop.add_reader(listening, self._accept, listening)

    async def _hand_over(self, connection: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(
                lambda: _Connection(self._server, self._loop, self._limits, self._closed), connection
            )
        except OSError:
            connection.close()
            self._closed()

    def _closed(self) -> None:
        self._open -= 1

    def _refuse(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.send(answer(503, "Too many connections; try again in a minute."))
        if self._loop.time() - self._reported_at >= REPORT_EVERY:
            self._reported_at = self._loop.time()
            event(log, "connections refused", level=logging.WARNING, open=self._most)


class _Connection(web.RequestHandler):
    """One connection. It ends when its time is over; what is no HTTP gets an answer like any other."""

    __slots__ = ("_closed", "_end", "_whole")

    def __init__(
        self, server: web.Server, loop: asyncio.AbstractEventLoop, limits: Limits, closed: Callable[[], None]
    ) -> None:
        # aiohttp's keep-alive timer runs from the connection on, until the first request's head is there.
        super().__init__(
            server,
            loop=loop,
            access_log=None,  # type: ignore[arg-type] # as aiohttp's own runner takes it
            keepalive_timeout=limits.head,
            lingering_time=0,
        )
        self._closed = closed
        self._whole = limits.whole
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if isinstance(transport, asyncio.Transport):
            self._end = self._loop.call_later(self._whole, transport.abort)

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(exc)
        self._closed()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - it repeats what was sent
    ) -> web.StreamResponse:
        """Answer what never reached a route: aiohttp would name itself and leave out the headers."""
        if isinstance(exc, web.RequestPayloadError):
            status = 400
        elif status >= 500 and exc is not None and not isinstance(exc, ConnectionError):
            log.error("request failed", exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun already; there cannot be a second one")
        if self.transport is not None:
            self.transport.write(answer(status, f"{HTTPStatus(status).phrase}."))
        self.force_close()
        return web.Response(status=status)  # meets a closed connection


def answer(status: int, sentence: str) -> bytes:
    """Return a whole HTTP answer as bytes, for what never becomes a request."""
    body = f"{sentence}\n".encode()
    fields = {
        **HEADERS,
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    head = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{k}: {v}" for k, v in fields.items())]
    return "\r\n".join([*head, "", ""]).encode() + body
