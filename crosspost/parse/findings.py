"""What is wrong with an issue's text, in the words that the gate, the audit and `parse` share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crosspost.model import Finding, FindingKind, Issue
from crosspost.parse.community import is_another_issue
from crosspost.parse.crate import crate_blocks
from crosspost.parse.discussion import DiscussionLine, LinkStatus, is_placeholder, link_status
from crosspost.parse.header import Header
from crosspost.parse.headings import Part, Topic, blocks_of
from crosspost.parse.lines import Kind
from crosspost.parse.markdown import (
    Anchor,
    Block,
    Document,
    anchors,
    anchors_in,
    bare_links,
    direct_anchors,
    direct_text,
    items,
    text_blocks,
)
from crosspost.parse.quote import says_there_is_none

if TYPE_CHECKING:
    from markdown_it.token import Token

# The first issue that had it: an older one does not lack it.
CRATE_SINCE = 95
QUOTE_SINCE = 70
PULL_REQUESTS_SINCE = 96
DISCUSSION_SINCE = 248


@dataclass(frozen=True, slots=True)
class Reading:
    """An issue, and what it was read from."""

    issue: Issue
    header: Header
    document: Document
    parts: Sequence[Part]
    """Of any Markdown: none."""
    talk: DiscussionLine | None
    hiring: DiscussionLine | None


def find(reading: Reading) -> Issue:
    """Return the issue with its findings, in the order of its lines; what is absent comes first."""
    own = _OF_ANY_MARKDOWN if reading.issue.grammar == "plain" else _OF_TWIR
    checks = (_number, *own, _conflicts, _lost_characters, _draft)
    found = [*reading.issue.findings, *(finding for check in checks for finding in check(reading))]
    return replace(reading.issue, findings=tuple(sorted(found, key=lambda finding: finding.line or 0)))


# ── the whole ────────────────────────────────────────────────────────────────────────────────────────


def _number(reading: Reading) -> Iterator[Finding]:
    number, in_title = reading.header.number, reading.header.number_in_title
    if in_title not in (None, number):
        message = f"the header's number is {number}, the title's {in_title}"
        yield Finding(FindingKind.NUMBER_DISAGREES, None, message)


def _draft(reading: Reading) -> Iterator[Finding]:
    if draft := reading.header.draft:
        yield Finding(FindingKind.DRAFT, None, f'its header says that it is not published ("{draft}")')


def _no_text(reading: Reading) -> Iterator[Finding]:
    if not any(text_blocks(reading.document.blocks)):
        yield Finding(FindingKind.NO_TEXT, None, "it has no text yet")


def _absent(reading: Reading) -> Iterator[Finding]:
    issue, parts = reading.issue, reading.parts
    if issue.number >= CRATE_SINCE and not issue.crates_of_the_week:
        yield _no_crate(parts)
    if issue.number >= QUOTE_SINCE and issue.quote_of_the_week is None and not says_there_is_none(parts):
        yield Finding(FindingKind.NO_QUOTE, None, "no quote of the week")
    listed = any(block.kind == "list" for block in blocks_of(parts, Topic.PROJECT))
    if issue.number >= PULL_REQUESTS_SINCE and issue.pull_requests_merged is None and not listed:
        yield Finding(FindingKind.NO_PULL_REQUESTS, None, "no list of merged pull requests")


def _no_crate(parts: Sequence[Part]) -> Finding:
    """Say so with the section's own words, where it has any ("Sadly, there was no nomination")."""
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


def _discussion(reading: Reading) -> Iterator[Finding]:
    issue, talk = reading.issue, reading.talk
    if talk is None:
        if issue.grammar == "twir" and issue.number >= DISCUSSION_SINCE:
            yield Finding(FindingKind.DISCUSSION_MISSING, None, "no line for the discussion link")
    elif known := _DISCUSSION.get(link_status(talk.url, issue.number, issue.url)):
        kind, what = known
        yield Finding(kind, talk.line, f"the discussion link {what.format(url=talk.url)}")


