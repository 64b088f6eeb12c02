"""How long a text is by each platform's own way of counting.

    common.py     graphemes, code points, bytes, Mastodon's rules
    x.py          X's rules (twitter-text)

Everything here is pure and takes a time linear in the text.
"""

from __future__ import annotations

from crosspost.compose.counting.common import (
    Count,
    Limit,
    MastodonLength,
    code_points,
    grapheme_count,
    graphemes,
    utf8_bytes,
)

__all__ = [
    "Count",
    "Limit",
    "MastodonLength",
    "code_points",
    "grapheme_count",
    "graphemes",
    "utf8_bytes",
    "weighted_length",
]


def weighted_length(text: str) -> int:
    """Return the length as X counts it. Its tables are loaded at the first count."""
    from crosspost.compose.counting import x

    return x.weighted_length(text)
