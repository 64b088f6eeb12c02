"""RFCs approved, in their final comment period, new: links whose prefixes are not part of the title.

    * [disposition: merge] [Title](address)        419–587
    * [new] [Title](address)
    * RFC Update: [Title](address)                 418
    * *No RFCs were approved this week.*           no entry, even with links in it

An entry whose bullet was forgotten (565) is a line of prose on the site, and here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from crosspost.model import Link, Rfcs
from crosspost.parse.headings import Part, Topic
from crosspost.parse.markdown import Block, items, own_anchors


def read_rfcs(parts: Iterable[Part]) -> Rfcs:
    found: dict[Topic, list[Link]] = {topic: [] for topic in _TOPICS}
    for part in parts:
        if part.topic in found:
            found[part.topic] += _entries(part.blocks)
    return Rfcs(*(tuple(found[topic]) for topic in _TOPICS))


_TOPICS = (Topic.APPROVED_RFCS, Topic.NEW_RFCS, Topic.FINAL_COMMENT)
_NONE = re.compile(r"\W*no\b", re.IGNORECASE)


def _entries(blocks: Iterable[Block]) -> Iterator[Link]:
    for item in items(blocks):
        links = own_anchors(item)
        if links and not _NONE.match(links[0].before):
            yield Link(links[0].title, links[0].url)
