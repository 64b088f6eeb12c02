"""The quote of the week, as Markdown without the marks of its block.

    > text, in one block or, as a dialogue, in several
    – [author](address)              or without an address; right below the text (571); as an item (575)

One was a poem without a block (403). Of two quotes in an issue the first is taken; an answer right below it (317, 621)
is one more speech of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from crosspost.model import Quote, Speech
from crosspost.parse.headings import Part, Topic, blocks_of
from crosspost.parse.lines import FENCE, Line, without_comments
from crosspost.parse.markdown import Block, Document, split_lines, text_blocks

MAX_NAME = 80
"""Characters of an author's name without a link; what is longer is prose."""

_ATTRIBUTION = re.compile(r"^\s*(?:[–—―−‒]|--?)\s*(?=\S)")
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
    """Return whether a section without a quote has a text ("this week went by without any memorable quote")."""
    blocks = blocks_of((part for part in parts if part.begins_topic), Topic.QUOTE)
    return any(block.kind == "paragraph" and not _ASIDE.match(block.text) for block in blocks)


def _quote(blocks: Sequence[Block], lines: Sequence[Line]) -> Quote | None:
    texts: list[str] = []
    for position, block in enumerate(blocks):
        if block.kind == "quote":
            if author := _author_inside(block, lines[block.end - 1].text):
                return _make_quote([*texts, _quoted_text(lines[block.line : block.end], 1)], author)
            texts.append(_quoted_text(lines[block.line : block.end]))
        elif texts and (author := _attribution(block)):
            return _with_answers(_make_quote(texts, author), blocks[position + 1 :], lines)
        elif not texts and _is_poem(blocks, position):
            verses = [line.text for line in lines[block.line : block.end]]
            poem = _make_quote(["\n".join(verses)], blocks[position + 1])
            return replace(poem, text="\n".join(verse.rstrip() for verse in verses))
    return _make_quote(texts) if texts else None


def _with_answers(quote: Quote, rest: Sequence[Block], lines: Sequence[Line]) -> Quote:
    """Return the quote with the quotes right below it, each with its own author."""
    if len(quote.speeches) > 1:
        return quote
    speeches = list(quote.speeches)
    for block, following in zip(rest[::2], rest[1::2], strict=False):
        author = _attribution(following) if block.kind == "quote" else None
        if author is None:
            break
        text = _quoted_text(lines[block.line : block.end])
        speeches.append(Speech(text, _name(author).removeprefix("and ")))
    return replace(quote, speeches=tuple(speeches)) if len(speeches) > 1 else quote


_MARK = re.compile(r" {0,3}> ?")


def _quoted_text(lines: Sequence[Line], author_lines: int = 0) -> str:
    """Return the text of a quote, without empty lines around it. `author_lines`: lines at its end to leave out."""
    text = [_MARK.sub("", line.text, count=1) for line in lines]
    if not any(FENCE.match(line) for line in text):
        text = [without_comments(line) for line in text]
    written = [number for number, line in enumerate(text[: len(text) - author_lines]) if line.strip()]
    return "\n".join(text[written[0] : written[-1] + 1]).rstrip() if written else ""


def _attribution(block: Block) -> Block | None:
    """Return the paragraph that names the author: one with a dash before it, which a space makes a list item."""
    if block.kind == "paragraph" and _ATTRIBUTION.match(block.text):
        return block
    if block.kind == "list" and len(block.children) == 1 and block.children[0].children:
        first = block.children[0].children[0]
        names = first.kind == "paragraph" and (first.anchors() or len(first.text) <= MAX_NAME)
        return first if names else None
    return None


def _author_inside(quote: Block, last: str) -> Block | None:
    """Return the author's line at the end of a quote: it has a link, or lacks the mark ">" (571)."""
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


def _make_quote(texts: Iterable[str], attribution: Block | None = None) -> Quote:
    texts = [text for text in texts if text]
    author = _name(attribution) if attribution else None
    links = attribution.anchors() if attribution else []
    speaker = author if len(texts) == 1 else None
    speeches = tuple(Speech(text, speaker) for text in texts)
    return Quote("\n".join(texts), author, links[0].url if links else None, speeches)


_THANKS = re.compile(r"[ (.]*\b[Tt]hanks (?:to|go to)\b.*")


def _name(paragraph: Block) -> str:
    """Return the author's name, without the dash, and without thanks that follow on the next line (651)."""
    return _THANKS.sub("", _ATTRIBUTION.sub("", paragraph.text, count=1))
