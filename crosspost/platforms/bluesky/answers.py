"""What a PDS's answers mean for the post."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from crosspost.platforms._attempt import Verdict

if TYPE_CHECKING:
    pass


STATUSES: Mapping[int, Verdict] = {
    301: Verdict.ACCOUNT,  # told to go elsewhere: api_base_url is not the server's own
    302: Verdict.ACCOUNT,
    307: Verdict.ACCOUNT,
    308: Verdict.ACCOUNT,
    400: Verdict.CONTENT,
    401: Verdict.ACCOUNT,
    403: Verdict.ACCOUNT,
    404: Verdict.ACCOUNT,
    413: Verdict.CONTENT,
    429: Verdict.LATER,
}
"""What an answer means whose error has no name here. Every other one, and none at all: it may be there."""


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
