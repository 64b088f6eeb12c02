"""What the adapters on `requests` share: a transport that keeps our promises, and reading what went wrong.

The client libraries repeat (prawcore), wait for ever (tweepy) or follow redirects (all) as they please.
Below them lies one adapter of ours: it lets the publishing request out once, through the door, bounds every
request in time, and keeps the last answer, which is the best witness of what happened.

"Was it sent?" follows classes, never words; measured with refused, reset, silent and half-open connections
(requests 2.34, urllib3 2). Whatever is not certainly unsent may have arrived.
"""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

from crosspost.model import NeverArrived, Outcome, Uncertain
from crosspost.platforms._attempt import Door, RepeatedWriteError, Verdict, brief

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
LOOK_SECONDS = 45.0
"""How long a look, a check or any other reading may take, all its requests together."""

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


_FIRST_EPOCH = 1e9
_LAST_EPOCH = 1e11
"""Between these a number is a moment, below them a number of seconds, above them nonsense."""


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


def never_left(
    error: BaseException,
    unsent: tuple[type[BaseException], ...] = UNSENT,
    maybe: tuple[type[BaseException], ...] = MAYBE,
) -> bool:
    """Whether the request certainly never reached the platform."""
    causes = tuple(chain(error))
    if any(isinstance(cause, maybe) for cause in causes):
        return False
    return any(isinstance(cause, unsent) for cause in causes)


def chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and all that it wraps, each once: causes, contexts, what libraries keep in attributes."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        wrapped = (
            *current.args,
            getattr(current, "reason", None),
            getattr(current, "original_exception", None),
            current.__cause__,
            current.__context__,
        )
        waiting += [inner for inner in wrapped if isinstance(inner, BaseException)]


def silence(place: str, error: BaseException) -> str:
    """A sentence for a request that got no answer."""
    if never_left(error):
        return f"{place} could not be reached ({_root(error)})"
    return f"no readable answer from {place} ({_root(error)})"


def judged(
    place: str,
    error: Exception,
    response: requests.Response | None,
    verdict: Callable[[requests.Response], Verdict],
    now: datetime,
) -> Outcome:
    """The outcome of a request that raised: by its answer where there is one, else by whether it left."""
    if response is None:
        reason = silence(place, error)
        return NeverArrived(reason) if never_left(error) else Uncertain(reason)
    if response.ok and not response.is_redirect:
        return Uncertain(
            f"{place} answered {response.status_code}, but not readably ({type(error).__name__})"
        )
    return verdict(response).outcome(said(place, response), asked_until(response, now))


def asked_until(response: requests.Response, now: datetime) -> datetime | None:
    """When the platform wants to be asked again, by Retry-After or by its rate limit's reset; None: unsaid.

    Seconds, an epoch or a date: Mastodon sends an ISO date, X an epoch, Reddit seconds.
    """
    for name in ("retry-after", "x-rate-limit-reset", "x-ratelimit-reset"):
        moment = _moment(response.headers.get(name), now)
        if moment is not None:
            return moment
    return None


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


def quiet(*loggers: str, level: int = logging.INFO) -> None:
    """Keep libraries from writing headers and form data, which hold secrets, into a debug log."""
    for name in loggers:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, level))


def _root(error: BaseException) -> str:
    """The innermost class that says something."""
    names = [type(cause).__name__ for cause in chain(error)]
    telling = [cause for cause in chain(error) if isinstance(cause, OSError | urllib3.exceptions.HTTPError)]
    return type(telling[-1]).__name__ if telling else names[0]


def _moment(value: str | None, now: datetime) -> datetime | None:
    if value is None:
        return None
    try:
        number = float(value)
    except ValueError:
        return _date(value)
    if not 0 <= number < _LAST_EPOCH:
        return None
    return datetime.fromtimestamp(number, UTC) if number > _FIRST_EPOCH else now + timedelta(seconds=number)


def _date(value: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(value)
        except (ValueError, TypeError):
            continue
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
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
