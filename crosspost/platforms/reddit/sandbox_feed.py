"""The sandbox's private feeds: Atom as Reddit writes it, for who has the pair `feed=…&user=…`, once a minute.

Without the pair there is the block page that data centres get; sooner than a minute after the last answer, a 429 that
says when to come back. An answer has an ETag. Shapes: the archived server's templates, and what readers' programs quote
in their issues (QuiteRSS#1626, NetNewsWire#5328, FreshRSS#8928; read 2026-11).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from math import ceil
from urllib.parse import urlsplit

from crosspost.platforms.reddit.sandbox_answers import BLOCKED, HOST, SUBREDDIT
from crosspost.sandbox.base import slice_listing, token
from crosspost.sandbox.exchange import Answer, Call
from crosspost.sandbox.memory import Memory
from crosspost.sandbox.values import SandboxPost

PAIR = {"feed": "0f1e2d3c4b5a69788796a5b4c3d2e1f001234567", "user": "an_editor"}
FEED_PATH = (
    f"/r/{SUBREDDIT}/search.rss?q=site%3Athis-week-in-rust.org&restrict_sr=on&sort=new"
    f"&feed={PAIR['feed']}&user={PAIR['user']}"
)
PACE = timedelta(minutes=1)
FOUNDED = datetime(2010, 12, 2, tzinfo=UTC)
"""When an empty feed was last changed."""

_TOO_MANY = """<!doctype html><html><head><title>Too Many Requests</title></head><body><h1>whoa there, pardner!</h1>
<p>we're sorry, but you appear to be a bot and we've seen too many requests from you lately.</p></body></html>"""


class PrivateFeed:
    """Answers with a listing as a feed, no more often than once a minute."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._answered: datetime | None = None

    def clear(self) -> None:
        """Forget when it was last asked."""
        self._answered = None

    def answer(self, call: Call, posts: Sequence[SandboxPost]) -> Answer:
        if any(call.query.get(name) != value for name, value in PAIR.items()):
            return BLOCKED
        now = self._memory.clock()
        left = PACE - (now - self._answered) if self._answered else timedelta()
        if timedelta() < left <= PACE:
            return Answer(429, _TOO_MANY, _limits(left))
        self._answered = now
        body = _atom(slice_listing(posts, call.query.get("limit"), 25, 100))
        headers = {"etag": f'"{token(body)}"', **_limits(PACE)}
        if call.headers.get("if-none-match") == headers["etag"]:
            return Answer(304, None, headers)
        return Answer(200, body, headers, "application/atom+xml; charset=UTF-8")


def _limits(reset: timedelta) -> dict[str, str]:
    seconds = str(ceil(reset.total_seconds()))
    return {"x-ratelimit-remaining": "0.0", "x-ratelimit-used": "1", "x-ratelimit-reset": seconds}


def leads_to(post: SandboxPost, site: str) -> bool:
    """Return whether a post links to this site, or to a part of it; an empty one is any."""
    host = urlsplit(post.link).hostname or ""
    return not site or host == site or host.endswith(f".{site}")


def _atom(posts: Sequence[SandboxPost]) -> str:
    entries = list(map(_entry, posts))
    updated = max((post.at for post in posts), default=FOUNDED)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:media="http://search.yahoo.com/mrss/">'
        f'<category term="{SUBREDDIT}" label="r/{SUBREDDIT}"/><updated>{_at(updated)}</updated>'
        f"<id>/r/{SUBREDDIT}/search.rss</id><title>reddit.com: search results</title>{''.join(entries)}</feed>"
    )


def _entry(post: SandboxPost) -> str:
    by = post.by
    return (
        f"<entry><author><name>/u/{escape(by)}</name><uri>{HOST}/user/{escape(by)}</uri></author>"
        f'<category term="{SUBREDDIT}" label="r/{SUBREDDIT}"/>'
        f'<content type="html">{escape(_content(post, by))}</content><id>t3_{post.id}</id>'
        f'<link href="{escape(post.url)}"/><updated>{_at(post.at)}</updated><published>{_at(post.at)}</published>'
        f"<title>{escape(post.title)}</title></entry>"
    )


def _content(post: SandboxPost, by: str) -> str:
    """Return the HTML of an entry: the author's own text first, and Reddit's line last."""
    submitted = post.payload.get("url") if post.payload.get("kind") == "link" else post.url
    text = (
        f'<!-- SC_OFF --><div class="md"><p>{escape(post.text)}</p></div><!-- SC_ON -->' if post.text else ""
    )
    return (
        f'{text} &#32; submitted by &#32; <a href="{HOST}/user/{escape(by)}"> /u/{escape(by)} </a> &#32; to &#32; '
        f'<a href="{HOST}/r/{SUBREDDIT}/"> r/{SUBREDDIT} </a> <br/> <span><a href="{escape(str(submitted))}">[link]'
        f'</a></span> &#32; <span><a href="{escape(post.url)}">[comments]</a></span>'
    )


def _at(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
