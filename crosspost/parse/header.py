"""What the first lines say of an issue: title, number, date, and the address of its page.

This Week in Rust has Pelican's header. `Number` exists since 92; before that the title ends in it ("These Weeks in
Rust 22"), and the very first issues had none at all. `Date` had a time until 2014 and is not always padded
(2020-12-2). The page's address follows `Date` and the title, not the file's name; `Url` overrides it, as in Pelican
(docs.getpelican.com/en/latest/content.html, read 2026-11), and so carries the address that a feed gives.
Other newsletters have other headers (frontmatter.py), a pattern for the address (`[newsletter] page`), and the date
for a number where there is none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, urljoin, urlsplit

from crosspost.config.schema import NewsletterConfig
from crosspost.config.types import page_address
from crosspost.errors import IssueError
from crosspost.model import MalformedIssue
from crosspost.parse import numbering
from crosspost.parse.frontmatter import FrontMatter, front_matter


@dataclass(frozen=True, slots=True)
class Header:
    number: int
    title: str
    date: date
    url: str
    number_in_title: int | None
    end: int = 0
    """Where in the text the header and a heading that is the title end; 0 where they may be read as text."""
    draft: str = ""
    """What of the header says that the issue is not published: "draft: true"; empty: nothing."""


@dataclass(frozen=True, slots=True)
class Unnumbered:
    """A text that looks like an issue of which even the number is not known."""

    reason: str
    date: date | None


def read_header(text: str, newsletter: NewsletterConfig, path: str) -> Header:
    """Read it. Raise IssueError, in one sentence, when title, number or date is not to be found."""
    found, _ = _read(text, newsletter, path)
    if isinstance(found, Header):
        return found
    raise IssueError(found.reason)


def inspect_header(
    text: str, newsletter: NewsletterConfig, path: str
) -> Header | MalformedIssue | Unnumbered | None:
    """Say without raising what is wrong with a header that is an issue's; None when it is no issue's.

    A text looks like an issue when its first lines have a number, or a title beside something that should be a
    number or a date.
    """
    found, is_issue = _read(text, newsletter, path)
    return found if is_issue else None


def _read(
    text: str, newsletter: NewsletterConfig, path: str
) -> tuple[Header | MalformedIssue | Unnumbered, bool]:
    """Return the header, or what is wrong with it; and whether the text looks like an issue."""
    front = front_matter(text)
    if front.trouble:
        return Unnumbered(f"its header {front.trouble}", None), True
    fields, name, is_plain = front.fields, _name(path), newsletter.sections == "plain"
    title, end = _title(front, text)
    stated = next(
        (fields[key] for key in (newsletter.number.lower(), "number", "issue") if fields.get(key)), ""
    )
    day = _day(fields, name if is_plain else None)
    number = _number(stated, title, day, name, newsletter)
    url = _address(fields, title, day, number, newsletter, path) if day and number is not None else ""
    if title and day and url and number is not None:
        counts_weeks = is_plain and stated and _WEEK.search(title)  # a week's number may be another one
        in_title = None if counts_weeks else numbering.number_in(title, newsletter.name)
        end = end if front.fenced or is_plain else 0
        return Header(number, title, day, url, in_title, end, _draft(fields)), True
    shown = f'"{title[:80]}"'
    if not title:
        reason = f"{path or 'the text'}: this is no issue, its first lines have no Title"
    elif day is None:
        said = fields.get("date", "")[:40]
        reason = f'{shown} has no Date of the form YYYY-MM-DD in its header (found "{said}")'
    elif number is None:
        reason = f"{shown} has no number{_no_number(stated, title)}"
    elif (address := _stated_address(fields)) is not None:
        reason = f'{shown} has no address that can be read (found "{address[:80]}")'
    else:
        reason = f"{shown} has no address: its header has no Url, and the configuration no [newsletter] page"
    if number is None:
        looks_so = bool(title) and (day is not None or bool(fields.keys() & _OF_AN_ISSUE))
        return Unnumbered(reason, day), looks_so
    return MalformedIssue(reason, number, title or path, day), True


def _no_number(stated: str, title: str) -> str:
    if stated:
        return f': its header says "Number: {stated[:40]}"'
    year = next((word for word in re.findall(r"\d+", title) if numbering.is_year(word)), None)
    doubt = f"; {year} looks like a year" if year else ""
    return f", neither in its header nor in its title{doubt}"


# ── title, date, number ──────────────────────────────────────────────────────────────────────────────


def _name(path: str) -> str:
    """Return the file's name without its ending; of a page that is a folder ("061/index.md") the folder's."""
    *folders, file = path.rstrip("/").split("/")
    stem = re.sub(r"\.(?:md|markdown|html?)$", "", file, flags=re.IGNORECASE)
    return folders[-1] if folders and stem == "index" else stem


def _day(fields: Mapping[str, str], name: str | None) -> date | None:
    """Return the day that the header says, or the file's name where the header is silent.

    This Week in Rust's own site shows no issue without a Date in its header (Pelican #712), so that the file's
    name does not stand in for it there: None.
    """
    said = [value for key in _DATES if (value := fields.get(key, "")) not in ("", "true", "false")]
    found = next((day for value in said if (day := _date(value))), None)
    if found or name is None:
        return found
    return _worded_date(said[0]) if said else _date(name)


def _number(stated: str, title: str, day: date | None, name: str, newsletter: NewsletterConfig) -> int | None:
    """Return what the header, the title or the file's name says; else, where there are no numbers, the day."""
    if stated:
        number = numbering.whole(stated)
        return None if day and number == day.year else number
    if not title:
        return None
    found = numbering.number_in(title, newsletter.name)
    words = re.sub(r"[-_]+", " ", name)
    if found is None and not _WEEK.search(words):
        found = numbering.number_in(words, newsletter.name)
    if found is not None or day is None:
        return found
    if newsletter.sections == "plain":
        return int(f"{day:%Y%m%d}")
    weeks = round((day - _FIRST).days / 7)
    return 1 + weeks if weeks in (0, 1) and "week" in title.lower() else None


