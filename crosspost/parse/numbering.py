"""The number of an issue in a title: at its end ("Example Weekly 107"), or marked ("#42", "Issue 42: …", "第42号").

A year, a day, a version or a count is not a number of an issue.
"""

from __future__ import annotations

import re

_NUMBER = re.compile(r"#?(0x[0-9a-f]{1,6}|[0-9]{1,6})", re.IGNORECASE)
_OF_A_SERIES = re.compile(
    r"\b(week|weeks|weekly|month|monthly|daily|issue|edition|number|episode|newsletter|bulletin|digest)\b|#\d",
    re.IGNORECASE,
)
"""Words by which the number at the end of a title counts issues, and not crates, speakers or releases."""
_COUNTED = re.compile(r"notes?|news|letter|update|report|round-?up|recap|review|brief", re.IGNORECASE)
"""More words that such a number may follow. Behind any other word it is that thing's: "PEP 810"."""
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


def parse_number(text: str) -> int | None:
    """Return the number that a text is: "42", "#42", "0x100"; None for any other text."""
    number = _NUMBER.fullmatch(text.strip())
    if number is None:
        return None
    return int(number[1], 16) if number[1][:2].lower() == "0x" else int(number[1])


def number_in_title(title: str, name: str = "") -> int | None:
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
    number = parse_number(last)
    if number is None or not before or not _OF_A_SERIES.search(clause):
        return None
    previous = before[-1].strip(",:;.(").casefold()
    of_a_series = _OF_A_SERIES.fullmatch(previous) or _COUNTED.fullmatch(previous)
    if not (of_a_series or last[0] == "#" or previous in name.casefold().split()):
        return None
    return None if is_year(last.removeprefix("#")) else number


def is_year(digits: str) -> bool:
    """Return whether a number may be a year: 1900 to 2199."""
    return digits.isdecimal() and int(digits) in _YEARS
