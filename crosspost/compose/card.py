"""The picture that goes with a post: the issue's number, its date, and the three figures that matter.

1200 × 675 pixels, the shape in which X, Mastodon, Bluesky and Discord show a picture without cutting it. Drawn
with Pillow, an extra; what it says is said by its alt text, too. The letters are Inter's (fonts/OFL.txt), reduced to
the Latin alphabets; the picture shows nothing but the newsletter's name, numbers, a date and our own words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from crosspost.compose.digest import Digest, digest
from crosspost.compose.fit import shorten
from crosspost.errors import CrosspostError
from crosspost.model import Image, Issue, Post
from crosspost.plural import noun

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

WIDTH, HEIGHT = 1200, 675

_FONTS = Path(__file__).parents[1] / "fonts"
_MARGIN = 84
_PAPER, _INK, _DIM, _LINE, _MARK = "#16181d", "#f6f3ee", "#a7abb5", "#363a44", "#f2683c"
_LONGEST_NAME = 36
_MOST_FIGURES = 3


# ── what it says ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on the picture. `str()` is its alt text, and from that it can be read again."""

    name: str
    number: int
    day: str
    figures: tuple[tuple[str, str], ...]
    """At most three, as (number, of what)."""

    def __str__(self) -> str:
        return f"{self.name} {self.number}, {self.summary}."

    @property
    def summary(self) -> str:
        told = ", ".join(" ".join(figure) for figure in self.figures)
        return f"{self.day}: {told}" if told else self.day


def figures(news: Digest) -> tuple[tuple[str, str], ...]:
    """At most three figures as (number, of what): of what there is, the ones that tell most."""
    candidates = (
        (news.pull_requests, "pull request merged", "pull requests merged"),
        (news.link_count, "link from the community", "links from the community"),
        (news.calls.count if news.calls else 0, "call for participation", "calls for participation"),
        (news.events, "event ahead", "events ahead"),
        (len(news.rfcs), "RFC approved", "RFCs approved"),
    )
    told = ((f"{number:,}", noun(number, one, many)) for number, one, many in candidates if number)
    return tuple(told)[:_MOST_FIGURES]


def sheet(news: Digest) -> Sheet:
    day = f"{news.date.day} {news.date:%B %Y}"
    return Sheet(shorten(news.name, _LONGEST_NAME), news.number, day, figures(news))


def summary(news: Digest) -> str:
    """ "12 August 2026: 698 pull requests merged, 31 links from the community, 6 calls for participation"."""
    return sheet(news).summary


def alt_text(news: Digest) -> str:
    """What the picture says, for those who do not see it."""
    return str(sheet(news))


def _read_again(alt: str, number: int) -> Sheet | None:
    """The sheet that a post's alt text was made of; None if it was not made here."""
    match = re.fullmatch(rf"(?P<name>.+) {number}, (?P<day>\d+ \w+ \d+)(?:: (?P<told>.+))?\.", alt)
    if match is None:
        return None
    told = (figure.partition(" ") for figure in (match["told"] or "").split(", ") if figure)
    return Sheet(match["name"], number, match["day"], tuple((count, what) for count, _, what in told))


# ── how it looks ─────────────────────────────────────────────────────────────────────────────────────


def draw(issue: Issue | Digest) -> Image:
    """The picture as a PNG of 1200 × 675. Raises CrosspostError when Pillow is not installed."""
    return _drawn(sheet(digest(issue) if isinstance(issue, Issue) else issue))


def draw_for(post: Post) -> Image | None:
    """The picture of a post that was composed with one, from the alt text kept with it; None: it has none.

    Raises CrosspostError when Pillow is not installed.
    """
    kept = _read_again(post.alt, post.number) if post.alt else None
    return _drawn(kept) if kept else None


def _drawn(content: Sheet) -> Image:
    try:
        from PIL import Image as Picture
        from PIL import ImageDraw
    except ImportError as error:
        raise CrosspostError(
            'a picture needs Pillow: install crosspost with its extra "card", or set card = false'
        ) from error
    canvas = Picture.new("RGB", (WIDTH, HEIGHT), _PAPER)
    _paint(ImageDraw.Draw(canvas), content)
    out = BytesIO()
    canvas.save(out, "PNG", optimize=True)
    return Image(out.getvalue(), "image/png", str(content))


def _paint(pen: ImageDraw, content: Sheet) -> None:
    pen.rectangle((0, 0, 16, HEIGHT), fill=_MARK)
    pen.text((_MARGIN, 132), content.name, font=_font(True, 58), fill=_INK, anchor="ls")
    pen.text((_MARGIN - 8, 372), str(content.number), font=_font(True, 250), fill=_MARK, anchor="ls")
    pen.text((_MARGIN, 440), content.day, font=_font(False, 34), fill=_DIM, anchor="ls")
    if content.figures:
        pen.line((_MARGIN, 494, WIDTH - _MARGIN, 494), fill=_LINE, width=2)
    column = (WIDTH - 2 * _MARGIN) // _MOST_FIGURES
    for place, (number, what) in enumerate(content.figures):
        left = _MARGIN + place * column
        pen.text((left, 576), number, font=_font(True, 64), fill=_INK, anchor="ls")
        pen.text((left, 620), what, font=_font(False, 25), fill=_DIM, anchor="ls")


def _font(bold: bool, size: int) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(_FONTS / ("InterDisplay-Bold.otf" if bold else "Inter-Regular.otf"), size)
