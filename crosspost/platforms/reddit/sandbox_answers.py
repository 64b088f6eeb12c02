"""What Reddit's answers and refusals look like: submissions, listings, permalinks, error codes.

PRAW's recorded cassettes (2017 to 2025), and for codes and the slug the archived server (lib/errors.py, lib/utils).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

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
    "INVALID_OPTION": ("that option is not valid", "kind"),
    "NOT_AUTHOR": ("you can't do that", None),
    "NO_TEXT": ("we need something here", "title"),
    "NO_URL": ("a url is required", "url"),
    "RATELIMIT": (
        "Looks like you've been doing that a lot. Take a break for 9 minutes before trying again.",
        "ratelimit",
    ),
    "SUBREDDIT_NOEXIST": ("Hmm, that community doesn't exist. Try checking the spelling.", "sr"),
    "SUBREDDIT_NOTALLOWED": ("You aren't allowed to post there.", "sr"),
    "TOO_LONG": ("this is too long (max: 300)", "title"),
}
RULES = {
    "title_text_max_length": None,
    "body_restriction_policy": "none",
    "link_restriction_policy": "none",
    "is_flair_required": False,
}
"""What the subreddit asks of a post: nothing."""
INSUFFICIENT = Answer(
    403,
    {"message": "Forbidden", "error": 403},
    {"www-authenticate": 'Bearer realm="reddit", error="insufficient_scope"'},
)
"""A 403 in the way that tells a missing scope from a ban."""
BLOCKED = Answer(
    403,
    """<!doctype html><html lang="en"><head><title>Blocked</title></head><body><h1>whoa there, pardner!</h1>
<p>You've been blocked by network security.</p>
<p>To continue, log in to your Reddit account or use your developer token.</p>
</body></html>""",
)
"""The page that data centres get."""


def errors(code: str) -> dict[str, Any]:
    """Return the body of a 200 with an error in it, by the error's code."""
    body: dict[str, Any] = {"errors": [[code, *SENTENCES[code]]]}
    return {"json": {**body, "ratelimit": 540.0} if code == "RATELIMIT" else body}


REFUSALS = {
    **{code: Answer(200, errors(code)) for code in SENTENCES},
    "SUBMIT_VALIDATION_FLAIR_REQUIRED": Answer(  # as validate_on_submit has it
        400,
        {
            "fields": ["title"],
            "explanation": "This community has rules, and the post breaks one of them.",
            "error_type": "SUBMIT_VALIDATION_ERROR",
            "message": "Bad Request",
            "reason": "SUBMIT_VALIDATION_FLAIR_REQUIRED",
        },
    ),
    "network-security": BLOCKED,
}


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


def listing_of(entities: Sequence[Mapping[str, Any]], after: str | None = None) -> dict[str, Any]:
    """Return a listing of submissions; after: the name behind which it goes on."""
    children = [{"kind": "t3", "data": entity} for entity in entities]
    return {"kind": "Listing", "data": {"after": after, "dist": len(entities), "children": children}}


def submission(post: SandboxPost) -> dict[str, Any]:
    """Return a submission as listings show it."""
    form = post.payload
    is_self = form.get("kind") != "link"
    flair = next((text for text, id_ in FLAIRS.items() if id_ == form.get("flair_id")), None)
    return {
        "id": post.id,
        "name": f"t3_{post.id}",
        "title": post.title,
        "author": "[deleted]" if post.deleted else post.by,
        "subreddit": SUBREDDIT,
        "permalink": post.url.removeprefix(HOST),
        "url": post.url if is_self else form.get("url", ""),
        "is_self": is_self,
        "selftext": "[deleted]" if post.deleted else post.text,
        "created_utc": float(int(post.at.timestamp())),
        "edited": post.edited.timestamp() if post.edited else False,
        "link_flair_text": flair,
        "link_flair_template_id": form.get("flair_id") or None,
        "removed_by_category": "deleted" if post.deleted else None,
    }


def flair_choices() -> dict[str, Any]:
    """Return the flairs that may be chosen for a new link."""
    choices = [
        {"flair_template_id": id_, "flair_text": text, "flair_text_editable": False}
        for text, id_ in FLAIRS.items()
    ]
    return {"current": {"flair_template_id": None, "flair_text": None}, "choices": choices}
