"""Reading answers and silences, whichever HTTP library brought them.

"Was it sent?" follows classes, never words; measured with refused, reset, silent and half-open connections
(requests 2.34, aiohttp 3.14, httpx 0.28). Whatever is not certainly unsent may have arrived.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crosspost.model import NeverArrived, Outcome, Uncertain
from crosspost.platforms._bounds import OutOfTimeError

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
LOOK_SECONDS = 45.0
"""How long a look, a check or any other reading may take, all its requests together."""

Errors = tuple[type[BaseException], ...]

LIMITS = re.compile(r"date|retry-after|(x-)?rate-?limit-.*", re.IGNORECASE)
"""Headers about when to ask again. They say nothing about the answer, and one that is sent twice, by two proxies,
or is not readable makes a library fail on an answer that was read: no library gets to see them."""

LONGEST_WAIT = timedelta(days=3650)
"""What a server may ask for at most; the delivery bounds it further, by what it was told to wait."""

_FIRST_EPOCH = 1e9
_LAST_EPOCH = 1e11
"""Between these a number is a moment, below them a number of seconds, above them nonsense."""


class NotSetUpError(RuntimeError):
    """Something on this machine, outside the configuration, keeps every request from leaving. Says what."""


class MovedError(RuntimeError):
    """The answer says to go elsewhere. Nobody does: the request carries a secret, or writes."""

    def __init__(self, status: int, address: str) -> None:
        super().__init__(f"{status}: go to {shown(address)}; correct api_base_url")
        self.status = status


class ByProxyError(RuntimeError):
    """A request that went through this proxy got no answer."""


def unanswered(place: str, error: BaseException, unsent: Errors, maybe: Errors) -> Outcome:
    """Return the outcome of a request that got no answer: `unsent` cannot have arrived, what wraps a `maybe` can."""
    causes = tuple(chain(error))
    for cause in causes:
        if isinstance(cause, NotSetUpError):
            return NeverArrived(f"{place} could not be asked: {cause}")
        if why := _not_vouched_for(cause):
            return NeverArrived(f"{place} could not be asked: {why}")
    proxies = [str(cause) for cause in causes if isinstance(cause, ByProxyError)]
    place += f", by way of the proxy {proxies[0]}," if proxies else ""
    root = [type(cause).__name__ for cause in chain(error, hidden=False) if isinstance(cause, Exception)][-1]
    left = any(isinstance(cause, maybe) for cause in causes)
    if not left and any(isinstance(cause, unsent) for cause in causes):
        return NeverArrived(f"{place} could not be reached ({root})")
    if any(isinstance(cause, OutOfTimeError) for cause in causes):
        return Uncertain(f"no complete answer from {place} in time")
    return Uncertain(f"no readable answer from {place} ({root})")


def _not_vouched_for(cause: BaseException) -> str | None:
    """Say why a certificate was refused, and which variables name the certificates it was held against."""
    import ssl  # loaded by whatever made the request

    why = getattr(
        cause, "verify_message", None
    )  # aiohttp's own class is one without it, around the one that says why
    if not why or not isinstance(cause, ssl.SSLCertVerificationError):
        return None
    named = [f"{name}={os.environ[name]}" for name in CERTIFICATES if os.environ.get(name)]
    return f"its certificate is not accepted, {why}" + (f" ({', '.join(named)})" if named else "")


CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""Variables that name certificates in place of the machine's."""


def chain(error: BaseException, *, hidden: bool = True) -> Iterator[BaseException]:
    """Yield an exception and all that it wraps, each once: causes, contexts, what libraries keep in attributes.

    `hidden`: also what was raised "from None", which a person would not be shown.
    """
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
            current.__context__ if hidden or not current.__suppress_context__ else None,
        )
        waiting += [inner for inner in wrapped if isinstance(inner, BaseException)]


