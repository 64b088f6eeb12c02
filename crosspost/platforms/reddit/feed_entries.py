"""The threads in one of Reddit's Atom feeds, and which of them is an issue's discussion. Pure.

The link of an entry is the thread's address, and its category the subreddit. Its content ends with `submitted by
/u/NAME to r/NAME [link] [comments]`; before that stands the author's own text. `[link]` leads to what was submitted,
or, of a text post, to the thread itself. An entry says nothing about moderators or removal.

Sources: the archived server's templates (github.com/reddit-archive/reddit, r2/templates/*.xml), and feeds quoted in
the issues of feed readers (read 2026-11).
"""

from __future__ import annotations

from calendar import timegm
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from crosspost.errors import SourceError
from crosspost.network import host_of, path_of
from crosspost.parse.discussion import canonical_url
from crosspost.platforms import Query
from crosspost.platforms._address import is_loopback
from crosspost.platforms._html import links_in
from crosspost.platforms._matching import MatchedBy, comparison_key, is_exact_title, match_issue
from crosspost.platforms.reddit import OWN_HOSTS, POST_PATH, is_reddit

LARGEST = 1024 * 1024
"""Bytes of a feed. One of a hundred link posts has 120 kB."""
MAX_ENTRIES = 200
"""Entries that are read. Reddit gives 25, and 100 with `limit=100`."""
LONGEST_TITLE = 300
LONGEST_LINK = 2_000
"""Characters that are stored."""

_LAST_LINE = 20_000
"""Characters after "submitted by" that are read."""
_GONE = frozenset({"", "[deleted]", "[removed]"})


class Entry(NamedTuple):
    """One thread. Stored as a JSON list of these values, in this order."""

    id: str
    url: str
    """The address in its canonical form: `https://www.reddit.com/r/NAME/comments/ID/SLUG/`."""
    subreddit: str
    title: str
    author: str
    """The author's name in lower case, without "/u/"; empty where it was deleted."""
    link: str
    """The address that was submitted; empty: a text post, or not known."""
    at: datetime | None

    @property
    def is_text(self) -> bool:
        return not self.link or thread_id(self.link) == self.id


def parse_entries(body: bytes, headers: Mapping[str, str]) -> tuple[Entry, ...]:
    """Return the threads of a feed, in its order. Raises SourceError for anything but a whole feed."""
    from crosspost.watch import _download
    from crosspost.watch.feed import parse_feed

    if len(body) > LARGEST or b"<!ENTITY" in body:
        raise SourceError("the answer is larger than a feed, or is none")
    rows = parse_feed(_download.Answer(200, f"{OWN_HOSTS[0]}/", headers, body))
    return tuple(entry for row in rows[:MAX_ENTRIES] if (entry := _entry(row)) is not None)


def find_discussions(
    entries: Sequence[Entry], query: Query, subreddit: str, authors: Collection[str], since: datetime
) -> tuple[tuple[Entry, MatchedBy], ...]:
    """Return the threads that discuss the issue, the oldest first, each with what it was recognised by."""
    threads = [
        (entry, by)
        for entry in entries
        if (entry.at is None or entry.at >= since)
        and (by := _match(entry, query, subreddit, authors)) is not None
    ]
    # Of two of one moment the lower id is older: Reddit counts them in base 36.
    latest = datetime.max.replace(tzinfo=UTC)
    return tuple(sorted(threads, key=lambda each: (each[0].at or latest, int(each[0].id, 36))))


def mentions_issue(entry: Entry, query: Query) -> bool:
    """Return whether a thread that a person points at names the issue, whoever made it."""
    addresses = () if entry.is_text else (entry.link,)
    return match_issue(query, addresses, entry.title) is not None


def thread_id(address: str) -> str:
    """Return the id of the thread at an address; empty when it is none."""
    match = POST_PATH.fullmatch(path_of(address))
    return match["id"].lower() if match and (is_reddit(address) or is_loopback(address)) else ""


def _match(entry: Entry, query: Query, subreddit: str, authors: Collection[str]) -> MatchedBy | None:
    """Return what a thread is recognised by as the discussion; None: it is not.

    A feed proves little of a thread, so only its link counts, or an editor's own exact title.
    """
    if entry.subreddit.casefold() != subreddit.casefold() or entry.author in _GONE:
        return None
    if comparison_key(entry.link) == comparison_key(query.url):
        return "address"
    if entry.author not in authors or not is_exact_title(query, entry.title):
        return None
    if entry.is_text:
        return "title"
    same_site = host_of(entry.link) == host_of(query.url)
    return "title" if same_site and match_issue(query, (entry.link,), entry.title) else None


# ── one entry ────────────────────────────────────────────────────────────────────────────────────────


def _entry(row: Any) -> Entry | None:
    """Return the thread of a feed's entry; None when it is none."""
    address = str(row.get("link") or "")
    match = POST_PATH.fullmatch(path_of(address))
    if match is None or not thread_id(address) or len(match["id"]) > 13:
        return None
    terms = {str(tag.get("term") or "").casefold() for tag in row.get("tags", ())} - {""}
    if terms and match["subreddit"].casefold() not in terms:
        return None  # its link and its category name different subreddits
    author = str(row.get("author_detail", {}).get("name") or row.get("author") or "").strip().casefold()
    content = str((row.get("content") or [{}])[0].get("value") or row.get("summary") or "")
    return Entry(
        id=match["id"].lower(),
        url=canonical_url(f"{OWN_HOSTS[0]}{path_of(address)}"),
        subreddit=match["subreddit"],
        title=" ".join(str(row.get("title") or "").split())[:LONGEST_TITLE],
        author=author.removeprefix("/u/").removeprefix("u/"),
        link=_submitted_link(content)[:LONGEST_LINK],
        at=_submission_time(row),
    )


def _submitted_link(content: str) -> str:
    """Return where the last `[link]` leads, which is Reddit's own; empty when there is none."""
    start = content.rfind("submitted by")
    line = content[start if start >= 0 else max(0, len(content) - _LAST_LINE) :]
    links = links_in(line[:_LAST_LINE])
    return next((address for address, text in reversed(links) if text.strip() == "[link]"), "")


def _submission_time(row: Any) -> datetime | None:
    """Return when an entry was submitted: `published`, else `updated`, which is the same or later."""
    for name in ("published_parsed", "updated_parsed"):
        parsed = row.get(name)
        try:
            if parsed is not None:
                return datetime.fromtimestamp(timegm(parsed), UTC)
        except (ValueError, OverflowError, OSError, TypeError):
            continue
    return None
