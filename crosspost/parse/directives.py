"""Directives: what editors tell crosspost in HTML comments of the issue, which the page does not show.

    <!-- crosspost: lead https://example.org/article -->   this link first
    <!-- crosspost: skip x -->                             nothing on this account, or several: skip x, reddit
    <!-- crosspost: hold until 20:30 UTC -->               not before then; without a time: until it is released
    <!-- crosspost: text bluesky: Words of our own … -->   this text there; it names the issue's address

A wrong one is ignored and reported as a finding. A comment in code is not one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from crosspost.config import weektime
from crosspost.model import Directives, Finding, FindingKind, Section
from crosspost.parse.lines import Kind, Line

MAX_COMMENTS = 20
"""The most comments that are read in one issue."""
MAX_LENGTH = 10_000
"""Characters of one comment."""

_OPENING = re.compile(r"<!--\s{0,20}crosspost\b\s{0,20}(?P<colon>:?)", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\r|\n")
_NAME = r"[\w.-]+"
_SKIP = re.compile(rf"{_NAME}(?:[\s,]+{_NAME})*")
_TEXT = re.compile(rf"(?P<name>{_NAME})\s*:\s*(?P<text>.+)", re.DOTALL)
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_FORMS = "lead URL, skip ACCOUNT, hold until TIME, or text ACCOUNT: WORDS"


def read_directives(
    text: str, lines: Sequence[Line], community: Sequence[Section]
) -> tuple[Directives, tuple[Finding, ...]]:
    """Return the directives, and a finding for each comment that is wrong."""
    directives, findings = Directives(), []
    links = {_article(link.url) for section in community for link in section.links}
    for count, (line, words) in enumerate(_comments(text, lines)):
        try:
            if count >= MAX_COMMENTS or len(words) > MAX_LENGTH:
                limits = f"only {MAX_COMMENTS} comments are read, each of at most {MAX_LENGTH} characters"
                raise ValueError(limits)
            directives = _add(directives, words, links)
        except ValueError as wrong:
            findings.append(
                Finding(FindingKind.DIRECTIVE, line, f"a comment for crosspost is not used: {wrong}")
            )
    return directives, tuple(findings)


def _comments(text: str, lines: Sequence[Line]) -> Iterator[tuple[int, str]]:
    """Yield (line, words) of each comment for crosspost outside of code."""
    counted = end = 0
    number = 1
    for opening in _OPENING.finditer(text):
        if opening.start() < end:
            continue
        number += len(_LINE_END.findall(text, counted, opening.start()))
        counted = opening.start()
        end = text.find("-->", opening.end())
        if end < 0:
            return
        before = text[text.rfind("\n", 0, counted) + 1 : counted]
        if lines[min(number, len(lines)) - 1].kind is not Kind.CODE and before.count("`") % 2 == 0:
            yield number, text[opening.end() : end].strip() if opening["colon"] else ""


def _add(directives: Directives, words: str, links: set[str]) -> Directives:
    """Return the directives with those of one comment. Raise ValueError with what is wrong."""
    verb, _, rest = words.partition(" ")
    rest = rest.strip()
    match verb.lower():
        case "lead":
            if directives.lead is not None:
                raise ValueError("another one names the first link already")
            if _article(rest) not in links:
                raise ValueError(f"no link among the articles leads to {rest[:80] or 'nothing'}")
            return replace(directives, lead=rest)
        case "skip":
            if not _SKIP.fullmatch(rest):
                raise ValueError("skip takes the name of an account, as in: skip x")
            return replace(directives, skip=(*directives.skip, *re.split(r"[\s,]+", rest)))
        case "hold":
            return replace(directives, hold=_hold_time(rest))
        case "text":
            found = _TEXT.fullmatch(rest)
            if not found:
                raise ValueError("text takes an account and the words, as in: text ACCOUNT: The words")
            if found["name"] in directives.texts:
                raise ValueError(f"another one has the text for {found['name']} already")
            return replace(directives, texts={**directives.texts, found["name"]: found["text"]})
        case _:
            raise ValueError(f'"{words[:60]}" is none of: {_FORMS}')


def _hold_time(rest: str) -> str:
    """Return the time of a hold, as written; empty: until it is released. Raise ValueError for one without meaning."""
    if not rest:
        return ""
    until, _, time = rest.partition(" ")
    if until.lower() != "until":
        raise ValueError("hold takes a time, as in: hold until 20:30 UTC")
    weektime.parse_time(time, _LONG_AGO)
    return time.strip()


def _article(url: str) -> str:
    """Return the part of an address that names the article."""
    return url.strip().rstrip("/").partition("#")[0]
