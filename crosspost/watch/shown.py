"""What a channel shows: entries with their text and links, and whether one of them is an issue. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlsplit

from crosspost.model import IssueRecord
from crosspost.parse.hypertext import bounded, decoded
from crosspost.watch._download import Answer
from crosspost.watch.feed import rows_of
from crosspost.watch.page import words

ENTRIES = 50
"""Of one channel; the newest stand first in a feed and in an account's listing."""
LINKS = 500
"""Of one entry, or of a page."""
_HREF = re.compile(r"""\bhref\s*=\s*["']?([^"'\s>]{1,2000})""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shown:
    """One entry of a feed, one post, or a whole page."""

    title: str
    """Its text where it has no title."""
    links: tuple[str, ...]


def of_feed(answer: Answer) -> Sequence[Shown]:
    """Return the entries of an Atom or RSS feed. Raises SourceError for what is none."""
    return [_entry(row) for row in rows_of(answer, answer.url)[:ENTRIES]]


def _entry(row: object) -> Shown:
    get = getattr(row, "get")  # noqa: B009 - feedparser's dictionaries have no types
    bodies = [str(get("summary", "")), *(str(each.get("value", "")) for each in get("content", []))]
    text = str(get("title", "")) or _text(bodies[0])
    return Shown(text, (str(get("link", "")), *(link for body in bodies for link in _links(body))))


def of_page(answer: Answer) -> Sequence[Shown]:
    """Return a page as one entry."""
    html = decoded(answer.body, answer.headers.get("content-type", ""))
    return [Shown(_text(html), tuple(_links(html)))]


def _links(html: str) -> list[str]:
    return [unescape(found) for found in _HREF.findall(html)[:LINKS]]


def _text(html: str) -> str:
    return unescape(re.sub(r"<[^<>]*>", " ", bounded(html)))


def newest_shown(entries: Iterable[Shown], records: Iterable[IssueRecord]) -> int | None:
    """Return the highest number among the issues that the entries show; None: they show none of these."""
    entries = tuple(entries)
    found = (record.number for record in records if any(_shows(entry, record) for entry in entries))
    return max(found, default=None)


def _shows(entry: Shown, record: IssueRecord) -> bool:
    """Whether an entry links to the issue's page, or has its title: the newsletter's name and the number after it."""
    page = _place(record.url)
    if page and any(_place(link) == page for link in entry.links):
        return True
    *name, number = words(record.title) or ("",)
    text = words(entry.title)
    starts = (at for at in range(len(text)) if name and text[at : at + len(name)] == name)
    return any(number in text[at + len(name) : at + len(name) + 3] for at in starts)


def _place(url: str) -> str:
    """Return host and path of an address, in the one form in which two of them are compared."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    return f"{host}{parts.path.rstrip('/')}" if host and parts.path.strip("/") else ""
