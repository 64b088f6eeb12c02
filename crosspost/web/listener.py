"""Connections to the pages: how many at once, and for how long each.

The pages share the process's descriptors with git, the database and the platforms, so half-open connections must be
limited long before these run out. asyncio's server accepts a hundred connections before one can be refused, so they
are accepted here, one by one.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
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
    "Server": "crosspost",
    "Connection": "close",
}
"""The headers of every answer, also of a refusal."""

_BUSY = "Too many connections; try again in a minute.\n"
_REFUSAL = "\r\n".join(
    (
        "HTTP/1.1 503 Service Unavailable",
        *(f"{name}: {value}" for name, value in HEADERS.items()),
        "Content-Type: text/plain; charset=utf-8",
        f"Content-Length: {len(_BUSY)}",
        "",
        _BUSY,
    )
).encode()

BACKLOG = 128
"""Connections that the kernel keeps until they are accepted, at no cost to this process."""

PAUSE = 1.0
"""Seconds until the next attempt when the process has no free descriptor."""

REPORT_EVERY = 3600.0
"""Seconds between two lines in the log that say that connections are refused."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one connection, in seconds, and of all."""

    head: float = 10.0
    """Seconds from the connection to the end of the request's head."""
    total: float = 30.0
    """Seconds from the connection to its end: one request, its body and the answer."""
    connections: int = 64
    """Open connections; also at most an eighth of the process's descriptors."""

    def at_once(self, descriptors: int) -> int:
        """Return how many connections are allowed with a limit of so many descriptors (-1: no limit)."""
        if descriptors == resource.RLIM_INFINITY:
            return self.connections
        return min(self.connections, max(1, descriptors // 8))


LIMITS = Limits()


def bind(host: str, port: int) -> Sequence[socket.socket]:
    """Return a listening socket for each address of `host`. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    with ExitStack() as opened:
        sockets = [
            opened.enter_context(socket.create_server(address, family=family, backlog=BACKLOG))
            for family, _kind, _protocol, _name, address in dict.fromkeys(found)
        ]
        opened.pop_all()
    return sockets


class Listener:
    """Hands connections to aiohttp's server, up to the limit, and refuses further ones at once."""

    def __init__(self, server: web.Server, limits: Limits) -> None:
        self._server = server
        self._limits = limits
        self._open = 0
        self._limit = limits.at_once(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        self._reported_at = -REPORT_EVERY

    async def accept(self, listening: socket.socket) -> None:
        """Accept until cancelled, then close the socket. Open connections stay."""
        loop = asyncio.get_running_loop()
        listening.setblocking(False)
        with listening:
            while True:
                try:
                    connection, _address = await loop.sock_accept(listening)
                except ConnectionAbortedError:
                    continue
                except OSError:
                    await asyncio.sleep(PAUSE)
                    continue
                if self._open >= self._limit:
                    self._refuse(connection, loop.time())
                    await asyncio.sleep(0)  # lets the open connections go on
                    continue
                self._open += 1
                try:
                    await loop.connect_accepted_socket(
                        lambda: _Connection(self._server, loop, self._limits, self._closed), connection
                    )
                except OSError:
                    connection.close()
                    self._closed()

    def _closed(self) -> None:
        self._open -= 1

    def _refuse(self, connection: socket.socket, now: float) -> None:
        with connection, suppress(OSError):
            connection.send(_REFUSAL)
        if now - self._reported_at >= REPORT_EVERY:
            self._reported_at = now
            event(log, "connections refused", level=logging.WARNING, open=self._limit)


class _Connection(web.RequestHandler):
    """One connection, which ends when its time is over. A request that is not HTTP gets an answer, too."""

    def __init__(
        self, server: web.Server, loop: asyncio.AbstractEventLoop, limits: Limits, closed: Callable[[], None]
    ) -> None:
        # aiohttp's keep-alive timer runs from the connection to the end of the first request's head.
        super().__init__(
            server,
            loop=loop,
            access_log=None,  # type: ignore[arg-type] # as aiohttp's own runner takes it
            keepalive_timeout=limits.head,
            lingering_time=0,
        )
        self._closed = closed
        self._total = limits.total
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if isinstance(transport, asyncio.Transport):
            self._end = self._loop.call_later(self._total, transport.abort)

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
        """Answer a request that reached no route with our headers: aiohttp would name itself and its version."""
        if isinstance(exc, web.RequestPayloadError):
            status = 400
        elif status >= 500 and exc is not None and not isinstance(exc, ConnectionError):
            log.error("request failed", exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun already; there cannot be a second one")
        answer = web.Response(status=status, text=f"{HTTPStatus(status).phrase}.\n", headers=HEADERS)
        answer.force_close()
        return answer
