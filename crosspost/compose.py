"""Digest + a platform's form → Post.

A form is what a place asks of a text: how long it may be, how it counts, how it is worded. Every platform's file
has one. Pure: the same digest and the same form give the same post, so that what `preview` shows, what the store
keeps and what is sent are one value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Form:
    """What a place asks of a text."""

    platform: str
    limit: int

    def with_limits(self, limits: Mapping[str, int]) -> Form:
        """This form with an instance's own limits in place of the usual ones; unknown names are ignored."""
        return replace(self, limit=limits.get("max_characters", self.limit))
