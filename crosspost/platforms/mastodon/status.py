"""Reads statuses, and what an instance says of itself."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from crosspost.platforms._html import read_html
from crosspost.platforms._matching import Kind, ListedPost

MASTODON = re.compile(r"[1-9]\d*\.\d+\.\d+\S*")
"""The version of Mastodon, and of its forks ("4.5.1+glitch"), which count alike. GoToSocial's begin with 0; others
are "2.7.2 (compatible; Pleroma 2.6.0)", "4.0.0 (not true; really snac/2.75)"."""
GOTOSOCIAL = re.compile(r"0\.\d+\.\d+(?!.*compatible)", re.IGNORECASE)


def address_of(status: Any) -> str:
    return str(status.get("url") or status.get("uri") or "")


def text_of(status: Any) -> str:
    return read_html(status.get("content") or "")[1]


def listed_post(status: Any, owner: str = "") -> ListedPost:
    links, text = read_html(status.get("content") or "")
    card = (status.get("card") or {}).get("url")
    words = "\n".join(part for part in (status.get("spoiler_text"), text) if part)
    addresses = (*links, card) if card else links
    return ListedPost(
        url=address_of(status),
        id=str(status["id"]),
        text=words,
        addresses=addresses,
        kind=_kind(status),
        at=status.get("created_at"),
        owner=owner,
    )


def _kind(status: Any) -> Kind:
    if status.get("reblog") is not None:
        return Kind.REPOST
    if status.get("in_reply_to_id") is not None or status.get("in_reply_to_account_id") is not None:
        return Kind.REPLY
    if status.get("quote") is not None or status.get("quote_id") is not None:
        return Kind.QUOTE
    return Kind.PRIVATE if status.get("visibility") == "direct" else Kind.TEXT


def limits_of(instance: Any) -> dict[str, int]:
    """Return the instance's limits as `Form.with_limits` takes them.

    Only Mastodon counts an address by the figure that it announces. GoToSocial announces one and counts in full. An
    unknown server is taken to count in full, too: a shorter text is better than a refused one.
    """
    statuses = (instance.get("configuration") or {}).get("statuses") or {}
    said = {name: statuses.get(name) for name in ("max_characters", "characters_reserved_per_url")}
    limits = {name: number for name, number in said.items() if isinstance(number, int) and number > 0}
    version = str(instance.get("version") or "")
    if not limits or MASTODON.fullmatch(version):
        return limits
    if GOTOSOCIAL.match(version):
        limits.pop("characters_reserved_per_url", None)
    return {**limits, "addresses_in_full": 1}


def day_of(moment: object) -> date | None:
    """Return the day of `last_status_at`: a date on Mastodon, a moment elsewhere."""
    if isinstance(moment, datetime):
        return moment.date()
    try:
        return date.fromisoformat(str(moment)[:10])
    except ValueError:
        return None
