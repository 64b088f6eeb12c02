"""Helpers for HTTP requests by any library: hosts, proxies, certificates, when to retry."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import SplitResult, urlsplit

CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""Environment variables that name certificates in place of the machine's."""
LONGEST_WAIT = timedelta(days=3650)
"""The longest wait that is returned; the caller bounds it further."""

_NO_PORT = re.compile(r":(?!\d{0,5}$)[^\]]*$")
_FIRST_EPOCH = 1e9
_LAST_EPOCH = 1e11
"""Numbers between these are times since 1970, numbers below are seconds to wait; numbers above are ignored."""


def host_of(address: str) -> str:
    """Return the host of an address, with its port if it has one, without user and password; empty when it is none.

    What is no port may be a password whose host was forgotten: "https://name:password/path".
    """
    return _NO_PORT.sub("", _split(address).netloc.rpartition("@")[2].lower())


def path_of(address: str) -> str:
    """Return the path of an address; empty when it is no address."""
    return _split(address).path


def _split(address: str) -> SplitResult:
    try:
        return urlsplit(address.strip())
    except ValueError:
        return urlsplit("")


def proxy_for(address: str) -> str | None:
    """Return the proxy that the environment names for an address, with its password (a secret); None: no proxy."""
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    proxy = proxies.get(urlsplit(address).scheme) or proxies.get("all")
    if not proxy or proxy_bypass(host_of(address)):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def certificate_problem(error: object) -> str:
    """Return why a certificate was refused, and the variables that name the trusted ones; empty: it was not refused."""
    why = getattr(error, "verify_message", "")
    variables = [f"{name}={os.environ[name]}" for name in CERTIFICATES if os.environ.get(name)]
    return f"{why} ({', '.join(variables)})" if why and variables else why


def json_of(body: bytes) -> Any:
    """Return the JSON in a response's body; None where it is none, or nested too deeply."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def time_after(now: datetime, seconds: object) -> datetime | None:
    """Return the time so many seconds from now; None for what is no number, or below zero."""
    try:
        number = float(str(seconds))
    except ValueError:
        return None
    if not number >= 0:  # neither below zero nor "not a number"
        return None
    return now + timedelta(seconds=min(number, LONGEST_WAIT.total_seconds()))


def retry_time(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Return when a server wants the next request, by Retry-After or its rate limit's reset; None: it does not say.

    The names in `headers` are in lower case, or it is a mapping that ignores case.
    """
    for name in ("retry-after", "x-rate-limit-reset", "x-ratelimit-reset", "ratelimit-reset"):
        if (at := time_in_header(headers.get(name), now)) is not None:
            return at
    return None


def time_in_header(value: str | None, now: datetime) -> datetime | None:
    """Return the time in a header such as Retry-After; None where it is none.

    Seconds, an epoch or a date: Mastodon sends an ISO date, X an epoch, Reddit seconds.
    """
    from email.utils import parsedate_to_datetime

    if value is None:
        return None
    try:
        # Two proxies that both add the header make "120, 98" of it.
        number = max(float(part) for part in value.split(","))
    except ValueError:
        pass
    else:
        if not 0 <= number < _LAST_EPOCH:
            return None
        return datetime.fromtimestamp(number, UTC) if number > _FIRST_EPOCH else time_after(now, number)
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            at = read(value)
            return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except (ValueError, TypeError, OverflowError):  # also the end of the year 9999 in some time zone
            continue
    return None
