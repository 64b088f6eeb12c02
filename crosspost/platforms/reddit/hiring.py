"""Which of a subreddit's submissions is its newest official hiring thread. Never a guess.

The threads that the newsletter linked to since 2022 are titled «Official /r/rust "Who's Hiring" thread for job-seekers
and job-offerers [Rust 1.97]» and were posted by a moderator. Its editors three times took another sticky thread for
it (issues 466, 527, 560), so a title alone or a moderator alone is not enough.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

SEARCH = 'title:"official" title:"hiring"'

_TITLE = re.compile(r"\bofficial\b.*\bwho['’]?s\s+hiring\b", re.IGNORECASE)


def newest_official(
    submissions: Iterable[Mapping[str, Any]], moderators: Collection[str]
) -> Mapping[str, Any] | None:
    """Return the newest that a moderator posted under the official title and that is still there."""
    official = [
        each
        for each in submissions
        if _TITLE.search(str(each.get("title", "")))
        and str(each.get("author", "")).lower() in moderators
        and not each.get("removed_by_category")
    ]
    return max(official, key=lambda each: float(each.get("created_utc") or 0), default=None)


def names_of(users: Iterable[Any]) -> frozenset[str]:
    """Return the names, in lower case. PRAW makes a Redditor of some entries and leaves others as they came."""
    return frozenset(str(each["name"] if isinstance(each, Mapping) else each).lower() for each in users)
