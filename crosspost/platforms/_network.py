"""Classify failed requests and unreadable answers, whichever HTTP library made the request.

Whether a request was sent is read from the classes of the exceptions, never from their text; measured with refused,
reset, silent and half-open connections (requests 2.34, aiohttp 3.14). What is not certainly unsent may have arrived.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from crosspost.model import NeverArrived, Outcome, Uncertain
from crosspost.network import certificate_problem, host_of, json_of, proxy_for

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
LOOK_SECONDS = 45.0
"""Seconds that a look, a check or another reading may take, all its requests together."""

LONGEST_ANSWER = 8 * 1024 * 1024
"""Bytes of one answer, unpacked. A page of a hundred posts has some 300 kB."""

Errors = tuple[type[BaseException], ...]

RATE_LIMIT_HEADERS = re.compile(r"date|retry-after|(x-)?rate-?limit-.*", re.IGNORECASE)
"""Headers about when to ask again, which are hidden from the libraries: one that two proxies sent, or that is not
readable, makes a library fail on an answer that was read."""


class DeadlineError(TimeoutError):
    """The time of the whole call was over before this request, or before its answer was complete."""


class TooLargeError(RuntimeError):
    """The answer is longer than LONGEST_ANSWER."""

    def __init__(self) -> None:
        super().__init__(f"an answer of more than {LONGEST_ANSWER // 1024 // 1024} MB")


class LocalSetupError(RuntimeError):
    """Something on this machine, outside the configuration, keeps each request from leaving. The message says what."""


class RedirectError(RuntimeError):
    """The answer is a redirect. It is not followed: the request carries a secret, or writes."""

    def __init__(self, status: int, address: str) -> None:
        super().__init__(f"{status}: go to {host_of(address) or '?'}; correct api_base_url")
        self.status = status
        self.address = address


def classify_no_answer(
    server: str, error: BaseException, unsent: Errors, maybe: Errors, *, url: str = ""
) -> Outcome:
    """Return the outcome of a request that got no answer.

    `unsent`: classes after which it cannot have arrived, unless one of `maybe` is among the causes. `url`: its address,
    to name the proxy in between.
    """
    import ssl  # loaded by whatever made the request

    causes = tuple(chain(error))
    for cause in causes:
        if isinstance(cause, LocalSetupError):
            return NeverArrived(f"{server} could not be asked: {cause}")
        # aiohttp's own class has no reason and wraps the one that has it
        if isinstance(cause, ssl.SSLCertVerificationError) and (why := certificate_problem(cause)):
            return NeverArrived(f"{server} could not be asked: its certificate is not accepted, {why}")
    if url and (proxy := proxy_for(url)):
        server += f", by way of the proxy {host_of(proxy)},"
    root = [type(cause).__name__ for cause in chain(error, hidden=False) if isinstance(cause, Exception)][-1]
    may_have_left = any(isinstance(cause, maybe) for cause in causes)
    if not may_have_left and any(isinstance(cause, unsent) for cause in causes):
        return NeverArrived(f"{server} could not be reached ({root})")
    if any(isinstance(cause, DeadlineError) for cause in causes):
        return Uncertain(f"no complete answer from {server} in time")
    return Uncertain(f"no readable answer from {server} ({root})")


def chain(error: BaseException, *, hidden: bool = True) -> Iterator[BaseException]:
    """Yield an exception and all that it wraps, each once: causes, contexts, arguments and libraries' attributes.

    `hidden`: follow also a context that "from None" hides from people.
    """
    visited: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        current = waiting.pop(0)
        if id(current) in visited:
            continue
        visited.add(id(current))
        yield current
        wrapped = (
            *current.args,
            getattr(current, "reason", None),
            getattr(current, "original_exception", None),
            current.__cause__,
            current.__context__ if hidden or not current.__suppress_context__ else None,
        )
        waiting += [inner for inner in wrapped if isinstance(inner, BaseException)]


def is_json(body: bytes) -> bool:
    """Return whether an answer is in the format of each platform here: a JSON object or list.

    A firewall's answer may be JSON, too; Cloudflare's has a key that says so.
    """
    content = json_of(body)
    return isinstance(content, list) or (isinstance(content, dict) and "cloudflare_error" not in content)


def unreadable_answer(server: str, status: int, body: bytes | str) -> str:
    """Return a sentence for an answer that is not in the platform's own format, and so proves nothing."""
    if not body.strip():
        return f"{server} answered {status} with nothing in it"
    if body.lstrip()[:1] not in (b"<", "<"):
        return f"{server} answered {status}, but not in its own format"
    doubt = " (a bot check?)" if status < 500 or status == 503 else ""
    return f"{server} answered {status} with a web page{doubt}"


def require_certificates(path: object, *variables: str) -> None:
    """Raise LocalSetupError when the certificates that an environment variable names are missing or are none."""
    if not isinstance(path, str):
        return
    named = next((f" ({variable})" for variable in variables if os.environ.get(variable) == path), "")
    if not Path(path).exists():
        raise LocalSetupError(f"no certificates at {path}{named}")
    if Path(path).is_file() and not _holds_certificates(path):
        raise LocalSetupError(f"{path} holds no certificates{named}")


@cache
def _holds_certificates(path: str) -> bool:
    import ssl

    with suppress(OSError):  # ssl.SSLError is one
        ssl.create_default_context(cafile=path)
        return True
    return False


def limit_logging(*loggers: str, level: int = logging.INFO) -> None:
    """Keep libraries from logging headers and form data, which hold secrets."""
    for name in loggers:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, level))
