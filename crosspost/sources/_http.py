"""One GET: bounded in time and size, never repeated, its failures a sentence."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from crosspost import __version__
from crosspost.errors import SourceError

PATIENCE = timedelta(seconds=20)
BODY_LIMIT = 4 * 1024 * 1024
"""Bytes. A page of the newsletter has 150 kB, its feed 215 kB."""
USER_AGENT = f"crosspost/{__version__}"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    url: str
    """Where it came from in the end, after redirects."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


def get(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    patience: timedelta = PATIENCE,
    limit: int = BODY_LIMIT,
) -> Answer:
    """Ask once. Raises SourceError when no answer came, or one larger than `limit` bytes."""
    import requests

    seconds = patience.total_seconds()
    ends = time.monotonic() + seconds
    try:
        with (
            requests.Session() as session,
            session.get(
                url,
                headers={"User-Agent": USER_AGENT, **(headers or {})},
                timeout=(seconds / 2, seconds),
                stream=True,
            ) as response,
        ):
            body = bytearray()
            for chunk in response.iter_content(65536):
                body += chunk
                if len(body) > limit:
                    raise SourceError(f"{host(url)} answers with more than {limit // 1024 // 1024} MB")
                if time.monotonic() > ends:
                    raise SourceError(f"{host(url)} did not finish its answer within {seconds:.0f} s")
            found = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, response.url, found, bytes(body))
    except requests.RequestException as error:
        raise SourceError(f"{host(url)} does not answer ({_kind(error)})") from error


def host(url: str) -> str:
    """The part of an address that a sentence may show: never a password, never a token."""
    parts = urlsplit(url)
    return parts.hostname or "the address"


def _kind(error: Exception) -> str:
    """ "ConnectTimeout", "SSLError": the class says it; the message may hold the whole address."""
    return type(error).__name__
