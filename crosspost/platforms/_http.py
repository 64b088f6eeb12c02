"""What the adapters on `requests` share: a transport that keeps our promises, and reading what went wrong.

The client libraries repeat (prawcore), wait for ever (tweepy) or follow redirects (all) as they please.
Below them lies one adapter of ours: it lets the publishing request out once, through the door, bounds every
request in time, and keeps the last answer, which is the best witness of what happened.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

from crosspost.model import Outcome, Uncertain
from crosspost.platforms._answers import (
    CONNECT_SECONDS,
    LOOK_SECONDS,
    READ_SECONDS,
    asked_until,
    unanswered,
)
from crosspost.platforms._attempt import Door, RepeatedWriteError, Verdict, brief

UNSENT: tuple[type[BaseException], ...] = (
    requests.exceptions.ConnectTimeout,
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NameResolutionError,
    ssl.SSLCertVerificationError,  # the handshake ended before any request
)
MAYBE: tuple[type[BaseException], ...] = (
    requests.exceptions.ReadTimeout,
    urllib3.exceptions.ProtocolError,
    urllib3.exceptions.ReadTimeoutError,
)


class OutOfTimeError(TimeoutError):
    """The time for the whole call was used up before this request was sent."""


class Transport(HTTPAdapter):
    """Sends the requests of one client library.

    `writes` says which request publishes; `instead` is where to send everything in place of the library's own
    host (the request keeps its signature and names the host it was made for in X-Forwarded-Host).
    """

    def __init__(
        self, writes: Callable[[requests.PreparedRequest], bool], *, instead: str | None = None
    ) -> None:
        super().__init__(max_retries=0)
        self._writes = writes
        self._instead = instead
        self._door: Door | None = None
        self._deadline: float | None = None
        self.last: requests.Response | None = None
        """The answer to the latest request; None while there is none."""

    @contextmanager
    def attempt(self, door: Door, seconds: float) -> Iterator[None]:
        """Within it the publishing request may pass, once; all requests together end in `seconds`."""
        self._door, self._deadline, self.last = door, time.monotonic() + seconds, None
        try:
            yield
        finally:
            self._door = self._deadline = None

    @contextmanager
    def reading(self, seconds: float = LOOK_SECONDS) -> Iterator[None]:
        """Within it all requests together end in `seconds`."""
        self._deadline, self.last = time.monotonic() + seconds, None
        try:
            yield
        finally:
            self._deadline = None

    @contextmanager
    def part(self, seconds: float) -> Iterator[None]:
        """A part of an attempt that ends in `seconds`, or with the attempt: the rest is left to what follows."""
        whole, end = self._deadline, time.monotonic() + seconds
        self._deadline = end if whole is None else min(whole, end)
        try:
            yield
        finally:
            self._deadline = whole

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.last = None
        if self._instead is not None:
            kwargs["proxies"] = self._send_elsewhere(request)
        kwargs["timeout"] = self._remaining()
        if self._writes(request):
            if self._door is None:
                raise RepeatedWriteError("a publishing request outside of an attempt")
            self.close()  # a kept connection may just be ending: the post would be uncertain for nothing
            self._door.open()
        self.last = super().send(request, *args, **kwargs)
        if request.headers.get("Connection") == "close":  # prawcore asks for it, and not every server says so
            self.close()
        return self.last

    def _send_elsewhere(self, request: requests.PreparedRequest) -> dict[str, str]:
        made_for, there = urlsplit(str(request.url)), urlsplit(self._instead or "")
        request.headers["X-Forwarded-Host"] = made_for.netloc
        request.url = urlunsplit((there.scheme, there.netloc, made_for.path, made_for.query, ""))
        return dict(get_environ_proxies(request.url))

    def _remaining(self) -> urllib3.Timeout:
        """The bounds of the next request: for each wait on the socket, and for all together."""
        if self._deadline is None:
            return urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise OutOfTimeError("no time was left for another request")
        return urllib3.Timeout(total=left, connect=min(left, CONNECT_SECONDS), read=min(left, READ_SECONDS))


class Session(requests.Session):
    """A session whose requests all go through one transport, and whose writes follow no redirect.

    `made_for` replaces the scheme and host that a library has built in, before a request is signed.
    """

    def __init__(self, transport: Transport, *, made_for: str | None = None) -> None:
        super().__init__()
        self._made_for = made_for
        # Every library here sets its own Authorization. Without this a ~/.netrc would overwrite it.
        self.auth = _keep
        self.mount("https://", transport)
        self.mount("http://", transport)

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        if self._made_for is not None:
            parts, host = urlsplit(str(request.url)), urlsplit(self._made_for)
            request.url = urlunsplit((host.scheme, host.netloc, parts.path, parts.query, ""))
        return super().prepare_request(request)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        # A 307 would repeat the write, a 302 would read something else and call it the answer.
        if resp.request.method not in ("GET", "HEAD"):
            return None
        return super().get_redirect_target(resp)


def is_post_to(*paths: str) -> Callable[[requests.PreparedRequest], bool]:
    """Recognises a publishing request by its path, trailing slash or not."""

    def writes(request: requests.PreparedRequest) -> bool:
        path = urlsplit(request.url or "").path
        return request.method == "POST" and str(path).rstrip("/").endswith(paths)

    return writes


def judged(
    place: str,
    error: Exception,
    response: requests.Response | None,
    verdict: Callable[[requests.Response], Verdict],
    now: datetime,
) -> Outcome:
    """The outcome of a request that raised: by its answer where there is one, else by whether it left."""
    if response is None:
        return unanswered(place, error, UNSENT, MAYBE)
    if response.ok and not response.is_redirect:
        return Uncertain(
            f"{place} answered {response.status_code}, but not readably ({type(error).__name__})"
        )
    return verdict(response).outcome(said(place, response), asked_until(response.headers, now))


def said(place: str, response: requests.Response, words: object = None) -> str:
    """A sentence for an answer: its status, and the platform's own words."""
    words = brief(words if words is not None else (_words(response) or response.reason or ""))
    return f"{place} answered {response.status_code}" + (f": {words}" if words else "")


def json_of(response: requests.Response | None) -> Any:
    """The answer's JSON, or None."""
    if response is None:
        return None
    try:
        return response.json()
    except ValueError:
        return None


def _words(response: requests.Response) -> str:
    body = json_of(response)
    if not isinstance(body, dict):
        return ""
    for name in ("error_description", "detail", "message", "error", "explanation", "title"):
        if isinstance(body.get(name), str):
            return str(body[name])
    return ""


def _keep(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