def asked_until(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Return when the platform wants to be asked again, by Retry-After or by its rate limit's reset; None: unsaid.

    Seconds, an epoch or a date: Mastodon sends an ISO date, X an epoch, Reddit seconds.
    """
    for name in ("retry-after", "x-rate-limit-reset", "x-ratelimit-reset", "ratelimit-reset"):
        moment = _header_time(headers.get(name), now)
        if moment is not None:
            return moment
    return None


def after(now: datetime, seconds: object) -> datetime | None:
    """Return the moment so many seconds from now; None for what is no number, or none that can be meant."""
    try:
        number = float(str(seconds))
    except ValueError:
        return None
    if not number >= 0:  # neither below zero nor "not a number"
        return None
    return now + timedelta(seconds=min(number, LONGEST_WAIT.total_seconds()))


def is_json(body: bytes) -> bool:
    """Return whether an answer is in the format that every platform here speaks: a JSON object or list.

    A wall in front of it may speak JSON as well; Cloudflare's says so by a key of its own.
    """
    said = json_of(body)
    return isinstance(said, list) or (isinstance(said, dict) and "cloudflare_error" not in said)


def json_of(body: bytes) -> Any:
    """Return an answer's JSON; None where it is none, or nested beyond reading."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def said_nothing(place: str, status: int, body: bytes | str) -> str:
    """Return a sentence for an answer that is not in the platform's own format, so that nothing follows from it."""
    if not body.strip():
        return f"{place} answered {status} with nothing in it"
    if body.lstrip()[:1] not in (b"<", "<"):
        return f"{place} answered {status}, but not in its own format"
    doubt = " (a bot check?)" if status < 500 or status == 503 else ""
    return f"{place} answered {status} with a web page{doubt}"


def require_certificates(path: object, *variables: str) -> None:
    """Raise NotSetUpError when the certificates that a variable of the environment names are not there, or are none."""
    if not isinstance(path, str):
        return
    named = next((f" ({variable})" for variable in variables if os.environ.get(variable) == path), "")
    if not Path(path).exists():
        raise NotSetUpError(f"no certificates at {path}{named}")
    if Path(path).is_file() and not _holds_certificates(path):
        raise NotSetUpError(f"{path} holds no certificates{named}")


@cache
def _holds_certificates(path: str) -> bool:
    import ssl

    with suppress(OSError):  # ssl.SSLError is one
        ssl.create_default_context(cafile=path)
        return True
    return False


def proxy_for(address: str) -> str | None:
    """Host and port of the proxy that the environment names for an address; None: it is asked directly."""
    proxy = proxy_address(address)
    return shown(proxy) if proxy else None


def proxy_address(address: str) -> str | None:
    """Return the address of that proxy, with its password: a secret."""
    from urllib.request import getproxies, proxy_bypass

    parts, proxies = urlsplit(address), getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return proxy if proxy and not proxy_bypass(parts.hostname or "") else None


def shown(address: str) -> str:
    """Host and port of an address: what a sentence may show of it, never a name or a password."""
    parts = urlsplit(address if "//" in address else f"//{address}")
    return (parts.hostname or "?") + (f":{parts.port}" if parts.port else "")


def quiet(*loggers: str, level: int = logging.INFO) -> None:
    """Keep libraries from writing headers and form data, which hold secrets, into a debug log."""
    for name in loggers:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, level))


def _header_time(value: str | None, now: datetime) -> datetime | None:
    if value is None:
        return None
    try:
        # Two proxies that each say it make "120, 98" of it.
        number = max(float(part) for part in value.split(","))
    except ValueError:
        return _date(value)
    if not 0 <= number < _LAST_EPOCH:
        return None
    return datetime.fromtimestamp(number, UTC) if number > _FIRST_EPOCH else after(now, number)


def _date(value: str) -> datetime | None:
    from email.utils import parsedate_to_datetime

    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(value)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, TypeError, OverflowError):  # the last evening of the year 9999, somewhere
            continue
    return None
