"""Count as X does, by the rules of twitter-text, configuration v3.

An address counts 23 whatever its length, and a bare domain with a known top-level domain is one; an emoji
counts 2; every other code point counts 1 or 2 (github.com/twitter/twitter-text, read 2026-08). Its own
conformance suite is run against this file.
"""

from __future__ import annotations

import re
import unicodedata

import regex

ADDRESS_WEIGHT = 23
_EMOJI_WEIGHT = 2
_HEAVY = re.compile("[^\0-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")
"""The code points that count 2; those in the ranges count 1 (config v3: 0-4351, 8192-8205, 8208-8223, 8242-8247)."""
_EMOJI = regex.compile(
    r"""\p{RI}\p{RI}
    | [0-9#*]\uFE0F?\u20E3
    | \U0001F3F4[\U000E0020-\U000E007E]+\U000E007F
    | \p{Extended_Pictographic}(?:\uFE0F|\p{EMod})?(?:\u200D\p{Extended_Pictographic}(?:\uFE0F|\p{EMod})?)*
    """,
    regex.VERBOSE,
)


def weighted_length(text: str) -> int:
    """Return the text's weight on X; 280 is the most a post may have."""
    from crosspost.compose.counting.addresses import addresses  # with its tables, at the first text

    normal = unicodedata.normalize("NFC", text)
    as_one = [(address.start, address.end, ADDRESS_WEIGHT) for address in addresses(normal)]
    if not normal.isascii():
        as_one += [(match.start(), match.end(), _EMOJI_WEIGHT) for match in _EMOJI.finditer(normal)]
    total = end = 0
    for start, stop, weight in sorted(as_one, key=lambda span: (span[0], -span[2])):
        if start >= end:  # an address wins where both are
            total += _plain_weight(normal[end:start]) + weight
            end = stop
    return total + _plain_weight(normal[end:])


def _plain_weight(text: str) -> int:
    return len(text) if text.isascii() else len(text) + len(_HEAVY.findall(text))
