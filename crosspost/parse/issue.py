"""The issue as a whole: header, outline, one module per kind of section, findings."""

from __future__ import annotations

import re
from collections.abc import Iterable

from crosspost.config.schema import NewsletterConfig
from crosspost.model import Issue
from crosspost.parse import discussion
from crosspost.parse.calls import read_calls
from crosspost.parse.community import read_community
from crosspost.parse.crate import read_crates
from crosspost.parse.directives import read_directives
from crosspost.parse.editors import read_editors
from crosspost.parse.events import read_events
from crosspost.parse.findings import find, find_plain
from crosspost.parse.frontmatter import blanked
from crosspost.parse.header import Header, read_header
from crosspost.parse.headings import Part, Topic, outline
from crosspost.parse.markdown import Document, parse_document
from crosspost.parse.plain import read_sections
from crosspost.parse.quote import read_quote
from crosspost.parse.rfcs import read_rfcs
from crosspost.parse.triage import read_triage


def read_issue(text: str, newsletter: NewsletterConfig, path: str) -> Issue:
    header = read_header(text, newsletter, path)
    document = parse_document(blanked(text, header.end) if header.end else text)
    if newsletter.sections == "plain":
        return _read_plain(text, header, document, newsletter.name)
    parts = outline(document.blocks)
    community = read_community(parts)
    directives, wrong = read_directives(text, document.lines, community)
    talk, hiring = discussion.discussion_in(document.lines), discussion.hiring_in(document.lines)
    issue = Issue(
        number=header.number,
        title=header.title,
        date=header.date,
        url=header.url,
        community=community,
        crates_of_the_week=read_crates(parts, newsletter.site),
        calls_for_participation=read_calls(parts),
        pull_requests_merged=_pull_requests_merged(parts),
        performance=read_triage(parts, header.date),
        rfcs=read_rfcs(parts),
        events=read_events(parts),
        quote_of_the_week=read_quote(parts, document),
        hiring_url=None if hiring is None or discussion.placeholder_in(hiring.url) else hiring.url,
        discussion_url=None if talk is None else _discussion_url(talk.url, header.number, header.url),
        editors=read_editors(parts),
        findings=wrong,
        directives=directives,
    )
    return find(issue, header, parts, document, talk, hiring)


def _read_plain(text: str, header: Header, document: Document, name: str) -> Issue:
    """Read an issue in any Markdown: its sections and their links."""
    talk = discussion.discussion_in(document.lines)
    sections = read_sections(document.blocks, header.url, talk.line if talk else None)
    directives, wrong = read_directives(text, document.lines, sections)
    issue = Issue(
        number=header.number,
        title=header.title,
        date=header.date,
        url=header.url,
        community=sections,
        discussion_url=None if talk is None else _discussion_url(talk.url, header.number, header.url),
        findings=wrong,
        directives=directives,
        newsletter=name,
        grammar="plain",
    )
    return find_plain(issue, header, document, talk)


_MERGED = re.compile(
    r"(?<![\d,.])(\d[\d,.]{0,9}) (?:pull requests?|PRs?) (?:was|were|have been) \[?merged", re.IGNORECASE
)


def _pull_requests_merged(parts: Iterable[Part]) -> int | None:
    for part in parts:
        if part.topic is Topic.PROJECT:
            for block in part.blocks:
                if block.kind == "paragraph" and (found := _MERGED.search(block.text)):
                    return int(re.sub(r"\D", "", found[1]))
    return None


def _discussion_url(url: str, number: int, own_url: str) -> str | None:
    nothing = (discussion.Standing.EMPTY, discussion.Standing.PLACEHOLDER, discussion.Standing.OWN_PAGE)
    return None if discussion.standing(url, number, own_url) in nothing else url
