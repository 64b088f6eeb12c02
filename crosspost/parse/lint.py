"""Checks of an issue's text. What they find, the gate, the audit and `parse` report in the same words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crosspost.model import Finding, FindingKind, Issue
from crosspost.parse.community import is_another_issue
from crosspost.parse.crate import crate_blocks
from crosspost.parse.discussion import LinkLine, LinkStatus, is_placeholder, link_status
from crosspost.parse.header import Header
from crosspost.parse.headings import Part, Topic, blocks_of
from crosspost.parse.lines import Kind
from crosspost.parse.markdown import Anchor, Block, Document, anchors_in, bare_links, items, text_blocks
from crosspost.parse.quote import says_there_is_none

if TYPE_CHECKING:
    from markdown_it.token import Token

# The first issue that had it: an older one does not lack it.
CRATE_SINCE = 95
QUOTE_SINCE = 70
PULL_REQUESTS_SINCE = 96
DISCUSSION_SINCE = 248


@dataclass(frozen=True, slots=True)
class ParsedIssue:
    """An issue, and what it was parsed from."""

    issue: Issue
    header: Header
    document: Document
    parts: Sequence[Part]
    """Empty for a plain newsletter."""
    discussion: LinkLine | None
    hiring: LinkLine | None


def with_findings(parsed: ParsedIssue) -> Issue:
    """Return the issue with its findings, in the order of its lines; those without a line come first."""
    checks = _PLAIN_CHECKS if parsed.issue.grammar == "plain" else _TWIR_CHECKS
    findings = [*parsed.issue.findings, *(finding for check in checks for finding in check(parsed))]
    return replace(parsed.issue, findings=tuple(sorted(findings, key=lambda finding: finding.line or 0)))


# ── the whole issue ──────────────────────────────────────────────────────────────────────────────────


def _number(parsed: ParsedIssue) -> Iterator[Finding]:
    number, in_title = parsed.header.number, parsed.header.number_in_title
    if in_title not in (None, number):
        message = f"the header's number is {number}, the title's {in_title}"
        yield Finding(FindingKind.NUMBER_DISAGREES, None, message)


def _draft(parsed: ParsedIssue) -> Iterator[Finding]:
    if draft := parsed.header.draft:
        yield Finding(FindingKind.DRAFT, None, f'its header says that it is not published ("{draft}")')


def _no_text(parsed: ParsedIssue) -> Iterator[Finding]:
    if not any(text_blocks(parsed.document.blocks)):
        yield Finding(FindingKind.NO_TEXT, None, "it has no text yet")


def _missing_sections(parsed: ParsedIssue) -> Iterator[Finding]:
    issue, parts = parsed.issue, parsed.parts
    if issue.number >= CRATE_SINCE and not issue.crates_of_the_week:
        yield _no_crate(parts)
    if issue.number >= QUOTE_SINCE and issue.quote_of_the_week is None and not says_there_is_none(parts):
        yield Finding(FindingKind.NO_QUOTE, None, "no quote of the week")
    listed = any(block.kind == "list" for block in blocks_of(parts, Topic.PROJECT))
    if issue.number >= PULL_REQUESTS_SINCE and issue.pull_requests_merged is None and not listed:
        yield Finding(FindingKind.NO_PULL_REQUESTS, None, "no list of merged pull requests")


def _no_crate(parts: Sequence[Part]) -> Finding:
    """Return the finding, with the section's words where it has any ("Sadly, there was no nomination")."""
    for _, block in crate_blocks(parts):
        message = f'no crate of the week: its section says "{block.text[:80]}"'
        return Finding(FindingKind.NO_CRATE, block.line + 1, message)
    return Finding(FindingKind.NO_CRATE, None, "no crate of the week")


_DISCUSSION = {
    LinkStatus.EMPTY: (FindingKind.DISCUSSION_EMPTY, "is empty"),
    LinkStatus.PLACEHOLDER: (FindingKind.DISCUSSION_PLACEHOLDER, "is still {url}"),
    LinkStatus.OWN_PAGE: (FindingKind.DISCUSSION_OWN_PAGE, "is the issue's own page"),
    LinkStatus.OTHER_ISSUE: (FindingKind.DISCUSSION_OTHER_ISSUE, "belongs to another issue: {url}"),
}


def _discussion(parsed: ParsedIssue) -> Iterator[Finding]:
    issue, line = parsed.issue, parsed.discussion
    if line is None:
        if issue.grammar == "twir" and issue.number >= DISCUSSION_SINCE:
            yield Finding(FindingKind.DISCUSSION_MISSING, None, "no line for the discussion link")
    elif problem := _DISCUSSION.get(link_status(line.url, issue.number, issue.url)):
        kind, clause = problem
        yield Finding(kind, line.line, f"the discussion link {clause.format(url=line.url)}")


