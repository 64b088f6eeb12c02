"""What a submission says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from crosspost.model import Found
from crosspost.network import path_of
from crosspost.platforms._matching import Item, Kind, Who, addresses_in
from crosspost.platforms.reddit import OWN_HOSTS, POST_PATH


def id_of(there: Found) -> str:
    match = POST_PATH.fullmatch(path_of(there.url))
    return there.id or (match["id"] if match else "")


def created(submission: Mapping[str, Any]) -> datetime:
    """When it was submitted; what does not say counts as new."""
    moment = submission.get("created_utc")
    return datetime.max.replace(tzinfo=UTC) if moment is None else datetime.fromtimestamp(float(moment), UTC)


def address_of(submission: Mapping[str, Any]) -> str:
    permalink = (
        submission.get("permalink") or f"/r/{submission.get('subreddit')}/comments/{submission['id']}/"
    )
    return f"{OWN_HOSTS[0]}{permalink}"


def permalink(data: Mapping[str, Any], subreddit: str) -> str:
    """Return where a submission is, from the answer to its making."""
    url = str(data.get("url") or "")
    if POST_PATH.fullmatch(path_of(url)):
        return url
    return f"{OWN_HOSTS[0]}/r/{subreddit}/comments/{data['id']}/"


def item_of(submission: Mapping[str, Any], who: Who) -> Item:
    title, link = str(submission.get("title") or ""), str(submission.get("url") or "")
    inside = addresses_in(str(submission.get("selftext") or ""))
    kind = Kind.TEXT if submission.get("is_self") else Kind.LINK
    at = created(submission)
    return Item(title, inside, kind, who, at, leads_to="" if kind is Kind.TEXT else link)
