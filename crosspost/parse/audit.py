"""The archive's discussion links: which are missing, left over, or lead somewhere else.

Reads a folder of issues and nothing else: whether an address still answers, or whether a thread without
a slug is the right one, only the network could say. Issues before 248 never had the line
(the newsletter's git history, 2026-11).
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
from crosspost.parse import TWIR, decode
from crosspost.parse.discussion import (
    NOT_FILLED,
    DiscussionLine,
    LinkStatus,
    find_discussion_line,
    link_status,
    thread_id,
)
from crosspost.parse.findings import DISCUSSION_SINCE
from crosspost.parse.header import Header, read_header

log = logging.getLogger(__name__)

SUFFIXES = frozenset({".md", ".markdown"})


@dataclass(frozen=True, slots=True)
class AuditFinding:
    number: int
    file: str
    """Relative to the folder, with forward slashes."""
    line: int | None
    """1-based; None: there is no line for the link."""
    problem: str
    """What the link is to its issue (`LinkStatus`); "shared": two issues lead to one thread, and each of them is named
    that has no problem of its own."""
    url: str
    """As it stands there."""


class _Entry(NamedTuple):
    header: Header
    file: str
    talk: DiscussionLine | None

    def with_problem(self, problem: str) -> AuditFinding:
        line, url = (self.talk.line, self.talk.url) if self.talk else (None, "")
        return AuditFinding(self.header.number, self.file, line, problem, url)


def audit(folder: Path, *, newsletter: NewsletterConfig = TWIR) -> tuple[AuditFinding, ...]:
    """Return every discussion link with a problem, by number.

    A file that cannot be read is logged as a warning; one that is no issue of a newsletter is passed over.
    """
    entries = sorted(_entries(folder, newsletter), key=lambda entry: (entry.header.number, entry.file))
    found = {entry.file: finding for entry in entries if (finding := _own_problem(entry))}
    threads: defaultdict[str, list[_Entry]] = defaultdict(list)
    for entry in entries:
        if entry.talk and (thread := thread_id(entry.talk.url)):
            threads[thread].append(entry)
    for together in threads.values():
        if len({entry.header.number for entry in together}) > 1:
            for entry in together:
                found.setdefault(entry.file, entry.with_problem("shared"))
    return tuple(sorted(found.values(), key=lambda finding: (finding.number, finding.file)))


def _entries(folder: Path, newsletter: NewsletterConfig) -> Iterator[_Entry]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            file = path.relative_to(folder).as_posix()
            try:
                text = decode(path.read_bytes()).text
                yield _Entry(read_header(text, newsletter, file), file, find_discussion_line(text))
            except (OSError, IssueError) as error:
                log.warning("not audited: %s: %s", file, error)


def _own_problem(entry: _Entry) -> AuditFinding | None:
    number = entry.header.number
    if entry.talk is None:
        return entry.with_problem(LinkStatus.EMPTY) if number >= DISCUSSION_SINCE else None
    found = link_status(entry.talk.url, number, entry.header.url)
    return entry.with_problem(found) if found in NOT_FILLED else None