_DATES = ("date", "publishdate", "published", "pubdate")
_OF_AN_ISSUE = frozenset({"number", "issue", *_DATES})
_FIRST = date(2013, 6, 7)
"""The first two issues carry no number anywhere: they count from here."""
_WEEK = re.compile(r"\bweek\s*\d", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})[-/_](\d{1,2})[-/_](\d{1,2})(?!\d)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_HEADING = re.compile(
    r"\s*(?:#[ \t]+(?P<atx>[^\r\n]*[^\s#])[ \t]*#*[ \t]*|(?P<setext>[^\s#*>+-][^\r\n]*)(?:\r\n|\r|\n)=+[ \t]*)"
    r"(?=[\r\n]|\Z)"
)


def _title(front: FrontMatter, text: str) -> tuple[str, int]:
    """Return the title and where it ends: the header's, or else that of a first heading."""
    title = front.fields.get("title", "")
    begin = front.end or len(text) - len(text.removeprefix("\ufeff"))
    heading = _HEADING.match(text, begin, begin + 2_000)
    shown = " ".join((heading["atx"] or heading["setext"]).split()) if heading else ""
    if heading is None or (title and title != shown):
        return title, front.end
    return shown, heading.end()


def _date(value: str) -> date | None:
    found = _DATE.match(value)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def _worded_date(value: str) -> date | None:
    """Read "Nov 19, 2026", "19 November 2026", "Thu, 19 Nov 2026 08:00 +0100": the month in English words."""
    words = re.findall(r"[A-Za-z]{3,}|\d+", value)
    months = [word[:3].lower() for word in words if word[:3].lower() in _MONTHS]
    numbers = [int(word) for word in words[:5] if word.isdecimal() and len(word) <= 4]
    try:
        day, year = numbers[:2]
        return date(year, _MONTHS.index(months[0]) + 1, day)
    except (ValueError, IndexError):
        return None


def _draft(fields: Mapping[str, str]) -> str:
    for key, values in (("draft", ("true",)), ("published", ("false",)), ("status", ("draft", "hidden"))):
        if fields.get(key, "").lower() in values:
            return f"{key}: {fields[key]}"
    return ""


# ── the page's address ───────────────────────────────────────────────────────────────────────────────


def _address(
    fields: Mapping[str, str], title: str, day: date, number: int, newsletter: NewsletterConfig, path: str
) -> str:
    """Return where the page is: as the header says, below the site if it is relative, else by the newsletter's pattern.

    Empty when there is neither, or what is there is no address. The slug is the header's, else the folder that a page
    is, else what the title makes.
    """
    stated = _stated_address(fields)
    if stated is None:
        if newsletter.page_pattern is None:
            return ""
        file = re.sub(r"^\d{4}-\d{1,2}-\d{1,2}-(?=.)", "", _name(path))
        is_folder = re.search(r"/index\.\w+$", path)
        slug = fields.get("slug") or (not is_folder and _slug(title)) or file
        made = page_address(
            newsletter.page_pattern, site=newsletter.site, date=day, slug=slug, file=file, number=number
        )
        return quote(made, safe=":/?#[]@!$&'()*+,;=%~")
    try:
        url = urljoin(f"{newsletter.site.rstrip('/')}/", stated)
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", url)
    except ValueError:
        return ""
    return url if stated and whole else ""


def _stated_address(fields: Mapping[str, str]) -> str | None:
    """Return what the header says of the page's address; None: nothing, or a pattern of the site's own."""
    stated = next((fields[key] for key in ("url", "permalink") if key in fields), None)
    return None if stated is not None and re.search(r"\{\{|\{%|(?:^|/):\w", stated) else stated


def _slug(title: str) -> str:
    """Make it as Pelican does; of a title without Latin letters as Hugo does."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    if not re.search(r"[A-Za-z]", plain):
        plain = unicodedata.normalize("NFC", title)
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())
