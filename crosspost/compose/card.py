"""Draw the picture of a post: the issue's number and date, its first headline, performance, three figures.

1200 × 675 pixels, which X, Mastodon, Bluesky and Discord show whole; no letter is smaller than 32 pixels, about a
phone's own small print. Drawn with Pillow, an extra; its alt text has the same words. The font is Inter
(fonts/OFL.txt), reduced to the Latin alphabets: text with other letters is in neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from crosspost.compose.digest import Digest
from crosspost.compose.fit import shorten
from crosspost.compose.performance import SEE_REPORT, PerformanceSummary
from crosspost.compose.ranking import DigestLink
from crosspost.config import extras
from crosspost.errors import CrosspostError
from crosspost.model import PERFORMANCE, Image, Picture, Post, is_day
from crosspost.plural import noun

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

WIDTH, HEIGHT = 1200, 675

_FONTS = Path(__file__).parents[1] / "fonts"
_DRAWABLE = re.compile(r"[ -~\xa0-\u0148\u014a-\u017f\u2010-\u2026\u2030\u2032\u2033\u20ac\u2122\u2212]*")
"""Text of the characters that both fonts have. Their sign for a missing glyph is blank."""
_LONGEST_NAME, _LONGEST_HEADLINE, _LONGEST_STATEMENT = 36, 90, 70
"""Graphemes; for the statement about performance, characters."""


# ── its content ──────────────────────────────────────────────────────────────────────────────────────


def picture_of(digest: Digest) -> Picture:
    """Return the content of an issue's picture, with the first three figures that it has."""
    links = ("link from the community", "links from the community")
    counts = (
        (digest.pull_requests, "pull request merged", "pull requests merged"),
        (digest.link_count, *(links if digest.grammar == "twir" else ("link", "links"))),
        (digest.calls.count if digest.calls else 0, "call for participation", "calls for participation"),
        (digest.events, "event ahead", "events ahead"),
        (len(digest.rfcs), "RFC approved", "RFCs approved"),
    )
    figures = [(f"{number:,}", noun(number, one, many)) for number, one, many in counts if number]
    name = shorten(digest.name, _LONGEST_NAME)
    return Picture(
        name=name if _is_drawable(name) else "Issue",
        number=digest.number,
        day=f"{digest.date.day} {digest.date:%B %Y}",
        figures=tuple(figures[:3]),
        headline=next(filter(_is_drawable, map(_headline, digest.top)), ""),
        performance=_statement(digest.performance) if digest.performance else "",
    )


def _is_drawable(text: str) -> bool:
    return _DRAWABLE.fullmatch(text) is not None


def _headline(link: DigestLink) -> str:
    marks = f" ({', '.join(link.marks)})" if link.marks else ""
    return f"{shorten(link.title, _LONGEST_HEADLINE)}{marks}"


def _statement(summary: PerformanceSummary) -> str:
    sentence, is_quoted = summary.shortened(_LONGEST_STATEMENT)
    if sentence == SEE_REPORT or not _is_drawable(sentence):
        return ""
    return f"“{sentence}”" if is_quoted else sentence


# ── its drawing ──────────────────────────────────────────────────────────────────────────────────────


def draw_post_picture(post: Post) -> Image | None:
    """Return the picture of a post; None: it has none. Raises CrosspostError when Pillow is not installed."""
    return replace(draw(post.picture), alt=post.alt or str(post.picture)) if post.picture else None


def draw(content: Picture) -> Image:
    """Return the picture as a PNG of 1200 × 675. Raises CrosspostError when Pillow is not installed."""
    try:
        from PIL import Image as Canvas
        from PIL import ImageDraw
    except ImportError as error:
        raise CrosspostError(extras.install_hint("a picture", "card")) from error
    canvas = Canvas.new("RGB", (WIDTH, HEIGHT), _PAPER)
    pen = ImageDraw.Draw(canvas)
    pen.rectangle((0, 0, 16, HEIGHT), fill=_MARK)
    if content.figures:
        pen.line((_LEFT, _RULE, _RIGHT, _RULE), fill=_LINE, width=2)
    for line in layout(content):
        pen.text(line.at, line.text, font=line.font, fill=line.colour, anchor=line.anchor)
    out = BytesIO()
    canvas.save(out, "PNG", optimize=True)
    return Image(out.getvalue(), "image/png", str(content))


_PAPER, _INK, _DIM, _LINE, _MARK = "#16181d", "#f6f3ee", "#a7abb5", "#363a44", "#f2683c"
_LEFT, _RIGHT = 64, 1148
_SMALLEST = 32
_HEAD = 108
"""The baseline of the first line: the name and the date."""
_TOP, _RULE = 150, 510
"""The upper and lower edge of the number, the headline and the performance."""
_NUMBER_WIDTH, _GAP = 400, 46
_LEADING = 1.22


