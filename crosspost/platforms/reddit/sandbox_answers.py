"""The answers and refusals of the Reddit stand-in: submissions, listings, permalinks, error codes, feeds.

Sources: PRAW's recorded cassettes (2017 to 2025); the archived server (lib/errors.py, lib/utils): codes and slug.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from math import ceil
from typing import Any
from urllib.parse import urlsplit

from crosspost.sandbox.base import slice_listing, token
from crosspost.sandbox.values import Answer, Call, SandboxPost

HOST = "https://www.reddit.com"
SUBREDDIT = "rust"
USER = "thisweekinrust-bot"
FLAIRS = {
    "📅 this week in rust": "4b1a2a5a-6d0b-11ea-9d5a-0e1f7c7a3b11",
    "🗞️ news": "a5a6c2c0-6d0b-11ea-8a4e-0e3d1f2b7c22",
    "📢 announcement": "cb0a7a9e-6d0b-11ea-9f0c-0e9c8b6d4d33",
}
"""The link flairs of the sandbox's r/rust: name → template."""
CHOICES = {
    "current": {"flair_template_id": None, "flair_text": None},
    "choices": [
        {"flair_template_id": id_, "flair_text": text, "flair_text_editable": False}
        for text, id_ in FLAIRS.items()
    ],
}
"""The flairs that may be chosen for a new link."""
ACCOUNT = {"id": "6b0c1f", "name": USER}
ERRORS = {
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
"""The subreddit's rules for a post: none."""
INSUFFICIENT = Answer(
    403,
    {"message": "Forbidden", "error": 403},
    {"www-authenticate": 'Bearer realm="reddit", error="insufficient_scope"'},
)
"""The 403 for a missing scope; that for a ban has no such header."""
BLOCKED = Answer(
    403,
    """<!doctype html><html lang="en"><head><title>Blocked</title></head><body><h1>whoa there, pardner!</h1>
<p>You've been blocked by network security.</p>
<p>To continue, log in to your Reddit account or use your developer token.</p>
</body></html>""",
)
"""The page that data centres get."""
PAIR = {"feed": "0f1e2d3c4b5a69788796a5b4c3d2e1f001234567", "user": "an_editor"}
FEED_PATH = (
    f"/r/{SUBREDDIT}/search.rss?q=site%3Athis-week-in-rust.org&restrict_sr=on&sort=new"
    f"&feed={PAIR['feed']}&user={PAIR['user']}"
)
"""A private feed: whoever has its pair `feed=…&user=…` may read it."""
PACE = timedelta(minutes=1)
"""The least time between two answers to feeds."""
FOUNDED = datetime(2010, 12, 2, tzinfo=UTC)
"""The time of the last change of an empty feed."""
_TOO_MANY = """<!doctype html><html><head><title>Too Many Requests</title></head><body><h1>whoa there, pardner!</h1>
<p>we're sorry, but you appear to be a bot and we've seen too many requests from you lately.</p></body></html>"""


def errors(code: str) -> dict[str, Any]:
    """Return the body of a 200 with an error in it, by the error's code."""
    body: dict[str, Any] = {"errors": [[code, *ERRORS[code]]]}
    return {"json": {**body, "ratelimit": 540.0} if code == "RATELIMIT" else body}


REFUSALS = {code: Answer(200, errors(code)) for code in ERRORS} | {"network-security": BLOCKED}


def slug(title: str) -> str:
    """Return the last part of a permalink, as Reddit makes it from the title."""
    words = re.sub(r"[^\w]", "", re.sub(r"\s", "_", title))
    ascii_only = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    text = re.sub(r"_+", "_", ascii_only).strip("_").lower()
    if len(text) > 50:
        text = text[:50].rpartition("_")[0] or text[:50]
    return text or "_"


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
        "removed_by_category": "deleted" if post.deleted else None,
    }


# ── private feeds: Atom as Reddit writes it, with an ETag ──
# Sources: the archived server's templates, and feeds quoted in the issues of feed readers (QuiteRSS#1626,
# NetNewsWire#5328, FreshRSS#8928; read 2026-11).


def feed(call: Call, posts: Sequence[SandboxPost]) -> Answer:
    """Return these posts as a feed, or 304 where the client has it already."""
    body = _atom(slice_listing(posts, call.query.get("limit"), 25, 100))
    headers = {"etag": f'"{token(body)}"', **_feed_limits(PACE)}
    if call.headers.get("if-none-match") == headers["etag"]:
        return Answer(304, None, headers)
    return Answer(200, body, headers, "application/atom+xml; charset=UTF-8")


def too_soon(left: timedelta) -> Answer:
    """Return the 429 of a feed, which says in how many seconds to come back."""
    return Answer(429, _TOO_MANY, _feed_limits(left))


def _feed_limits(reset: timedelta) -> dict[str, str]:
    seconds = str(ceil(reset.total_seconds()))
    return {"x-ratelimit-remaining": "0.0", "x-ratelimit-used": "1", "x-ratelimit-reset": seconds}


def leads_to(post: SandboxPost, site: str) -> bool:
    """Return whether a post links to this site or one below it; empty: to any."""
    host = urlsplit(post.link).hostname or ""
    return not site or host == site or host.endswith(f".{site}")


def _atom(posts: Sequence[SandboxPost]) -> str:
    updated = max((post.at for post in posts), default=FOUNDED).isoformat(timespec="seconds")
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:media="http://search.yahoo.com/mrss/">'
        f'<category term="{SUBREDDIT}" label="r/{SUBREDDIT}"/><updated>{updated}</updated>'
        f"<id>/r/{SUBREDDIT}/search.rss</id><title>reddit.com: search results</title>"
        f"{''.join(map(_entry, posts))}</feed>"
    )


def _entry(post: SandboxPost) -> str:
    by, at = escape(post.by), post.at.isoformat(timespec="seconds")
    return (
        f"<entry><author><name>/u/{by}</name><uri>{HOST}/user/{by}</uri></author>"
        f'<category term="{SUBREDDIT}" label="r/{SUBREDDIT}"/>'
        f'<content type="html">{escape(_content(post, by))}</content><id>t3_{post.id}</id>'
        f'<link href="{escape(post.url)}"/><updated>{at}</updated><published>{at}</published>'
        f"<title>{escape(post.title)}</title></entry>"
    )


def _content(post: SandboxPost, by: str) -> str:
    """Return the HTML of an entry, `by` an escaped name: the author's own text first, and Reddit's line last."""
    text = (
        f'<!-- SC_OFF --><div class="md"><p>{escape(post.text)}</p></div><!-- SC_ON -->' if post.text else ""
    )
    return (
        f'{text} &#32; submitted by &#32; <a href="{HOST}/user/{by}"> /u/{by} </a> &#32; to &#32; '
        f'<a href="{HOST}/r/{SUBREDDIT}/"> r/{SUBREDDIT} </a> <br/> '
        f'<span><a href="{escape(submission(post)["url"])}">[link]</a></span> &#32; '
        f'<span><a href="{escape(post.url)}">[comments]</a></span>'
    )
