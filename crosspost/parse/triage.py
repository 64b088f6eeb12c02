"""The week's performance triage of the compiler: prose, then lines and a table of fixed forms.

    Triage done by **@name**.
    Revision range: [a..b](address)
    | (instructions:u) | mean | range | count |       since 446; rows and columns exchanged in 441 to 443
    3 Regressions, 1 Improvement, 2 Mixed; 5 of them in rollups
    25 artifact comparisons made in total
    [Full report here](address)

Rows are known by their words: the emoji changed over the years, and once all of them were `?` (650).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from datetime import date
from itertools import takewhile

from crosspost.model import Means, Performance, RevisionRange
from crosspost.parse.headings import Part, Topic
from crosspost.parse.markdown import Anchor, Block, anchors_in, rows, split_lines, text_blocks

MAX_DISTANCE = 6
"""Days between a report and its issue; beyond, the report is of another week."""


def read_triage(parts: Iterable[Part], day: date) -> Performance | None:
    """Return the report, or None. `day`: the issue's date; a report of another week is marked as stale."""
    parts = [part for part in parts if part.topic is Topic.TRIAGE]
    blocks = [block for part in parts for block in part.blocks]
    links = list(anchors_in(blocks))
    lines = [line.text for block in text_blocks(blocks) for line in split_lines(block)]
    flat = " ".join(lines)
    counts_match, comparisons_match = _COUNTS.search(flat), _COMPARED.search(flat)
    counts = (
        [int(count) if count.isdigit() else None for count in counts_match.groups()]
        if counts_match
        else [None] * 3
    )
    performance = Performance(
        headline=_headline(blocks),
        triagers=_triagers(flat),
        revision_range=_revision_range(links, flat),
        regressions=counts[0],
        improvements=counts[1],
        mixed=counts[2],
        comparisons=int(comparisons_match[1].replace(",", "")) if comparisons_match else None,
        means=_means(blocks),
        report_url=_report(links),
    )
    if replace(performance, headline=None) == Performance():
        return None  # only a sentence: "No triage report this week"
    report_date = _report_date(links, (part.heading for part in parts))
    stale = report_date is not None and abs((day - report_date).days) > MAX_DISTANCE
    return replace(performance, report_date=report_date, stale=stale)


# ── prose and lines ──────────────────────────────────────────────────────────────────────────────────

# Lines of a fixed form.
_STRUCTURE = re.compile(
    r"triage done by\b|revision range:|revision$|\**summary\W*$|[\d?]+ regressions?[,;] "
    r"|\d+ (?:artifact )?comparisons? made|see the full report\b|full report(?: here)?\W*$|\W*$",
    re.IGNORECASE,
)


def _headline(blocks: Iterable[Block]) -> str | None:
    """Return the first paragraph, up to the first line that has a fixed form."""
    first = next((block for block in blocks if block.kind == "paragraph"), None)
    lines = (line.text for line in split_lines(first)) if first else ()
    return " ".join(takewhile(lambda line: not _STRUCTURE.match(line), lines)) or None


_DONE_BY = re.compile(r"\btriage done by\b:?(.{0,200})", re.IGNORECASE)
_AFTER_NAMES = re.compile(r"\bwith help\b|\.\s|\.$|\brevision range\b", re.IGNORECASE)
_HANDLE = re.compile(r"@([\w-]+)")


def _triagers(text: str) -> tuple[str, ...]:
    found = _DONE_BY.search(text)
    if found is None:
        return ()
    names = _AFTER_NAMES.split(found[1], maxsplit=1)[0]
    return tuple(_HANDLE.findall(names)) or tuple(re.findall(r"[\w-]+", names)[:1])


_COMMITS = re.compile(r"[0-9a-f]{4,40}\.{2,3}[0-9a-f]{4,40}|…")
_WRITTEN_RANGE = re.compile(rf"revision\s+range:?\s*\[?({_COMMITS.pattern})", re.IGNORECASE)


def _revision_range(links: Sequence[Anchor], text: str) -> RevisionRange | None:
    for link in links:
        if _COMMITS.fullmatch(link.title.strip()):
            return RevisionRange(link.title, link.url)
    written = _WRITTEN_RANGE.search(text)
    return RevisionRange(written[1], None) if written else None


_COUNTS = re.compile(
    r"(?<![\d?])([\d?]{1,9}) regressions?[,;]\s*([\d?]{1,9}) improvements?[,;]\s*([\d?]{1,9}) mixed",
    re.IGNORECASE,
)
_COMPARED = re.compile(r"(?<![\d,])(\d[\d,]{0,9}) (?:artifact )?comparisons? made", re.IGNORECASE)
_FULL_REPORT = re.compile(r"\bfull report\b", re.IGNORECASE)
_FULL_REPORT_HERE = re.compile(r"\bfull report:?$", re.IGNORECASE)


def _report(links: Sequence[Anchor]) -> str | None:
    by_text = (
        link.url for link in links if _FULL_REPORT.search(link.title) or _FULL_REPORT_HERE.search(link.before)
    )
    by_address = (link.url for link in links if "/triage/" in link.url)
    return next(by_text, None) or next(by_address, None)


_DAY = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")


def _report_date(links: Iterable[Anchor], headings: Iterable[str]) -> date | None:
    """Return the newest date in the report's address, else in a heading: 554 has the whole report."""
    addresses = [link.url for link in links if "/triage/" in link.url]
    for texts in (addresses, headings):
        if days := [day for text in texts if (day := _day_in(text))]:
            return max(days)
    return None


def _day_in(text: str) -> date | None:
    found = _DAY.findall(text)
    try:
        return date(*map(int, found[-1])) if found else None
    except ValueError:
        return None


# ── the table ────────────────────────────────────────────────────────────────────────────────────────

_FIGURES = [figure.name for figure in fields(Means)]
"""The words of a row make the name: "regressions_primary"."""


def _means(blocks: Iterable[Block]) -> Means | None:
    for block in blocks:
        table = [[cell.text for cell in row.children] for row in rows(block)]
        if table and (figures := dict(_figures(table))):
            return Means(**figures)
    return None


def _figures(rows: Sequence[Sequence[str]]) -> Iterator[tuple[str, float | None]]:
    """Yield (name, per cent) of each mean. The means are a column; a row in the oldest tables."""
    for table in (rows, list(zip(*rows, strict=False))):
        heads = [cell.strip().lower() for cell in table[0]]
        if "mean" in heads:
            column = heads.index("mean")
            for row in table[1:]:
                words = set(re.findall(r"[a-z]+", row[0].lower()))
                name = next((name for name in _FIGURES if words.issuperset(name.split("_"))), None)
                if name and column < len(row):
                    yield name, _per_cent(row[column])
            return


def _per_cent(cell: str) -> float | None:
    found = re.search(r"([-−–]?)\s*(\d+(?:\.\d+)?)\s*%", cell)
    return float(("-" if found[1] else "") + found[2]) if found else None
