"""A place that answers as a test says, over real HTTP on loopback, and remembers what it was asked.

A plugin of the test modules beside it, and imported by them: PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from crosspost.config.secrets import Secret
from crosspost.model import Post
from crosspost.platforms import Attempt, Query, _network

ISSUE = "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/"
NOW = datetime(2026, 8, 20, 3, 0, tzinfo=UTC)
SINCE = NOW - timedelta(days=2)


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    port: int = 0
    """The asker's: one for each connection."""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: Any = None
    headers: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    """A name with several values is sent several times."""
    kind: str = "application/json"
    cut: bool = False
    """Announce more bytes than are sent."""


@dataclass(frozen=True)
class Drop:
    """Read the request, then close (EOF) or reset the connection without an answer."""

    reset: bool = False


@dataclass(frozen=True)
class Hang:
    """Read the request, then say nothing until the test is over."""


@dataclass(frozen=True)
class Drip:
    """After these bytes, go on with one more at a time, for as long as anybody listens."""

    begin: bytes
    more: bytes


Answer = Reply | Drip | Drop | Hang | Callable[[Asked], Reply]


class Place:
    """`on("POST", "/path", a, b)`: first a, then b for ever. What has no answer is 404."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.connections = 0
        self.hung_up = threading.Event()
        """Somebody has had enough of a Drip."""
        self.over = threading.Event()
        self._answers: list[tuple[str, re.Pattern[str], list[Answer]]] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"place": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def speak_tls(self, context: ssl.SSLContext) -> None:
        """From now on, before anything is asked."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def on(self, method: str, path: str, *answers: Answer) -> Place:
        self._answers.insert(0, (method, re.compile(path + "/?"), list(answers)))
        return self

    def answer(self, asked: Asked) -> Answer:
        with self._lock:
            self.asked.append(asked)
            for method, path, answers in self._answers:
                if method == asked.method and path.fullmatch(asked.path):
                    return answers.pop(0) if len(answers) > 1 else answers[0]
        return Reply(404, {"error": "no such path"})

    def count(self, method: str, path: str) -> int:
        return len(self.calls(method, path))

    def calls(self, method: str, path: str) -> list[Asked]:
        return [a for a in self.asked if a.method == method and re.fullmatch(path + "/?", a.path)]

    def close(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    place: Place
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
        """Silence: the test reads `place.asked`."""

    def handle(self) -> None:
        self.place.connections += 1
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            body = _chunks(self.rfile)
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, parts.path, parse_qs(parts.query), headers, body, self.client_address[1])
        answer = self.place.answer(asked)
        if callable(answer):
            answer = answer(asked)
        if isinstance(answer, Hang):
            self.place.over.wait(30)
        if isinstance(answer, Reply):
            self._reply(answer)
        elif isinstance(answer, Drip):
            self._drip(answer)
        else:
            self._drop(reset=isinstance(answer, Drop) and answer.reset)

    def _drip(self, drip: Drip) -> None:
        self.close_connection = True
        try:
            self.wfile.write(drip.begin)
            while not self.place.over.wait(0.05):
                self.wfile.write(drip.more)
        except OSError:
            self.place.hung_up.set()

    def _drop(self, *, reset: bool) -> None:
        if reset:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        else:
            self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()
        self.close_connection = True

    def _reply(self, reply: Reply) -> None:
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, said in reply.headers.items():
            for value in [said] if isinstance(said, str) else said:
                self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Type", reply.kind)
            self.send_header("Content-Length", str(len(body) + 10 * reply.cut))
        self.end_headers()
        if reply.status != 204:
            self.wfile.write(body)
        self.close_connection |= reply.cut

    do_DELETE = do_GET = do_HEAD = do_POST = do_PUT = _serve  # noqa: N815  # the base class looks these names up


def _chunks(stream: Any) -> bytes:
    body = b""
    while size := int(stream.readline().split(b";")[0], 16):
        body += stream.read(size)
        stream.readline()
    stream.readline()
    return body


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    # On a busy machine a connection may stand still for longer than these: only the whole look or attempt ends.
    for bound in ("CONNECT_SECONDS", "READ_SECONDS"):
        monkeypatch.setattr(_network, bound, _network.LOOK_SECONDS)
    place = Place()
    yield place
    place.close()


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Secret]:
    """A named secret whose value is `value`."""

    def named(value: str) -> Secret:
        name = f"CROSSPOST_TEST_{abs(hash(value))}"
        monkeypatch.setenv(name, value)
        return Secret("env", name)

    return named


WANTED = Query(ISSUE, "This Week in Rust 665", 665, "twir-665-account", "This Week in Rust 665\n" + ISSUE)


def a_post(platform: str, **changes: Any) -> Post:
    defaults: dict[str, Any] = {
        "account": platform,
        "platform": platform,
        "number": 665,
        "url": ISSUE,
        "title": "This Week in Rust 665",
        "text": f"This Week in Rust 665 is out\n{ISSUE}",
    }
    return Post(**(defaults | changes))


def an_attempt(**changes: Any) -> Attempt:
    defaults: dict[str, Any] = {
        "key": "twir-665-account",
        "number": 1,
        "timeout": 10.0,
        "before_write": lambda: None,
    }
    return Attempt(**(defaults | changes))


HTML = Reply(200, b"<html>Maintenance</html>", kind="text/html")
"""A 2xx that nobody can read."""
