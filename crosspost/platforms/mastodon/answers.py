"""What an instance's answers mean for the post."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from crosspost.platforms import _attempt
from crosspost.platforms._attempt import Verdict

if TYPE_CHECKING:
    import requests


STATUSES: Mapping[int, Verdict] = {
    **_attempt.STATUSES,  # 404: a wrong address; or the key's status was deleted by somebody
    410: Verdict.ACCOUNT,
    413: Verdict.CONTENT,
    422: Verdict.CONTENT,
}


def verdict_of(response: requests.Response) -> Verdict:
    return STATUSES.get(response.status_code, Verdict.UNCERTAIN)
