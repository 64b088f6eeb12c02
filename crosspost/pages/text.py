"""Turn the text of a post into what a page shows: paragraphs, addresses, hashtags, Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_SPECIAL = re.compile(r"(?P<url>https?://[^\s<>\"]+[^\s<>\".,;:!?)\]'])|(?P<tag>(?<![\w&/#])#\w*[^\W\d]\w*)")


def is_web_address(url: str | None) -> bool:
    """Return whether an address may become a link: http and https do."""
    return bool(url) and str(url).lower().startswith(("https://", "http://"))


class Mark(NamedTuple):
    """A part of a text that is a link or a hashtag, by the positions of its code points."""

    start: int
    end: int
    kind: str
    """"url": an address in the text; "link": words that lead to `url`; "tag": a hashtag."""
    url: str = ""


Piece = tuple[str, str, str]
"""Kind, text and address; the kind of unmarked text is "text"."""


def paragraphs(text: str, marks: Sequence[Mark] | None = None) -> list[list[list[Piece]]]:
    """Return paragraphs of lines of pieces. `marks` None: what looks like an address or a hashtag is marked."""
    marks = list(_detect_marks(text)) if marks is None else sorted(marks)
    blocks, position = [], 0
    for block in text.split("\n\n"):
        lines = []
        for line in block.split("\n"):
            lines.append(list(_pieces(text, position, position + len(line), marks)))
            position += len(line) + 1
        position += 1
        if block.strip():
            blocks.append(lines)
    return blocks


def _detect_marks(text: str) -> Iterator[Mark]:
    for match in _SPECIAL.finditer(text):
        yield Mark(match.start(), match.end(), str(match.lastgroup), match["url"] or "")


def _pieces(text: str, start: int, end: int, marks: Sequence[Mark]) -> Iterator[Piece]:
    for mark in marks:
        if start <= mark.start < mark.end <= end:
            yield "text", text[start : mark.start], ""
            yield mark.kind, text[mark.start : mark.end], mark.url
            start = mark.end
    yield "text", text[start:end], ""


def shortened(url: str, width: int = 38) -> str:
    """Return an address as microblogs show it: without the scheme, in at most `width` characters."""
    address = url.split("://", 1)[-1].removeprefix("www.")
    return address if len(address) <= width else address[: width - 1] + "…"


def domain(url: str) -> str:
    """Return "example.org" of an address; empty where there is none."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def markdown(text: str) -> Markup:
    """Return CommonMark as HTML, without raw HTML and images."""
    return Markup(_markdown().render(text))  # noqa: S704 - markdown-it escapes, and `html` is off


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    class OnlyWebLinks(MarkdownIt):
        def validateLink(self, url: str) -> bool:  # noqa: N802 - markdown-it's name
            return is_web_address(url)

    return (
        OnlyWebLinks("commonmark", {"html": False, "breaks": True}).disable("image").enable("strikethrough")
    )
