"""The title, number, date and page address of an issue, from its first lines.

This Week in Rust has Pelican's header. `Number` exists since 92; before that it ends the title ("These Weeks in Rust
22"), and the first two issues have none. `Date` had a time until 2014 and is not always padded (2020-12-2). The page's
address is made of `Date` and the title, not of the file's name; `Url` overrides it, as in Pelican
(docs.getpelican.com/en/latest/content.html, read 2026-11). A feed's entry has its address there.
Other newsletters have other headers (frontmatter.py) and a pattern of the address (`[newsletter] page`). The number of
an issue without one is its date, as YYYYMMDD.
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
from crosspost.parse.frontmatter import FrontMatter, front_matter


@dataclass(frozen=True, slots=True)
class Header:
    number: int
    title: str
    date: date
    url: str
    number_in_title: int | None
    end: int = 0
    """The position at which the header, and a heading that is the title, end; 0: neither disturbs the Markdown."""
    draft: str = ""
    """The field that says that the issue is not published: "draft: true"; empty: none."""


@dataclass(frozen=True, slots=True)
class Unnumbered:
    """A text that looks like an issue, but has no number."""

    reason: str
    date: date | None


def read_header(text: str, newsletter: NewsletterConfig, path: str) -> Header:
    """Return the header. Raise IssueError, with one sentence, when it lacks a title, number, date or address."""
    found, _ = _parse_header(text, newsletter, path)
    if isinstance(found, Header):
        return found
    raise IssueError(found.reason)


def inspect_header(
    text: str, newsletter: NewsletterConfig, path: str
) -> Header | MalformedIssue | Unnumbered | None:
    """Return the header, or what is wrong with it; None when the text does not look like an issue.

    It looks like one when it has a number, or a title beside something that should be a number or a date.
    """
    found, is_issue = _parse_header(text, newsletter, path)
    return found if is_issue else None


def _parse_header(
    text: str, newsletter: NewsletterConfig, path: str
) -> tuple[Header | MalformedIssue | Unnumbered, bool]:
    """Return the header, or what is wrong with it; and whether the text looks like an issue."""
    front = front_matter(text)
    if front.error:
        return Unnumbered(f"its header {front.error}", None), True
    fields, name, is_plain = front.fields, _name(path), newsletter.sections == "plain"
    title, end = _title(front, text)
    stated = next(
        (fields[key] for key in (newsletter.number.lower(), "number", "issue") if fields.get(key)), ""
    )
    day = _day(fields, name if is_plain else None)
    number = _number(stated, title, day, name, newsletter)
    url = _address(fields, title, day, number, newsletter, path) if day and number is not None else ""
    if title and day and url and number is not None:
        counts_weeks = is_plain and stated and _WEEK.search(title)  # the number of a week is not the issue's
        in_title = None if counts_weeks else _number_in_title(title, newsletter.name)
        end = end if front.fenced or is_plain else 0
        return Header(number, title, day, url, in_title, end, _draft(fields)), True
    quoted = f'"{title[:80]}"'
    if not title:
        reason = f"{path or 'the text'}: this is no issue, its first lines have no Title"
    elif day is None:
        written = fields.get("date", "")[:40]
        reason = f'{quoted} has no Date of the form YYYY-MM-DD in its header (found "{written}")'
    elif number is None:
        reason = f"{quoted} has no number{_no_number(stated, title)}"
    elif (address := _stated_address(fields)) is not None:
        reason = f'{quoted} has no address that can be read (found "{address[:80]}")'
    else:
        reason = f"{quoted} has no address: its header has no Url, and the configuration no [newsletter] page"
    if number is None:
        is_issue = bool(title) and (day is not None or bool(fields.keys() & _ISSUE_KEYS))
        return Unnumbered(reason, day), is_issue
    return MalformedIssue(reason, number, title or path, day), True


def _no_number(stated: str, title: str) -> str:
    if stated:
        return f': its header says "Number: {stated[:40]}"'
    year = next((word for word in re.findall(r"\d+", title) if _is_year(word)), None)
    doubt = f"; {year} looks like a year" if year else ""
    return f", neither in its header nor in its title{doubt}"


# ── title, date, number ──────────────────────────────────────────────────────────────────────────────


def _name(path: str) -> str:
    """Return the file's name without its suffix; the folder's name where the file is an index ("061/index.md")."""
    *folders, file = path.rstrip("/").split("/")
    stem = re.sub(r"\.(?:md|markdown|html?)$", "", file, flags=re.IGNORECASE)
    return folders[-1] if folders and stem == "index" else stem


def _day(fields: Mapping[str, str], name: str | None) -> date | None:
    """Return the date in the header; where it has none, that in the file's name.

    `name`: None for This Week in Rust, whose site shows no issue without a Date in its header (Pelican #712).
    """
    values = [value for key in _DATES if (value := fields.get(key, "")) not in ("", "true", "false")]
    day = next(filter(None, map(_date, values)), None)
    if day or name is None:
        return day
    return _date_in_words(values[0]) if values else _date(name)


def _number(stated: str, title: str, day: date | None, name: str, newsletter: NewsletterConfig) -> int | None:
    """Return the number in the header, the title or the file's name; for a plain newsletter, else the date."""
    if stated:
        number = _parse_number(stated)
        return None if day and number == day.year else number
    if not title:
        return None
    number = _number_in_title(title, newsletter.name)
    words = re.sub(r"[-_]+", " ", name)
    if number is None and not _WEEK.search(words):
        number = _number_in_title(words, newsletter.name)
    if number is not None or day is None:
        return number
    if newsletter.sections == "plain":
        return int(f"{day:%Y%m%d}")
    weeks = round((day - _FIRST).days / 7)
    return 1 + weeks if weeks in (0, 1) and "week" in title.lower() else None


_DATES = ("date", "publishdate", "published", "pubdate")
_ISSUE_KEYS = frozenset({"number", "issue", *_DATES})
_FIRST = date(2013, 6, 7)
"""The date of issue 1. It and issue 2 have no number anywhere."""
_WEEK = re.compile(r"\bweek\s*\d", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})[-/_](\d{1,2})[-/_](\d{1,2})(?!\d)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_HEADING = re.compile(
    r"\s*(?:#[ \t]+(?P<atx>[^\r\n]*[^\s#])[ \t]*#*[ \t]*|(?P<setext>[^\s#*>+-][^\r\n]*)(?:\r\n|\r|\n)=+[ \t]*)"
    r"(?=[\r\n]|\Z)"
)


