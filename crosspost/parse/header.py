"""The lines before the text: `Title`, `Number`, `Date`, and the address of the page that follows from them.

Pelican's header: `Key: value` lines up to the first empty one. `Number` exists since 92; before that the
title ends in it ("These Weeks in Rust 22"), and the very first issues had none at all. `Date` had a time
until 2014 and is not always padded (2020-12-2). The page's address follows `Date` and the title, not the
file's name; `Url` overrides it, as in Pelican (docs.getpelican.com/en/latest/content.html, read 2026-11), and so
carries the address that a feed gives.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from urllib.parse import urljoin, urlsplit

from crosspost.errors import IssueError
from crosspost.model import Flawed


@dataclass(frozen=True, slots=True)
class Header:
    number: int
    title: str
    date: date
    url: str
    number_in_title: int | None


@dataclass(frozen=True, slots=True)
class Unnumbered:
    """A text that looks like an issue of which even the number is not known."""

    reason: str
    date: date | None


def read_header(text: str, site: str, path: str) -> Header:
    """Raises IssueError, in one sentence, when title, number or date is not to be found."""
    found = inspect_header(text, site, path)
    if isinstance(found, Header):
        return found
    raise IssueError(found.reason if found else _no_title(path))


def inspect_header(text: str, site: str, path: str) -> Header | Flawed | Unnumbered | None:
    """The same without raising: what is wrong with a header that is an issue's; None when it is no issue's.

    A text looks like an issue when its first lines have a number, or a title beside something that should be a
    number or a date.
    """
    fields = _fields(text)
    title, stated = fields.get("title", ""), fields.get("number", "")
    day, in_title = _date(fields.get("date", "")), _number_in(title)
    number = _number(stated, title, in_title, path, day) if title or stated else None
    url = _address(fields, site, day, title) if day else ""
    if title and day and url and number is not None:
        return Header(number, title, day, url, in_title)
    if number is None and not (title and {"number", "date"} & fields.keys()):
        return None
    if not title:
        reason = _no_title(path)
    elif day is None:
        shown = fields.get("date", "")[:40]
        reason = f'"{title[:80]}" has no Date of the form YYYY-MM-DD in its header (found "{shown}")'
    elif number is None:
        reason = _no_number(stated, title)
    else:
        reason = f'"{title[:80]}" has no address that can be read (found "{fields["url"][:80]}")'
    return Unnumbered(reason, day) if number is None else Flawed(reason, number, title or path, day)


def _address(fields: dict[str, str], site: str, day: date, title: str) -> str:
    """Where the page is: `Url`, below the site if it is relative, else as the site makes it of date and slug.

    Empty when there is a `Url` and it is none.
    """
    if "url" not in fields:
        return f"{site.rstrip('/')}/blog/{day:%Y/%m/%d}/{fields.get('slug') or _slug(title)}/"
    try:
        url = urljoin(f"{site.rstrip('/')}/", fields["url"])
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", url)
    except ValueError:
        return ""
    return url if fields["url"] and whole else ""


def _no_title(path: str) -> str:
    return f"{path or 'the text'}: this is no issue, its first lines have no Title"


_FIELD = re.compile(r" {0,3}([A-Za-z][\w-]*)[ \t]*:[ \t]*(.*)")
"""The site takes up to three spaces before a key (python-markdown.github.io/extensions/meta_data, 2026-11)."""


def _fields(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in re.split(r"\r\n|\r|\n", text[:10_000].removeprefix("\ufeff").lstrip())[:40]:
        if not line.strip():
            break
        if field := _FIELD.match(line):
            fields.setdefault(field[1].lower(), field[2].strip())
    return fields


_DATE = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)")


def _date(value: str) -> date | None:
    found = _DATE.match(value)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


# ── the number ───────────────────────────────────────────────────────────────────────────────────────

_WHOLE = re.compile(r"#?(0x[0-9a-f]{1,6}|[0-9]{1,6})", re.IGNORECASE)
_FIRST = date(2013, 6, 7)
"""The first two issues carry no number anywhere: they count from here."""
_OF_A_SERIES = re.compile(
    r"\b(week|weeks|weekly|month|monthly|daily|issue|edition|number|episode|newsletter|bulletin|digest)\b|#\d",
    re.IGNORECASE,
)
"""What says that the number at the end of a title counts issues, and not crates, speakers or releases."""
_OF_SOMETHING_ELSE = re.compile(
    r"(jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)|(january|february|march|april|june|july|august"
    r"|september|october|november|december)|day|year|part|top|best|first|last|next|of|over|v|ver|version|release"
)
"""The word before a number that is a day, a count or a version."""
_YEARS = range(1900, 2200)


def _number(stated: str, title: str, in_title: int | None, path: str, day: date | None) -> int | None:
    if stated:
        return _whole(_WHOLE.fullmatch(stated))
    name = path.rpartition("/")[2].rpartition(".")[0]
    found = in_title if in_title is not None else _number_in(re.sub(r"[-_]+", " ", name))
    if found is not None or day is None:
        return found
    weeks = round((day - _FIRST).days / 7)
    return 1 + weeks if weeks in (0, 1) and "week" in title.lower() else None


def _number_in(words: str) -> int | None:
    """The number that ends a title and counts the issues. Never a year, a day, a version or a count."""
    *before, last = words.split() or [""]
    found = _WHOLE.fullmatch(last)
    if found is None or not before or not _OF_A_SERIES.search(words):
        return None
    previous = before[-1].strip(",:;.(").lower()
    if _OF_SOMETHING_ELSE.fullmatch(previous) or previous.isdecimal():
        return None
    return None if _is_year(found[1]) else _whole(found)


def _is_year(digits: str) -> bool:
    return digits.isdecimal() and int(digits) in _YEARS


def _no_number(stated: str, title: str) -> str:
    if stated:
        return f'"{title[:80]}" has no number: its header says "Number: {stated[:40]}"'
    year = next((word for word in re.findall(r"\d+", title) if _is_year(word)), None)
    doubt = f"; {year} looks like a year" if year else ""
    return f'"{title[:80]}" has no number, neither in its header nor in its title{doubt}'


def _whole(found: re.Match[str] | None) -> int | None:
    if found is None:
        return None
    return int(found[1], 16) if found[1][:2].lower() == "0x" else int(found[1])


def _slug(title: str) -> str:
    """As Pelican makes it."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())
