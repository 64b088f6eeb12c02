"""What Reddit's answers and refusals look like: submissions, listings, permalinks, error codes.

PRAW's recorded cassettes (2017 to 2025), and for codes and the slug the archived server (lib/errors.py, lib/utils).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import urlsplit

from crosspost.sandbox.base import token
from crosspost.sandbox.exchange import Answer
from crosspost.sandbox.values import SandboxPost

HOST = "https://www.reddit.com"
SUBREDDIT = "rust"
USER = "thisweekinrust-bot"
FLAIRS = {
    "📅 this week in rust": "4b1a2a5a-6d0b-11ea-9d5a-0e1f7c7a3b11",
    "🗞️ news": "a5a6c2c0-6d0b-11ea-8a4e-0e3d1f2b7c22",
    "📢 announcement": "cb0a7a9e-6d0b-11ea-9f0c-0e9c8b6d4d33",
}
"""The link flairs of the sandbox's r/rust: name → template."""
FIRST_ID = int("1vk0000", 36)
SENTENCES = {
    "ALREADY_SUB": ("that link has already been submitted", "url"),
    "BAD_FLAIR_TEMPLATE_ID": ("bad flair template id", "flair_id"),
    "BAD_URL": ("you should check that url", "url"),
    "BANNED_FROM_SUBREDDIT": ("you've been banned from contributing to this community", "sr"),
    "DOMAIN_BANNED": ("this domain has been banned for spam", "url"),
    "INVALID_OPTION": ("that option is not valid", "kind"),
    "IN_TIMEOUT": ("you can't do that right now", None),
    "NOT_AUTHOR": ("you can't do that", None),
    "NO_LINKS": ("this community only allows text posts", "sr"),
    "NO_SELFS": ("this community only allows link posts", "sr"),
    "NO_TEXT": ("we need something here", "title"),
    "NO_URL": ("a url is required", "url"),
    "RATELIMIT": (
        "Looks like you've been doing that a lot. Take a break for 9 minutes before trying again.",
        "ratelimit",
    ),
    "SUBREDDIT_NOEXIST": ("Hmm, that community doesn't exist. Try checking the spelling.", "sr"),
    "SUBREDDIT_NOTALLOWED": ("You aren't allowed to post there.", "sr"),
    "SUBREDDIT_NO_ACCESS": ("you aren't allowed access to this community", "sr"),
    "SUBREDDIT_RATELIMIT": (
        "you are doing that too much in this community. try again in 9 minutes.",
        "ratelimit",
    ),
    "TOO_LONG": ("this is too long (max: 300)", "title"),
    "USER_REQUIRED": ("Please log in to do that.", None),
}
MESSAGES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    415: "Unsupported Media Type",
    429: "Too Many Requests",
    500: "Internal Server Error",
}


def errors(code: str, *, ratelimit: float | None = None) -> Answer:
    """Return a 200 with an error in it, by the error's code."""
    message, field = SENTENCES.get(code, ("something is wrong", None))
    body: dict[str, Any] = {"errors": [[code, message, field]]}
    if code.endswith("RATELIMIT"):
        body["ratelimit"] = 540.0 if ratelimit is None else ratelimit
    return Answer(200, {"json": body})


def validation(reason: str, explanation: str, field: str = "title") -> Answer:
    """Return a 400 as validate_on_submit answers it."""
    return Answer(
        400,
        {
            "fields": [field],
            "explanation": explanation,
            "error_type": "SUBMIT_VALIDATION_ERROR",
            "message": "Bad Request",
            "reason": reason,
        },
    )


def slug(title: str) -> str:
    """Return the last step of a permalink, as Reddit makes it from the title."""
    words = re.sub(r"[^\w]", "", re.sub(r"\s", "_", title))
    ascii_only = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    text = re.sub(r"_+", "_", ascii_only).strip("_").lower()
    if len(text) > 50:
        cut = text[:50]
        text = cut[: cut.rfind("_")] if cut.rfind("_") > 0 else cut
    return text or "_"


def base36(number: int) -> str:
    """Return a number as Reddit writes its ids."""
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits


def is_false(value: str | None) -> bool:
    """Whether a form's field says no."""
    return (value or "").lower() in ("false", "0", "off", "no")


def flair_of(template: str) -> str | None:
    """Return the name of a flair template."""
    return next((text for text, id_ in FLAIRS.items() if id_ == template), None)


