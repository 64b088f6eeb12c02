"""The quote of the week as plain paragraphs: its Markdown as the issue's page shows it, without the marks.

An issue's quote is kept as its editors wrote it: `*so*`, `[name](address)`, `\\[…\\]`, lists, dialogues of
several blocks. No post should show that raw. A line that goes on in small letters was only wrapped; any
other line of a dialogue or a poem is a paragraph of its own. A quote with a block of code in it cannot be
said in prose and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from crosspost.compose.text import clean
from crosspost.parse.markdown import Block, parse_document, split_lines

LONGEST = 10_000
"""Characters. No quote had a fifth of it, and no post has room for it."""

_MARKUP = re.compile(r"[\\`*_\[\]<>&|~]|^ {0,3}(?:#|-|\+|\d{1,9}[.)])|^ {4}", re.MULTILINE)
_GOES_ON = re.compile(r"[a-z]")


def paragraphs(markdown: str) -> tuple[str, ...]:
    """In order; nothing for a quote that is no prose, or longer than `LONGEST`."""
    if len(markdown) > LONGEST:
        return ()
    if not _MARKUP.search(markdown):
        return tuple(_joined(map(clean, markdown.splitlines())))
    blocks = parse_document(markdown).blocks
    return () if _has_code(blocks) else tuple(_joined(_lines(blocks)))


def _has_code(blocks: Iterable[Block]) -> bool:
    return any(block.kind == "code" or _has_code(block.children) for block in blocks)


def _lines(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        if block.inline:
            yield from (clean(line.text) for line in split_lines(block))
            yield ""
        elif block.kind == "html":  # "<div> soup": said of HTML, not in it
            yield from map(clean, block.source.splitlines())
        first = "• " if block.kind == "item" else ""
        for line in _lines(block.children):
            yield first + line if line else line
            first = ""


def _joined(lines: Iterable[str]) -> Iterator[str]:
    paragraph = ""
    for line in lines:
        if paragraph and _GOES_ON.match(line):
            paragraph = f"{paragraph} {line}"
            continue
        if paragraph:
            yield paragraph
        paragraph = line
    if paragraph:
        yield paragraph
