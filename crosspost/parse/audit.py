"""The archive's discussion links: which are missing, left over, or lead somewhere else.

Reads a folder of issues and nothing else: whether an address still answers, or whether a thread without
a slug is the right one, only the network could say. Issues before 248 never had the line
(the newsletter's git history, 2026-11).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from crosspost.config.schema import NewsletterConfig
from crosspost.errors import IssueError
from crosspost.parse import TWIR, decode
from crosspost.parse.discussion import DiscussionLine, Standing, locate, standing, thread_id
from crosspost.parse.findings import DISCUSSION_SINCE
from crosspost.parse.header import Header, read_header

log = logging.getLogger(__name__)

SUFFIXES = frozenset({".md", ".markdown"})


class Problem(StrEnum):
    PLACEHOLDER = "placeholder"
    EMPTY = "empty"
    """No address, or no line for one at all: then `line` is None."""
    OWN_PAGE = "own-page"
    OTHER_ISSUE = "other-issue"
    SHARED = "shared"
    """Two issues lead to one thread; each of them is named unless it has a problem of its own already."""


@dataclass(frozen=True, slots=True)
class AuditFinding:
    number: int
    file: str
    """Relative to the folder, with forward slashes."""
    line: int | None
    """1-based."""
    problem: Problem
    url: str
    """As it stands there."""


@dataclass(frozen=True, slots=True)
class _Entry:
    header: Header
    file: str
    talk: DiscussionLine | None


def audit(folder: Path, *, newsletter: NewsletterConfig = TWIR) -> tuple[AuditFinding, ...]:
    """Return every discussion link with a problem, by number.

    A file that cannot be read is logged as a warning; one that is no issue of a newsletter is passed over.
    """
    entries = sorted(_entries(folder, newsletter), key=lambda entry: (entry.header.number, entry.file))
    own = [finding for entry in entries if (finding := _own_problem(entry))]
    faulty = {finding.file for finding in own}
    shared = [finding for finding in _shared(entries) if finding.file not in faulty]
    return tuple(sorted([*own, *shared], key=lambda finding: (finding.number, finding.file)))


def to_json(findings: Iterable[AuditFinding]) -> list[dict[str, Any]]:
    """Return the document of `crosspost audit --json` (docs/documents.md)."""
    return [{**asdict(finding), "problem": finding.problem.value} for finding in findings]


def _entries(folder: Path, newsletter: NewsletterConfig) -> Iterator[_Entry]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            file = path.relative_to(folder).as_posix()
            try:
                text = decode(path.read_bytes()).text
                yield _Entry(read_header(text, newsletter, file), file, locate(text))
            except (OSError, IssueError) as error:
                log.warning("not audited: %s: %s", file, error)


_PROBLEMS = {
    Standing.EMPTY: Problem.EMPTY,
    Standing.PLACEHOLDER: Problem.PLACEHOLDER,
    Standing.OWN_PAGE: Problem.OWN_PAGE,
    Standing.OTHER_ISSUE: Problem.OTHER_ISSUE,
}


def _own_problem(entry: _Entry) -> AuditFinding | None:
    number = entry.header.number
    if entry.talk is None:
        return (
            AuditFinding(number, entry.file, None, Problem.EMPTY, "") if number >= DISCUSSION_SINCE else None
        )
    problem = _PROBLEMS.get(standing(entry.talk.url, number, entry.header.url))
    return AuditFinding(number, entry.file, entry.talk.line, problem, entry.talk.url) if problem else None


def _shared(entries: Iterable[_Entry]) -> Iterator[AuditFinding]:
    threads: defaultdict[str, list[tuple[_Entry, DiscussionLine]]] = defaultdict(list)
    for entry in entries:
        if entry.talk and (thread := thread_id(entry.talk.url)):
            threads[thread].append((entry, entry.talk))
    for together in threads.values():
        if len({entry.header.number for entry, _ in together}) > 1:
            for entry, talk in together:
                yield AuditFinding(entry.header.number, entry.file, talk.line, Problem.SHARED, talk.url)