def insufficient() -> Answer:
    """Return a 403 in the way that tells a missing scope from a ban."""
    header = {"www-authenticate": 'Bearer realm="reddit", error="insufficient_scope"'}
    return Answer(403, {"message": "Forbidden", "error": 403}, header)


def listing_of(entities: Sequence[Mapping[str, Any]], after: str | None = None) -> dict[str, Any]:
    """Return a listing of submissions; after: the name behind which it goes on."""
    return {
        "kind": "Listing",
        "data": {
            "after": after,
            "dist": len(entities),
            "modhash": None,
            "geo_filter": "",
            "children": [{"kind": "t3", "data": entity} for entity in entities],
            "before": None,
        },
    }


def account(name: str) -> dict[str, Any]:
    """Return a redditor."""
    return {
        "id": token("reddit-user", name)[:6],
        "name": name,
        "created_utc": 1355443200.0,
        "link_karma": 1000,
        "comment_karma": 100,
        "is_suspended": False,
        "is_mod": False,
        "has_verified_email": True,
        "verified": True,
    }


def submission(post: SandboxPost, gone: str | None) -> dict[str, Any]:
    """Return a submission as listings show it. gone: why it was removed, "deleted" or "reddit"."""
    is_self = post.payload.get("kind") != "link"
    permalink = post.url.removeprefix(HOST)
    flair = post.payload.get("flair_text") or flair_of(post.payload.get("flair_id", ""))
    text = "[deleted]" if gone == "deleted" else post.text
    created = float(int(post.at.timestamp()))
    return {
        "id": post.id,
        "name": f"t3_{post.id}",
        "title": post.title,
        "author": "[deleted]" if gone == "deleted" else post.by,
        "author_fullname": f"t2_{token('reddit-user', post.by)[:6]}",
        "subreddit": SUBREDDIT,
        "subreddit_id": "t5_2s7lj",
        "subreddit_name_prefixed": f"r/{SUBREDDIT}",
        "subreddit_type": "public",
        "permalink": permalink,
        "url": post.url if is_self else post.payload.get("url", ""),
        "domain": f"self.{SUBREDDIT}" if is_self else urlsplit(post.payload.get("url", "")).netloc,
        "is_self": is_self,
        "selftext": text,
        "selftext_html": f'<div class="md"><p>{escape(text)}</p>\n</div>' if text else None,
        "created": created,
        "created_utc": created,
        "edited": post.edited.timestamp() if post.edited else False,
        "score": 1,
        "ups": 1,
        "downs": 0,
        "upvote_ratio": 1.0,
        "num_comments": 0,
        "num_crossposts": 0,
        "likes": None,
        "hidden": False,
        "over_18": False,
        "spoiler": False,
        "locked": False,
        "stickied": False,
        "archived": False,
        "quarantine": False,
        "link_flair_text": flair,
        "link_flair_template_id": post.payload.get("flair_id") or None,
        "removed_by_category": gone,
        "removed_by": None,
        "is_robot_indexable": gone is None,
        "send_replies": not is_false(post.payload.get("sendreplies", "true")),
        "media": None,
        "distinguished": None,
    }


def flair_choices() -> dict[str, Any]:
    """Return the flairs that may be chosen for a new link."""
    common = {"flair_css_class": "", "flair_position": "right"}
    none = {**common, "flair_template_id": None, "flair_text": None}
    choices = [
        {**common, "flair_template_id": id_, "flair_text": text, "flair_text_editable": False}
        for text, id_ in FLAIRS.items()
    ]
    return {"current": none, "choices": choices}


def post_requirements() -> dict[str, Any]:
    """Return what the subreddit asks of a post: nothing."""
    lists = (
        "domain_blacklist",
        "domain_whitelist",
        "title_regexes",
        "body_regexes",
        "title_required_strings",
    )
    more = ("body_required_strings", "title_blacklisted_strings", "body_blacklisted_strings")
    numbers = (
        "title_text_min_length",
        "title_text_max_length",
        "body_text_min_length",
        "body_text_max_length",
    )
    return {
        **{name: [] for name in (*lists, *more)},
        **dict.fromkeys((*numbers, "link_repost_age", "guidelines_text", "guidelines_display_policy")),
        "body_restriction_policy": "none",
        "link_restriction_policy": "none",
        "is_flair_required": False,
    }
