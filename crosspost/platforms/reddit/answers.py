"""What Reddit's answers mean: by the error they name, else by their status.

The answer itself is read. PRAW's exceptions say less, and some are bugs (KeyError: 'reason', AssertionError,
KeyError: 401) although each of those answers is a plain refusal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import requests

from crosspost.model import Outcome, Sent
from crosspost.network import path_of, time_after
from crosspost.platforms import _attempt, _http, _network
from crosspost.platforms._attempt import Verdict, brief
from crosspost.platforms.reddit import OWN_HOSTS, POST_PATH

STATUSES: Mapping[int, Verdict] = {
    **_attempt.STATUSES,
    **dict.fromkeys((409, 413, 414, 415), Verdict.CONTENT),
    451: Verdict.ACCOUNT,
}
"""The verdict on an answer that names no error."""

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
"""The verdict by an answer's `error_type`, which says more than its status. Every other one is about the content."""

WRITES = ("/api/submit", "/api/del", "/api/editusertext")
"""The requests that make, delete and edit a submission."""

_WAIT = re.compile(r"(\d{1,9}) (millisecond|second|minute|hour)s?", re.IGNORECASE)
_SECONDS = {"millisecond": 0.001, "second": 1.0, "minute": 60.0, "hour": 3600.0}


def classify(error: Exception, transport: _http.Transport, subreddit: str, now: datetime) -> Outcome:
    """Return the outcome of a request that raised: by its answer, where there is one."""
    response: requests.Response | None = transport.last_answer
    if response is not None and is_token_request(response) and _is_refused_token(response):
        return Verdict.ACCOUNT.outcome(_http.answer_message("Reddit, asked for an access token,", response))
    errors = errors_of(response) if response is not None else []
    if response is None or not errors or is_token_request(response):
        return _http.classify_response("Reddit", error, transport, _verdict, now)
    code, message = errors[0]
    if data_of(response).get("id"):  # refused, and yet it names a submission that was made
        return sent(response, subreddit, f"Reddit also said {code}")
    reason = f"Reddit answered {code}" + (f": {brief(message)}" if message else "")
    return ERRORS.get(code, Verdict.CONTENT).outcome(reason, _retry_time(message, response, now))


def sent(response: requests.Response, subreddit: str, note: str) -> Sent:
    """Return the submission that an answer names."""
    data = data_of(response)
    url, number = str(data.get("url") or ""), str(data["id"])
    if not POST_PATH.fullmatch(path_of(url)):
        url = f"{OWN_HOSTS[0]}/r/{subreddit}/comments/{number}/"
    return Sent(url, number, note)


def _verdict(response: requests.Response) -> Verdict:
    if response.status_code == 401 and _path(response).endswith(WRITES):
        return Verdict.SESSION  # a read has asked for a new token by itself; a write is not repeated
    return STATUSES.get(response.status_code, Verdict.UNCERTAIN)


def _is_refused_token(response: requests.Response) -> bool:
    """Return whether the address that gives out access tokens refuses. Nothing was submitted."""
    refused = response.status_code in (400, 401, 403, 404) and _network.is_json(response.content)
    return refused or (response.ok and "error" in (_http.json_of(response) or {}))


def _retry_time(message: str, response: requests.Response, now: datetime) -> datetime | None:
    """Return when to ask again: by the answer's own number of seconds, else by the wait that its message names."""
    seconds = _json(response).get("ratelimit")
    if isinstance(seconds, int | float):
        return time_after(now, seconds)
    wait = _WAIT.search(message)
    return time_after(now, float(wait[1]) * _SECONDS[wait[2].lower()]) if wait else None


def _json(response: requests.Response | None) -> Mapping[str, Any]:
    body = _http.json_of(response)
    inner = body.get("json") if isinstance(body, dict) else None
    return inner if isinstance(inner, dict) else {}


def data_of(response: requests.Response | None) -> Mapping[str, Any]:
    data = _json(response).get("data")
    return data if isinstance(data, dict) else {}


def errors_of(response: requests.Response) -> list[tuple[str, str]]:
    """Return the errors that an answer names, as (code, message): a 200, or a 400 in its other form."""
    body = _http.json_of(response)
    if isinstance(body, dict) and isinstance(body.get("reason"), str) and response.status_code == 400:
        return [(body["reason"], str(body.get("explanation") or ""))]
    errors = _json(response).get("errors") or ()
    return [(str(error[0]), str(error[1])) for error in errors if isinstance(error, list) and len(error) > 1]


def is_token_request(response: requests.Response) -> bool:
    return _path(response).endswith("/api/v1/access_token")


def _path(response: requests.Response) -> str:
    return path_of(response.request.url or "").rstrip("/")
