"""The quote of the week, as its Markdown without the quotation marks of the block.

    > text, in one block or, as a dialogue, in several
    – [author](address)              or without an address; right below the text (571); as an item (575)

A poem of the editor's own once stood there without any block (403). Where two quotes stand in one issue,
the first one is it; one that answers it right below (317, 621) is a speech of its own.
`Alas, this week went by without any memorable quote.` is no quote, but it says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from crosspost.model import Quote, Speech
from crosspost.parse.headings import Part, Topic, blocks_of
from crosspost.parse.lines import FENCE, Line, without_comments
from crosspost.parse.markdown import Block, Document, anchors, split_lines, text_blocks

LONGEST_NAME = 80
"""Characters of an author without a link; a longer entry below a quote is prose."""

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
    said = blocks_of((part for part in parts if part.opens), Topic.QUOTE)
    return any(block.kind == "paragraph" and not _ASIDE.match(block.text) for block in said)


def _quote(blocks: Sequence[Block], lines: Sequence[Line]) -> Quote | None:
    said: list[str] = []
    for position, block in enumerate(blocks):
        if block.kind == "quote":
            if author := _author_inside(block, lines[block.end - 1].text):
                return _attributed([*said, _unquoted(lines[block.line : block.end], 1)], author)
            said.append(_unquoted(lines[block.line : block.end]))
        elif said and (named := _attribution(block)):
            return _answered(_attributed(said, named), blocks[position + 1 :], lines)
        elif not said and _is_poem(blocks, position):
            verses = [line.text for line in lines[block.line : block.end]]
            poem = _attributed(["\n".join(verses)], blocks[position + 1])
            return replace(poem, text="\n".join(verse.rstrip() for verse in verses))
    return _quotation(said) if said else None


def _answered(quote: Quote, rest: Sequence[Block], lines: Sequence[Line]) -> Quote:
    """Return the quote with the answers that stand right below, each a quote with its own author."""
    if len(quote.speeches) > 1:
        return quote
    speeches = list(quote.speeches)
    for block, named in zip(rest[::2], rest[1::2], strict=False):
        author = _attribution(named) if block.kind == "quote" else None
        if author is None:
            break
        text = _unquoted(lines[block.line : block.end])
        speeches.append(Speech(text, _name(author).removeprefix("and ")))
    return replace(quote, speeches=tuple(speeches)) if len(speeches) > 1 else quote


_MARK = re.compile(r" {0,3}> ?")


def _unquoted(lines: Sequence[Line], left_out: int = 0) -> str:
    """Return what is quoted, without empty lines at its beginning and its end. `left_out`: lines of an author's."""
    text = [_MARK.sub("", line.text, count=1) for line in lines]
    if not any(FENCE.match(line) for line in text):
        text = [without_comments(line) for line in text]
    written = [number for number, line in enumerate(text[: len(text) - left_out]) if line.strip()]
    return "\n".join(text[written[0] : written[-1] + 1]).rstrip() if written else ""


def _attribution(block: Block) -> Block | None:
    """Return the paragraph that names the author. It begins with a dash; a space behind that makes it an item."""
    if block.kind == "paragraph" and _ATTRIBUTION.match(block.text):
        return block
    if block.kind == "list" and len(block.children) == 1 and block.children[0].children:
        first = block.children[0].children[0]
        names = first.kind == "paragraph" and (anchors(first) or len(first.text) <= LONGEST_NAME)
        return first if names else None
    return None


def _author_inside(quote: Block, last: str) -> Block | None:
    """Return the author's line at the end of a quote: with a link, or without a mark because it ran in from below."""
    for paragraph in list(text_blocks([quote]))[-1:]:
        line = split_lines(paragraph)[-1]
        is_last = line.line > quote.line and line.end >= quote.end
        if is_last and _ATTRIBUTION.match(line.text) and ("](" in last or not last.lstrip().startswith(">")):
            return line
    return None


def _is_poem(blocks: Sequence[Block], position: int) -> bool:
    both = blocks[position : position + 2]
    are_paragraphs = [block.kind for block in both] == ["paragraph", "paragraph"]
    return are_paragraphs and _ATTRIBUTION.match(both[1].text) is not None


def _quotation(said: Iterable[str], author: str | None = None, url: str | None = None) -> Quote:
    texts = [text for text in said if text]
    by = author if len(texts) == 1 else None
    return Quote("\n".join(texts), author, url, tuple(Speech(text, by) for text in texts))


def _attributed(said: Iterable[str], paragraph: Block) -> Quote:
    links = anchors(paragraph)
    return _quotation(said, _name(paragraph), links[0].url if links else None)


_THANKS = re.compile(r"[ (.]*\b[Tt]hanks (?:to|go to)\b.*")


def _name(paragraph: Block) -> str:
    """Return the author as the line has it, without its dash and without thanks that run in from below (651)."""
    named = paragraph.text
    if mark := _ATTRIBUTION.match(named):
        named = named[mark.end() :]
    return _THANKS.sub("", named)