class PlacedText(NamedTuple):
    text: str
    font: FreeTypeFont
    colour: str
    at: tuple[float, float]
    anchor: str = "ls"
    """As Pillow names it: "ls" is the left end of the baseline."""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Return the left, top, right and bottom edge, in pixels."""
        left, top, right, bottom = self.font.getbbox(self.text, anchor=self.anchor)
        return left + self.at[0], top + self.at[1], right + self.at[0], bottom + self.at[1]


def layout(content: Picture) -> Iterator[PlacedText]:
    """Yield the texts of the picture with their fonts and positions."""
    day = PlacedText(content.day, _font(False, 34), _DIM, (_RIGHT, _HEAD), "rs")
    yield day
    room = int(day.box[0]) - _LEFT - _GAP
    name = _fit_font(content.name, room, 52)
    yield PlacedText(_truncate(content.name, name, room), name, _INK, (_LEFT, _HEAD))
    date, month, *_ = content.day.split()
    number = f"{date} {month[:3]}" if is_day(content.number) else str(content.number)
    large = PlacedText(
        number, _fit_font(number, _NUMBER_WIDTH, 212), _MARK, (_LEFT - 6, (_TOP + _RULE) / 2), "lm"
    )
    yield large
    yield from _headline_and_performance(content, int(large.box[2]) + _GAP)
    yield from _figures(content.figures)


class _Row(NamedTuple):
    text: str
    font: FreeTypeFont
    colour: str
    above: int = 0
    """Empty pixels."""

    @property
    def height(self) -> int:
        return self.above + round(self.font.size * _LEADING)


def _headline_and_performance(content: Picture, left: int) -> Iterator[PlacedText]:
    room = _RULE - _TOP - 24
    for size in range(58, _SMALLEST - 1, -2):
        headline, performance = _rows(content, _RIGHT - left, size)
        if _height(headline) + _height(performance) <= room:
            break
    while _height(headline) + _height(performance) > room:  # letters wider than any language has
        *headline, last, _ = headline
        headline.append(last._replace(text=f"{last.text[:-2]}…"))
    rows = [*headline, *performance]
    top = (_TOP + _RULE - _height(rows)) / 2
    for row in rows:
        yield PlacedText(row.text, row.font, row.colour, (left, top + row.above), "la")
        top += row.height


def _height(rows: Sequence[_Row]) -> int:
    return sum(row.height for row in rows)


def _rows(content: Picture, width: int, size: int) -> tuple[list[_Row], list[_Row]]:
    font, smaller = _font(True, size), _fit_font(content.performance, width, min(size, 40))
    headline = [_Row(line, font, _INK) for line in _wrap(content.headline, font, width)]
    performance = [_Row(line, smaller, _MARK) for line in _wrap(content.performance, smaller, width)]
    if content.performance:
        performance.insert(0, _Row(PERFORMANCE, _font(False, _SMALLEST), _DIM, 24 if headline else 0))
    return headline, performance


def _figures(figures: Sequence[tuple[str, str]]) -> Iterator[PlacedText]:
    """Yield each number above what it counts, with equal spaces between them."""
    number, what = _font(True, 58), _font(False, _SMALLEST)
    widths = [max(number.getlength(figure[0]), what.getlength(figure[1])) for figure in figures]
    between = min((_RIGHT - _LEFT - sum(widths)) / max(len(figures) - 1, 1), 110)
    left = float(_LEFT)
    for figure, width in zip(figures, widths, strict=True):
        yield PlacedText(figure[0], number, _INK, (left, 582))
        yield PlacedText(figure[1], what, _DIM, (left, 630))
        left += width + between


def _wrap(text: str, font: FreeTypeFont, width: int) -> list[str]:
    """Return the text in lines, broken between words, and within a word that is longer than a line."""
    lines: list[str] = []
    for word in text.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] = f"{lines[-1]} {word}"
            continue
        while font.getlength(word) > width:
            end = next(end for end in range(len(word) - 1, 0, -1) if font.getlength(word[:end]) <= width)
            lines.append(word[:end])
            word = word[end:]
        lines.append(word)
    return lines


def _truncate(text: str, font: FreeTypeFont, width: int) -> str:
    """Return the text, cut to the width with an ellipsis where it is too long."""
    if font.getlength(text) <= width:
        return text
    return f"{_wrap(text, font, width - int(font.getlength('…')))[0]}…"


def _fit_font(text: str, width: int, size: int) -> FreeTypeFont:
    """Return the bold font in the largest size up to `size` in which the text fits into the width."""
    needed = _font(True, size).getlength(text)
    return _font(True, max(min(size, int(size * width / max(needed, 1))), _SMALLEST))


def _font(bold: bool, size: int) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(_FONTS / ("InterDisplay-Bold.otf" if bold else "Inter-Regular.otf"), size)
