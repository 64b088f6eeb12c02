"""What is wrong with an issue's text, in the words that the gate, the audit and `parse` share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from crosspost.model import Finding, FindingKind, Issue
from crosspost.parse.community import is_another_issue
from crosspost.parse.crate import crate_blocks
from crosspost.parse.discussion import DiscussionLine, Standing, placeholder_in, standing
from crosspost.parse.header import Header
from crosspost.parse.headings import Part, Topic
from crosspost.parse.lines import Kind
from crosspost.parse.markdown import (
    Anchor,
    Block,
    Document,
    anchors,
    bare_links,
    items,
    own_anchors,
    own_text,
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


def find(
    issue: Issue,
    header: Header,
    parts: Sequence[Part],
    document: Document,
    talk: DiscussionLine | None,
    hiring: DiscussionLine | None,
) -> Issue:
    """Return the issue with its findings, in the order of its lines; what is absent comes first."""
    found = [
        *issue.findings,
        *_number(header),
        *_absent(issue, parts),
        *_discussion(issue, talk),
        *_hiring(hiring),
        *(Finding(FindingKind.SLIP, *slip) for slip in document.slips),
        *_unread_entries(parts),
        *_unread_addresses(parts),
        *_other_issues(issue, parts),
        *_stale_performance(issue, parts),
        *_links(document, talk, hiring),
        *_conflicts(document),
        *_lost_characters(header, document),
        *_draft(header),
    ]
    return replace(issue, findings=tuple(sorted(found, key=lambda finding: finding.line or 0)))


def find_plain(issue: Issue, header: Header, document: Document, talk: DiscussionLine | None) -> Issue:
    """The same for an issue in any Markdown: what can be known of it without knowing the newsletter."""
    found = [
        *issue.findings,
        *_number(header),
        *(
            []
            if any(text_blocks(document.blocks))
            else [Finding(FindingKind.NO_TEXT, None, "it has no text yet")]
        ),
        *(_discussion(issue, talk) if talk else ()),
        *(Finding(FindingKind.SLIP, *slip) for slip in document.slips),
        *_left_to_fill_in(document, talk),
        *_conflicts(document),
        *_lost_characters(header, document),
        *_draft(header),
    ]
    return replace(issue, findings=tuple(sorted(found, key=lambda finding: finding.line or 0)))


def _left_to_fill_in(document: Document, talk: DiscussionLine | None) -> Iterator[Finding]:
    """Links whose address is empty, or a word that waits to be replaced by one."""
    for block in text_blocks(document.blocks):
        for link in anchors(block):
            if talk is not None and link.line + 1 == talk.line:
                continue
            if not link.url.strip():
                message = f'the link "{link.title[:60]}" has no address'
                yield Finding(FindingKind.EMPTY_LINK, link.line + 1, message)
            elif _PLACEHOLDER.fullmatch(link.url.strip()):
                yield _left_in(link.line, f"[{link.title}]({link.url})")


_PLACEHOLDER = re.compile(r"(?:[A-Z]+_)*(?:URL|LINK|TODO|TBD|XXX+|INSERT|HERE)(?:_[A-Z]+)*")


def _number(header: Header) -> Iterator[Finding]:
    if header.number_in_title not in (None, header.number):
        message = f"the header's number is {header.number}, the title's {header.number_in_title}"
        yield Finding(FindingKind.NUMBER_DISAGREES, None, message)


def _draft(header: Header) -> Iterator[Finding]:
    if header.draft:
        yield Finding(FindingKind.DRAFT, None, f'its header says that it is not published ("{header.draft}")')


def _absent(issue: Issue, parts: Sequence[Part]) -> Iterator[Finding]:
    if issue.number >= CRATE_SINCE and not issue.crates_of_the_week:
        yield _no_crate(parts)
    if issue.number >= QUOTE_SINCE and issue.quote_of_the_week is None and not says_there_is_none(parts):
        yield Finding(FindingKind.NO_QUOTE, None, "no quote of the week")
    if issue.number >= PULL_REQUESTS_SINCE and not _has_pull_requests(issue, parts):
        yield Finding(FindingKind.NO_PULL_REQUESTS, None, "no list of merged pull requests")


def _no_crate(parts: Sequence[Part]) -> Finding:
    """Say so with the section's own words, where it has any ("Sadly, there was no nomination")."""
    said = [
        block for part in parts if part.topic is Topic.CRATE and part.opens for block in crate_blocks(part)
    ]
    if not said:
        return Finding(FindingKind.NO_CRATE, None, "no crate of the week")
    message = f'no crate of the week: its section says "{said[0].text[:80]}"'
    return Finding(FindingKind.NO_CRATE, said[0].line + 1, message)


