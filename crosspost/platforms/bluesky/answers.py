"""What a PDS's answers mean for the post."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx

from crosspost.model import Outcome, Uncertain
from crosspost.network import asked_until
from crosspost.platforms import _attempt, _httpx, _network
from crosspost.platforms._attempt import UnclearError, Verdict, brief
from crosspost.platforms.bluesky._libraries import atproto

STATUSES: Mapping[int, Verdict] = {**_attempt.STATUSES, 413: Verdict.CONTENT}
"""What an answer means whose error has no name here."""

ERRORS: Mapping[str, Verdict] = {
    "InvalidSwap": Verdict.UNCERTAIN,  # something is there under this key: look
    "InvalidRequest": Verdict.CONTENT,
    "InvalidRecord": Verdict.CONTENT,
    "BlobTooLarge": Verdict.CONTENT,
    "AuthMissing": Verdict.ACCOUNT,
    "AuthenticationRequired": Verdict.ACCOUNT,
    "AuthFactorTokenRequired": Verdict.ACCOUNT,
    "AccountTakedown": Verdict.ACCOUNT,
    "AccountSuspended": Verdict.ACCOUNT,
    "AccountDeactivated": Verdict.ACCOUNT,
    "RepoNotFound": Verdict.ACCOUNT,
    "RateLimitExceeded": Verdict.LATER,
}
"""The `error` of an answer, which says more than its status."""

TOKEN_REFUSED = frozenset({"ExpiredToken", "InvalidToken"})
"""The session's token, not the account: a new login mends it, or it is not to be mended here."""


def require_own_format(answer: Any) -> None:
    """Raise UnclearError for an answer that atproto hands out as it is, because it is no JSON."""
    if isinstance(answer.content, bytes):
        raise UnclearError(_network.said_nothing("Bluesky", answer.status_code, answer.content))


def error_name(error: Any) -> str:
    """Return the name that Bluesky gives the error; empty when it is none of Bluesky's."""
    content = getattr(getattr(error, "response", None), "content", None)
    return str(getattr(content, "error", None) or "")


def judged(error: Exception, transport: _httpx.Wire, now: datetime, base: str) -> Outcome:
    """Return the outcome of a request to `base` that raised."""
    if isinstance(error, _network.MovedError):
        return STATUSES.get(error.status, Verdict.UNCERTAIN).outcome(f"Bluesky answered {error}")
    response = error.response if isinstance(error, atproto.exceptions.RequestErrorBase) else None
    if response is None:
        return _judged_unread(error, transport.last, base)
    status, name = response.status_code, error_name(error)
    if isinstance(response.content, bytes) and not _network.is_json(response.content) and status != 429:
        return Uncertain(_network.said_nothing("Bluesky", status, response.content))
    words = brief(getattr(response.content, "message", None) or name)
    if not words and status != 429:  # each error of the protocol has a name or a message
        return Uncertain(_network.said_nothing("Bluesky", status, "{}"))
    verdict = ERRORS.get(name, STATUSES.get(status, Verdict.UNCERTAIN))
    if name in TOKEN_REFUSED:
        verdict = Verdict.SESSION if transport.published else Verdict.ACCOUNT
    if status >= 500:
        verdict = Verdict.UNCERTAIN
    reason = f"Bluesky answered {status}" + (f": {words}" if words else "")
    return verdict.outcome(reason, asked_until(response.headers, now))


def _judged_unread(error: Exception, last: httpx.Response | None, base: str) -> Outcome:
    """Return what became of a request whose answer, perhaps `last`, was not whole or none of Bluesky's."""
    if last is not None and last.is_closed and last.is_success:
        try:
            body = last.content
        except httpx.ResponseNotRead:  # not whole
            body = b"{}"
        if not _network.is_json(body):
            return Uncertain(_network.said_nothing("Bluesky", last.status_code, body))
    asked = "" if last else base
    return _network.unanswered("Bluesky", error, _httpx.UNSENT, _httpx.MAYBE, asked=asked)
