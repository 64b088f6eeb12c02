"""An Atom or RSS feed: the newest few issues, each with its address and mostly its whole text.

The feed is asked for conditionally (ETag, Last-Modified); what it answered is part of the revision and so is
remembered across restarts. The text comes from the entry when it has all of it, otherwise from its page. A feed's
times say nothing here: the newsletter's are its `Date` at midnight and never change (its atom.xml, 2026-11).

    RFC 4287, RFC 9110 section 13 (read 2026-11)
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from crosspost.config import SourceConfig
from crosspost.errors import SourceError
from crosspost.model import Sighting
from crosspost.sources import SIZE_LIMIT, Listing, Place, _http
from crosspost.sources.html import to_markdown

WHOLE = 2000
"""Characters. An entry with less than this is a teaser: the smallest issue has 3,092 bytes of Markdown."""
HARMLESS = ("CharacterEncodingOverride", "NonXMLContentType")
"""What feedparser complains of in a feed that it could read to the end."""


def connect(config: SourceConfig, place: Place) -> FeedSource:
    """The source for a `[source]` table of kind feed. Nothing is asked yet."""
    assert config.url is not None  # noqa: S101 - open_source has looked
    return FeedSource(place.name, config.url)


@dataclass(frozen=True, slots=True)
class _Entry:
    address: str
    title: str
    day: date
    html: str

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(
            "\0".join([self.address, self.title, str(self.day), self.html]).encode()
        ).hexdigest()


class FeedSource:
    """The entries of a feed that are issues."""

    in_content = False

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.url = url
        self._revision = ""
        self._entries: dict[str, _Entry] | None = None

    def poll(self, last_revision: str | None) -> Listing | None:
        """What the feed has now; None when it answers that nothing changed, or has the same bytes."""
        answer = _http.get(self.url, headers=_conditions(last_revision))
        if answer.status == 304 and last_revision:
            if _digest_in(self._revision) != _digest_in(last_revision):
                self._entries = None  # another machine saw what is there now: it is asked for when it is read
            return None
        if answer.status != 200:
            raise SourceError(f"{_http.host(self.url)} answers {answer.status} for the feed")
        revision = _revision(answer)
        self._entries = {entry.address: entry for entry in _entries(answer, self.url)}
        self._revision = revision
        if last_revision and _digest_in(revision) == _digest_in(last_revision):
            return None
        return Listing(revision, {address: entry.fingerprint for address, entry in self._entries.items()})

    def read(self, path: str) -> Sighting:
        """The entry as Markdown, under the header that a file of the newsletter would have."""
        if self._entries is None:
            self.poll(None)
        entry = (self._entries or {}).get(path)
        if entry is None:
            raise SourceError(f"{self.name}: {path} is not in the feed any more")
        text = _header(entry) + to_markdown(entry.html if len(entry.html) >= WHOLE else self._page(entry))
        return Sighting(self.name, path, entry.fingerprint, _digest_in(self._revision), text.encode())

    def read_all(self, paths: Iterable[str]) -> Iterator[Sighting]:
        """The entries whose text is to be had."""
        for path in paths:
            try:
                yield self.read(path)
            except SourceError:
                continue  # its page does not answer: the next look asks again

    def close(self) -> None:
        """Nothing is held between two calls."""

    def _page(self, entry: _Entry) -> str:
        answer = _http.get(entry.address, limit=SIZE_LIMIT)
        if answer.status != 200:
            raise SourceError(f"the page of {entry.title} answers {answer.status}")
        return answer.body.decode("utf-8", "replace")


# ── the answer ───────────────────────────────────────────────────────────────────────────────────────


def _revision(answer: _http.Answer) -> str:
    validators = {key: answer.headers[key] for key in ("etag", "last-modified") if key in answer.headers}
    return json.dumps({"digest": hashlib.sha256(answer.body).hexdigest(), **validators}, sort_keys=True)


def _conditions(revision: str | None) -> Mapping[str, str]:
    known = _parts(revision)
    asked = {"If-None-Match": known.get("etag"), "If-Modified-Since": known.get("last-modified")}
    return {name: str(value) for name, value in asked.items() if value}


def _digest_in(revision: str | None) -> str:
    return str(_parts(revision).get("digest", ""))


def _parts(revision: str | None) -> Mapping[str, Any]:
    """A revision that another kind of source left under the same name says nothing here."""
    try:
        found = json.loads(revision or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _entries(answer: _http.Answer, url: str) -> Iterator[_Entry]:
    """The entries that have an address on the web and a date. Raises SourceError for what is no whole feed."""
    import feedparser

    feed = feedparser.parse(
        answer.body, response_headers={"content-type": answer.headers.get("content-type", "")}
    )
    trouble = type(feed.get("bozo_exception")).__name__ if feed.get("bozo") else ""
    if trouble not in ("", *HARMLESS):
        raise SourceError(
            f"{_http.host(url)} answers with a broken feed ({trouble}); it is asked again later"
        )
    if not feed.get("version"):
        raise SourceError(f"{_http.host(url)} answers with something that is no feed")
    for row in feed.entries:
        address, title = str(row.get("link", "")), " ".join(str(row.get("title", "")).split())
        day = _day(address, str(row.get("published") or row.get("updated") or ""))
        if title and day and urlsplit(address).scheme in ("http", "https"):
            yield _Entry(address, title, day, _html(row))


def _html(row: Any) -> str:
    bodies = [str(each.get("value", "")) for each in row.get("content", [])] + [str(row.get("summary", ""))]
    return max(bodies, key=len)


def _day(address: str, published: str) -> date | None:
    """The issue's date: its address has it; else the day in the feed's own time zone."""
    found = re.search(r"/(\d{4})/(\d{1,2})/(\d{1,2})/", address) or re.match(
        r"(\d{4})-(\d\d)-(\d\d)", published
    )
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3]))
        return parsedate_to_datetime(published).date()
    except (ValueError, TypeError):
        return None


def _header(entry: _Entry) -> str:
    slug = urlsplit(entry.address).path.rstrip("/").rpartition("/")[2]
    return f"Title: {entry.title}\nDate: {entry.day}\nSlug: {slug}\n\n"
