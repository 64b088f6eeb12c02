"""What Reddit's answers mean: by the error they name, else by their status.

Judged from the answer itself. PRAW's exceptions say less, and some are accidents (KeyError: 'reason',
AssertionError, KeyError: 401), though each of those answers is a plain refusal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crosspost.model import Outcome, RefusedForNow
from crosspost.network import after
from crosspost.platforms import Hide, _attempt
from crosspost.platforms._attempt import Verdict, brief
from crosspost.platforms._network import is_json

if TYPE_CHECKING:
    import requests

STATUSES: Mapping[int, Verdict] = {
    **_attempt.STATUSES,
    **dict.fromkeys((409, 413, 414, 415), Verdict.CONTENT),
    451: Verdict.ACCOUNT,
}
"""What an answer means that names no error."""

ERRORS: Mapping[str, Verdict] = {
    "USER_REQUIRED": Verdict.ACCOUNT,
    "SUBREDDIT_NOTALLOWED": Verdict.ACCOUNT,
    "SUBREDDIT_NO_ACCESS": Verdict.ACCOUNT,
    "BANNED_FROM_SUBREDDIT": Verdict.ACCOUNT,
    "IN_TIMEOUT": Verdict.ACCOUNT,
    "RATELIMIT": Verdict.LATER,
    "SUBREDDIT_RATELIMIT": Verdict.LATER,
    "SUBREDDIT_NOEXIST": Verdict.LATER,  # also said of subreddits that do exist (postiz-app #1886)
    "ALREADY_SUB": Verdict.UNCERTAIN,  # by anybody: look, and adopt it
    "SUBMIT_VALIDATION_REPOST": Verdict.UNCERTAIN,
}
"""The `error_type` of an answer, which says more than its status. Every other one is about the content."""

WRITES = ("/api/submit", "/api/del", "/api/editusertext")
"""The requests that make, delete and edit a submission."""

_WAIT = re.compile(r"(\d{1,9}) (millisecond|second|minute|hour)s?", re.IGNORECASE)
_SECONDS = {"millisecond": 0.001, "second": 1.0, "minute": 60.0, "hour": 3600.0}


def verdict(response: requests.Response) -> Verdict:
    if response.status_code == 401 and is_write(response):
        return Verdict.SESSION  # a read has asked for a new token by itself; a write is not repeated
    return STATUSES.get(response.status_code, Verdict.UNCERTAIN)


def judged_token(error: Exception, response: requests.Response, now: datetime) -> Outcome:
    """Return what the address that gives out access tokens answered. Nothing was submitted."""
    from crosspost.platforms import _http

    refused = response.status_code in (400, 401, 403, 404) and is_json(response.content)
    if refused or (response.ok and "error" in (_http.json_of(response) or {})):
        return Verdict.ACCOUNT.outcome(_http.said("Reddit, asked for an access token,", response))
    return _http.judged("Reddit", error, response, verdict, now)


def judged_errors(errors: Sequence[tuple[str, str]], response: requests.Response, now: datetime) -> Outcome:
    code, words = errors[0]
    verdict = ERRORS.get(code, Verdict.CONTENT)
    outcome = verdict.outcome(f"Reddit answered {code}" + (f": {brief(words)}" if words else ""))
    if isinstance(outcome, RefusedForNow):
        return RefusedForNow(outcome.reason, _until(words, response, now))
    return outcome


def _until(words: str, response: requests.Response, now: datetime) -> datetime | None:
    """When to ask again: the answer's own number of seconds, else the wait that its sentence names."""
    seconds = _json(response).get("ratelimit")
    if isinstance(seconds, int | float):
        return after(now, seconds)
    wait = _WAIT.search(words)
    return after(now, float(wait[1]) * _SECONDS[wait[2].lower()]) if wait else None


def _json(response: requests.Response | None) -> Mapping[str, Any]:
    from crosspost.platforms import _http

    body = _http.json_of(response)
    inner = body.get("json") if isinstance(body, dict) else None
    return inner if isinstance(inner, dict) else {}


def data_of(response: requests.Response | None) -> Mapping[str, Any]:
    data = _json(response).get("data")
    return data if isinstance(data, dict) else {}


def errors_of(response: requests.Response) -> list[tuple[str, str]]:
    """Return the errors an answer names, as (code, words): of a 200, or of a 400 in its other form."""
    from crosspost.platforms import _http

    body = _http.json_of(response)
    if isinstance(body, dict) and isinstance(body.get("reason"), str) and response.status_code == 400:
        return [(body["reason"], str(body.get("explanation") or ""))]
    errors = _json(response).get("errors") or ()
    return [(str(error[0]), str(error[1])) for error in errors if isinstance(error, list) and len(error) > 1]


def is_write(response: requests.Response) -> bool:
    return str(urlsplit(response.request.url or "").path).rstrip("/").endswith(WRITES)


def is_token_request(response: requests.Response) -> bool:
    return str(urlsplit(response.request.url or "").path).rstrip("/").endswith("/api/v1/access_token")


def hiding_tokens(hide: Hide) -> Callable[..., None]:
    """Return a hook for a session: the tokens that Reddit gives out for an hour are secrets, too."""
    from crosspost.platforms import _http

    def on_response(response: requests.Response, **_: Any) -> None:
        answer = _http.json_of(response) if is_token_request(response) else None
        if isinstance(answer, dict):
            for name in ("access_token", "refresh_token"):
                if isinstance(token := answer.get(name), str):
                    hide(token)

    return on_response
