"""The quote of the week as plain paragraphs: its Markdown as the issue's page shows it, without the marks.

An issue's quote is kept as its editors wrote it: `*so*`, `[name](address)`, `\\[…\\]`, lists, dialogues of
several blocks. No post should show that raw. A line that goes on in small letters was only wrapped, unless
it is a poem's; any other line of a dialogue or a poem stays one. A quote with a block of code in it cannot be
said in prose and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from crosspost.compose.fit import shorten
from crosspost.compose.text import clean
from crosspost.model import Quote, Speech
from crosspost.parse.markdown import Block, parse_document, visible_text

if TYPE_CHECKING:
    from markdown_it.token import Token

_EXCHANGE = 300
"""Characters of a quote and its answer, which are told together or not at all: cut, words would be the other's."""

LONGEST = 10_000
"""Characters. No quote had a fifth of it, and no post has room for it."""

LONGEST_QUOTE = 500
"""Characters: what a reader reads of somebody else's words in an announcement."""

_GOES_ON = re.compile(r"[a-z]")
_ENDS = re.compile(r"[.,:;!?…\"”’')]$|[^\w\s]$")
_LABEL = re.compile(r"• |[@\w][\w .+/#’'-]{0,30}:\s+\S")
_NAMES = re.compile(r"\w (?:and|&) [/@\w]")
_RULE = re.compile(r"^ {0,3}([-*_])(?: *\1){2,} *$", re.MULTILINE)
_SHORT = 60
"""Characters of a line of a poem; prose is wrapped later."""


class _Line(NamedTuple):
    text: str
    stays: bool
    """It ends in a line break that the page shows."""


class Quotation(NamedTuple):
    """The quote of the week, paragraph by paragraph."""

    paragraphs: tuple[str, ...]
    author: str | None
    lines_stay: bool = False
    """They are the lines of a dialogue or a poem."""

    @property
    def text(self) -> str:
        return ("\n" if self.lines_stay else " ").join(self.paragraphs)


def quotation(quote: Quote) -> Quotation | None:
    """Return the quote; None for one that is no prose, or longer than `LONGEST`.

    Behind an answered speech stands who says it. A longer exchange is only its first speech.
    """
    last, author = quote.speeches[-1:], quote.author
    if len(quote.speeches) > 1 and last[0].author:
        if sum(len(speech.text) for speech in quote.speeches) > _EXCHANGE:
            quote = replace(quote, speeches=quote.speeches[:1])
        else:
            author = last[0].author
    speeches = quote.speeches or (Speech(quote.text),)
    if sum(len(speech.text) for speech in speeches) > LONGEST:
        return None
    said: list[str] = []
    lines_stay = len(speeches) > 1 or _has_several_speakers(quote)
    for speech in speeches:
        shown = [_joined(lines) for lines in _paragraphs_in(speech.text)]
        if not any(lines for lines, _ in shown):
            return None
        said += (line for lines, _ in shown for line in lines)
        lines_stay = lines_stay or any(stay for _, stay in shown)
        if speech is not speeches[-1] and (by := clean(speech.author or "")):
            said[-1] += f" – {by}"
    lines_stay = lines_stay or _is_labelled(said)
    return Quotation(_not_longer(said, LONGEST_QUOTE), clean(author or "") or None, lines_stay)


def _has_several_speakers(quote: Quote) -> bool:
    """Tell by the names ("A and B on reddit"), or by lines drawn between what they say (424)."""
    return _NAMES.search(quote.author or "") is not None or _RULE.search(quote.text) is not None


def _is_labelled(lines: Sequence[str]) -> bool:
    """Whether half of them or more begin as an entry of a list does, or with who speaks: "Rust: …"."""
    labelled = sum(_LABEL.match(line) is not None for line in lines)
    return labelled > 1 and 2 * labelled >= len(lines)


def _paragraphs_in(markdown: str) -> list[list[_Line]]:
    """Return the paragraphs; nothing where there is code."""
    blocks = parse_document(markdown).blocks
    return [] if _has_code(blocks) else list(_lines(blocks))


def _not_longer(said: Sequence[str], most: int) -> tuple[str, ...]:
    """Return the paragraphs as they are, or the sentences of them that fit, with a mark for what was left out."""
    if sum(map(len, said)) <= most:
        return tuple(said)
    kept: list[str] = []
    room = most
    for paragraph in said:
        sentences = _SENTENCES.findall(paragraph)
        whole = list(accumulate(sentences))
        fitting = [text for text in whole if len(text.rstrip()) <= room]
        if fitting:
            kept.append(fitting[-1].rstrip())
            room -= len(kept[-1])
        if len(fitting) < len(sentences):
            break
    if not kept:
        return (shorten(said[0], most),)
    return (*kept[:-1], f"{kept[-1]} […]")


_SENTENCES = re.compile(r".*?[.!?…][\"”’)]*(?:\s+|$)|.+$")


def _has_code(blocks: Iterable[Block]) -> bool:
    return any(block.kind == "code" or _has_code(block.children) for block in blocks)


def _lines(blocks: Iterable[Block]) -> Iterator[list[_Line]]:
    for block in blocks:
        if block.inline:
            yield list(_broken(block.inline))
        elif block.kind == "html":  # "<div> soup": said of HTML, not in it
            yield [_Line(clean(line), False) for line in block.source.splitlines()]
        bullet = "• " if block.kind == "item" else ""
        for lines in _lines(block.children):
            yield [lines[0]._replace(text=bullet + lines[0].text), *lines[1:]]
            bullet = ""


def _broken(tokens: Sequence[Token]) -> Iterator[_Line]:
    begin = 0
    for position, token in enumerate(tokens):
        if token.type in ("softbreak", "hardbreak"):
            yield _Line(clean(visible_text(tokens[begin:position])), token.type == "hardbreak")
            begin = position + 1
    yield _Line(clean(visible_text(tokens[begin:])), False)


def _joined(lines: Sequence[_Line]) -> tuple[list[str], bool]:
    """Return the lines of one paragraph, wrapped ones joined; and whether they have to stay lines."""
    written = [line for line in lines if line.text]
    verses = len(written) > 2 and all(
        len(line.text) <= _SHORT and (line is written[-1] or _ENDS.search(line.text)) for line in written
    )
    out: list[str] = []
    stays = True
    for line in written:
        if out and not stays and not verses and _GOES_ON.match(line.text):
            out[-1] = f"{out[-1]} {line.text}"
        else:
            out.append(line.text)
        stays = line.stays
    return out, verses or any(line.stays for line in written[:-1]) or _is_talk(out)


def _is_talk(lines: Sequence[str]) -> bool:
    """Whether each line but the last ends as a sentence does."""
    return len(lines) > 1 and all(line.endswith(_SPOKEN) for line in lines[:-1])


_SPOKEN = (".", "!", "?", "…", '"', "”", ")")
