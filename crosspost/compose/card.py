"""The picture that goes with a post: the issue's number, its date, and the three figures that matter.

1200 × 675 pixels, the shape in which X, Mastodon, Bluesky and Discord show a picture without cutting it. Drawn
with Pillow, an extra; what it says is said by its alt text, too. The letters are Inter's (fonts/OFL.txt), reduced to
the Latin alphabets; the picture shows nothing but the newsletter's name, numbers, a date and our own words.
"""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from crosspost.compose.digest import Digest, digest
from crosspost.compose.fit import shorten
from crosspost.errors import CrosspostError
from crosspost.model import Image, Issue, Picture, Post
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


def picture_of(news: Digest) -> Picture:
    """Return what stands on the picture of an issue."""
    day = f"{news.date.day} {news.date:%B %Y}"
    return Picture(shorten(news.name, _LONGEST_NAME), news.number, day, figures(news))


def summary(news: Digest) -> str:
    """ "12 August 2026: 698 pull requests merged, 31 links from the community, 6 calls for participation"."""
    return picture_of(news).summary


# ── how it looks ─────────────────────────────────────────────────────────────────────────────────────


def draw(issue: Issue | Digest) -> Image:
    """The picture as a PNG of 1200 × 675. Raises CrosspostError when Pillow is not installed."""
    return _drawn(picture_of(digest(issue) if isinstance(issue, Issue) else issue))


def draw_for(post: Post) -> Image | None:
    """Return the picture of a post that was composed with one; None: it has none.

    Raises CrosspostError when Pillow is not installed.
    """
    return replace(_drawn(post.picture), alt=post.alt or str(post.picture)) if post.picture else None


def _drawn(content: Picture) -> Image:
    try:
        from PIL import Image as Canvas
        from PIL import ImageDraw
    except ImportError as error:
        raise CrosspostError(
            'a picture needs Pillow: install crosspost with its extra "card", or set card = false'
        ) from error
    canvas = Canvas.new("RGB", (WIDTH, HEIGHT), _PAPER)
    _paint(ImageDraw.Draw(canvas), content)
    out = BytesIO()
    canvas.save(out, "PNG", optimize=True)
    return Image(out.getvalue(), "image/png", str(content))


def _paint(pen: ImageDraw, content: Picture) -> None:
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
