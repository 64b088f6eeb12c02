"""A post as named lines, made to fit.

The lines that are never dropped are laid down first, in their short form where they have one. The room left
is filled with the others and with the full forms, the most important first. Only when there is no room even
for the first are titles shortened, at a word, with an ellipsis. What a template wrote itself (addresses,
hashtags, labels) is never cut, and no grapheme ever is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from crosspost.compose.counting.common import Limit, graphemes

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
    """The higher, the longer it stays; from `MUST` on titles are shortened before it goes; None: it never goes."""
    paragraph: int = 0
    """Lines of different paragraphs have an empty line between them."""
    heading: str = ""
    """Under which heading it stands, where a platform has headings (Discord's fields)."""
    beside: bool = False
    """Its heading may stand beside the one before, where there is room."""
    short: tuple[str | Words, ...] = ()
    """What it says where there is no room for `parts`; empty: the same."""
    full: int | None = None
    """How important `parts` are in place of `short`, in the scale of `priority`."""
    instead_of: str = ""
    """It is there only for one that is not, of those whose names begin so."""

    @property
    def text(self) -> str:
        return "".join(map(str, self.parts))


@dataclass(frozen=True, slots=True)
class Fitted:
    lines: tuple[Line, ...]
    dropped: tuple[str, ...]
    text: str


def assembled(lines: Sequence[Line]) -> str:
    """Return the text of these lines, paragraphs set apart."""
    out: list[str] = []
    for index, line in enumerate(lines):
        if index:
            out.append("\n\n" if line.paragraph != lines[index - 1].paragraph else "\n")
        out.append(line.text)
    return "".join(out)


def fit(lines: Sequence[Line], limits: Sequence[Limit], among: Sequence[Line] = ()) -> Fitted:
    """Return the lines that fit, in their order. Only what is all addresses and labels may still be too long.

    `among`: all lines that there were, where some are not to be tried.
    """
    among = among or lines
    chosen = _chosen(lines, limits, among, lambda line: line.priority is None or line.priority >= MUST)
    if not _fits(chosen.values(), limits):  # an instance with a limit that is too low for a whole post
        chosen = _chosen(lines, limits, among, lambda line: line.priority is None)
    dropped = dict.fromkeys(
        line.name for index, line in enumerate(lines) if index not in chosen and not line.instead_of
    )
    return Fitted(tuple(chosen.values()), tuple(dropped), assembled(tuple(chosen.values())))


def _chosen(
    lines: Sequence[Line], limits: Sequence[Limit], among: Sequence[Line], stays: Callable[[Line], bool]
) -> dict[int, Line]:
    """Return, by place, the lines that stay, with titles shortened if need be, and those there is room for."""
    sizes = _Sizes(limits)
    kept = {index: _short(line) for index, line in enumerate(lines) if stays(line)}
    for index, line, is_whole in _by_importance(lines):
        if (index in kept and not is_whole) or (index not in kept and is_whole):
            continue
        if line.instead_of and not _is_missing(line.instead_of, kept.values(), among):
            continue
        candidate = dict(sorted({**kept, index: line}.items()))
        if sizes.allow(tuple(candidate.values())):
            kept = candidate
    if not _fits(kept.values(), limits):
        kept = dict(zip(kept, _shortened(tuple(kept.values()), limits), strict=True))
    return kept


def _is_missing(prefix: str, kept: Iterable[Line], lines: Iterable[Line]) -> bool:
    return sum(line.name.startswith(prefix) for line in kept) < _regular(prefix, lines)


def _regular(prefix: str, lines: Iterable[Line]) -> int:
    """Return how many lines there are of this name, without those that stand in for one."""
    return sum(line.name.startswith(prefix) and not line.instead_of for line in lines)


def _fits(lines: Iterable[Line], limits: Sequence[Limit]) -> bool:
    text = assembled(tuple(lines))
    return all(limit.allows(text) for limit in limits)


def fit_with(lines: Sequence[Line], limits: Sequence[Limit], prefix: str, least: int) -> Fitted:
    """Return the lines that fit, with at least so many of those whose names begin with `prefix`, if need be cut.

    Their titles are cut to ever fewer graphemes until there is room for enough of them; what every post has is
    never cut so far.
    """
    wanted = min(least, _regular(prefix, lines))
    best = fit(lines, limits)
    for width, skipped in _NARROWER:
        if _count_of(best, prefix) >= wanted:
            break
        tried = [_narrowed(line, width, prefix) for line in lines]
        for _ in range(skipped + 1):
            fitted = fit(tried, limits, among=lines)
            best = max(best, fitted, key=lambda each: _count_of(each, prefix))
            if _count_of(best, prefix) >= wanted:
                break
            longest = max(_optional(fitted, prefix), key=lambda line: len(line.text), default=None)
            tried = [line for line in tried if line is not longest]
    told = {line.name for line in best.lines}
    dropped = dict.fromkeys(line.name for line in lines if line.name not in told and not line.instead_of)
    return replace(best, dropped=tuple(dropped))


def _optional(fitted: Fitted, prefix: str) -> list[Line]:
    return [line for line in fitted.lines if line.name.startswith(prefix) and (line.priority or MUST) < MUST]


def _narrowed(line: Line, width: int, prefix: str) -> Line:
    if not line.name.startswith((prefix, "lead")):
        return line
    is_must = line.priority is None or line.priority >= MUST
    return _cut([line], max(width, _LEAST_OF_A_MUST) if is_must else width)[0]


_LEAST_OF_A_MUST = 62
"""Graphemes to which the headline, a release or an advisory is cut at most for the others' sake."""
_NARROWER = ((70, 0), (55, 0), (55, 9), (42, 9), (34, 9))
"""Graphemes of a title that is still a headline, and how many of the longest may give way to shorter ones."""


def _count_of(fitted: Fitted, prefix: str) -> int:
    return sum(line.name.startswith(prefix) for line in fitted.lines)


class _Sizes:
    """How much lines count, each line counted once."""

    def __init__(self, limits: Sequence[Limit]) -> None:
        self._limits = limits
        self._counted: dict[str, list[int]] = {}

    def allow(self, lines: Sequence[Line]) -> bool:
        """Whether these lines fit together: every platform counts a newline as one, and nothing reaches over it."""
        breaks = sum(2 if after.paragraph != before.paragraph else 1 for before, after in pairwise(lines))
        sizes = [self._size(line.text) for line in lines]
        return all(
            sum(size[place] for size in sizes) + breaks <= limit.most
            for place, limit in enumerate(self._limits)
        )

    def _size(self, text: str) -> list[int]:
        if text not in self._counted:
            self._counted[text] = [limit.count(text) for limit in self._limits]
        return self._counted[text]


def _short(line: Line) -> Line:
    """Return the line in its short form."""
    return replace(line, parts=line.short, short=()) if line.short else line


def within(text: str, limit: Limit, escape: Callable[[str], str] = str) -> str:
    """Return the text, escaped and shortened at a word so that this one limit holds."""
    return fit((Line("text", (Words(text, escape),)),), (limit,)).text


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
    """The beginning of a text without the words and marks at its end that only lead on to what was cut.

    Nor with the beginning of a suffix: "A title | Jane's we". At least so many characters stay.
    """
    if (suffix := text.rfind(" | ")) >= least:
        text = text[:suffix]
    text = text.rstrip(_TRAILING) or text.rstrip()
    while (hanging := _HANGING.search(text)) and hanging.start() >= least:
        text = text[: hanging.start()].rstrip(_TRAILING)
    return text


def _by_importance(lines: Sequence[Line]) -> list[tuple[int, Line, bool]]:
    """Return what may be added, the most important first: a line, or the full form of one that is there."""
    wishes = [
        (line.priority, index, _short(line), False)
        for index, line in enumerate(lines)
        if line.priority is not None
    ]
    wishes += [(line.full or 0, index, line, True) for index, line in enumerate(lines) if line.short]
    return [wish[1:] for wish in sorted(wishes, key=lambda wish: (-wish[0], wish[1]))]


def _shortened(lines: Sequence[Line], limits: Sequence[Limit]) -> list[Line]:
    """Return every title cut to the greatest common width at which the whole fits."""
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
