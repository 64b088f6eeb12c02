"""The crate of the week; in some weeks two.

This week's crate is [name](address), a …                           nearly always
This week's crates are [one](…), a …, and [other](…), a …           395, 428, 558
Sadly, we had no nominations this week. Still, … I give you [name]  407
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from crosspost.model import Crate
from crosspost.parse.headings import Part, Topic
from crosspost.parse.markdown import Anchor, Block, anchors

_ASIDE = re.compile(r"thanks to\b|please submit\b|submit your\b|\W*$", re.IGNORECASE)
_SEVERAL = re.compile(r"\bcrates\s+(?:are|is|were)\b|\btwo crates\b", re.IGNORECASE)
_JOINED = re.compile(r"\b(?:and|plus|as well as)$|&$", re.IGNORECASE)
_JOINED_AT_ONCE = re.compile(r",?\s*(?:and|&|plus)", re.IGNORECASE)
_ANOTHER = re.compile(r"\b(?:second|other|another|also)\b.*\bcrate\b|\bcrate\b.*\balso\b", re.IGNORECASE)


def read_crates(parts: Iterable[Part]) -> tuple[Crate, ...]:
    named: list[Anchor] = []
    for part in parts:
        if part.topic is Topic.CRATE and part.opens:
            for paragraph in crate_paragraphs(part):
                links = anchors(paragraph)
                if not named:
                    named = _named(links)
                elif links and _ANOTHER.search(links[0].before):
                    named.append(links[0])
    return tuple(Crate(link.title, link.url) for link in named)


def crate_paragraphs(part: Part) -> list[Block]:
    """What is said about the crate, without the thanks and the invitation to vote."""
    return [block for block in part.blocks if block.kind == "paragraph" and not _ASIDE.match(block.text)]


def _named(links: list[Anchor]) -> list[Anchor]:
    """The first link, and one that is joined to it: at once, or later in a sentence that announces several."""
    if not links:
        return []
    first, *others = links
    joined = _JOINED if _SEVERAL.search(first.before) else None
    return [
        first,
        *(
            link
            for position, link in enumerate(others)
            if (joined and joined.search(link.before))
            or (not position and _JOINED_AT_ONCE.fullmatch(link.before))
        ),
    ]