def _has_pull_requests(issue: Issue, parts: Sequence[Part]) -> bool:
    return issue.pull_requests_merged is not None or any(
        block.kind == "list" for part in parts if part.topic is Topic.PROJECT for block in part.blocks
    )


_DISCUSSION = {
    Standing.EMPTY: (FindingKind.DISCUSSION_EMPTY, "the discussion link is empty"),
    Standing.PLACEHOLDER: (FindingKind.DISCUSSION_PLACEHOLDER, "the discussion link is still {url}"),
    Standing.OWN_PAGE: (FindingKind.DISCUSSION_OWN_PAGE, "the discussion link is the issue's own page"),
    Standing.OTHER_ISSUE: (
        FindingKind.DISCUSSION_OTHER_ISSUE,
        "the discussion link belongs to another issue: {url}",
    ),
}


def _discussion(issue: Issue, talk: DiscussionLine | None) -> Iterator[Finding]:
    if talk is None:
        if issue.number >= DISCUSSION_SINCE:
            yield Finding(FindingKind.DISCUSSION_MISSING, None, "no line for the discussion link")
        return
    known = _DISCUSSION.get(standing(talk.url, issue.number, issue.url))
    if known is not None:
        yield Finding(known[0], talk.line, known[1].format(url=talk.url))


def _hiring(hiring: DiscussionLine | None) -> Iterator[Finding]:
    if hiring is not None and placeholder_in(hiring.url):
        stands = f"still {hiring.url}" if hiring.url else "empty"
        yield Finding(FindingKind.HIRING_PLACEHOLDER, hiring.line, f"the hiring link is {stands}")


# ── what stands where it is not meant to ─────────────────────────────────────────────────────────────


_ENTRIES = frozenset({Topic.SPEAKERS, Topic.APPROVED_RFCS, Topic.NEW_RFCS, Topic.FINAL_COMMENT})


def _unread_entries(parts: Sequence[Part]) -> Iterator[Finding]:
    """Find entries without their bullet: the page shows a paragraph, and so they are not read as entries (565, 601)."""
    for part in parts:
        for block in part.blocks if part.topic in _ENTRIES else ():
            for link in bare_links(block, cells=True) if block.kind == "paragraph" else ():
                message = f'the entry "{link.title[:60]}" has no bullet before it and is not read as one'
                yield Finding(FindingKind.SLIP, link.line + 1, message)


_LISTS = frozenset(Topic) - {Topic.INTRODUCTION, Topic.TRIAGE, Topic.JOBS, Topic.QUOTE, Topic.ELSE}


def _unread_addresses(parts: Sequence[Part]) -> Iterator[Finding]:
    """Find entries with an address that the page shows as text: none of their links was read."""
    for item in items(block for part in parts if part.topic in _LISTS for block in part.blocks):
        said = own_text(item)
        if "://" in said and not own_anchors(item):
            yield Finding(FindingKind.SLIP, item.line + 1, f'the address in "{said[:60]}" is no link')


def _other_issues(issue: Issue, parts: Sequence[Part]) -> Iterator[Finding]:
    """Look among the articles, where the page of last week's issue came in by a slip."""
    for block in text_blocks(
        block for part in parts if part.topic is Topic.COMMUNITY for block in part.blocks
    ):
        for link in anchors(block):
            if is_another_issue(link.url, issue.url):
                message = f'the link "{link.title[:60]}" among the articles is another issue: {link.url}'
                yield Finding(FindingKind.OTHER_ISSUE, link.line + 1, message)


def _stale_performance(issue: Issue, parts: Sequence[Part]) -> Iterator[Finding]:
    performance = issue.performance
    if performance is not None and performance.stale and performance.dated is not None:
        blocks = text_blocks(block for part in parts if part.topic is Topic.TRIAGE for block in part.blocks)
        links = (link for block in blocks for link in anchors(block) if link.url == performance.report_url)
        line = next((link.line + 1 for link in links), None)
        days = (issue.date - performance.dated).days
        away = f"{abs(days)} days {'before' if days > 0 else 'after'} the issue"
        message = f"the performance report is of {performance.dated}, {away}: nothing of it is told"
        yield Finding(FindingKind.STALE_PERFORMANCE, line, message)


