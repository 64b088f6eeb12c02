"""The base class of the adapters on `requests`, and the transport under their client libraries.

The libraries repeat requests (prawcore), have no timeout (tweepy) or follow redirects (all). The transport lets the
publishing request out once, past `before_write`, bounds each answer in time and bytes, follows no redirect, and keeps
the last answer, from which the outcome is read.

`before_write` is called when the connection is established, right before the first byte. From then on only the socket
is waited for. A process that is stopped right there, for longer than its claim lasts, would still post: within some
microseconds, and while a body of a few kB is written.
"""

from __future__ import annotations

import copy
import io
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import urlsplit, urlunsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_environ_proxies
from urllib3.connection import HTTPConnection

from crosspost import network
from crosspost.model import Clock, Outcome, Uncertain
from crosspost.network import path_of, retry_time
from crosspost.platforms import HideSecret, _network
from crosspost.platforms._account import ConnectedAccount
from crosspost.platforms._attempt import STATUSES, RequestBounds, UnclearError, Verdict, brief
from crosspost.platforms._network import LONGEST_ANSWER, DeadlineError, TooLargeError

UNSENT: tuple[type[BaseException], ...] = (
    requests.exceptions.ConnectTimeout,
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NameResolutionError,
    ssl.SSLCertVerificationError,  # the handshake failed before any request
)
MAY_HAVE_ARRIVED: tuple[type[BaseException], ...] = (
    requests.exceptions.ReadTimeout,
    urllib3.exceptions.ProtocolError,
    urllib3.exceptions.ReadTimeoutError,
)
RETRY_SECONDS = 0.5
"""Seconds after which a connection that was made after the deadline is shut down as well."""


