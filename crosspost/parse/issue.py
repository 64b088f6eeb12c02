"""The whole issue: header, sections, findings. A section with a grammar of its own has a module of its own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import takewhile

from crosspost.config.schema import NewsletterConfig
from crosspost.model import Issue, Link, Rfcs
from crosspost.parse import discussion
from crosspost.parse.calls import read_calls
from crosspost.parse.community import read_community
from crosspost.parse.crate import read_crates
from crosspost.parse.directives import read_directives
from crosspost.parse.discussion import LinkLine, LinkStatus
from crosspost.parse.frontmatter import blank_header
from crosspost.parse.header import Header, read_header
from crosspost.parse.headings import Part, Topic, blocks_of, outline
from crosspost.parse.lint import ParsedIssue, with_findings
from crosspost.parse.markdown import Anchor, items, parse_document
from crosspost.parse.plain_sections import read_sections
from crosspost.parse.quote import read_quote
from crosspost.parse.triage import read_triage


def read_issue(text: str, newsletter: NewsletterConfig, path: str) -> Issue:
    """Return the issue that a text is. A plain newsletter's has sections with links, and none of the other parts."""
    header = read_header(text, newsletter, path)
    body = blank_header(text, header.end) if header.end else text
    document = parse_document(body)
    is_plain = newsletter.sections == "plain"
    parts = () if is_plain else tuple(outline(document.blocks))
    discussion_line = discussion.find_discussion_line(body)
    hiring_line = None if is_plain else discussion.find_hiring_line(body)
    if is_plain:
        community = read_sections(
            document.blocks, header.url, discussion_line.line if discussion_line else None
        )
    else:
        community = read_community(parts)
    directives, findings = read_directives(text, document.lines, community)
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
        rfcs=_rfcs(parts),
        events=_events(parts),
        quote_of_the_week=read_quote(parts, document),
        hiring_url=hiring_line.url
        if hiring_line and not discussion.is_placeholder(hiring_line.url)
        else None,
        discussion_url=_discussion_url(discussion_line, header),
        editors=_editors(parts),
        findings=findings,
        directives=directives,
        newsletter=newsletter.name if is_plain else "",
        grammar=newsletter.sections,
    )
    return with_findings(ParsedIssue(issue, header, document, parts, discussion_line, hiring_line))


def _discussion_url(line: LinkLine | None, header: Header) -> str | None:
    if line is None:
        return None
    status = discussion.link_status(line.url, header.number, header.url)
    absent = status in (LinkStatus.EMPTY, LinkStatus.PLACEHOLDER, LinkStatus.OWN_PAGE)
    return None if absent else line.url


_MERGED = re.compile(
    r"(?<![\d,.])(\d[\d,.]{0,9}) (?:pull requests?|PRs?) (?:was|were|have been) \[?merged", re.IGNORECASE
)


def _pull_requests_merged(parts: Iterable[Part]) -> int | None:
    for block in blocks_of(parts, Topic.PROJECT):
        if block.kind == "paragraph" and (merged := _MERGED.search(block.text)):
            return int(re.sub(r"\D", "", merged[1]))
    return None


_NONE = re.compile(r"\W*no\b", re.IGNORECASE)


def _rfcs(parts: Sequence[Part]) -> Rfcs:
    """Return the entries, whose prefixes are not part of the title.

    * [disposition: merge] [Title](address)        419–587
    * RFC Update: [Title](address)                 418
    * *No RFCs were approved this week.*           no entry, even with links in it

    An entry without a bullet (565) is prose on the site, and here.
    """

    def entries(topic: Topic) -> tuple[Link, ...]:
        entries = (item.direct_anchors()[:1] for item in items(blocks_of(parts, topic)))
        return tuple(
            Link(link.title, link.url) for links in entries for link in links if not _NONE.match(link.before)
        )

    return Rfcs(entries(Topic.APPROVED_RFCS), entries(Topic.NEW_RFCS), entries(Topic.FINAL_COMMENT))


def _events(parts: Iterable[Part]) -> dict[str, int]:
    """Return region → number of events, in the issue's order, without regions that have none.

    Only the outer items count: since 432 an event's title is an item below its date and place. A heading is an event
    whose bullet was typed as # (609).
    """
    counts: Counter[str] = Counter()
    for part in parts:
        if part.topic is Topic.EVENTS and not part.begins_topic:
            region = part.heading.strip(" :#")  # "South America:" (588)
            for block in part.blocks:
                if block.kind in ("list", "heading"):
                    counts[region] += len(block.children) or 1
    return dict(counts)


_EDITED_BY = "edited by"
_SEPARATOR = re.compile(r"\W*(?:and)?\W*")


def _editors(parts: Sequence[Part]) -> tuple[str, ...]:
    """Return the editors: links in one sentence, or, since 605, in a list below it."""
    for part in reversed(parts):
        for position, block in enumerate(part.blocks):
            if block.kind == "paragraph" and _EDITED_BY in block.source:
                editors = [link.title for link in takewhile(_is_editor, block.anchors())]
                below = items(part.blocks[position + 1 : position + 2])
                return tuple(editors or (link.title for item in below for link in item.direct_anchors()))
    return ()


def _is_editor(link: Anchor) -> bool:
    """Return whether a link is in the list of editors, and not in the sentence after it (580)."""
    return _EDITED_BY in link.before or _SEPARATOR.fullmatch(link.before) is not None
