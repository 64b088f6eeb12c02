"""A post as named lines, made to fit.

The lines that are never dropped are laid down first, in their short form where they have one. The room left
is filled with the others and with the full forms, the most important first. Only when there is no room even
for the first are titles shortened, at a word, with an ellipsis. What a template wrote itself (addresses,
hashtags, labels) is never cut, and no grapheme ever is.
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
"""What looks forgotten in front of an ellipsis."""
_HANGING = re.compile(
    r"""(?<=\S)\s+[(\[“‘"']?(?:a|an|the|this|that|these|those|my|your|our|its|their|and|or|nor|but|because|if|while|than|vs
    |of|to|in|on|at|by|for|from|with|without|via|as|into|onto|about|per|between|through|until|before|after|during|using|regarding
    |which|who|whose|where|when|how|why|is|are|was|were|be|been|being|has|have|had|can|could|will|would|should
    |not|no|very|some|other|another|every|most|we|i|they)$""",
    re.VERBOSE | re.IGNORECASE,
)
"""A word that only leads on to what was cut."""
MUST = 1000
"""The priority of what every post has."""
_LINK = "top link"
"""How the names of the lines begin of which a form wants a least number."""
_LEAST_OF_A_MUST = 62
"""Graphemes to which the headline, a release or an advisory is cut at most for the others' sake."""
_NARROWER = ((70, 0), (55, 0), (55, 9), (42, 9), (34, 9))
"""Graphemes of a title that is still a headline, and how many of the longest may give way to shorter ones."""


class Untrusted(NamedTuple):
    """A stranger's text in a line: may be shortened, and is escaped only after that."""

    text: str
    escape: Callable[[str], str]

    def __str__(self) -> str:
        return self.escape(self.text)


class Line(NamedTuple):
    """A line of a post, or several that stay together."""

    name: str
    """What it is called among those that were left out."""
    parts: tuple[str | Untrusted, ...]
    priority: int | None = None
    """The higher, the longer it stays; from `MUST` on titles are shortened before it goes; None: it never goes."""
    paragraph: int = 0
    """Lines of different paragraphs have an empty line between them."""
    heading: str = ""
    """Under which heading it stands, where a platform has headings (Discord's fields)."""
    beside: bool = False
    """Its heading may stand beside the one before, where there is room."""
    short: tuple[str | Untrusted, ...] = ()
    """What it says where there is no room for `parts`; empty: the same."""
    full: int = 0
    """How important `parts` are in place of `short`, in the scale of `priority`."""
    instead_of: str = ""
    """It is there only for one that is not, of those whose names begin so."""

    @property
    def text(self) -> str:
        return "".join(map(str, self.parts))

    def is_kept(self, least: int = MUST) -> bool:
        """Return whether the line is never dropped where lines of priority `least` or more are not."""
        return self.priority is None or self.priority >= least

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
    """Return the text of these lines, paragraphs set apart."""
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
    least: int, lines: Sequence[Line], limits: tuple[Limit, ...], among: Sequence[Line]
) -> tuple[Line, ...]:
    """Return the lines of priority `least` or more, with titles shortened if need be, and the others that have room."""
    chosen = {index: line.in_short() for index, line in enumerate(lines) if line.is_kept(least)}
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
    return all(limit.count(text) <= limit.most for limit in limits)


def _have_room(lines: Iterable[Line], sizes: Iterable[tuple[int, ...]], limits: tuple[Limit, ...]) -> bool:
    """Return whether lines of these sizes fit together: a newline counts one everywhere, and no address crosses it."""
    breaks = sum(2 if after.paragraph != before.paragraph else 1 for before, after in pairwise(lines))
    totals = map(sum, zip(*sizes, strict=True))
    return all(total + breaks <= limit.most for total, limit in zip(totals, limits, strict=True))


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


def fit_with_links(lines: Sequence[Line], limits: tuple[Limit, ...], least: int) -> tuple[Line, ...]:
    """Return the lines that fit, with at least so many links beside the first, if need be cut.

    Their titles are cut to ever fewer graphemes until there is room for enough of them; what every post has is
    never cut so far.
    """
    wanted = min(least, _regular(lines))
    best = fit(lines, limits)
    for width, skipped in _NARROWER:
        tried = [_narrowed(line, width) for line in lines]
        for _ in range(skipped + 1):
            if _count(best) >= wanted:
                return best
            fitted = fit(tried, limits, among=lines)
            best = max(best, fitted, key=_count)
            links = [line for line in fitted if line.name.startswith(_LINK) and not line.is_kept()]
            if not links:
                break
            longest = max(links, key=lambda line: len(line.text))
            tried = [line for line in tried if line is not longest]
    return best


def _narrowed(line: Line, width: int) -> Line:
    if not line.name.startswith((_LINK, "lead")):
        return line
    return line.cut(max(width, _LEAST_OF_A_MUST) if line.is_kept() else width)


def fit_text(text: str, limit: Limit, escape: Callable[[str], str] = str) -> str:
    """Return the text, escaped and shortened at a word so that this one limit holds."""
    return join_lines(fit((Line("text", (Untrusted(text, escape),)),), (limit,)))


def shorten(text: str, width: int) -> str:
    """Return the text in at most `width` graphemes, ended at a word by an ellipsis if anything had to go.

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
    return without_hanging("".join(head), width // 2) + ELLIPSIS


def without_hanging(text: str, least: int) -> str:
    """Return the beginning of a text without the words and marks at its end that only lead on to what was cut.

    Nor with the beginning of a suffix: "A title | Jane's we". At least so many characters stay.
    """
    if (suffix := text.rfind(" | ")) >= least:
        text = text[:suffix]
    text = text.rstrip(_TRAILING) or text.rstrip()
    while (hanging := _HANGING.search(text)) and hanging.start() >= least:
        text = text[: hanging.start()].rstrip(_TRAILING)
    return text
