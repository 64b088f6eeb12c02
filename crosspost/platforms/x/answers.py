"""What X's answers mean for the post."""

from __future__ import annotations

import re
from collections.abc import Mapping

import requests

from crosspost.platforms import _attempt, _http
from crosspost.platforms._attempt import Verdict

STATUSES: Mapping[int, Verdict] = {**_attempt.STATUSES, 402: Verdict.CREDIT}
"""What an answer means that has no code."""

CODES: Mapping[int, Verdict] = {
    32: Verdict.ACCOUNT,  # could not authenticate
    64: Verdict.ACCOUNT,  # suspended
    88: Verdict.LATER,  # rate limit
    89: Verdict.ACCOUNT,  # token invalid or expired
    130: Verdict.UNCERTAIN,  # over capacity
    131: Verdict.UNCERTAIN,  # internal error
    170: Verdict.CONTENT,  # a parameter is missing
    185: Verdict.LATER,  # the day's posts are used up
    186: Verdict.CONTENT,  # too long
    187: Verdict.UNCERTAIN,  # duplicate: it may be there
    226: Verdict.ACCOUNT,  # "looks automated"
    261: Verdict.ACCOUNT,  # the app may not write
    324: Verdict.CONTENT,  # the media id is invalid
    326: Verdict.ACCOUNT,  # locked
    453: Verdict.ACCOUNT,  # the access level does not include this
}
"""The older codes, which some answers still have. They say more than the status."""

PROBLEMS: Mapping[str, Verdict] = {
    "client-forbidden": Verdict.ACCOUNT,
    "oauth1-permissions": Verdict.ACCOUNT,
    "unsupported-authentication": Verdict.ACCOUNT,
    "not-authorized-for-resource": Verdict.ACCOUNT,
    "invalid-request": Verdict.CONTENT,
    "credits": Verdict.CREDIT,
    "usage-capped": Verdict.CREDIT,
}
"""The last part of a problem's `type` address."""

DUPLICATE = re.compile(r"duplicate content|is a duplicate", re.IGNORECASE)
"""The sentence of a duplicate: a 403 without a code ("You are not allowed to create a Tweet with …", 2026-02)."""


def verdict_of(response: requests.Response) -> Verdict:
    """Return what an answer means: by its code, else its problem's type, else its status; a duplicate by its words."""
    body = _http.json_of(response)
    body = body if isinstance(body, dict) else {}
    if response.status_code >= 500:
        return Verdict.UNCERTAIN
    if response.status_code == 403 and DUPLICATE.search(f"{body.get('detail')} {body.get('errors')}"):
        return Verdict.UNCERTAIN
    codes = [error.get("code") for error in body.get("errors") or () if isinstance(error, dict)]
    coded = [CODES[code] for code in codes if isinstance(code, int) and code in CODES]
    if coded:
        return coded[0]
    problem = str(body.get("type") or "").rpartition("/")[2]
    return PROBLEMS.get(problem, STATUSES.get(response.status_code, Verdict.UNCERTAIN))