class _ConnectionDeadline:
    """A deadline that shuts down the connection of the current request.

    A library's timeout bounds each wait on the socket, so a server that sends a byte a second never meets it. A
    connection that is shut down ends each wait: for the TLS handshake, the headers, the body. Holds a duplicate of the
    socket, because the library may close the socket, and its number may then be another file's.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._duplicate: socket.socket | None = None

    def hold(self, connection: socket.socket) -> None:
        """Hold the connection of the current request."""
        self._hold(socket.socket(fileno=os.dup(connection.fileno())))

    @contextmanager
    def until(self, deadline: float) -> Iterator[None]:
        """Shut the connection down at `deadline`, in seconds of time.monotonic()."""
        over = threading.Event()

        def watch() -> None:
            wait = deadline - time.monotonic()
            while not over.wait(max(wait, 0)):
                wait = RETRY_SECONDS
                with self._lock:
                    if self._duplicate is not None:
                        with suppress(OSError):  # it is closed already
                            self._duplicate.shutdown(socket.SHUT_RDWR)

        threading.Thread(target=watch, name="deadline", daemon=True).start()
        try:
            yield
        finally:
            over.set()
            self._hold(None)

    def _hold(self, duplicate: socket.socket | None) -> None:
        with self._lock:
            before, self._duplicate = self._duplicate, duplicate
        if before is not None:
            before.close()


class Transport(RequestBounds, HTTPAdapter):
    """The transport under one client library: sends its requests within their bounds.

    `publish_paths`: a POST to one of them publishes, and so does a PUT or DELETE of one thing below it. `base_url`:
    where to send everything in place of the library's own host; the request keeps its signature and names the host
    that it was made for in X-Forwarded-Host. `check_peer`: raises for a peer's address that must not be connected to.
    """

    def __init__(
        self,
        *publish_paths: str,
        base_url: str | None = None,
        check_peer: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(max_retries=0)
        self._publish_paths = publish_paths
        self._base_url = base_url
        self._check_peer = check_peer
        self.requested_url = ""
        """The address of the latest request."""
        self._request_deadline = 0.0
        self._is_publishing = False
        self._cutter = _ConnectionDeadline()

    def has_answered(self, *statuses: int) -> bool:
        """Return whether the latest answer has one of these statuses and is in the platform's own format."""
        last_answer = self.last_answer
        return (
            last_answer is not None
            and last_answer.status_code in statuses
            and _network.is_json(last_answer.content)
        )

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request and read its answer to the end. Raises RedirectError for a redirect."""
        self.last_answer = None
        if self._base_url is not None:
            kwargs["proxies"] = self._replace_host(request)
        self.requested_url = str(request.url)
        if self.requested_url.startswith("https:"):
            _network.require_certificates(kwargs.get("verify"), "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
        self._request_deadline = self._deadline or time.monotonic() + _network.LOOK_SECONDS
        remaining = self._remaining()
        kwargs["timeout"] = urllib3.Timeout(
            total=remaining,
            connect=min(remaining, _network.CONNECT_SECONDS),
            read=min(remaining, _network.READ_SECONDS),
        )
        self._is_publishing = self._is_write(request)
        if self._is_publishing:
            self.close()  # a reused connection may just be closing: the outcome would be uncertain without need
        response = self._answer(request, *args, **kwargs)
        if request.headers.get("Connection") == "close":  # prawcore asks for it, and not every server says so
            self.close()
        self.last_answer = copy.copy(response)
        if response.is_redirect:
            raise _network.RedirectError(response.status_code, response.headers["location"])
        plain = {
            name: value
            for name, value in response.headers.items()
            if not _network.RATE_LIMIT_HEADERS.fullmatch(name)
        }
        response.headers = CaseInsensitiveDict(plain)
        return response

    def _is_write(self, request: requests.PreparedRequest) -> bool:
        path = path_of(request.url or "").rstrip("/")
        if request.method in ("PUT", "DELETE"):
            path = path.rpartition("/")[0]
        return request.method in ("POST", "PUT", "DELETE") and path.endswith(self._publish_paths)

    def about_to_send(self, connection: socket.socket) -> None:
        """Hold the connection, and let a publishing request pass. Called right before the first byte of a request."""
        self._cutter.hold(connection)
        self._remaining()
        if self._is_publishing:
            self._before_publishing()

    def connected(self, connection: socket.socket) -> None:
        """Check the peer and hold the connection. Called before the TLS handshake."""
        if self._check_peer is not None:
            self._check_peer(str(connection.getpeername()[0]))
        self._cutter.hold(connection)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self._report_connections(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        self._report_connections(manager)
        return manager

    def _report_connections(self, manager: Any) -> None:
        """Make the manager's connections, of whatever class, call this transport when they are established."""
        for scheme, pool in list(manager.pool_classes_by_scheme.items()):
            kind = pool.ConnectionCls
            if not issubclass(kind, _ReportingConnection):
                connection_class = type(kind.__name__, (_ReportingConnection, kind), {"transport": self})
                pool_class = type(pool.__name__, (pool,), {"ConnectionCls": connection_class})
                manager.pool_classes_by_scheme = {**manager.pool_classes_by_scheme, scheme: pool_class}

    def _answer(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Return the whole answer. Raises DeadlineError when it is not complete in time."""
        try:
            with self._cutter.until(self._request_deadline):
                response = super().send(request, *args, **kwargs)
                try:
                    response.raw = io.BytesIO(_body(response.raw))
                except BaseException:
                    response.raw.close()
                    raise
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            if time.monotonic() >= self._request_deadline:
                raise DeadlineError("the answer was not complete in time") from error
            raise
        if (
            time.monotonic() >= self._request_deadline
        ):  # a connection that was shut down looks like the end of the answer
            raise DeadlineError("the answer was not complete in time")
        return response

    def _replace_host(self, request: requests.PreparedRequest) -> dict[str, str]:
        origin, base = urlsplit(str(request.url)), urlsplit(self._base_url or "")
        request.headers["X-Forwarded-Host"] = origin.netloc
        request.url = urlunsplit((base.scheme, base.netloc, origin.path, origin.query, ""))
        return dict(get_environ_proxies(request.url))

    def _remaining(self) -> float:
        remaining = self._request_deadline - time.monotonic()
        if remaining <= 0:
            raise DeadlineError("no time was left for another request")
        return remaining


class _ReportingConnection(HTTPConnection):
    """A connection that calls its transport when it is established."""

    transport: Transport

    def _new_conn(self) -> socket.socket:
        connection = super()._new_conn()
        self.transport.connected(connection)
        return connection

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:  # without TLS it would connect when the first byte is sent
            self.connect()
        self.transport.about_to_send(self.sock)
        super().request(*args, **kwargs)


class TransportSession(requests.Session):
    """A session whose requests all go through one transport."""

    origin: str | None = None
    """Replaces the fixed scheme and host of a library's requests before they are signed; None: nothing."""

    def __init__(self, transport: Transport) -> None:
        super().__init__()
        # Each library sets its own Authorization, which a ~/.netrc would overwrite otherwise.
        self.auth = lambda request: request
        self.mount("https://", transport)
        self.mount("http://", transport)

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        if self.origin is not None:
            parts, host = urlsplit(str(request.url)), urlsplit(self.origin)
            request.url = urlunsplit((host.scheme, host.netloc, parts.path, parts.query, ""))
        return super().prepare_request(request)


def plain_session() -> TransportSession:
    """Return a session for requests that publish nothing: bounded, and without redirects."""
    return TransportSession(Transport())


class RequestsAccount(ConnectedAccount):
    """An account whose client library uses `requests`."""

    statuses: ClassVar[Mapping[int, Verdict]] = STATUSES
    """The verdict on each status on this platform."""
    _transport: Transport
    _server: str
    """The name of the server in a sentence."""

    def __init__(self, settings: Any, clock: Clock, hide_secret: HideSecret, transport: Transport) -> None:
        super().__init__(settings, clock, hide_secret)
        self._transport = transport
        self._session = TransportSession(transport)

    def close(self) -> None:
        self._session.close()

    def _verdict(self, response: requests.Response) -> Verdict:
        """Return what an answer means that is in the platform's own format."""
        return self.statuses.get(response.status_code, Verdict.UNCERTAIN)

    def _classify(self, error: Exception) -> Outcome:
        return classify_response(self._server, error, self._transport, self._verdict, self._clock())

    def _none_if_missing(self, call: Callable[[], Any], *statuses: int) -> Any:
        """Return what a call returns; None after a 404 in the platform's own format, or one of `statuses`."""
        try:
            if (result := call()) is not None:
                return result
        except Exception:
            if not self._transport.has_answered(404, *statuses):
                raise
            return None
        raise UnclearError("the answer has nothing in it")


def classify_response(
    server: str,
    error: Exception,
    transport: Transport,
    verdict: Callable[[requests.Response], Verdict],
    now: datetime,
) -> Outcome:
    """Return the outcome of a request that raised: by its answer if there is one, else by whether it was sent.

    An answer counts if it is in the platform's own format, a redirect, or a 429.
    """
    response = transport.last_answer
    if response is None:
        return _network.classify_no_answer(
            server, error, UNSENT, MAY_HAVE_ARRIVED, url=transport.requested_url
        )
    if response.is_redirect:
        redirect = _network.RedirectError(response.status_code, response.headers["location"])
        return verdict(response).outcome(f"{server} answered {redirect}")
    if not _network.is_json(response.content) and response.status_code != HTTPStatus.TOO_MANY_REQUESTS:
        return Uncertain(_network.unreadable_answer(server, response.status_code, response.content))
    if response.ok:
        words = _error_message(response)
        unreadable = f": {words}" if words else f", but the answer is not readable ({type(error).__name__})"
        return Uncertain(f"{server} answered {response.status_code}{unreadable}")
    return verdict(response).outcome(answer_message(server, response), retry_time(response.headers, now))


def answer_message(server: str, response: requests.Response) -> str:
    """Return a sentence for an answer: its status, and the platform's own message."""
    words = brief(_error_message(response) or response.reason or "")
    return f"{server} answered {response.status_code}" + (f": {words}" if words else "")


def json_of(response: requests.Response | None) -> Any:
    """Return the answer's JSON; None where there is none."""
    return None if response is None else network.json_of(response.content)


def _error_message(response: requests.Response) -> str:
    """Return the platform's own error message, and that of each field which it names; empty: none."""
    body = json_of(response)
    if not isinstance(body, dict):
        return ""
    names = ("error_description", "detail", "message", "error", "explanation", "title")
    sentences = [str(body[name]) for name in names if isinstance(body.get(name), str)][:1]
    each = [*_list(body.get("errors")), *_zod(body.get("zod_error"))]
    for error in each:
        if isinstance(error, dict):
            sentences += [str(error[name]) for name in ("message", "detail") if error.get(name)][:1]
    return "; ".join(dict.fromkeys(sentences))


def _zod(error: object) -> list[dict[str, str]]:
    """Return the errors of Hollo's form of a refused request: issues, each with the path of a field."""
    issues = _list(error.get("issues")) if isinstance(error, dict) else []
    return [
        {"message": f"{'.'.join(map(str, _list(issue.get('path'))))}: {issue.get('message')}".lstrip(": ")}
        for issue in issues
        if isinstance(issue, dict)
    ]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _body(raw: Any) -> bytes:
    """Return the whole body, unpacked. Raises TooLargeError."""
    body = bytearray()
    for chunk in raw.stream(65536, decode_content=True):
        body += chunk
        if len(body) > LONGEST_ANSWER:
            raise TooLargeError
    return bytes(body)
