"""The threads in one of Reddit's Atom feeds, and which of them is an issue's discussion. Pure.

An entry has the thread's address as its link, the subreddit as its category, and at the end of its content
`submitted by /u/NAME to r/NAME [link] [comments]`, whose `[link]` leads to what was submitted; of a text post, to the
thread itself. What stands before that line is the author's own text. There is nothing about moderators or removal.

The archived server's templates (github.com/reddit-archive/reddit, r2/templates/*.xml) and feeds that readers' programs
quote in their issues (read 2026-11).
"""

from __future__ import annotations

from calendar import timegm
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import Any

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
MOST = 200
"""Entries that are read. Reddit gives 25, and 100 with `limit=100`."""
LONGEST_TITLE = 300
LONGEST_LINK = 2_000
"""Characters that are kept."""

_LAST_LINE = 20_000
"""Characters after "submitted by" that are read."""
_GONE = frozenset({"", "[deleted]", "[removed]"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One thread."""

    id: str
    url: str
    """Its one form: `https://www.reddit.com/r/NAME/comments/ID/SLUG/`."""
    subreddit: str
    title: str
    author: str
    """In lower case, without "/u/"; empty where it was deleted."""
    link: str
    """What was submitted; empty: a text post, or it does not say."""
    at: datetime | None

    @property
    def is_text(self) -> bool:
        return not self.link or thread_of(self.link) == self.id


def entries_in(body: bytes, headers: Mapping[str, str]) -> tuple[Entry, ...]:
    """Return the threads of a feed, in its order; what is none is left out. Raises SourceError for no whole feed."""
    from crosspost.watch import _download
    from crosspost.watch.feed import parse_feed

    if len(body) > LARGEST or b"<!ENTITY" in body:
        raise SourceError("the answer is larger than a feed, or is none")
    home = f"{OWN_HOSTS[0]}/"
    rows = parse_feed(_download.Answer(200, home, headers, body))
    return tuple(entry for row in rows[:MOST] if (entry := _entry(row)) is not None)


def discussions(
    entries: Sequence[Entry], query: Query, subreddit: str, authors: Collection[str], since: datetime
) -> tuple[tuple[Entry, MatchedBy], ...]:
    """Return the threads that are the wanted issue's discussion, the oldest first, with what they were known by."""
    found = [
        (entry, by)
        for entry in entries
        if (entry.at is None or entry.at >= since)
        and (by := _announces(entry, query, subreddit, authors)) is not None
    ]
    return tuple(sorted(found, key=lambda each: _age(each[0])))


def names(entry: Entry, query: Query) -> bool:
    """Return whether a thread that a person points at names the issue, whoever made it."""
    addresses = () if entry.is_text else (entry.link,)
    return match_issue(query, addresses, entry.title) is not None


def thread_of(address: str) -> str:
    """Return the id of the thread at an address; empty when it is none."""
    match = POST_PATH.fullmatch(path_of(address))
    return match["id"].lower() if match and (is_reddit(address) or is_loopback(address)) else ""


def _announces(entry: Entry, query: Query, subreddit: str, authors: Collection[str]) -> MatchedBy | None:
    """A feed proves little of a thread, so little counts: what it links to, or an editor's own exact title."""
    if entry.subreddit.casefold() != subreddit.casefold() or entry.author in _GONE:
        return None
    if comparison_key(entry.link) == comparison_key(query.url):
        return "address"
    if entry.author not in authors or not is_exact_title(query, entry.title):
        return None
    if entry.is_text:
        return "title"
    ours = host_of(entry.link) == host_of(query.url)
    return "title" if ours and match_issue(query, (entry.link,), entry.title) else None


def _age(entry: Entry) -> tuple[datetime, int]:
    """Of two of one moment the one with the lower id is older: Reddit counts them in base 36."""
    return entry.at or datetime.max.replace(tzinfo=UTC), int(entry.id, 36)


# ── one entry ────────────────────────────────────────────────────────────────────────────────────────


def _entry(row: Any) -> Entry | None:
    address = str(row.get("link") or "")
    match = POST_PATH.fullmatch(path_of(address))
    if match is None or not thread_of(address) or len(match["id"]) > 13:
        return None
    terms = {str(tag.get("term") or "").casefold() for tag in row.get("tags", ())} - {""}
    if terms and match["subreddit"].casefold() not in terms:
        return None  # it says two things of where it is
    author = str(row.get("author_detail", {}).get("name") or row.get("author") or "").strip().casefold()
    content = str((row.get("content") or [{}])[0].get("value") or row.get("summary") or "")
    return Entry(
        id=match["id"].lower(),
        url=canonical_url(f"{OWN_HOSTS[0]}{path_of(address)}"),
        subreddit=match["subreddit"],
        title=" ".join(str(row.get("title") or "").split())[:LONGEST_TITLE],
        author=author.removeprefix("/u/").removeprefix("u/"),
        link=_own_link(content)[:LONGEST_LINK],
        at=_submitted(row),
    )


def _own_link(content: str) -> str:
    """Return where the last `[link]` leads, which is Reddit's own; empty when there is none."""
    begins = content.rfind("submitted by")
    line = content[begins if begins >= 0 else max(0, len(content) - _LAST_LINE) :]
    found = links_in(line[:_LAST_LINE])
    return next((address for address, text in reversed(found) if text.strip() == "[link]"), "")


def _submitted(row: Any) -> datetime | None:
    """Return when it was submitted. `updated` is later or the same, and says it where `published` is missing."""
    for name in ("published_parsed", "updated_parsed"):
        parsed = row.get(name)
        try:
            if parsed is not None:
                return datetime.fromtimestamp(timegm(parsed), UTC)
        except (ValueError, OverflowError, OSError, TypeError):
            continue
    return None


# ── as a text that is kept ───────────────────────────────────────────────────────────────────────────


def to_json(entries: Sequence[Entry]) -> list[list[str]]:
    return [[str(value or "") for value in astuple(each)] for each in entries]


def from_json(kept: object) -> Iterator[Entry]:
    """Yield the entries of such a list. Raises ValueError or TypeError for anything else."""
    for row in kept if isinstance(kept, list) else []:
        number, url, subreddit, title, author, link, at = map(str, row)
        moment = datetime.fromisoformat(at) if at else None
        yield Entry(number, url, subreddit, title, author, link, moment)
