"""The community's links, section by section.

    * [video] [series] [Title](address)      the first link of an item, with its tags
    * [series] Title                         an item that only names those nested below it (400)
    [release] [Title](address)               a bullet forgotten (504, 567): a paragraph that is only a link

Before 2015 there was no such part, and sections came and went ("Notable Links", "Project Updates"): then every section
that is not in the table of headings belongs to the community.
A second link of an item explains the first and is left out. Prose with a link (664) is an editor's note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from crosspost.model import Link, Section
from crosspost.parse.headings import Part, Topic, normalize
from crosspost.parse.markdown import Anchor, Block, bare_links, host_of, items


def read_community(parts: Sequence[Part]) -> tuple[Section, ...]:
    """Return the sections that have links."""
    named = any(_MAIN.fullmatch(normalize(part.heading)) for part in parts)
    topics = {Topic.COMMUNITY} if named else {Topic.COMMUNITY, Topic.UNKNOWN}
    sections = (Section(part.heading, tuple(_links(part.blocks))) for part in parts if part.topic in topics)
    return tuple(section for section in sections if section.links)


def _links(blocks: Iterable[Block]) -> Iterator[Link]:
    for block in blocks:
        if block.kind == "list":
            yield from (link for item in items([block]) if (link := _entry(item)))
        elif block.kind == "paragraph":
            yield from map(_link, bare_links(block))


_MAIN = re.compile(r"updates from (the )?rust community")
_TAG = re.compile(r"\[([^\[\]]+)\]")


def _entry(item: Block) -> Link | None:
    if links := item.direct_anchors():
        return _link(links[0])
    names_others = any(inner.direct_anchors() for inner in items(item.children))
    return Link(item.direct_text(), "", linked=False) if names_others else None


def is_another_issue(url: str, page_url: str) -> bool:
    """Return whether an address is that of another issue of the newsletter. `page_url`: the address of this one."""
    return host_of(url) == host_of(page_url) and "/blog/" in url and url.rstrip("/") != page_url.rstrip("/")


_TAGS = re.compile(r"\[[^\[\]]*\]|\([^()]*\)")
"""Text that may precede a title: tags, in a few issues in round brackets (485)."""


def _link(anchor: Anchor) -> Link:
    has_prose = re.search(r"\w", _TAGS.sub("", anchor.before))
    lead = anchor.before if has_prose else ""
    return Link(anchor.title, anchor.url, tuple(_TAG.findall(anchor.before)), lead=lead)
