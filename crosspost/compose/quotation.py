"""Turn the quote of the week into plain paragraphs.

An issue's quote is Markdown: `*so*`, `[name](address)`, `\\[…\\]`, lists, dialogues of several blocks. A line that
begins with a small letter was only wrapped, unless it is a poem's; other lines of a dialogue or a poem are kept. A
quote with a block of code is left out.
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

_LONGEST_EXCHANGE = 300
"""Characters of a quote and its answer. They are not cut: words would be attributed to the wrong person."""

LONGEST = 10_000
"""Characters of the issue's text. No quote had a fifth of it."""

LONGEST_QUOTE = 500
"""Characters of the quotation in a post."""

_SMALL_LETTER = re.compile(r"[a-z]")
_ENDS = re.compile(r"[.,:;!?…\"”’')]$|[^\w\s]$")
_LABEL = re.compile(r"• |[@\w][\w .+/#’'-]{0,30}:\s+\S")
_NAMES = re.compile(r"\w (?:and|&) [/@\w]")
_RULE = re.compile(r"^ {0,3}([-*_])(?: *\1){2,} *$", re.MULTILINE)
_LONGEST_VERSE = 60
"""Characters of a line of a poem; prose is wrapped later."""


class _Line(NamedTuple):
    text: str
    is_broken: bool
    """The line ends in a line break that the page shows."""


class Quotation(NamedTuple):
    paragraphs: tuple[str, ...]
    author: str | None
    keeps_lines: bool = False
    """The paragraphs are the lines of a dialogue or a poem."""

    @property
    def text(self) -> str:
        return ("\n" if self.keeps_lines else " ").join(self.paragraphs)


def quotation(quote: Quote) -> Quotation | None:
    """Return the quotation; None for one with code, or longer than `LONGEST`.

    A speech that is answered ends with its speaker's name. Of a long exchange only the first speech is quoted.
    """
    last, author = quote.speeches[-1:], quote.author
    if len(quote.speeches) > 1 and last[0].author:
        if sum(len(speech.text) for speech in quote.speeches) > _LONGEST_EXCHANGE:
            quote = replace(quote, speeches=quote.speeches[:1])
        else:
            author = last[0].author
    speeches = quote.speeches or (Speech(quote.text),)
    if sum(len(speech.text) for speech in speeches) > LONGEST:
        return None
    paragraphs: list[str] = []
    keeps_lines = len(speeches) > 1 or _has_several_speakers(quote)
    for speech in speeches:
        blocks = parse_document(speech.text).blocks
        shown = [] if _has_code(blocks) else [_join_wrapped(lines) for lines in _lines(blocks)]
        if not any(lines for lines, _ in shown):
            return None
        paragraphs += (line for lines, _ in shown for line in lines)
        keeps_lines = keeps_lines or any(keeps for _, keeps in shown)
        if speech is not speeches[-1] and (by := clean(speech.author or "")):
            paragraphs[-1] += f" – {by}"
    keeps_lines = keeps_lines or _is_labelled(paragraphs)
    return Quotation(_truncate(paragraphs, LONGEST_QUOTE), clean(author or "") or None, keeps_lines)


def _has_several_speakers(quote: Quote) -> bool:
    """Return whether the author is several ("A and B on reddit"), or rules separate what they say (issue 424)."""
    return _NAMES.search(quote.author or "") is not None or _RULE.search(quote.text) is not None


def _is_labelled(lines: Sequence[str]) -> bool:
    """Return whether at least half of the lines begin with a bullet or a speaker's name ("Rust: …")."""
    labelled = sum(_LABEL.match(line) is not None for line in lines)
    return labelled > 1 and 2 * labelled >= len(lines)


def _truncate(paragraphs: Sequence[str], limit: int) -> tuple[str, ...]:
    """Return the paragraphs, or as many of their sentences as fit, with a mark for the rest."""
    if sum(map(len, paragraphs)) <= limit:
        return tuple(paragraphs)
    fitted: list[str] = []
    room = limit
    for paragraph in paragraphs:
        sentences = _SENTENCES.findall(paragraph)
        whole = list(accumulate(sentences))
        fitting = [text for text in whole if len(text.rstrip()) <= room]
        if fitting:
            fitted.append(fitting[-1].rstrip())
            room -= len(fitted[-1])
        if len(fitting) < len(sentences):
            break
    if not fitted:
        return (shorten(paragraphs[0], limit),)
    return (*fitted[:-1], f"{fitted[-1]} […]")


_SENTENCES = re.compile(r".*?[.!?…][\"”’)]*(?:\s+|$)|.+$")


def _has_code(blocks: Iterable[Block]) -> bool:
    return any(block.kind == "code" or _has_code(block.children) for block in blocks)


def _lines(blocks: Iterable[Block]) -> Iterator[list[_Line]]:
    for block in blocks:
        if block.inline:
            yield list(_split_lines(block.inline))
        elif block.kind == "html":  # "<div> soup": about HTML, not in HTML
            yield [_Line(clean(line), False) for line in block.source.splitlines()]
        bullet = "• " if block.kind == "item" else ""
        for lines in _lines(block.children):
            yield [lines[0]._replace(text=bullet + lines[0].text), *lines[1:]]
            bullet = ""


def _split_lines(tokens: Sequence[Token]) -> Iterator[_Line]:
    begin = 0
    for position, token in enumerate(tokens):
        if token.type in ("softbreak", "hardbreak"):
            yield _Line(clean(visible_text(tokens[begin:position])), token.type == "hardbreak")
            begin = position + 1
    yield _Line(clean(visible_text(tokens[begin:])), False)


def _join_wrapped(lines: Sequence[_Line]) -> tuple[list[str], bool]:
    """Return the lines of one paragraph, wrapped ones joined, and whether they are to be kept as lines."""
    written = [line for line in lines if line.text]
    verses = len(written) > 2 and all(
        len(line.text) <= _LONGEST_VERSE and (line is written[-1] or _ENDS.search(line.text))
        for line in written
    )
    out: list[str] = []
    is_broken = True
    for line in written:
        if out and not is_broken and not verses and _SMALL_LETTER.match(line.text):
            out[-1] = f"{out[-1]} {line.text}"
        else:
            out.append(line.text)
        is_broken = line.is_broken
    return out, verses or any(line.is_broken for line in written[:-1]) or _is_dialogue(out)


def _is_dialogue(lines: Sequence[str]) -> bool:
    """Return whether each line but the last ends like a sentence."""
    return len(lines) > 1 and all(line.endswith(_SENTENCE_ENDS) for line in lines[:-1])


_SENTENCE_ENDS = (".", "!", "?", "…", '"', "”", ")")
