"""Downloads of feeds and pages. Every request is bounded, and a failure is one sentence.

time        of the whole, with redirects and the last byte of the body; looking up a name has the limits of the system's
            resolver besides (resolv.conf(5))
bytes       of the body, as sent and unpacked; of its headers: 128 with 8 KB each (aiohttp's own limits)
redirects   five, to http and https only; none where a request has a secret (forge/client.py)
pauses      a host that says when to ask again is not asked before, at most an hour

RFC 9110 sections 10.2.3 and 15.4, RFC 6585 section 4 (read 2026-11)
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from crosspost import __version__
from crosspost.errors import RetryLaterError, SourceError
from crosspost.model import Clock
from crosspost.network import certificate_problem, host_of, proxy_for, time_in_header

if TYPE_CHECKING:
    import aiohttp

TIMEOUT = timedelta(seconds=20)
BODY_LIMIT = 4 * 1024 * 1024
"""Bytes. A page of the newsletter has 150 kB, its feed 215 kB."""
REDIRECTS = 5
REDIRECT = frozenset({301, 302, 303, 307, 308})
"""Statuses."""
LONGEST_PAUSE = timedelta(hours=1)
"""The longest pause that a host gets: an issue must not wait for a mistyped header."""
DEFAULT_PAUSE = timedelta(minutes=5)
"""The pause after a 429 that names no time."""
PAUSE_COUNT = 100
"""The most pauses that are remembered; only a few hosts are ever asked."""
USER_AGENT = f"crosspost/{__version__}"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    url: str
    """The last one, after redirects."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def validators(self) -> dict[str, str]:
        """Return the headers that a conditional request repeats."""
        return {key: self.headers[key] for key in ("etag", "last-modified") if key in self.headers}


def conditions(validators: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of a request that is answered with 304 where nothing has changed."""
    headers = {"If-None-Match": validators.get("etag"), "If-Modified-Since": validators.get("last-modified")}
    return {name: str(value) for name, value in headers.items() if value}


class Downloader:
    """Downloads addresses, and observes the pauses that hosts ask for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pauses: dict[str, datetime] = {}

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: timedelta = TIMEOUT,
        limit: int = BODY_LIMIT,
    ) -> Answer:
        """Return the answer to one request. Raise SourceError when no whole answer of at most `limit` bytes came in
        time, RetryLaterError when the host asks for a pause."""
        self._raise_if_paused(url)
        import asyncio  # not in a pass without news

        answer = asyncio.run(
            request(url, headers=headers or {}, seconds=timeout.total_seconds(), limit=limit)
        )
        if pause := _requested_pause(answer, self._clock()):
            # "Too many requests" concerns the client and so the whole host, "unavailable" the one address.
            key_of = host_of if answer.status == 429 else str
            for address in {url, answer.url}:
                if len(self._pauses) < PAUSE_COUNT:
                    self._pauses[key_of(address)] = self._clock() + pause
            self._raise_if_paused(url)
        return answer

    def _raise_if_paused(self, url: str) -> None:
        """Raise RetryLaterError during a pause. A pause ends early when the clock was set back."""
        now = self._clock()
        self._pauses = {
            key: until for key, until in self._pauses.items() if now < until <= now + LONGEST_PAUSE
        }
        if until := max(filter(None, map(self._pauses.get, (url, host_of(url)))), default=None):
            raise RetryLaterError(
                f"{host_of(url)} asks for a pause; the next request is at {until:%H:%M:%S} UTC", until
            )


def is_address(url: str) -> bool:
    """Return whether a request can be made to an address: http or https, and a valid host."""
    try:
        parts = urlsplit(url)
        name, _ = parts.hostname or "", parts.port
        return parts.scheme in ("http", "https") and bool(name.encode("idna"))
    except ValueError:  # UnicodeError is one
        return False


# ── the request ──────────────────────────────────────────────────────────────────────────────────────