def _hiring(reading: Reading) -> Iterator[Finding]:
    hiring = reading.hiring
    if hiring is not None and is_placeholder(hiring.url):
        stands = f"still {hiring.url}" if hiring.url else "empty"
        yield Finding(FindingKind.HIRING_PLACEHOLDER, hiring.line, f"the hiring link is {stands}")


def _stale_performance(reading: Reading) -> Iterator[Finding]:
    performance = reading.issue.performance
    if performance is not None and performance.stale and performance.dated is not None:
        links = anchors_in(blocks_of(reading.parts, Topic.TRIAGE))
        line = next((link.line + 1 for link in links if link.url == performance.report_url), None)
        days = (reading.issue.date - performance.dated).days
        away = f"{abs(days)} days {'before' if days > 0 else 'after'} the issue"
        message = f"the performance report is of {performance.dated}, {away}: nothing of it is told"
        yield Finding(FindingKind.STALE_PERFORMANCE, line, message)


# ── what stands where it is not meant to ─────────────────────────────────────────────────────────────


def _slips(reading: Reading) -> Iterator[Finding]:
    return (Finding(FindingKind.SLIP, *slip) for slip in reading.document.slips)


_ENTRIES = (Topic.SPEAKERS, Topic.APPROVED_RFCS, Topic.NEW_RFCS, Topic.FINAL_COMMENT)


def _unread_entries(reading: Reading) -> Iterator[Finding]:
    """Find entries without their bullet: the page shows a paragraph, and so they are not read as entries (565, 601)."""
    for block in blocks_of(reading.parts, *_ENTRIES):
        for link in bare_links(block, cells=True) if block.kind == "paragraph" else ():
            message = f'the entry "{link.title[:60]}" has no bullet before it and is not read as one'
            yield Finding(FindingKind.SLIP, link.line + 1, message)


_LISTS = frozenset(Topic) - {Topic.INTRODUCTION, Topic.TRIAGE, Topic.JOBS, Topic.QUOTE, Topic.ELSE}


def _unread_addresses(reading: Reading) -> Iterator[Finding]:
    """Find entries with an address that the page shows as text: none of their links was read."""
    for item in items(blocks_of(reading.parts, *_LISTS)):
        said = direct_text(item)
        if "://" in said and not direct_anchors(item):
            yield Finding(FindingKind.SLIP, item.line + 1, f'the address in "{said[:60]}" is no link')


def _other_issues(reading: Reading) -> Iterator[Finding]:
    """Look among the articles, where the page of last week's issue came in by a slip."""
    for link in anchors_in(blocks_of(reading.parts, Topic.COMMUNITY)):
        if is_another_issue(link.url, reading.issue.url):
            message = f"{_named(link)} among the articles is another issue: {link.url}"
            yield Finding(FindingKind.OTHER_ISSUE, link.line + 1, message)


_CONFLICT = re.compile(r"(?:<{7}|>{7}|\|{7})(?: |$)")


def _conflicts(reading: Reading) -> Iterator[Finding]:
    for line in reading.document.lines:
        if line.kind is not Kind.CODE and _CONFLICT.match(line.text):
            message = f"a merge conflict was left in: {line.text[:40]}"
            yield Finding(FindingKind.MERGE_CONFLICT, line.number, message)


def _lost_characters(reading: Reading) -> Iterator[Finding]:
    """Yield the first place where a reader would see U+FFFD, as itself or as a reference that stands for it."""
    if "\ufffd" in reading.header.title + reading.header.url:
        yield _lost(None, "the header")
        return
    for block in text_blocks(reading.document.blocks):
        if any("\ufffd" in token.content for token in block.inline) or "\ufffd" in block.source:
            yield _lost(block.line + 1, f"line {block.line + 1}")
            return


def _lost(line: int | None, place: str) -> Finding:
    message = f"a character of {place} is lost (U+FFFD stands there); put the right one in"
    return Finding(FindingKind.LOST_CHARACTER, line, message)


