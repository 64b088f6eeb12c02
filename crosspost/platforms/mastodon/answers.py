"""What an instance's answers mean for the post."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from crosspost.platforms._attempt import Verdict

if TYPE_CHECKING:
    import requests


STATUSES: Mapping[int, Verdict] = {
    301: Verdict.ACCOUNT,  # told to go elsewhere: api_base_url is not the instance's own
    302: Verdict.ACCOUNT,
    307: Verdict.ACCOUNT,
    308: Verdict.ACCOUNT,
    400: Verdict.CONTENT,
    401: Verdict.ACCOUNT,
    403: Verdict.ACCOUNT,  # a scope that the token does not have, or an account that may not
    404: Verdict.ACCOUNT,  # a wrong address; or the key's status was deleted by somebody
    410: Verdict.ACCOUNT,
    413: Verdict.CONTENT,
    422: Verdict.CONTENT,
    429: Verdict.LATER,
}
"""What an answer to a request means. Every other one, and none at all: it may be there."""


def verdict_of(response: requests.Response) -> Verdict:
    return STATUSES.get(response.status_code, Verdict.UNCERTAIN)
