"""An Atom or RSS feed: the newest few issues, each with its address and mostly its whole text.

Requests are conditional (ETag, Last-Modified). The revision holds these headers, and the day on which an entry without
a date was first seen, so that both survive a restart. The text comes from the entry when it is whole there, otherwise
from the entry's page. A feed's times are not used: the newsletter's are its `Date` at midnight and never change (its
atom.xml, 2026-11).

    RFC 4287, RFC 9110 section 13, www.rssboard.org/rss-specification (read 2026-11)
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from crosspost.errors import SourceError
from crosspost.model import Clock, Sighting
from crosspost.network import host_of, json_of
from crosspost.parse.html import decode_html
from crosspost.watch import _download
from crosspost.watch.sources import SIZE_LIMIT, Listing, Source, matches

FULL_TEXT_LENGTH = 2000
"""Characters. An entry with fewer is a teaser: the smallest issue has 3,092 bytes of Markdown."""
HARMLESS_ERRORS = ("CharacterEncodingOverride", "NonXMLContentType")
"""feedparser's errors for a feed that it could read to the end all the same."""
ADDRESS_LIMIT = 2000
"""Characters. The longest that every browser takes (and the first 4 KB of a text are its header)."""


@dataclass(frozen=True, slots=True)
class _Entry:
    address: str | None
    """The page's address; empty: it is not valid; None: the entry has none, and the newsletter's pattern gives it."""
    title: str
    day: date | None
    """The date; None: the entry has none that can be read."""
    html: str
    id: str

    @property
    def path(self) -> str:
        """Return its name in this source."""
        return self.address or self.id or self.title

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(
            "\0".join([self.address or "", self.title, str(self.day), self.html]).encode()
        ).hexdigest()


@dataclass(eq=False, repr=False)
class FeedSource(Source):
    """The entries of a feed that are issues."""

    name: str
    url: str
    clock: Clock
    files: Sequence[str] = ()
    untitled: str = ""
    """The title of an entry that has none."""
    in_content = False

    def __post_init__(self) -> None:
        self._downloader = _download.Downloader(self.clock)
        self._digest = ""
        self._entries: dict[str, _Entry] | None = None
        self._first_seen: dict[str, str] = {}
        """path → the day on which an entry without a date was first seen, while the feed holds it."""

    def poll(self, last_revision: str | None) -> Listing | None:
        """Return what the feed holds now; None when it answers "not modified", or with the same bytes."""
        last = _decode_revision(last_revision)
        self._first_seen |= last.get("first_seen", {})
        answer = self._downloader.get(self.url, headers=_download.conditions(last))
        if answer.status == 304 and last_revision:
            if self._digest != last.get("digest"):
                self._entries = (
                    None  # another machine read the newest answer; this one does so when it has to
                )
            return None
        if answer.status != 200:
            raise SourceError(f"{host_of(self.url)} answers {answer.status} for the feed")
        self._entries = {
            path: entry
            for path, entry in _entries(answer, self.untitled).items()
            if not self.files or matches(urlsplit(path).path.strip("/"), self.files)
        }
        today = str(self.clock().date())
        undated = [path for path, entry in self._entries.items() if entry.day is None]
        self._first_seen = {path: self._first_seen.get(path, today) for path in undated}
        self._digest = hashlib.sha256(answer.body).hexdigest()
        if self._digest == last.get("digest"):
            return None
        days = {"first_seen": self._first_seen} if self._first_seen else {}
        revision = json.dumps({"digest": self._digest, **answer.validators, **days}, sort_keys=True)
        return Listing(revision, {path: entry.fingerprint for path, entry in self._entries.items()})

    def read(self, path: str) -> Sighting:
        """Return the entry as Markdown, with the header that a file of the newsletter has."""
        entry = self._current().get(path)
        if entry is None:
            raise SourceError(f"{self.name}: {path} is not in the feed any more")
        is_teaser = entry.address and len(entry.html) < FULL_TEXT_LENGTH
        return self._sighting(entry, self._page(entry) if is_teaser else entry.html)

    def read_all(self, paths: Iterable[str]) -> Iterator[Sighting]:
        """Yield the entries as the feed holds them: no page is requested, so a teaser stays one."""
        current = self._current()
        for path in paths:
            if path in current:
                yield self._sighting(current[path], current[path].html)

    def _current(self) -> Mapping[str, _Entry]:
        if self._entries is None:
            self.poll(None)
        return self._entries or {}

    def _sighting(self, entry: _Entry, html: str) -> Sighting:
        from crosspost.watch.html import to_markdown

        day = entry.day or self._first_seen[entry.path]
        url = "" if entry.address is None else f"Url: {entry.address}\n"
        text = f"{url}Date: {day}\nTitle: {entry.title}\n\n{to_markdown(html)}"
        data = text.encode("utf-8", "replace")
        return Sighting(self.name, entry.path, entry.fingerprint, self._digest, data)

    def _page(self, entry: _Entry) -> str:
        answer = self._downloader.get(entry.address or "", limit=SIZE_LIMIT)
        if answer.status != 200:
            raise SourceError(f"the page of {entry.title[:80]} answers {answer.status}")
        return decode_html(answer.body, answer.headers.get("content-type", ""))


