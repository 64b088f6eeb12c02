"""The quote of the week, as its Markdown without the quotation marks of the block.

    > text, in one block or, as a dialogue, in several
    – [author](address)              or without an address; right below the text (571); as an item (575)

A poem of the editor's own once stood there without any block (403). Where two quotes stand in one issue,
the first one is it. `Alas, this week went by without any memorable quote.` is no quote, but it says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from crosspost.model import Quote
from crosspost.parse.headings import Part, Topic
from crosspost.parse.lines import FENCE, Line, without_comments
from crosspost.parse.markdown import Block, Document, anchors, split_lines, text_blocks

_ATTRIBUTION = re.compile(r"\s*(?:[–—―−‒]|--?)\s*(?=\S)")
_ASIDE = re.compile(
    r"thanks (?:to|for|again)\b|please submit\b|submit your\b|this week in rust is\b|email list hosting\b"
    r"|discuss\b|if you\b|\W*$",
    re.IGNORECASE,
)


def read_quote(parts: Iterable[Part], document: Document) -> Quote | None:
    for part in parts:
        if part.topic is Topic.QUOTE and (quote := _quote(part.blocks, document.lines)):
            return quote
    return None


def says_there_is_none(parts: Iterable[Part]) -> bool:
    """Whether the section has a word of its own although no quote was found in it."""
    return any(
        block.kind == "paragraph" and not _ASIDE.match(block.text)
        for part in parts
        if part.topic is Topic.QUOTE and part.opens
        for block in part.blocks
    )


def _quote(blocks: Sequence[Block], lines: Sequence[Line]) -> Quote | None:
    said: list[str] = []
    for position, block in enumerate(blocks):
        if block.kind == "quote":
            text = _unquoted(lines[block.line : block.end])
            if author := _author_inside(block, lines[block.end - 1].text):
                return _attributed([*said, *_stripped(text[:-1])], author)
            said += _stripped(text)
        elif said and (named := _attribution(block)):
            return _attributed(said, named)
        elif not said and _is_poem(blocks, position):
            verses = [line.text.rstrip() for line in lines[block.line : block.end]]
            return _attributed(verses, _attribution(blocks[position + 1]) or block)
    return Quote("\n".join(said), None, None) if said else None


_MARK = re.compile(r" {0,3}> ?")


def _unquoted(lines: Sequence[Line]) -> list[str]:
    text = [_MARK.sub("", line.text, count=1) for line in lines]
    has_code = any(FENCE.match(line) for line in text)
    return text if has_code else [without_comments(line) for line in text]


def _stripped(lines: list[str]) -> list[str]:
    """Without empty lines at the beginning and the end, and without the spaces at the very end."""
    written = [number for number, line in enumerate(lines) if line.strip()]
    if not written:
        return []
    first, last = written[0], written[-1]
    return [*lines[first:last], lines[last].rstrip()]


def _attribution(block: Block) -> Block | None:
    """The paragraph that names the author: it begins with a dash, which with a space behind it makes it an item."""
    if block.kind == "paragraph" and _ATTRIBUTION.match(block.text):
        return block
    if block.kind == "list" and len(block.children) == 1 and block.children[0].children:
        first = block.children[0].children[0]
        return first if first.kind == "paragraph" and anchors(first) else None
    return None


def _author_inside(quote: Block, last: str) -> Block | None:
    """The author's line at the end of a quote: with a link, or without a mark because it ran in from below."""
    for paragraph in list(text_blocks([quote]))[-1:]:
        line = split_lines(paragraph)[-1]
        is_last = line.line > quote.line and line.end >= quote.end
        if is_last and _ATTRIBUTION.match(line.text) and ("](" in last or not last.lstrip().startswith(">")):
            return line
    return None


def _is_poem(blocks: Sequence[Block], position: int) -> bool:
    follows = blocks[position + 1] if position + 1 < len(blocks) else None
    return (
        blocks[position].kind == "paragraph"
        and follows is not None
        and follows.kind == "paragraph"
        and _ATTRIBUTION.match(follows.text) is not None
    )


def _attributed(said: Sequence[str], paragraph: Block) -> Quote:
    named = _ATTRIBUTION.sub("", paragraph.text, count=1)
    links = anchors(paragraph)
    return Quote("\n".join(said), named, links[0].url if links else None)
