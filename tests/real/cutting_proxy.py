"""A proxy between the program and a real server: passes everything on, and cuts the connection where a test says so."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar


class Cut(Enum):
    """Where an exchange is cut."""

    BEFORE_THE_REQUEST = auto()
    """Nothing reaches the server, and the program gets no answer."""
    BEFORE_THE_REQUEST_ENDS = auto()
    """The server gets the head and half of the body, the program no answer."""
    BEFORE_THE_ANSWER = auto()
    """The server has answered, and nobody hears it."""
    HELD_BEFORE_THE_REQUEST = auto()
    """Nothing reaches the server; the program waits until it is gone."""
    HELD_BEFORE_THE_ANSWER = auto()
    """The server has answered; the program waits for it until it is gone."""


@dataclass(frozen=True)
class Exchange:
    """A request and the server's answer, None where it was not read."""

    method: str
    path: str
    body: bytes
    status: int | None = None
    answer: bytes = b""
    content_type: str = ""
    violations: str = ""
    """What a checking proxy behind this one found (JSON)."""


Matches = Callable[[str, str], bool]
"""Says for a method and a path whether it is the request that is meant."""


class CuttingProxy:
    """`port` is where it listens, `upstream` the port of the server; `without`: what its paths do not begin with."""

    def __init__(self, upstream: int, *, without: str = "") -> None:
        self.upstream = upstream
        self.without = without
        self.exchanges: list[Exchange] = []
        self.held = threading.Event()
        self.headers: Mapping[str, str] = {}
        """Laid over those of every request."""
        self._cut: tuple[Matches, Cut] | None = None
        self._next_headers: tuple[Matches, Mapping[str, str]] | None = None
        self._lock = threading.Lock()
        self._listener = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": self}))
        self.port = int(self._listener.server_address[1])
        threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True).start()

    def cut(self, where: Cut, matches: Matches) -> None:
        """Cut the next request that matches."""
        self.held.clear()
        self._cut = (matches, where)

    def replace_headers(self, headers: Mapping[str, str], matches: Matches) -> None:
        """Lay these headers over those of the next request that matches."""
        self._next_headers = (matches, headers)

    def clear(self) -> None:
        """Forget what was asked for and what passed."""
        self._cut = self._next_headers = None
        self.exchanges.clear()

    def close(self) -> None:
        self._listener.shutdown()
        self._listener.server_close()

    def sent(self, matches: Matches) -> list[Exchange]:
        return [each for each in self.exchanges if matches(each.method, each.path)]

    def take_cut(self, method: str, path: str) -> Cut | None:
        with self._lock:
            if self._cut is None or not self._cut[0](method, path):
                return None
            where, self._cut = self._cut[1], None
            return where

    def headers_for(self, method: str, path: str, sent: Mapping[str, str]) -> dict[str, str]:
        changed = {**sent, **{name.lower(): value for name, value in self.headers.items()}}
        with self._lock:
            if self._next_headers is not None and self._next_headers[0](method, path):
                changed |= {name.lower(): value for name, value in self._next_headers[1].items()}
                self._next_headers = None
        return changed


class _Handler(BaseHTTPRequestHandler):
    proxy: ClassVar[CuttingProxy]
    protocol_version = "HTTP/1.1"

    def pass_on(self) -> None:
        body = self._body()
        sent = {name.lower(): value for name, value in self.headers.items()}
        headers = self.proxy.headers_for(self.command, self.path, sent) | {"connection": "close"}
        headers.pop("transfer-encoding", None)
        headers.pop("expect", None)
        headers["content-length"] = str(len(body))
        cut = self.proxy.take_cut(self.command, self.path)
        self.close_connection = True
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.upstream, timeout=60)
        try:
            self._exchange(connection, headers, body, cut)
        except (OSError, http.client.HTTPException):
            self.proxy.exchanges.append(Exchange(self.command, self.path, body))
        finally:
            connection.close()

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        headers: dict[str, str],
        body: bytes,
        cut: Cut | None,
    ) -> None:
        if cut in (Cut.BEFORE_THE_REQUEST, Cut.HELD_BEFORE_THE_REQUEST):
            self.proxy.exchanges.append(Exchange(self.command, self.path, body))
            if cut is Cut.HELD_BEFORE_THE_REQUEST:
                self._hold()
            return
        connection.putrequest(
            self.command,
            self.path.removeprefix(self.proxy.without),
            skip_host=True,
            skip_accept_encoding=True,
        )
        for name, value in headers.items():
            connection.putheader(name, value)
        half = cut is Cut.BEFORE_THE_REQUEST_ENDS
        connection.endheaders(body[: len(body) // 2] if half else body)
        if half:
            self.proxy.exchanges.append(Exchange(self.command, self.path, body))
            return
        answer = connection.getresponse()
        content = answer.read()
        kind, found = answer.getheader("Content-Type") or "", answer.getheader("sl-violations") or ""
        self.proxy.exchanges.append(
            Exchange(self.command, self.path, body, answer.status, content, kind, found)
        )
        if cut is Cut.HELD_BEFORE_THE_ANSWER:
            self._hold()
        if cut is None:
            self._answer(answer, content)

    def _hold(self) -> None:
        """Wait until the program is gone."""
        self.proxy.held.set()
        with suppress(OSError):
            self.connection.settimeout(60)
            self.connection.recv(1)

    def _answer(self, answer: http.client.HTTPResponse, content: bytes) -> None:
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(content)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on  # noqa: N815 - http.server's own names

    def log_message(self, *arguments: Any) -> None:
        """Quiet."""