# ── what was left to fill in, and links that lead nowhere ────────────────────────────────────────────

# What the draft's template leaves to be replaced, where a reader would see it. A comment of the template that
# stays in says nothing: 649 kept `<!-- COTW goes here -->` beside its crate.
_TEMPLATE_ADDRESS = re.compile(r"<?(?:[\w-]+ )*URL(?: to [\w ]+)?>?|.*\$\{?twir_\w+.*")
_TEMPLATE_TEXT = re.compile(r"\$\{?twir_\w+|\bYYYY-MM-DD\b")
_PLACEHOLDER = re.compile(r"(?:[A-Z]+_)*(?:URL|LINK|TODO|TBD|XXX+|INSERT|HERE)(?:_[A-Z]+)*")
_NO_LINK = re.compile(r"([^\[\]\n]{1,60})\]\(http")


def _left_to_fill_in(reading: Reading) -> Iterator[Finding]:
    """Find links whose address is empty, or a word that waits to be replaced by one."""
    for link in anchors_in(reading.document.blocks):
        if reading.talk is not None and link.line + 1 == reading.talk.line:
            continue
        if not link.url.strip():
            yield _without_address(link)
        elif _PLACEHOLDER.fullmatch(link.url.strip()):
            yield _left_in(link.line, f"[{link.title}]({link.url})")


def _links(reading: Reading) -> Iterator[Finding]:
    """Find text of the template, and links without an address other than the two that are findings of their own."""
    named = {found.line for found in (reading.talk, reading.hiring) if found is not None}
    for block in text_blocks(reading.document.blocks):
        left = _TEMPLATE_TEXT.search(block.source) and _TEMPLATE_TEXT.search(_prose(block))
        if left:
            yield _left_in(block.line, left[0])
        if "](http" in block.source and (unread := _NO_LINK.search(_prose(block))):
            line = block.line + 1 + block.source.count("\n", 0, max(block.source.find(unread[0]), 0))
            yield Finding(FindingKind.SLIP, line, f'the address behind "{unread[1]}" is no link')
        if not any(_is_suspicious(token) for token in block.inline):
            continue
        for link in anchors(block):
            if not link.url.strip() and link.line + 1 not in named:
                yield _without_address(link)
            elif not left and _TEMPLATE_ADDRESS.fullmatch(link.url):
                yield _left_in(link.line, f"[{link.title}]({link.url})")
            elif (wrong := _incomplete(link)) and not (link.line + 1 in named and is_placeholder(link.url)):
                yield Finding(FindingKind.INCOMPLETE_ADDRESS, link.line + 1, f"{_named(link)} {wrong}")


def _prose(block: Block) -> str:
    """Return what stands outside links and code: an article's title may well be about YYYY-MM-DD."""
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
    """Return what is wrong with an address that leads nowhere on the issue's page; empty for any other."""
    url = link.url.strip()
    if not url or _SCHEME.match(url):
        return ""
    if "://" in url:
        return f"has a scheme that no browser knows: {url[:80]}"
    if _HOST.match(url):
        return f"has no scheme: {url[:80]}"
    return f"leads to a place beside the issue: {url[:80]}"


def _without_address(link: Anchor) -> Finding:
    return Finding(FindingKind.EMPTY_LINK, link.line + 1, f"{_named(link)} has no address")


def _left_in(line: int, words: str) -> Finding:
    return Finding(FindingKind.TEMPLATE_TEXT, line + 1, f"text of the template was left in: {words[:80]}")


def _named(link: Anchor) -> str:
    return f'the link "{link.title[:60]}"'


_Check = Callable[[Reading], Iterator[Finding]]
_OF_TWIR: Sequence[_Check] = (
    *(_absent, _discussion, _hiring, _slips, _unread_entries, _unread_addresses),
    *(_other_issues, _stale_performance, _links),
)
_OF_ANY_MARKDOWN: Sequence[_Check] = (_no_text, _discussion, _slips, _left_to_fill_in)
"""What can be known of an issue without knowing the newsletter."""
