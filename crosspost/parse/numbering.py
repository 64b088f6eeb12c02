"""An issue's number: never a year, a day, a version or a count.

It stands in the header, or in the title: at its end ("Example Weekly 107"), or named ("#42", "Issue 42: …",
"第42号"). An issue of a newsletter without numbers is known by its day, as YYYYMMDD.
"""

from __future__ import annotations

import re

_WHOLE = re.compile(r"#?(0x[0-9a-f]{1,6}|[0-9]{1,6})", re.IGNORECASE)
_OF_A_SERIES = re.compile(
    r"\b(week|weeks|weekly|month|monthly|daily|issue|edition|number|episode|newsletter|bulletin|digest)\b|#\d",
    re.IGNORECASE,
)
"""What says that the number at the end of a title counts issues, and not crates, speakers or releases."""
_COUNTED = re.compile(r"notes?|news|letter|update|report|round-?up|recap|review|brief", re.IGNORECASE)
"""Further words that such a number may follow; any other is a thing that has a number: "PEP 810"."""
_CLAUSE = re.compile(r"[:：|–—;(（]|,(?!\d)|\s-\s")
_NAMED = re.compile(
    r"(?<!\w)(?:issue|number|no\.|nr\.?|n[°º]|№|edition|edición|édition|edição|ausgabe|folge|episode|épisode"
    r"|numéro|número|numero|numer|nummer|выпуск|номер|випуск|τεύχος|sayı|العدد|גיליון|अंक)\s*[#№]?\s*(\d{1,6})(?![\d./-]*\d)"
    r"|第\s*(\d{1,6})\s*(?:期|号|號|回|卷|巻|話)|제?\s*(\d{1,6})\s*호(?!\w)",
    re.IGNORECASE,
)
"""A number that says of itself that it counts issues, in the languages of newsletters."""
_LEADING = re.compile(r"#?(\d{1,5})\s*(?:[:：]|\s[–—|-]\s)(?=\s*[^\s\d])")
_VOLUME = re.compile(r"(?<!\w)vol(?:ume)?\.?\s*(\d{1,6})(?![\d./-]*\d)", re.IGNORECASE)
_MARKED = re.compile(r"(?<![\w#&])[#＃](\d{1,6})(?![\d.,]*\d|\w)")
_MARK = re.compile(r"#\d")
_WEEK_OF_A_YEAR = re.compile(
    r"\bweek\s*\d{1,2}\b.{0,4}\b(?:19|20|21)\d\d\b|\b(?:19|20|21)\d\d\b.{0,4}\bweek\s*\d{1,2}\b",
    re.IGNORECASE,
)
_YEARS = range(1900, 2200)


def whole(text: str) -> int | None:
    """Return the number that a text is and nothing else: "42", "#42", "0x100"."""
    found = _WHOLE.fullmatch(text.strip())
    if found is None:
        return None
    return int(found[1], 16) if found[1][:2].lower() == "0x" else int(found[1])


def number_in(words: str, name: str = "") -> int | None:
    """Return the number of a title that counts the issues. `name`: the newsletter's, before its number in a title."""
    ends = (_at_the_end(clause, words, name) for clause in _CLAUSE.split(words))
    found = next((number for number in ends if number is not None), None)
    if found is not None or _WEEK_OF_A_YEAR.search(words):
        return found
    behind = re.compile(rf"{re.escape(name)}[\s#№]{{1,3}}(\d{{1,6}})\s*(?:$|[:|(\[–—-](?!\d))", re.IGNORECASE)
    if name and (named := behind.match(words)):
        found = int(named[1])
    elif named := _NAMED.search(words) or _LEADING.match(words):
        found = int(next(filter(None, named.groups())))
    elif len(marked := _MARKED.findall(words)) == 1:
        found = int(marked[0])
    elif named := _VOLUME.search(words):
        found = int(named[1])
    return None if found is None or found in _YEARS else found


def _at_the_end(clause: str, words: str, name: str) -> int | None:
    """Return the number that ends a clause of a title behind a word that counts issues, or one of the name."""
    *before, last = clause.split() or [""]
    found = whole(last)
    if (
        found is None
        or not before
        or not _OF_A_SERIES.search(clause)
        or len(_MARK.findall(words)) > 1
        or _WEEK_OF_A_YEAR.search(words)
    ):
        return None
    previous = before[-1].strip(",:;.(").casefold()
    of_a_series = _OF_A_SERIES.fullmatch(previous) or _COUNTED.fullmatch(previous)
    if not (of_a_series or last[0] == "#" or previous in name.casefold().split()):
        return None
    return None if is_year(last.removeprefix("#")) else found


def is_year(digits: str) -> bool:
    """Return whether a word may be a year."""
    return digits.isdecimal() and int(digits) in _YEARS
