"""What a submission says of itself, and which one is the newest official hiring thread. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from crosspost.model import Found
from crosspost.network import path_of
from crosspost.platforms._matching import Kind, ListedPost, PostedBy, addresses_in, known_id
from crosspost.platforms.reddit import OWN_HOSTS, POST_PATH

HIRING = 'title:"official" title:"hiring"'
"""What is searched for."""
_OFFICIAL = re.compile(r"\bofficial\b.*\bwho['’]?s\s+hiring\b", re.IGNORECASE)


def id_of(existing: Found) -> str:
    match = POST_PATH.fullmatch(path_of(existing.url))
    return known_id(existing, match["id"] if match else "")


def created(submission: Mapping[str, Any]) -> datetime:
    """Return when it was submitted; what does not say counts as new."""
    moment = submission.get("created_utc")
    return datetime.max.replace(tzinfo=UTC) if moment is None else datetime.fromtimestamp(float(moment), UTC)


def address_of(submission: Mapping[str, Any]) -> str:
    permalink = (
        submission.get("permalink") or f"/r/{submission.get('subreddit')}/comments/{submission['id']}/"
    )
    return f"{OWN_HOSTS[0]}{permalink}"


def listed_post(submission: Mapping[str, Any], posted_by: PostedBy) -> ListedPost:
    is_text = bool(submission.get("is_self"))
    return ListedPost(
        url=address_of(submission),
        id=str(submission["id"]),
        text=str(submission.get("title") or ""),
        addresses=addresses_in(str(submission.get("selftext") or "")),
        kind=Kind.TEXT if is_text else Kind.LINK,
        posted_by=posted_by,
        at=created(submission),
        link="" if is_text else str(submission.get("url") or ""),
        owner="" if posted_by is PostedBy.ACCOUNT else f"u/{submission['author']}",
    )


def newest_official(
    submissions: Iterable[Mapping[str, Any]], moderators: Collection[str]
) -> Mapping[str, Any] | None:
    """Return the newest hiring thread that a moderator posted under the official title and that is still there.

    Those that the newsletter linked to since 2022 are titled «Official /r/rust "Who's Hiring" thread for job-seekers
    and job-offerers [Rust 1.97]» and were posted by a moderator. Its editors three times took another sticky thread
    for it (issues 466, 527, 560), so a title alone or a moderator alone is not enough. Never a guess.
    """
    official = [
        each
        for each in submissions
        if _OFFICIAL.search(str(each.get("title", "")))
        and str(each.get("author", "")).lower() in moderators
        and not each.get("removed_by_category")
    ]
    return max(official, key=lambda each: float(each.get("created_utc") or 0), default=None)


def names_of(users: Iterable[Any]) -> frozenset[str]:
    """Return the names, in lower case. PRAW makes a Redditor of some entries and leaves others as they came."""
    return frozenset(str(each["name"] if isinstance(each, Mapping) else each).lower() for each in users)
