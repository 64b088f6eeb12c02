"""Lines for a terminal: broken between words, never within one, so that a link can be copied whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text


def wrapped(text: Text, room: int | None) -> Iterator[Text]:
    """Yield the lines of a text in `room` columns; what has no space in it is left to the terminal to break.

    Without `room` no line is broken.
    """
    for line in text.split(allow_blank=True):
        breaks, used = [], 0
        for word in re.finditer(r"\S+\s*", line.plain):
            if room and used and used + cell_len(word[0].rstrip()) > room:
                breaks.append(word.start())
                used = 0
            used += cell_len(word[0])
        yield from line.divide(breaks)
