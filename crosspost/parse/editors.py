"""Who edited the issue: a list of links in one sentence, or, since 605, in bullets below it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import takewhile

from crosspost.parse.headings import Part
from crosspost.parse.markdown import Anchor, anchors, items, own_anchors

_SENTENCE = "edited by"
_BETWEEN = re.compile(r"\W*(?:and)?\W*")


def read_editors(parts: Iterable[Part]) -> tuple[str, ...]:
    for part in reversed(tuple(parts)):
        for position, block in enumerate(part.blocks):
            if block.kind == "paragraph" and _SENTENCE in block.source:
                named = [link.title for link in takewhile(_is_listed, anchors(block))]
                below = items(part.blocks[position + 1 : position + 2])
                return tuple(named or (link.title for item in below for link in own_anchors(item)))
    return ()


def _is_listed(link: Anchor) -> bool:
    """Whether it is an entry, and not a link of the sentence that follows the list (580)."""
    return _SENTENCE in link.before or _BETWEEN.fullmatch(link.before) is not None
