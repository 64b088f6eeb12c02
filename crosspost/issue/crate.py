"""The crate of the week; in some weeks two.

This week's crate is [name](address), a …                           nearly always
This week's crates are [one](…), a …, and [other](…), a …           395, 428, 558
Sadly, we had no nominations this week. Still, … I give you [name]  407
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from crosspost.issue.headings import Part, Topic
from crosspost.issue.markdown import Anchor, Block, anchors
from crosspost.model import Crate

_ASIDE = re.compile(r"thanks to\b|please submit\b|submit your\b|\W*$", re.IGNORECASE)
_SEVERAL = re.compile(r"\bcrates\s+(?:are|is|were)\b|\btwo crates\b", re.IGNORECASE)
_JOINED = re.compile(r"\band$|^,?\s*(?:and|&)$", re.IGNORECASE)


def read_crates(parts: Iterable[Part]) -> tuple[Crate, ...]:
    for part in parts:
        if part.topic is Topic.CRATE and part.opens:
            for paragraph in crate_paragraphs(part):
                if links := anchors(paragraph):
                    return tuple(Crate(link.title, link.url) for link in _named(links))
    return ()


def crate_paragraphs(part: Part) -> list[Block]:
    """What is said about the crate, without the thanks and the invitation to vote."""
    return [block for block in part.blocks if block.kind == "paragraph" and not _ASIDE.match(block.text)]


def _named(links: list[Anchor]) -> list[Anchor]:
    """The first link, and another one when the sentence announces several and joins it with "and"."""
    first, *others = links
    if not _SEVERAL.search(first.before):
        return [first]
    return [first, *(link for link in others if _JOINED.search(link.before))]
