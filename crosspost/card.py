"""The picture that goes with a post: the issue's number, its date, and the three figures that matter.

1200 × 675 pixels, the shape in which X, Mastodon, Bluesky and Discord show a picture without cutting it. Drawn
with Pillow, an extra; what it says is said by its alt text, too. The letters are Inter's (fonts/OFL.txt), reduced to
the Latin alphabets; the picture shows nothing but the newsletter's name, numbers, a date and our own words.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from crosspost.digest import Digest, digest
from crosspost.errors import CrosspostError
from crosspost.fit import shorten
from crosspost.model import Image, Issue

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

WIDTH, HEIGHT = 1200, 675

_FONTS = Path(__file__).with_name("fonts")
_MARGIN = 84
_PAPER, _INK, _DIM, _LINE, _MARK = "#16181d", "#f6f3ee", "#a7abb5", "#363a44", "#f2683c"
_LONGEST_NAME = 32
_MOST_FIGURES = 3


# ── what it says ─────────────────────────────────────────────────────────────────────────────────────


def figures(news: Digest) -> tuple[tuple[str, str], ...]:
    """At most three figures as (number, of what): of what there is, the ones that tell most."""
    candidates = (
        (news.pull_requests, "pull request merged", "pull requests merged"),
        (news.link_count, "link from the community", "links from the community"),
        (news.calls.count if news.calls else 0, "call for participation", "calls for participation"),
        (news.events, "event ahead", "events ahead"),
        (len(news.rfcs), "RFC approved", "RFCs approved"),
    )
    told = ((f"{number:,}", one if number == 1 else many) for number, one, many in candidates if number)
    return tuple(told)[:_MOST_FIGURES]


def summary(news: Digest) -> str:
    """ "12 August 2026: 698 pull requests merged, 31 links from the community, 6 calls for participation"."""
    told = ", ".join(" ".join(figure) for figure in figures(news))
    return f"{_day(news)}: {told}" if told else _day(news)


def alt_text(news: Digest) -> str:
    """What the picture says, for those who do not see it."""
    return f"{news.title}, {summary(news)}."


def _day(news: Digest) -> str:
    return f"{news.date.day} {news.date:%B %Y}"


# ── how it looks ─────────────────────────────────────────────────────────────────────────────────────


def draw(issue: Issue | Digest) -> Image:
    """The picture as a PNG of 1200 × 675. Raises CrosspostError when Pillow is not installed."""
    try:
        from PIL import Image as Picture
        from PIL import ImageDraw
    except ImportError as error:
        raise CrosspostError(
            'a picture needs Pillow: install crosspost with its extra "card", or set card = false'
        ) from error
    news = digest(issue) if isinstance(issue, Issue) else issue
    canvas = Picture.new("RGB", (WIDTH, HEIGHT), _PAPER)
    _paint(ImageDraw.Draw(canvas), news, _font)
    out = BytesIO()
    canvas.save(out, "PNG", optimize=True)
    return Image(out.getvalue(), "image/png", alt_text(news))


def _font(bold: bool, size: int) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(_FONTS / ("InterDisplay-Bold.otf" if bold else "Inter-Regular.otf"), size)


def _paint(pen: ImageDraw, news: Digest, font: Callable[[bool, int], FreeTypeFont]) -> None:
    pen.rectangle((0, 0, 16, HEIGHT), fill=_MARK)
    name = shorten(news.name, _LONGEST_NAME)
    pen.text((_MARGIN, 132), name, font=font(True, 58), fill=_INK, anchor="ls")
    number_font = font(True, 250)
    pen.text((_MARGIN - 8, 372), str(news.number), font=number_font, fill=_MARK, anchor="ls")
    pen.text((_MARGIN, 440), _day(news), font=font(False, 34), fill=_DIM, anchor="ls")
    _paint_figures(pen, news, font)


def _paint_figures(pen: ImageDraw, news: Digest, font: Callable[[bool, int], FreeTypeFont]) -> None:
    told = figures(news)
    if not told:
        return
    pen.line((_MARGIN, 494, WIDTH - _MARGIN, 494), fill=_LINE, width=2)
    column = (WIDTH - 2 * _MARGIN) // _MOST_FIGURES
    for place, (number, what) in enumerate(told):
        left = _MARGIN + place * column
        pen.text((left, 576), number, font=font(True, 64), fill=_INK, anchor="ls")
        pen.text((left, 620), what, font=font(False, 25), fill=_DIM, anchor="ls")
