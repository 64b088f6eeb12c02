"""Text → blocks with their lines, by markdown-it-py (CommonMark and tables).

The newsletter's site uses Python-Markdown. Where its page shows what CommonMark hides, or shows a typing error, the
text is read as its editors meant it:

    an unclosed `<!--` or fence     text, as on the page; in CommonMark the rest of the issue would be a comment or code
    `##Jobs`, `*[title](address)`   a heading, a bullet without their space; typos.py has all that concerns a line
    `[title](an address)`           a link with a space in its address, as on the page
    `[title] (https://…)`           a link; a space too many (613, 614)
    `[title]((https://…)`           a link; a parenthesis too many (623, 624)
    `Vec<T>` in a title             text, not HTML
    a control character             dropped (426 has one in an address)

Line numbers are those of the file. Everything takes linear time (bench/parse.py measures it).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from crosspost.errors import IssueError
from crosspost.model import Finding
from crosspost.parse.lines import Line, classify_lines
from crosspost.parse.typos import repair

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

MAX_LENGTH = 256 * 1024
"""Characters: six times the longest issue so far. A longer text is refused before it is parsed."""


@dataclass(frozen=True, slots=True)
class Block:
    """An element of the document, with its lines and what is in it."""

    kind: str
    """heading, paragraph, list, item, quote, table, row, cell, code, html or rule."""
    line: int
    """The first line, 0-based."""
    end: int
    """The line after the last one."""
    level: int = 0
    """The level of a heading, 1 to 6; 0: it is no heading."""
    source: str = ""
    """The Markdown of a heading, paragraph or cell; the content of code."""
    inline: Sequence[Token] = ()
    children: tuple[Block, ...] = ()

    @property
    def text(self) -> str:
        """Return the text that a reader sees, on one line."""
        return visible_text(self.inline)

    def anchors(self) -> list[Anchor]:
        """Return the links of this heading, paragraph or cell, in order."""
        found: list[Anchor] = []
        before: list[Token] = []
        inside: list[Token] | None = None
        url, line, start = "", self.line, 0
        for position, token in enumerate(self.inline):
            if token.type in _BREAKS:
                line += 1
            if token.type == "link_open":
                url, inside, start = str(token.attrs.get("href", "")), [], position
            elif token.type == "link_close" and inside is not None:
                found.append(
                    Anchor(visible_text(inside), url, visible_text(before), line, start, position + 1)
                )
                before, inside = [], None
            else:
                (before if inside is None else inside).append(token)
        return found

    def direct_anchors(self) -> list[Anchor]:
        """Return the links of this item or row, without those of lists inside it."""
        return [anchor for block in self.children if block.inline for anchor in block.anchors()]

    def direct_text(self) -> str:
        """Return the text of this item, without that of lists inside it."""
        return " ".join(block.text for block in self.children if block.inline)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link inside a line of text."""

    title: str
    url: str
    before: str
    """The visible text between the previous link, or the beginning, and this one."""
    line: int
    """0-based."""
    start: int = 0
    end: int = 0
    """`block.inline[start:end]` are its tokens."""


@dataclass(frozen=True, slots=True)
class Document:
    blocks: tuple[Block, ...]
    lines: tuple[Line, ...]
    """The lines of the file."""
    typos: tuple[Finding, ...] = ()


def parse_document(text: str) -> Document:
    """Parse a text. Raise IssueError when it is longer than `MAX_LENGTH`."""
    if len(text) > MAX_LENGTH:
        raise IssueError(f"this is no issue: it has {len(text):,} characters, and no issue is half as long")
    lines = tuple(classify_lines(text))
    repaired = repair(lines)
    blocks, _ = _block_tree(iter(_parser().parse(repaired.text)), repaired.numbers)
    return Document(blocks, lines, repaired.findings)


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    # Addresses stay as written: neither percent-encoded nor validated.
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]  # markdown-it's own way to set it
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # noqa: ARG005  # likewise
    parser.inline.ruler.after("link", "mistyped_link", _mistyped_link)
    return parser


# ── inside a link ────────────────────────────────────────────────────────────────────────────────────

_MISTYPED = re.compile(
    r"\(\(?(https?://[^\s<>\"']+)\)"  # ((https://…)
    r"| {1,3}\((https?://[^\s()<>\"']+)\)"  # a space before it
    r"|\(\s*([^\s()<>\"'][^()<>\"'\n]{0,300})\)"  # spaces inside
)


def _mistyped_link(state: StateInline, silent: bool) -> bool:
    """Parse a link with a typing error behind its label: a rule for markdown-it, tried after CommonMark's own."""
    label = state.pos
    if state.src[label] != "[" or state.linkLevel:
        return False
    label_end = state.md.helpers.parseLinkLabel(state, label, True)
    address = _MISTYPED.match(state.src, label_end + 1) if label_end > label else None
    if address is None or address.end() > state.posMax:
        return False
    if not silent:
        state.pos, maximum, state.posMax = label + 1, state.posMax, label_end
        state.push("link_open", "a", 1).attrs = {"href": (address[1] or address[2] or address[3]).strip()}
        state.linkLevel += 1
        state.md.inline.tokenize(state)
        state.linkLevel -= 1
        state.push("link_close", "a", -1)
        state.posMax = maximum
    state.pos = address.end()
    return True


