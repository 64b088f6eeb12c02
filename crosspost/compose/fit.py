"""A post as named lines, made to fit.

First whole lines are dropped, the least important first; a dropped line comes back if there is room for it
after all. Only when nothing is left to drop are titles shortened, at a word, with an ellipsis. What a
template wrote itself (addresses, hashtags, labels) is never cut, and no grapheme ever is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from crosspost.compose.counting.common import Limit, graphemes

ELLIPSIS = "…"
_TRAILING = " ,;:–—-([{“‘\"'/&+|"
"""What looks forgotten in front of an ellipsis."""


@dataclass(frozen=True, slots=True)
class Words:
    """A stranger's text in a line: may be shortened, and is escaped only after that."""

    text: str
    escape: Callable[[str], str]

    def __str__(self) -> str:
        return self.escape(self.text)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a post, or several that stay together."""

    name: str
    """What it is called in `dropped`."""
    parts: tuple[str | Words, ...]
    priority: int | None = None
    """The higher, the longer it stays; None: it is never dropped."""
    paragraph: int = 0
    """Lines of different paragraphs have an empty line between them."""
    heading: str = ""
    """Under which heading it stands, where a platform has headings (Discord's fields)."""
    beside: bool = False
    """Its heading may stand beside the one before, where there is room."""

    @property
    def text(self) -> str:
        return "".join(map(str, self.parts))


@dataclass(frozen=True, slots=True)
class Fitted:
    lines: tuple[Line, ...]
    dropped: tuple[str, ...]
    text: str


def assembled(lines: Sequence[Line]) -> str:
    """The text of these lines, paragraphs set apart."""
    out: list[str] = []
    for index, line in enumerate(lines):
        if index:
            out.append("\n\n" if line.paragraph != lines[index - 1].paragraph else "\n")
        out.append(line.text)
    return "".join(out)


def fit(lines: Sequence[Line], limits: Sequence[Limit]) -> Fitted:
    """The lines that fit, in their order. Only what is all addresses and labels may still be too long."""
    sizes = [[limit.count(line.text) for limit in limits] for line in lines]
    kept = {index for index, line in enumerate(lines) if line.priority is None}
    for index in _by_importance(lines):
        if _room_for(sorted(kept | {index}), lines, sizes, limits):
            kept.add(index)
    chosen = [lines[place] for place in sorted(kept)]
    if not all(limit.allows(assembled(chosen)) for limit in limits):
        chosen = _shortened(chosen, limits)
    dropped = dict.fromkeys(line.name for index, line in enumerate(lines) if index not in kept)
    return Fitted(tuple(chosen), tuple(dropped), assembled(chosen))


def _room_for(
    kept: Sequence[int], lines: Sequence[Line], sizes: Sequence[Sequence[int]], limits: Sequence[Limit]
) -> bool:
    """Whether these lines fit together: every platform counts a newline as one, and nothing reaches over it."""
    breaks = sum(
        2 if lines[after].paragraph != lines[before].paragraph else 1 for before, after in pairwise(kept)
    )
    return all(
        sum(sizes[index][place] for index in kept) + breaks <= limit.most
        for place, limit in enumerate(limits)
    )


def within(text: str, limit: Limit, escape: Callable[[str], str] = str) -> str:
    """The text, escaped and shortened at a word so that this one limit holds."""
    return fit((Line("text", (Words(text, escape),)),), (limit,)).text


def shorten(text: str, width: int) -> str:
    """The text in at most `width` graphemes, ended at a word by an ellipsis if anything had to go.

    A single word that is longer than half the width is cut between two graphemes: better than nothing of it.
    """
    pieces = graphemes(text)
    if len(pieces) <= width:
        return text
    if width <= 1:
        return ELLIPSIS
    head = pieces[: width - 1]
    if not pieces[width - 1].isspace():
        spaces = [place for place, piece in enumerate(head) if piece.isspace()]
        if spaces and spaces[-1] >= width // 2:
            head = head[: spaces[-1]]
    return ("".join(head).rstrip(_TRAILING) or "".join(head).rstrip()) + ELLIPSIS


def _by_importance(lines: Sequence[Line]) -> list[int]:
    droppable = [(line.priority, index) for index, line in enumerate(lines) if line.priority is not None]
    return [index for _, index in sorted(droppable, key=lambda pair: (-pair[0], pair[1]))]


def _shortened(lines: Sequence[Line], limits: Sequence[Limit]) -> list[Line]:
    """Every title cut to the greatest common width at which the whole fits."""
    longest = max(
        (len(graphemes(part.text)) for line in lines for part in line.parts if isinstance(part, Words)),
        default=0,
    )
    least, most = 1, longest
    while least < most:
        width = (least + most + 1) // 2
        text = assembled(_cut(lines, width))
        if all(limit.allows(text) for limit in limits):
            least = width
        else:
            most = width - 1
    return _cut(lines, least)


def _cut(lines: Sequence[Line], width: int) -> list[Line]:
    return [
        replace(
            line,
            parts=tuple(
                replace(part, text=shorten(part.text, width)) if isinstance(part, Words) else part
                for part in line.parts
            ),
        )
        for line in lines
    ]
