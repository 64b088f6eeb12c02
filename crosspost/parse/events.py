"""Upcoming events: how many there are in each region.

    ### Virtual
    * 2026-08-13 | Virtual (Berlin, DE) | [Group](address)
        * [**Title**](address)

The outer items count. Since 432 in this form; before it, one line each. `South America:` (588) is South
America.
"""

from __future__ import annotations

from collections.abc import Iterable

from crosspost.parse.headings import Part, Topic
from crosspost.parse.markdown import Block


def read_events(parts: Iterable[Part]) -> dict[str, int]:
    """Return the regions in the issue's order; one without events is left out."""
    counts: dict[str, int] = {}
    for part in parts:
        if part.topic is Topic.EVENTS and not part.opens:
            region = part.heading.strip(" :#")
            if count := sum(map(_events, part.blocks)):
                counts[region] = counts.get(region, 0) + count
    return counts


def _events(block: Block) -> int:
    if block.kind == "heading":
        return 1  # one whose bullet was typed as # (609)
    return len(block.children) if block.kind == "list" else 0