# ── the answer ───────────────────────────────────────────────────────────────────────────────────────


def _decode_revision(revision: str | None) -> Mapping[str, Any]:
    """Return what `poll` put into a revision; nothing of one that another kind of source left under the same name."""
    value = json_of((revision or "").encode())
    return value if isinstance(value, dict) else {}


def _entries(answer: _download.Answer, untitled: str) -> dict[str, _Entry]:
    """Return the entries by path; the first of two with one path. Raise SourceError for anything but a whole feed."""
    entries: dict[str, _Entry] = {}
    for row in parse_feed(answer):
        title = _plain(str(row.get("title", ""))) or untitled
        address = _address(str(row["link"]), answer.url) if _has_link(row) else None
        # `get("updated")` would warn where there is none.
        dated = str(row.get("published") or ("updated" in row and row["updated"]) or "")
        bodies = [str(each.get("value", "")) for each in row.get("content", [])]
        html = max([*bodies, str(row.get("summary", ""))], key=len)
        entry = _Entry(address, title, _day(address or "", dated), html, str(row.get("id", "")))
        entries.setdefault(entry.path, entry)
    return entries


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_EMPHASIS = re.compile(
    r"</?(?:a|b|br|code|em|i|small|span|strong|sub|sup)(?:\s[^<>]{0,300})?/?>", re.IGNORECASE
)


def _plain(title: str) -> str:
    """Return a title as plain text. RSS does not say whether a title is HTML; it is often HTML, escaped twice."""
    return " ".join(_CONTROL.sub(" ", unescape(_EMPHASIS.sub("", title))).split())


def parse_feed(answer: _download.Answer) -> Sequence[Any]:
    """Return feedparser's entries. Raise SourceError for no feed, and for one that is not well-formed unless it is
    complete."""
    import feedparser

    host = host_of(answer.url)
    body = _AMPERSAND.sub(lambda match: match[1] or b"&amp;", _REFERENCE.sub(_valid_reference, answer.body))
    headers = {"content-type": answer.headers.get("content-type", ""), "content-location": answer.url}
    try:
        feed = feedparser.parse(body, response_headers=headers, sanitize_html=False)
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise SourceError(
            f"{host} answers with a feed that cannot be read ({type(error).__name__})"
        ) from error
    defect = type(feed.get("bozo_exception")).__name__ if feed.get("bozo") else ""
    if not feed.get("version"):
        raise SourceError(f"{host} answers with something that is not a feed")
    if defect not in ("", *HARMLESS_ERRORS) and not _is_complete(body, len(feed.entries)):
        raise SourceError(f"{host} answers with a broken feed ({defect}); crosspost asks again later")
    return list(feed.entries)


_AMPERSAND = re.compile(rb"(<!\[CDATA\[.*?\]\]>)|&(?!#?\w{2,32};)", re.DOTALL)
"""An ampersand that begins no reference: feedparser would read "Q&A" as "Q&A;"."""
_REFERENCE = re.compile(rb"&#(?:x([0-9a-f]{1,40})|([0-9]{1,40}));", re.IGNORECASE)


def _valid_reference(match: re.Match[bytes]) -> bytes:
    """Return a character reference; that of U+FFFD in place of one for no character, at which feedparser raises."""
    code = int(match[1], 16) if match[1] else int(match[2])
    character = code in (9, 10, 13) or 32 <= code < 0xD800 or 0xDFFF < code <= 0x10FFFF
    return match[0] if character else b"&#xFFFD;"


_END = re.compile(rb"</(?:rss|feed|rdf:RDF)\s*>", re.IGNORECASE)
_END_OF_ENTRY = re.compile(rb"</(?:item|entry)\s*>", re.IGNORECASE)


def _is_complete(body: bytes, entries: int) -> bool:
    """Return whether a feed that is not well-formed was read whole: it has its end, and all its entries were read.

    A feed that is cut off would show half of its last issue, and withdraw those that are missing.
    """
    ends = [end.start() for end in _END.finditer(body)]
    entry_ends = [end.start() for end in _END_OF_ENTRY.finditer(body)]
    return bool(ends) and len(entry_ends) == entries and max(entry_ends, default=0) < ends[-1]


def _has_link(row: Any) -> bool:
    """Return whether the entry has a link; where it has none, feedparser may give its id: "urn:uuid:…"."""
    return "link" in row and (row["link"] != row.get("id") or _download.is_address(row["link"]))


def _address(link: str, base: str) -> str:
    """Return an entry's link as an absolute address; empty when it is not valid."""
    try:
        address = urljoin(base, re.sub(r"\s", lambda space: quote(space[0]), link.strip())) if link else ""
    except ValueError:
        return ""
    return address if len(address) <= ADDRESS_LIMIT and _download.is_address(address) else ""


def _day(address: str, published: str) -> date | None:
    """Return the issue's date, from its address or else from the feed's date; None: neither can be read."""
    match = re.search(r"/(\d{4})/(\d\d?)/(\d\d?)/", address) or re.match(r"(\d{4})-(\d\d)-(\d\d)", published)
    try:
        if match:
            return date(*map(int, match.groups()))
        return parsedate_to_datetime(published).date()
    except (ValueError, TypeError):
        return None
