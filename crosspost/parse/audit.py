"""Audit of an archive: the discussion links that are missing, stale or wrong.

Reads a folder of issues and asks no server: whether an address still answers, or a thread without a slug is the right
one, is not checked. Issues before 248 do not have the line (the newsletter's git history, 2026-11).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from crosspost.config.schema import NewsletterConfig
from crosspost.errors import IssueError
from crosspost.parse import TWIR, decode, discussion
from crosspost.parse.discussion import NOT_FILLED, LinkLine, LinkStatus, thread_id
from crosspost.parse.header import Header, read_header
from crosspost.parse.lint import DISCUSSION_SINCE

log = logging.getLogger(__name__)

SUFFIXES = frozenset({".md", ".markdown"})


@dataclass(frozen=True, slots=True)
class AuditFinding:
    number: int
    file: str
    """Relative to the folder, with forward slashes."""
    line: int | None
    """1-based; None: the issue has no line for the link."""
    problem: str
    """A `LinkStatus`, or "shared": another issue has the same thread, and this one has no problem of its own."""
    url: str
    """The address as written; empty: the issue has no line for it."""


class _Entry(NamedTuple):
    header: Header
    file: str
    discussion: LinkLine | None

    def with_problem(self, problem: str) -> AuditFinding:
        line, url = (self.discussion.line, self.discussion.url) if self.discussion else (None, "")
        return AuditFinding(self.header.number, self.file, line, problem, url)


def audit(folder: Path, *, newsletter: NewsletterConfig = TWIR) -> tuple[AuditFinding, ...]:
    """Return every discussion link with a problem, by number.

    A file that cannot be read, or is not an issue, is left out and logged as a warning.
    """
    entries = sorted(_entries(folder, newsletter), key=lambda entry: (entry.header.number, entry.file))
    issues: defaultdict[str, set[int]] = defaultdict(set)  # thread → the issues that link to it
    for entry in entries:
        if entry.discussion and (thread := thread_id(entry.discussion.url)):
            issues[thread].add(entry.header.number)
    findings = []
    for entry in entries:
        thread = thread_id(entry.discussion.url) if entry.discussion else None
        if problem := _problem(entry) or ("shared" if thread and len(issues[thread]) > 1 else None):
            findings.append(entry.with_problem(problem))
    return tuple(findings)


def _entries(folder: Path, newsletter: NewsletterConfig) -> Iterator[_Entry]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            file = path.relative_to(folder).as_posix()
            try:
                text = decode(path.read_bytes()).text
                yield _Entry(read_header(text, newsletter, file), file, discussion.find_discussion_line(text))
            except (OSError, IssueError) as error:
                log.warning("not audited: %s: %s", file, error)


def _problem(entry: _Entry) -> LinkStatus | None:
    header = entry.header
    if entry.discussion is None:
        return LinkStatus.EMPTY if header.number >= DISCUSSION_SINCE else None
    status = discussion.link_status(entry.discussion.url, header.number, header.url)
    return status if status in NOT_FILLED else None
