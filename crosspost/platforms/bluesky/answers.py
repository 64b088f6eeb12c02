"""What a PDS's answers mean for the post."""

from __future__ import annotations

from collections.abc import Mapping

from crosspost.platforms import _attempt
from crosspost.platforms._attempt import Verdict

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
