"""How long a text is by each platform's own way of counting, and how a post is made to fit.

    counting.py   graphemes, code points, bytes, Mastodon's rules
    x.py          X's rules (twitter-text)
    lines.py      whole lines dropped by priority, then titles shortened at a word

Everything here is pure and takes a time linear in the text.
"""

from __future__ import annotations

from crosspost.fit.counting import (
    Count,
    Limit,
    MastodonLength,
    code_points,
    grapheme_count,
    graphemes,
    utf8_bytes,
)
from crosspost.fit.lines import Fitted, Line, Words, assembled, fit, shorten, within
from crosspost.fit.x import weighted_length

__all__ = [
    "Count",
    "Fitted",
    "Limit",
    "Line",
    "MastodonLength",
    "Words",
    "assembled",
    "code_points",
    "fit",
    "grapheme_count",
    "graphemes",
    "shorten",
    "utf8_bytes",
    "weighted_length",
    "within",
]
