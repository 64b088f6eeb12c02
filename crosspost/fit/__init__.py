"""How long a text is by each platform's own way of counting, and how a post is made to fit.

    counting.py   graphemes, code points, bytes, Mastodon's rules
    x.py          X's rules (twitter-text)
    lines.py      whole lines dropped by priority, then titles shortened at a word

Everything here is pure and takes a time linear in the text.
"""

from __future__ import annotations

from crosspost.fit.counting import CodePoints, Count, Graphemes, Limit, MastodonLength, Utf8Bytes, XWeight
from crosspost.fit.lines import Fitted, Line, Words, assembled, fit, shorten

__all__ = [
    "CodePoints",
    "Count",
    "Fitted",
    "Graphemes",
    "Limit",
    "Line",
    "MastodonLength",
    "Utf8Bytes",
    "Words",
    "XWeight",
    "assembled",
    "fit",
    "shorten",
]
