"""What X makes of a text's links, and what its answers and refusals look like.

docs.x.com (2026-08); refusals as bots' logs of 2026 show them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crosspost.compose.counting.addresses import addresses
from crosspost.sandbox.base import iso, token
from crosspost.sandbox.exchange import Answer, Refused
from crosspost.sandbox.values import SandboxPost

USER = "ThisWeekInRust"
USER_ID = "2283469994"
_PROBLEM = "https://api.x.com/2/problems"
"""Since the document of 2.159; before, they were under api.twitter.com."""


def problem(status: int, title: str, detail: str, kind: str = "about:blank") -> Answer:
    """Return an error in the form of RFC 9457, as API v2 sends most of them."""
    return Answer(status, {"title": title, "type": kind, "status": status, "detail": detail})


REFUSALS: Mapping[str, Answer] = {
    "duplicate": problem(403, "Forbidden", "You are not allowed to create a Tweet with duplicate content."),
    "duplicate-187": Answer(403, {"errors": [{"code": 187, "message": "Status is a duplicate."}]}),
    "credits": problem(
        402,
        "CreditsDepleted",
        "Your enrolled account does not have any credits to fulfill this request.",
        f"{_PROBLEM}/credits",
    ),
    "too-long": problem(
        403,
        "Forbidden",
        "Your Tweet text is too long. For more information on how Twitter determines text length see …",
    ),
    "read-only": problem(
        403,
        "Forbidden",
        "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint.",
        f"{_PROBLEM}/oauth1-permissions",
    ),
}


def full_address(address: str) -> str:
    """Return an address with its scheme."""
    return address if "://" in address else f"http://{address}"


def links(post: SandboxPost) -> tuple[str, list[dict[str, Any]]]:
    """Return the post's text with t.co in place of every address, and each of them as an entity of that text."""
    text, end, urls = "", 0, list[dict[str, Any]]()
    for place, found in enumerate(addresses(post.text)):
        short = f"https://t.co/{token(post.id, place)[:10]}"
        text += post.text[end : found.start]
        urls.append(
            {
                "start": len(text),
                "end": len(text) + len(short),
                "url": short,
                "expanded_url": full_address(found.text),
                "display_url": re.sub(r"^https?://(www\.)?", "", found.text)[:27],
            }
        )
        text, end = text + short, found.end
    return text + post.text[end:], urls


def entity(post: SandboxPost, query: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return a post, with the fields that were asked for."""
    text, urls = links(post)
    wanted = (query or {}).get("tweet.fields", "").split(",")
    more: dict[str, Any] = {"created_at": iso(post.at), "author_id": user_id(post.by)}
    if urls:
        more["entities"] = {"urls": urls}
    asked = {name: value for name, value in more.items() if name in wanted}
    return {"edit_history_tweet_ids": [post.id], "id": post.id, "text": text, **asked}


def user(name: str) -> dict[str, str]:
    """Return a user, with the fields that come unasked."""
    return {"id": user_id(name), "name": "This Week in Rust" if name == USER else name, "username": name}


def user_id(name: str) -> str:
    """Return the id of a user, made from the name."""
    return USER_ID if name == USER else str(int(token("x-user", name)[:12], 16))


def not_found(id_: str) -> dict[str, str]:
    """Return the error that comes in a 200 when there is no such post."""
    return {
        "value": id_,
        "detail": f"Could not find tweet with id: [{id_}].",
        "title": "Not Found Error",
        "resource_type": "tweet",
        "parameter": "id",
        "resource_id": id_,
        "type": f"{_PROBLEM}/resource-not-found",
    }


def invalid(message: str, parameter: str = "text") -> Refused:
    """Return a 400 for one parameter, to be raised."""
    return Refused(
        Answer(
            400,
            {
                "errors": [{"parameters": {parameter: []}, "message": message}],
                "title": "Invalid Request",
                "detail": "One or more parameters to your request was invalid.",
                "type": f"{_PROBLEM}/invalid-request",
            },
        )
    )