# ── tokens → blocks ──────────────────────────────────────────────────────────────────────────────────

_KINDS = {
    "bullet_list": "list",
    "ordered_list": "list",
    "list_item": "item",
    "blockquote": "quote",
    "thead": "rows",
    "tbody": "rows",
    "tr": "row",
    "th": "cell",
    "td": "cell",
    "fence": "code",
    "code_block": "code",
    "html_block": "html",
    "hr": "rule",
}
"""markdown-it's name → `Block.kind`, where they differ."""


def _block_tree(tokens: Iterator[Token], numbers: Sequence[int]) -> tuple[tuple[Block, ...], Token | None]:
    """Return the blocks inside the current element, and its inline token. markdown-it nests 20 elements at most.

    `numbers`: the line of the file for each line that was parsed.
    """
    blocks: list[Block] = []
    inline: Token | None = None
    for token in tokens:
        if token.nesting == -1:
            break
        if token.type == "inline":
            inline = token
        else:
            children, text = _block_tree(tokens, numbers) if token.nesting == 1 else ((), None)
            blocks.append(_block(token, text, children, numbers))
    return tuple(blocks), inline


def _block(token: Token, inline: Token | None, children: tuple[Block, ...], numbers: Sequence[int]) -> Block:
    first, end = token.map or (inline.map if inline is not None and inline.map else (0, 0))
    kind = token.type.removesuffix("_open")
    return Block(
        kind=_KINDS.get(kind, kind),
        line=numbers[first],
        end=numbers[end - 1] + 1 if end else 0,
        level=int(token.tag[1]) if kind == "heading" else 0,
        source=token.content if inline is None else inline.content,
        inline=(inline.children or ()) if inline is not None else (),
        children=children,
    )


# ── inside a line ────────────────────────────────────────────────────────────────────────────────────

_BREAKS = ("softbreak", "hardbreak")
_SPACES = re.compile(r"\s+")
_NO_HTML = re.compile(
    r"</?(?!(?:a|abbr|b|br|cite|code|del|details|div|em|font|hr|i|img|ins|kbd|mark|p|pre|q|s|samp|small|span|strong|sub"
    r"|summary|sup|tt|u)(?![\w-]))[A-Za-z]"
)
"""A tag for Markdown whose name HTML does not have: `Vec<T>`."""


def visible_text(tokens: Iterable[Token]) -> str:
    """Return what a reader sees: without marks of emphasis and code, without tags, line ends as spaces."""
    return _SPACES.sub(" ", "".join(map(_visible_part, tokens))).strip()


def _visible_part(token: Token) -> str:
    if token.type in _BREAKS:
        return "\n"
    if token.type in ("text", "code_inline", "text_special", "image"):
        return token.content
    return token.content if token.type == "html_inline" and _NO_HTML.match(token.content) else ""


def split_lines(block: Block) -> list[Block]:
    """Return each line of a paragraph as a paragraph of its own."""
    lines: list[list[Token]] = [[]]
    for token in block.inline:
        if token.type in _BREAKS:
            lines.append([])
        else:
            lines[-1].append(token)
    return [
        replace(block, line=block.line + offset, end=block.line + offset + 1, inline=tokens)
        for offset, tokens in enumerate(lines)
    ]


_ONLY_TAGS = re.compile(r"(?:\[[^\[\]]+\]|[\s*•-])*")
_CELLS = re.compile(r"\s*\|")


def bare_links(paragraph: Block, *, cells: bool = False) -> list[Anchor]:
    """Return the links of a paragraph whose lines are only links, with tags before them: entries without a bullet.

    Empty when a line is prose. `cells`: "|" and more text may follow a link.
    """
    found: list[Anchor] = []
    for line in split_lines(paragraph):
        links = line.anchors()
        if not links or not _ONLY_TAGS.fullmatch(links[0].before):
            return []
        rest = visible_text(line.inline[links[0].end :])
        if rest and not (cells and _CELLS.match(rest)):
            return []
        found.append(links[0])
    return found


def text_blocks(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield every heading, paragraph and cell below these blocks, in order."""
    for block in blocks:
        if block.inline:
            yield block
        yield from text_blocks(block.children)


def anchors_in(blocks: Iterable[Block]) -> Iterator[Anchor]:
    """Yield every link below these blocks, in order."""
    return (anchor for block in text_blocks(blocks) for anchor in block.anchors())


def items(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield every list item, outer before inner, in order, without those in quotes."""
    for block in blocks:
        if block.kind == "list":
            for item in block.children:
                yield item
                yield from items(item.children)


def rows(table: Block) -> Iterator[Block]:
    """Yield the rows of a table, its head among them; none for any other block."""
    return (row for group in table.children for row in group.children if row.kind == "row")


def host_of(url: str) -> str:
    """Return the lower-case host of an address, without "www."; empty where it has none."""
    return url.partition("://")[2].partition("/")[0].lower().removeprefix("www.")
