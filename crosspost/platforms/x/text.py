"""Keep a stranger's characters from having an effect on X."""

from __future__ import annotations

import re
from functools import lru_cache

from crosspost.compose.safety import HASHTAG, JOINER, MENTION, REMEMBERED, without_schemes

_CASHTAG = re.compile(r"(?<![\w$])\$(?=[A-Za-z])")


@lru_cache(maxsize=REMEMBERED)
def on_x(text: str) -> str:
    """No mention, hashtag or cashtag, and no bare domain: a link costs money there."""
    from crosspost.compose.counting.addresses import bare_domains  # with its tables, at the first text

    joined = MENTION.sub(rf"\1{JOINER}", without_schemes(text))
    joined = _CASHTAG.sub(f"${JOINER}", HASHTAG.sub(rf"\1{JOINER}", joined))
    for address in reversed(bare_domains(joined)):
        word = address.text.replace(".", f".{JOINER}")
        joined = joined[: address.start] + word + joined[address.end :]
    return joined