def _title(front: FrontMatter, text: str) -> tuple[str, int]:
    """Return the title, of the header or of a first heading, and where both end."""
    title = front.fields.get("title", "")
    begin = front.end or len(text) - len(text.removeprefix("\ufeff"))
    heading = _HEADING.match(text, begin, begin + 2_000)
    words = " ".join((heading["atx"] or heading["setext"]).split()) if heading else ""
    if heading is None or (title and title != words):
        return title, front.end
    return words, heading.end()


def _date(value: str) -> date | None:
    found = _DATE.match(value)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def _date_in_words(value: str) -> date | None:
    """Return the date of "Nov 19, 2026", "19 November 2026", "Thu, 19 Nov 2026 08:00 +0100": an English month."""
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


# ── the number in a title ────────────────────────────────────────────────────────────────────────────

# At its end ("Example Weekly 107"), or marked ("#42", "Issue 42: …", "第42号"); not a year, a day or a version.

_NUMBER = re.compile(r"#?(0x[0-9a-f]{1,6}|[0-9]{1,6})", re.IGNORECASE)
_OF_A_SERIES = re.compile(
    r"\b(week|weeks|weekly|month|monthly|daily|issue|edition|number|episode|newsletter|bulletin|digest)\b|#\d",
    re.IGNORECASE,
)
"""Words by which the number at the end of a title counts issues, and not crates, speakers or releases."""
_COUNTED = re.compile(r"notes?|news|letter|update|report|round-?up|recap|review|brief", re.IGNORECASE)
"""More words that an issue's number may follow. After any other word it is no issue's: "PEP 810"."""
_CLAUSE = re.compile(r"[:：|–—;(（]|,(?!\d)|\s-\s")
_NAMED = re.compile(
    r"(?<!\w)(?:issue|number|no\.|nr\.?|n[°º]|№|edition|edición|édition|edição|ausgabe|folge|episode|épisode"
    r"|numéro|número|numero|numer|nummer|выпуск|номер|випуск|τεύχος|sayı|العدد|גיליון|अंक)\s*[#№]?\s*(\d{1,6})(?![\d./-]*\d)"
    r"|第\s*(\d{1,6})\s*(?:期|号|號|回|卷|巻|話)|제?\s*(\d{1,6})\s*호(?!\w)",
    re.IGNORECASE,
)
"""A number behind "issue" in one of many languages."""
_LEADING = re.compile(r"#?(\d{1,5})\s*(?:[:：]|\s[–—|-]\s)(?=\s*[^\s\d])")
_VOLUME = re.compile(r"(?<!\w)vol(?:ume)?\.?\s*(\d{1,6})(?![\d./-]*\d)", re.IGNORECASE)
_MARKED = re.compile(r"(?<![\w#&])[#＃](\d{1,6})(?![\d.,]*\d|\w)")
_MARK = re.compile(r"#\d")
_WEEK_OF_A_YEAR = re.compile(
    r"\bweek\s*\d{1,2}\b.{0,4}\b(?:19|20|21)\d\d\b|\b(?:19|20|21)\d\d\b.{0,4}\bweek\s*\d{1,2}\b",
    re.IGNORECASE,
)
_YEARS = range(1900, 2200)


