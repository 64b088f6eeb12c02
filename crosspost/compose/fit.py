"""Choose the lines of a post that have room, and shorten titles.

First come the lines that are never dropped, in their short form where they have one. The room left goes to the others
and to the full forms, by priority. Titles are shortened, at a word, only when there is no room even for the first.
What a template wrote itself (addresses, hashtags, labels) is never cut, and no grapheme ever is.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from crosspost.compose.counting import Limit, graphemes

ELLIPSIS = "…"
_TRAILING = " .,;:–—-([{“‘\"'/&+|"
"""Removed in front of an ellipsis."""
_HANGING = re.compile(
    r"""(?<=\S)\s+[(\[“‘"']?(?:a|an|the|this|that|these|those|my|your|our|its|their|and|or|nor|but|because|if|while|than|vs
    |of|to|in|on|at|by|for|from|with|without|via|as|into|onto|about|per|between|through|until|before|after|during|using|regarding
    |which|who|whose|where|when|how|why|is|are|was|were|be|been|being|has|have|had|can|could|will|would|should
    |not|no|very|some|other|another|every|most|we|i|they)$""",
    re.VERBOSE | re.IGNORECASE,
)
"""A word at the end that only leads on to what was cut."""
MUST = 1000
"""The priority from which on titles are shortened before a line is dropped."""
_LINK = "top link"
"""The beginning of the names of the lines that `Form.min_links` counts."""
_MIN_WIDTH_OF_KEPT = 62
"""Graphemes that the headline, a release or an advisory keeps when titles are cut for more links."""
_NARROWER = ((70, 0), (55, 0), (55, 9), (42, 9), (34, 9))
"""Steps by which titles are cut for more links: their graphemes, and how many of the longest may be dropped."""


class Untrusted(NamedTuple):
    """Outside text in a line: it may be shortened, and is escaped only after that."""

    text: str
    escape: Callable[[str], str]

    def __str__(self) -> str:
        return self.escape(self.text)


class Line(NamedTuple):
    """A line of a post, or several that are kept or dropped together."""

    name: str
    """Names the line in `Post.dropped`."""
    parts: tuple[str | Untrusted, ...]
    priority: int | None = None
    """Lines of a low priority are dropped first; from `MUST` on titles are shortened before; None: never dropped."""
    paragraph: int = 0
    """An empty line stands between lines of different paragraphs."""
    heading: str = ""
    """The line's heading, where a platform has headings (Discord's fields)."""
    beside: bool = False
    """The heading may stand beside the one before."""
    short: tuple[str | Untrusted, ...] = ()
    """The short form, used where there is no room for `parts`; empty: there is none."""
    full: int = 0
    """The priority of `parts` in place of `short`."""
    instead_of: str = ""
    """The beginning of a name: the line is used only in place of a dropped line of such a name."""

    @property
    def text(self) -> str:
        return "".join(map(str, self.parts))

    def is_kept(self, min_priority: int = MUST) -> bool:
        """Return whether the line is never dropped where lines of priority `min_priority` or more are not."""
        return self.priority is None or self.priority >= min_priority

    def in_short(self) -> Line:
        return self._replace(parts=self.short, short=()) if self.short else self

    def cut(self, width: int) -> Line:
        """Return the line with its titles in at most `width` graphemes."""
        cut = [
            part._replace(text=shorten(part.text, width)) if isinstance(part, Untrusted) else part
            for part in self.parts
        ]
        return self._replace(parts=tuple(cut))


def join_lines(lines: Sequence[Line]) -> str:
    """Return the text of these lines, with an empty line between paragraphs."""
    out: list[str] = []
    for index, line in enumerate(lines):
        if index:
            out.append("\n\n" if line.paragraph != lines[index - 1].paragraph else "\n")
        out.append(line.text)
    return "".join(out)


def dropped_names(lines: Iterable[Line], fitted: Iterable[Line]) -> tuple[str, ...]:
    """Return the names of the lines that are not in the post at all; a line that stands in for another is not named."""
    present = {line.name for line in fitted}
    return tuple(
        dict.fromkeys(line.name for line in lines if line.name not in present and not line.instead_of)
    )


def fit(lines: Sequence[Line], limits: tuple[Limit, ...], among: Sequence[Line] = ()) -> tuple[Line, ...]:
    """Return the lines that fit, in their order. Only what is all addresses and labels may still be too long.

    `among`: all lines of the post, where `lines` are only some of them.
    """
    fitted = _fit_from(MUST, lines, limits, among or lines)
    if not _fits(fitted, limits):  # an instance with a limit that is too low for a whole post
        fitted = _fit_from(sys.maxsize, lines, limits, among or lines)
    return fitted


def _fit_from(
    min_priority: int, lines: Sequence[Line], limits: tuple[Limit, ...], among: Sequence[Line]
) -> tuple[Line, ...]:
    """Return the lines of at least `min_priority`, their titles shortened if need be, and the others that have room."""
    chosen = {index: line.in_short() for index, line in enumerate(lines) if line.is_kept(min_priority)}
    sizes = {index: _sizes(line.text, limits) for index, line in chosen.items()}
    regular = {prefix: _regular(among, prefix) for prefix in {line.instead_of for line in lines}}
    # What may be added: a line, or the full form of one that was chosen.
    options = [
        (line.priority, i, line.in_short()) for i, line in enumerate(lines) if line.priority is not None
    ]
    options += [(line.full, i, line) for i, line in enumerate(lines) if line.short]
    for _priority, index, line in sorted(options, key=lambda option: (-option[0], option[1])):
        if (index in chosen) != bool(line.short):
            continue
        if line.instead_of and _count(chosen.values(), line.instead_of) >= regular[line.instead_of]:
            continue
        with_it = dict(sorted({**chosen, index: line}.items()))
        sizes_with_it = {**sizes, index: _sizes(line.text, limits)}
        if _have_room(with_it.values(), sizes_with_it.values(), limits):
            chosen, sizes = with_it, sizes_with_it
    fitted = tuple(chosen.values())
    return fitted if _fits(fitted, limits) else _shortened(fitted, limits)


def _count(lines: Iterable[Line], prefix: str = _LINK) -> int:
    return sum(line.name.startswith(prefix) for line in lines)


def _regular(lines: Iterable[Line], prefix: str = _LINK) -> int:
    """Return how many lines have such a name, without those that stand in for another."""
    return _count((line for line in lines if not line.instead_of), prefix)


def _fits(lines: Sequence[Line], limits: tuple[Limit, ...]) -> bool:
    text = join_lines(lines)
    return all(limit.count(text) <= limit.maximum for limit in limits)


def _have_room(lines: Iterable[Line], sizes: Iterable[tuple[int, ...]], limits: tuple[Limit, ...]) -> bool:
    """Return whether lines of these sizes fit together: a newline counts one everywhere, and no address crosses it."""
    breaks = sum(2 if after.paragraph != before.paragraph else 1 for before, after in pairwise(lines))
    totals = map(sum, zip(*sizes, strict=True))
    return all(total + breaks <= limit.maximum for total, limit in zip(totals, limits, strict=True))


@lru_cache(maxsize=1024)
def _sizes(text: str, limits: tuple[Limit, ...]) -> tuple[int, ...]:
    """Return how much a line counts for each limit. One post tries the same few dozen lines again and again."""
    return tuple(limit.count(text) for limit in limits)


def _shortened(lines: Sequence[Line], limits: tuple[Limit, ...]) -> tuple[Line, ...]:
    """Return every title cut to the greatest common width at which the whole fits."""
    longest = max(
        (len(graphemes(part.text)) for line in lines for part in line.parts if isinstance(part, Untrusted)),
        default=1,
    )

    def is_too_wide(width: int) -> bool:
        return not _fits([line.cut(width) for line in lines], limits)

    width = 1 + bisect(range(2, longest + 1), False, key=is_too_wide)
    return tuple(line.cut(width) for line in lines)


def fit_with_links(lines: Sequence[Line], limits: tuple[Limit, ...], min_links: int) -> tuple[Line, ...]:
    """Return the lines that fit, with at least so many links beside the first, where there are so many.

    The titles of links are cut step by step until enough have room.
    """
    enough = min(min_links, _regular(lines))
    best = fit(lines, limits)
    for width, droppable in _NARROWER:
        candidates = [_narrowed(line, width) for line in lines]
        for _ in range(droppable + 1):
            if _count(best) >= enough:
                return best
            fitted = fit(candidates, limits, among=lines)
            best = max(best, fitted, key=_count)
            links = [line for line in fitted if line.name.startswith(_LINK) and not line.is_kept()]
            if not links:
                break
            longest = max(links, key=lambda line: len(line.text))
            candidates = [line for line in candidates if line is not longest]
    return best


def _narrowed(line: Line, width: int) -> Line:
    if not line.name.startswith((_LINK, "lead")):
        return line
    return line.cut(max(width, _MIN_WIDTH_OF_KEPT) if line.is_kept() else width)


def fit_text(text: str, limit: Limit, escape: Callable[[str], str] = str) -> str:
    """Return the text, escaped and shortened at a word so that this one limit holds."""
    return join_lines(fit((Line("text", (Untrusted(text, escape),)),), (limit,)))


def shorten(text: str, width: int) -> str:
    """Return the text in at most `width` graphemes, ended at a word by an ellipsis if anything is cut.

    A word that is longer than half the width is cut between two graphemes.
    """
    pieces = graphemes(text)
    if len(pieces) <= width:
        return text
    if width <= 1:
        return ELLIPSIS
    head = pieces[: width - 1]
    if not pieces[width - 1].isspace():
        spaces = [index for index, piece in enumerate(head) if piece.isspace()]
        if spaces and spaces[-1] >= width // 2:
            head = head[: spaces[-1]]
    return without_hanging("".join(head), width // 2) + ELLIPSIS


def without_hanging(text: str, min_length: int) -> str:
    """Return the beginning of a text without a cut suffix ("A title | Jane's we") and without hanging words and marks.

    At least `min_length` characters stay.
    """
    if (suffix := text.rfind(" | ")) >= min_length:
        text = text[:suffix]
    text = text.rstrip(_TRAILING) or text.rstrip()
    while (hanging := _HANGING.search(text)) and hanging.start() >= min_length:
        text = text[: hanging.start()].rstrip(_TRAILING)
    return text
