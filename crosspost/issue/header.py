"""The lines before the text: `Title`, `Number`, `Date`, and the address of the page that follows from them.

Pelican's header: `Key: value` lines up to the first empty one. `Number` exists since 92; before that the
title ends in it ("These Weeks in Rust 22"), and the very first issues had none at all. `Date` had a time
until 2014 and is not always padded (2020-12-2). The page's address follows `Date` and the title, not the
file's name.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from crosspost.errors import IssueError


@dataclass(frozen=True, slots=True)
class Header:
    number: int
    title: str
    date: date
    url: str
    number_in_title: int | None


def read_header(text: str, site: str, path: str) -> Header:
    """Raises IssueError, in one sentence, when title, number or date is not to be found."""
    fields = _fields(text)
    title = fields.get("title", "")
    if not title:
        raise IssueError(f"{path or 'the text'}: this is no issue, its first lines have no Title")
    day = _date(fields.get("date", ""), title)
    in_title = _whole(_LAST_IN_TITLE.search(title))
    number = _number(fields.get("number", ""), title, in_title, path, day)
    slug = fields.get("slug") or _slug(title)
    url = f"{site.rstrip('/')}/blog/{day:%Y/%m/%d}/{slug}/"
    return Header(number, title, day, url, in_title)


_FIELD = re.compile(r"([A-Za-z][\w-]*)[ \t]*:[ \t]*(.*)")


def _fields(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in re.split(r"\r\n|\r|\n", text[:10_000].removeprefix("\ufeff").lstrip())[:40]:
        if not line.strip():
            break
        if field := _FIELD.match(line):
            fields.setdefault(field[1].lower(), field[2].strip())
    return fields


_DATE = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)")


def _date(value: str, title: str) -> date:
    found = _DATE.match(value)
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass
    raise IssueError(
        f'"{title[:80]}" has no Date of the form YYYY-MM-DD in its header (found "{value[:40]}")'
    )


_WHOLE = re.compile(r"(0x[0-9a-f]{1,6}|[0-9]{1,6})", re.IGNORECASE)
_LAST_IN_TITLE = re.compile(r"(?<![\w.])(0x[0-9a-f]{1,6}|[0-9]{1,6})(?![\w.]*\w)(?!.*\d)", re.IGNORECASE)
_IN_FILE_NAME = re.compile(r"-(\d{1,6})\.\w+$")
_FIRST = date(2013, 6, 7)
"""The first two issues carry no number anywhere: they count from here."""


def _number(value: str, title: str, in_title: int | None, path: str, day: date) -> int:
    if value:
        if (stated := _whole(_WHOLE.fullmatch(value))) is not None:
            return stated
        raise IssueError(f'"{title[:80]}" has no number: its header says "Number: {value[:40]}"')
    found = in_title if in_title is not None else _whole(_IN_FILE_NAME.search(path))
    if found is not None:
        return found
    weeks = round((day - _FIRST).days / 7)
    if weeks in (0, 1) and "week" in title.lower():
        return 1 + weeks
    raise IssueError(f'"{title[:80]}" has no number, neither in its header nor in its title')


def _whole(found: re.Match[str] | None) -> int | None:
    if found is None:
        return None
    return int(found[1], 16) if found[1][:2].lower() == "0x" else int(found[1])


def _slug(title: str) -> str:
    """As Pelican makes it."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())