def _parse_number(text: str) -> int | None:
    """Return the number that a text is: "42", "#42", "0x100"; None for any other text."""
    number = _NUMBER.fullmatch(text.strip())
    if number is None:
        return None
    return int(number[1], 16) if number[1][:2].lower() == "0x" else int(number[1])


def _number_in_title(title: str, name: str = "") -> int | None:
    """Return the number of the issue in its title; None: there is none. `name`: the newsletter's."""
    if _WEEK_OF_A_YEAR.search(title):
        return None
    if len(_MARK.findall(title)) <= 1:
        ends = (_number_at_end(clause, name) for clause in _CLAUSE.split(title))
        if (number := next((end for end in ends if end is not None), None)) is not None:
            return number
    behind_name = re.compile(
        rf"{re.escape(name)}[\s#№]{{1,3}}(\d{{1,6}})\s*(?:$|[:|(\[–—-](?!\d))", re.IGNORECASE
    )
    if found := (behind_name.match(title) if name else None) or _NAMED.search(title) or _LEADING.match(title):
        digits = next(filter(None, found.groups()))
    elif len(marked := _MARKED.findall(title)) == 1:
        digits = marked[0]
    elif volume := _VOLUME.search(title):
        digits = volume[1]
    else:
        return None
    return None if int(digits) in _YEARS else int(digits)


def _number_at_end(clause: str, name: str) -> int | None:
    """Return the number that ends a clause behind a word that counts issues, or a word of the newsletter's name."""
    *before, last = clause.split() or [""]
    number = _parse_number(last)
    if number is None or not before or not _OF_A_SERIES.search(clause):
        return None
    previous = before[-1].strip(",:;.(").casefold()
    of_a_series = _OF_A_SERIES.fullmatch(previous) or _COUNTED.fullmatch(previous)
    if not (of_a_series or last[0] == "#" or previous in name.casefold().split()):
        return None
    return None if _is_year(last.removeprefix("#")) else number


def _is_year(digits: str) -> bool:
    """Return whether a number may be a year: 1900 to 2199."""
    return digits.isdecimal() and int(digits) in _YEARS


# ── the page's address ───────────────────────────────────────────────────────────────────────────────


def _address(
    fields: Mapping[str, str], title: str, day: date, number: int, newsletter: NewsletterConfig, path: str
) -> str:
    """Return the page's address: the header's, relative to the site, else one made by the newsletter's pattern.

    Empty when there is neither, or the header's is not an address. The slug is the header's, else the name of the
    page's folder, else made of the title.
    """
    stated = _stated_address(fields)
    if stated is None:
        if newsletter.page_pattern is None:
            return ""
        file = re.sub(r"^\d{4}-\d{1,2}-\d{1,2}-(?=.)", "", _name(path))
        is_folder = re.search(r"/index\.\w+$", path)
        slug = fields.get("slug") or (not is_folder and _slug(title)) or file
        address = page_address(
            newsletter.page_pattern, site=newsletter.site, date=day, slug=slug, file=file, number=number
        )
        return quote(address, safe=":/?#[]@!$&'()*+,;=%~")
    try:
        url = urljoin(f"{newsletter.site.rstrip('/')}/", stated)
        parts = urlsplit(url)
        is_complete = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", url)
    except ValueError:
        return ""
    return url if stated and is_complete else ""


def _stated_address(fields: Mapping[str, str]) -> str | None:
    """Return the page's address as the header has it; None: it has none, or a pattern of the site's generator."""
    stated = next((fields[key] for key in ("url", "permalink") if key in fields), None)
    return None if stated is not None and re.search(r"\{\{|\{%|(?:^|/):\w", stated) else stated


def _slug(title: str) -> str:
    """Return the slug that Pelican makes of a title; for one without Latin letters, the one that Hugo makes."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    if not re.search(r"[A-Za-z]", plain):
        plain = unicodedata.normalize("NFC", title)
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())
