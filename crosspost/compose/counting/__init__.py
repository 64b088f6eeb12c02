"""How long a text is. What only one platform counts so stands in its folder (`counting.py`).

    common.py     graphemes, code points, bytes
    addresses.py  what becomes a link, which some platforms count as one length (twitter-text)

Everything here is pure and takes a time linear in the text.
"""

from __future__ import annotations

from crosspost.compose.counting.common import Count, Limit, code_points, grapheme_count, graphemes, utf8_bytes

__all__ = ["Count", "Limit", "code_points", "grapheme_count", "graphemes", "utf8_bytes"]