def _hiring(parsed: ParsedIssue) -> Iterator[Finding]:
    hiring = parsed.hiring
    if hiring is not None and is_placeholder(hiring.url):
        state = f"still {hiring.url}" if hiring.url else "empty"
        yield Finding(FindingKind.HIRING_PLACEHOLDER, hiring.line, f"the hiring link is {state}")


def _stale_performance(parsed: ParsedIssue) -> Iterator[Finding]:
    performance = parsed.issue.performance
    if performance is not None and performance.stale and performance.report_date is not None:
        links = anchors_in(blocks_of(parsed.parts, Topic.TRIAGE))
        line = next((link.line + 1 for link in links if link.url == performance.report_url), None)
        days = (parsed.issue.date - performance.report_date).days
        distance = f"{abs(days)} days {'before' if days > 0 else 'after'} the issue"
        message = f"the performance report is of {performance.report_date}, {distance}: no post mentions it"
        yield Finding(FindingKind.STALE_PERFORMANCE, line, message)


# ── what is not where it belongs ─────────────────────────────────────────────────────────────────────


def _typos(parsed: ParsedIssue) -> Iterator[Finding]:
    return iter(parsed.document.typos)


_ENTRIES = (Topic.SPEAKERS, Topic.APPROVED_RFCS, Topic.NEW_RFCS, Topic.FINAL_COMMENT)


def _unread_entries(parsed: ParsedIssue) -> Iterator[Finding]:
    """Find entries without their bullet, which are not read as entries: the page shows a paragraph (565, 601)."""
    for block in blocks_of(parsed.parts, *_ENTRIES):
        for link in bare_links(block, cells=True) if block.kind == "paragraph" else ():
            message = f'the entry "{link.title[:60]}" has no bullet before it and is not read as one'
            yield Finding(FindingKind.SLIP, link.line + 1, message)


_LISTS = frozenset(Topic) - {Topic.INTRODUCTION, Topic.TRIAGE, Topic.JOBS, Topic.QUOTE, Topic.OTHER}


def _unread_addresses(parsed: ParsedIssue) -> Iterator[Finding]:
    """Find entries without a link whose address is shown as text."""
    for item in items(blocks_of(parsed.parts, *_LISTS)):
        text = item.direct_text()
        if "://" in text and not item.direct_anchors():
            yield Finding(FindingKind.SLIP, item.line + 1, f'the address in "{text[:60]}" is no link')


def _other_issues(parsed: ParsedIssue) -> Iterator[Finding]:
    """Find other issues among the articles: the address of the wrong page was copied."""
    for link in anchors_in(blocks_of(parsed.parts, Topic.COMMUNITY)):
        if is_another_issue(link.url, parsed.issue.url):
            message = f"{_quoted(link)} among the articles is another issue: {link.url}"
            yield Finding(FindingKind.OTHER_ISSUE, link.line + 1, message)


_CONFLICT = re.compile(r"(?:<{7}|>{7}|\|{7})(?: |$)")


def _merge_conflicts(parsed: ParsedIssue) -> Iterator[Finding]:
    for line in parsed.document.lines:
        if line.kind is not Kind.CODE and _CONFLICT.match(line.text):
            message = f"a merge conflict was left in: {line.text[:40]}"
            yield Finding(FindingKind.MERGE_CONFLICT, line.number, message)


def _lost_characters(parsed: ParsedIssue) -> Iterator[Finding]:
    """Find the first place where a reader would see U+FFFD, written as the character or as a reference."""
    line = None
    if "\ufffd" not in parsed.header.title + parsed.header.url:
        for block in text_blocks(parsed.document.blocks):
            if any("\ufffd" in token.content for token in block.inline) or "\ufffd" in block.source:
                line = block.line + 1
                break
        else:
            return
    location = f"line {line}" if line else "the header"
    message = f"a character of {location} is lost (U+FFFD stands there); put the right one in"
    yield Finding(FindingKind.LOST_CHARACTER, line, message)


# ── placeholders, and links that lead nowhere ────────────────────────────────────────────────────────