async def request(  # noqa: PLR0913 - a request and its bounds
    url: str,
    method: str = "GET",
    body: Mapping[str, Any] | None = None,
    *,
    headers: Mapping[str, str],
    seconds: float,
    limit: int,
    redirects: int = REDIRECTS,
) -> Answer:
    """Return the answer at the end of all redirects, or the first one where none is followed.

    `body` is sent as JSON. Raise SourceError when there is no answer within the bounds.
    """
    import asyncio

    import aiohttp

    if not is_address(url):
        raise SourceError(f"{host_of(url) or 'the address'} has an address that is not valid")
    all_headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip", **headers}
    try:
        async with (
            asyncio.timeout(seconds),
            aiohttp.ClientSession(
                headers=all_headers, auto_decompress=False, timeout=aiohttp.ClientTimeout(total=None)
            ) as session,
        ):
            for _ in range(redirects + 1):
                async with session.request(
                    method, url, json=body, allow_redirects=False, proxy=_proxy_for(url)
                ) as response:
                    received = {name.lower(): value for name, value in response.headers.items()}
                    if redirects and response.status in REDIRECT and "location" in received:
                        url = _target(url, received["location"])
                        continue
                    return Answer(response.status, url, received, await _body(response, url, limit))
    except TimeoutError as error:
        raise SourceError(f"{host_of(url)} gives no whole answer within {seconds:g} s") from error
    except aiohttp.ClientConnectorCertificateError as error:
        why = certificate_problem(error.certificate_error) or "it is not this host's"
        raise SourceError(f"{host_of(url)} has a certificate that is not accepted: {why}") from error
    except (aiohttp.ClientError, OSError, ValueError, zlib.error) as error:
        # The class is enough; the message may hold the whole address.
        way = f", by way of the proxy {host_of(proxy)}," if (proxy := _proxy_for(url)) else ""
        raise SourceError(f"{host_of(url)}{way} does not answer ({type(error).__name__})") from error
    raise SourceError(f"{host_of(url)} redirects more than {redirects} times")


def _target(url: str, location: str) -> str:
    """Return where a redirect leads. Raise SourceError when that is not a valid address."""
    try:
        target = urljoin(url, location.strip())
    except ValueError:
        target = ""
    if not is_address(target):
        raise SourceError(f"{host_of(url)} redirects to an address that is not valid: {location[:80]!r}")
    return target


def _proxy_for(url: str) -> str | None:
    """Return the proxy that the environment names. Raise SourceError for one of another kind. ~/.netrc is not read."""
    proxy = proxy_for(url)
    if proxy and urlsplit(proxy).scheme not in ("http", "https"):
        raise SourceError(
            f"the proxy {host_of(proxy)} is not one for http://; see {urlsplit(url).scheme}_proxy"
        )
    return proxy


async def _body(response: aiohttp.ClientResponse, url: str, limit: int) -> bytes:
    unpack = _unpacker(response.headers.get("Content-Encoding", ""), limit)
    received, body = 0, bytearray()
    async for chunk in response.content.iter_any():
        received += len(chunk)
        body += unpack(chunk)
        if max(received, len(body)) > limit:
            raise SourceError(f"{host_of(url)} answers with more than {limit // 1024 // 1024} MB")
    return bytes(body)


def _unpacker(encoding: str, limit: int) -> Callable[[bytes], bytes]:
    """Return a function that unpacks a chunk of the body, to at most `limit` + 1 bytes."""
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return bytes
    packed = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, as the bytes say
    return lambda chunk: packed.decompress(chunk, limit + 1)


# ── pauses ───────────────────────────────────────────────────────────────────────────────────────────


def _requested_pause(answer: Answer, now: datetime) -> timedelta | None:
    """Return the pause that this answer asks for; None: none."""
    if answer.status not in (429, 503):
        return None
    until = time_in_header(answer.headers.get("retry-after"), now)
    if until is None:
        return DEFAULT_PAUSE if answer.status == 429 else None
    return min(until - now, LONGEST_PAUSE) if until > now else None
