"""The issue as a whole: header, outline, the sections of a line or a plain list, findings.

A kind of section that has a grammar of its own has a module of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile

from crosspost.config.schema import NewsletterConfig
from crosspost.model import Issue, Link, Rfcs
from crosspost.parse import discussion
from crosspost.parse.calls import read_calls
from crosspost.parse.community import read_community
from crosspost.parse.crate import read_crates
from crosspost.parse.directives import read_directives
from crosspost.parse.findings import Reading, find
from crosspost.parse.frontmatter import blanked
from crosspost.parse.header import read_header
from crosspost.parse.headings import Part, Topic, blocks_of, outline
from crosspost.parse.markdown import Anchor, Block, anchors, direct_anchors, items, parse_document
from crosspost.parse.plain import read_sections
from crosspost.parse.quote import read_quote
from crosspost.parse.triage import read_triage


def read_issue(text: str, newsletter: NewsletterConfig, path: str) -> Issue:
    """Read the issue. In any Markdown (`plain`) it has sections with links, and none of the other parts."""
    header = read_header(text, newsletter, path)
    body = blanked(text, header.end) if header.end else text
    document = parse_document(body)
    is_plain = newsletter.sections == "plain"
    parts = () if is_plain else tuple(outline(document.blocks))
    talk = discussion.find_discussion_line(body)
    hiring = None if is_plain else discussion.find_hiring_line(body)
    if is_plain:
        community = read_sections(document.blocks, header.url, talk.line if talk else None)
    else:
        community = read_community(parts)
    directives, wrong = read_directives(text, document.lines, community)
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
        hiring_url=None if hiring is None or discussion.is_placeholder(hiring.url) else hiring.url,
        discussion_url=None if talk is None else _discussion_url(talk.url, header.number, header.url),
        editors=_editors(parts),
        findings=wrong,
        directives=directives,
        newsletter=newsletter.name if is_plain else "",
        grammar=newsletter.sections,
    )
    return find(Reading(issue, header, document, parts, talk, hiring))


def _discussion_url(url: str, number: int, page_url: str) -> str | None:
    nothing = (discussion.LinkStatus.EMPTY, discussion.LinkStatus.PLACEHOLDER, discussion.LinkStatus.OWN_PAGE)
    return None if discussion.link_status(url, number, page_url) in nothing else url


_MERGED = re.compile(
    r"(?<![\d,.])(\d[\d,.]{0,9}) (?:pull requests?|PRs?) (?:was|were|have been) \[?merged", re.IGNORECASE
)


def _pull_requests_merged(parts: Iterable[Part]) -> int | None:
    for block in blocks_of(parts, Topic.PROJECT):
        if block.kind == "paragraph" and (found := _MERGED.search(block.text)):
            return int(re.sub(r"\D", "", found[1]))
    return None


_NONE = re.compile(r"\W*no\b", re.IGNORECASE)


def _rfcs(parts: Sequence[Part]) -> Rfcs:
    """Read links whose prefixes are not part of the title.

    * [disposition: merge] [Title](address)        419–587
    * RFC Update: [Title](address)                 418
    * *No RFCs were approved this week.*           no entry, even with links in it

    An entry whose bullet was forgotten (565) is a line of prose on the site, and here.
    """

    def entries(topic: Topic) -> tuple[Link, ...]:
        found = map(direct_anchors, items(blocks_of(parts, topic)))
        return tuple(
            Link(links[0].title, links[0].url)
            for links in found
            if links and not _NONE.match(links[0].before)
        )

    return Rfcs(entries(Topic.APPROVED_RFCS), entries(Topic.NEW_RFCS), entries(Topic.FINAL_COMMENT))


def _events(parts: Iterable[Part]) -> dict[str, int]:
    """Return how many events each region has, in the issue's order; one without events is left out.

    The outer items count. Since 432 the event's title is an item below its date and place; before it, one line each.
    """
    counts: dict[str, int] = {}
    for part in parts:
        if part.topic is Topic.EVENTS and not part.opens:
            region = part.heading.strip(" :#")  # "South America:" (588)
            if count := sum(map(_events_of, part.blocks)):
                counts[region] = counts.get(region, 0) + count
    return counts


def _events_of(block: Block) -> int:
    if block.kind == "heading":
        return 1  # one whose bullet was typed as # (609)
    return len(block.children) if block.kind == "list" else 0


_EDITED_BY = "edited by"
_BETWEEN = re.compile(r"\W*(?:and)?\W*")


def _editors(parts: Sequence[Part]) -> tuple[str, ...]:
    """Return who edited the issue: a list of links in one sentence, or, since 605, in bullets below it."""
    for part in reversed(parts):
        for position, block in enumerate(part.blocks):
            if block.kind == "paragraph" and _EDITED_BY in block.source:
                named = [link.title for link in takewhile(_is_editor, anchors(block))]
                below = items(part.blocks[position + 1 : position + 2])
                return tuple(named or (link.title for item in below for link in direct_anchors(item)))
    return ()


def _is_editor(link: Anchor) -> bool:
    """Whether it is an entry of the list, and not a link of the sentence that follows it (580)."""
    return _EDITED_BY in link.before or _BETWEEN.fullmatch(link.before) is not None