# Text of the draft's template that readers would see. A comment of the template is no sign: 649 has
# `<!-- COTW goes here -->` beside its crate.
_TEMPLATE_ADDRESS = re.compile(r"<?(?:[\w-]+ )*URL(?: to [\w ]+)?>?|.*\$\{?twir_\w+.*")
_TEMPLATE_TEXT = re.compile(r"\$\{?twir_\w+|\bYYYY-MM-DD\b")
_PLACEHOLDER = re.compile(r"(?:[A-Z]+_)*(?:URL|LINK|TODO|TBD|XXX+|INSERT|HERE)(?:_[A-Z]+)*")
_NO_LINK = re.compile(r"([^\[\]\n]{1,60})\]\(http")


def _placeholders(parsed: ParsedIssue) -> Iterator[Finding]:
    """Find links whose address is empty, or a word to be replaced by one."""
    for link in anchors_in(parsed.document.blocks):
        if parsed.discussion is not None and link.line + 1 == parsed.discussion.line:
            continue
        if not link.url.strip():
            yield _empty_link(link)
        elif _PLACEHOLDER.fullmatch(link.url.strip()):
            yield _template_text(link.line, f"[{link.title}]({link.url})")


def _links(parsed: ParsedIssue) -> Iterator[Finding]:
    """Find text of the template, and links that lead nowhere, other than the discussion and the hiring link."""
    reported = {line.line for line in (parsed.discussion, parsed.hiring) if line is not None}
    for block in text_blocks(parsed.document.blocks):
        template_text = _TEMPLATE_TEXT.search(block.source) and _TEMPLATE_TEXT.search(_prose(block))
        if template_text:
            yield _template_text(block.line, template_text[0])
        if "](http" in block.source and (unread := _NO_LINK.search(_prose(block))):
            line = block.line + 1 + block.source.count("\n", 0, max(block.source.find(unread[0]), 0))
            yield Finding(FindingKind.SLIP, line, f'the address behind "{unread[1]}" is no link')
        if not any(_is_suspicious(token) for token in block.inline):
            continue
        for link in block.anchors():
            if not link.url.strip() and link.line + 1 not in reported:
                yield _empty_link(link)
            elif not template_text and _TEMPLATE_ADDRESS.fullmatch(link.url):
                yield _template_text(link.line, f"[{link.title}]({link.url})")
            elif (wrong := _incomplete(link)) and not (
                link.line + 1 in reported and is_placeholder(link.url)
            ):
                yield Finding(FindingKind.INCOMPLETE_ADDRESS, link.line + 1, f"{_quoted(link)} {wrong}")


def _prose(block: Block) -> str:
    """Return the text outside links and code: an article's title may be about YYYY-MM-DD."""
    outside, depth = [], 0
    for token in block.inline:
        depth += token.nesting if token.type in ("link_open", "link_close") else 0
        if depth == 0 and token.type == "text":
            outside.append(token.content)
    return "\n".join(outside)


_SCHEME = re.compile(r"(?:https?|ircs?|ftps?)://[^\s/]|(?:mailto|xmpp|matrix|tel):.|#", re.IGNORECASE)
_HOST = re.compile(r"(?:[\w-]+\.)+[a-z]{2,24}(?:[/?#:]|$)", re.IGNORECASE)


def _is_suspicious(token: Token) -> bool:
    return token.type == "link_open" and not _SCHEME.match(str(token.attrs.get("href", "")))


def _incomplete(link: Anchor) -> str:
    """Return what is wrong with an address that leads nowhere from the issue's page; empty: nothing."""
    url = link.url.strip()
    if not url or _SCHEME.match(url):
        return ""
    if "://" in url:
        return f"has a scheme that no browser knows: {url[:80]}"
    if _HOST.match(url):
        return f"has no scheme: {url[:80]}"
    return f"is relative to the issue's page: {url[:80]}"


def _empty_link(link: Anchor) -> Finding:
    return Finding(FindingKind.EMPTY_LINK, link.line + 1, f"{_quoted(link)} has no address")


def _template_text(line: int, words: str) -> Finding:
    return Finding(FindingKind.TEMPLATE_TEXT, line + 1, f"text of the template was left in: {words[:80]}")


def _quoted(link: Anchor) -> str:
    return f'the link "{link.title[:60]}"'


_Check = Callable[[ParsedIssue], Iterator[Finding]]
_TWIR_CHECKS: Sequence[_Check] = (
    *(_number, _missing_sections, _discussion, _hiring, _typos, _unread_entries, _unread_addresses),
    *(_other_issues, _stale_performance, _links, _merge_conflicts, _lost_characters, _draft),
)
_PLAIN_CHECKS: Sequence[_Check] = (
    *(_number, _no_text, _discussion, _typos, _placeholders, _merge_conflicts, _lost_characters, _draft),
)