# What the draft's template leaves to be replaced, where a reader would see it. A comment of the template that
# stays in says nothing: 649 kept `<!-- COTW goes here -->` beside its crate.
_TEMPLATE_ADDRESS = re.compile(r"<?(?:[\w-]+ )*URL(?: to [\w ]+)?>?|.*\$\{?twir_\w+.*")
_TEMPLATE_TEXT = re.compile(r"\$\{?twir_\w+|\bYYYY-MM-DD\b")


def _links(
    document: Document, talk: DiscussionLine | None, hiring: DiscussionLine | None
) -> Iterator[Finding]:
    """Find text of the template, and links without an address other than the two that are findings of their own."""
    named = {found.line for found in (talk, hiring) if found is not None}
    for block in text_blocks(document.blocks):
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
                yield Finding(
                    FindingKind.EMPTY_LINK, link.line + 1, f'the link "{link.title[:60]}" has no address'
                )
            elif not left and _TEMPLATE_ADDRESS.fullmatch(link.url):
                yield _left_in(link.line, f"[{link.title}]({link.url})")
            elif (wrong := _incomplete(link)) and not (link.line + 1 in named and placeholder_in(link.url)):
                yield Finding(FindingKind.INCOMPLETE_ADDRESS, link.line + 1, wrong)


_SCHEME = re.compile(r"(?:https?|ircs?|ftps?)://[^\s/]|(?:mailto|xmpp|matrix|tel):.|#", re.IGNORECASE)
_HOST = re.compile(r"(?:[\w-]+\.)+[a-z]{2,24}(?:[/?#:]|$)", re.IGNORECASE)


def _incomplete(link: Anchor) -> str:
    """Return a sentence about an address that leads nowhere on the issue's page; empty for any other."""
    url, name = link.url.strip(), f'the link "{link.title[:60]}"'
    if not url or _SCHEME.match(url):
        return ""
    if "://" in url:
        return f"{name} has a scheme that no browser knows: {url[:80]}"
    if _HOST.match(url):
        return f"{name} has no scheme: {url[:80]}"
    return f"{name} leads to a place beside the issue: {url[:80]}"


_NO_LINK = re.compile(r"([^\[\]\n]{1,60})\]\(http")


def _prose(block: Block) -> str:
    """Return what stands outside links and code: an article's title may well be about YYYY-MM-DD."""
    outside, depth = [], 0
    for token in block.inline:
        depth += token.nesting if token.type in ("link_open", "link_close") else 0
        if depth == 0 and token.type == "text":
            outside.append(token.content)
    return "\n".join(outside)


def _is_suspicious(token: Token) -> bool:
    return token.type == "link_open" and not _SCHEME.match(str(token.attrs.get("href", "")))


def _left_in(line: int, words: str) -> Finding:
    return Finding(FindingKind.TEMPLATE_TEXT, line + 1, f"text of the template was left in: {words[:80]}")


_CONFLICT = re.compile(r"(?:<{7}|>{7}|\|{7})(?: |$)")


def _conflicts(document: Document) -> Iterator[Finding]:
    for line in document.lines:
        if line.kind is not Kind.CODE and _CONFLICT.match(line.text):
            yield Finding(
                FindingKind.MERGE_CONFLICT, line.number, f"a merge conflict was left in: {line.text[:40]}"
            )


def _lost_characters(header: Header, document: Document) -> Iterator[Finding]:
    """Yield the first place where a reader would see U+FFFD, as itself or as a reference that stands for it."""
    if "\ufffd" in header.title + header.url:
        yield _lost(None, "the header")
        return
    for block in text_blocks(document.blocks):
        if any("\ufffd" in token.content for token in block.inline) or "\ufffd" in block.source:
            yield _lost(block.line + 1, f"line {block.line + 1}")
            return


def _lost(line: int | None, place: str) -> Finding:
    message = f"a character of {place} is lost (U+FFFD stands there); put the right one in"
    return Finding(FindingKind.LOST_CHARACTER, line, message)
