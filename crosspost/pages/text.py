"""Turn the text of a post into what a page shows: paragraphs, addresses, hashtags, Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_SPECIAL = re.compile(r"(?P<url>https?://[^\s<>\"]+[^\s<>\".,;:!?)\]'])|(?P<tag>(?<![\w&/#])#\w*[^\W\d]\w*)")


def is_web_address(url: str | None) -> bool:
    """Return whether an address may become a link: http and https do."""
    return bool(url) and str(url).lower().startswith(("https://", "http://"))


def paragraphs(text: str) -> list[list[list[tuple[str, str]]]]:
    """Return the paragraphs, each as lines, each as pieces: ("text", …), ("url", …) or ("tag", …)."""
    blocks = (block for block in text.split("\n\n") if block.strip())
    return [[list(_pieces(line)) for line in block.split("\n")] for block in blocks]


def _pieces(line: str) -> Iterator[tuple[str, str]]:
    end = 0
    for match in _SPECIAL.finditer(line):
        yield "text", line[end : match.start()]
        yield str(match.lastgroup), match[0]
        end = match.end()
    yield "text", line[end:]


def shortened(url: str, width: int = 38) -> str:
    """Return an address as the microblogs show it: without the scheme, at most `width` characters."""
    bare = url.split("://", 1)[-1].removeprefix("www.")
    return bare if len(bare) <= width else bare[: width - 1] + "…"


def domain(url: str) -> str:
    """Return "example.org" of an address; empty where there is none."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def markdown(text: str) -> Markup:
    """Return CommonMark as HTML, without raw HTML and without images: what strangers write stays text."""
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
