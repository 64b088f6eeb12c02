"""What a PDS's answers mean for the post."""

from __future__ import annotations

from collections.abc import Mapping

import requests

from crosspost.platforms import _attempt
from crosspost.platforms._attempt import Verdict
from crosspost.platforms._http import json_of

STATUSES: Mapping[int, Verdict] = {**_attempt.STATUSES, 413: Verdict.CONTENT}
"""What an answer means whose error has no name in ERRORS."""

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
"""Errors of the session's token, not of the account: a new login makes a new one."""


def error_name(response: requests.Response | None) -> str:
    """Return the name of an answer's error; empty when the answer is not Bluesky's."""
    said = json_of(response)
    return str(said.get("error") or "") if isinstance(said, dict) else ""


def verdict_of(response: requests.Response, *, published: bool) -> Verdict:
    """Return what an answer means. `published`: whether the publishing request had left."""
    status, name = response.status_code, error_name(response)
    by_status = STATUSES.get(status, Verdict.UNCERTAIN)
    if response.is_redirect or status == 429:
        return by_status
    if status >= 500 or not (name or json_of(response).get("message")):
        return Verdict.UNCERTAIN  # each error of the protocol has a name or a message
    if name in TOKEN_REFUSED:
        return Verdict.SESSION if published else Verdict.ACCOUNT
    return ERRORS.get(name, by_status)
