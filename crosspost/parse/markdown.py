"""Text → blocks with their lines, by markdown-it-py (CommonMark and tables).

The newsletter's site is built by Pelican with Python-Markdown. Where that parser shows more than
CommonMark does, or where both show a slip of the keyboard, the text is read as its editors meant it:

    an unclosed `<!--` or fence     is text there, and would hide the rest of the issue here
    `##Jobs`, `*[title](address)`   a heading and a bullet without their space (slips.py, with all that spoils a line)
    `[title](an address)`           an address with a space in it is a link there
    `[title] (https://…)`           a space too many (613, 614)
    `[title]((https://…)`           a parenthesis too many (623, 624)
    `Vec<T>` in a title             is no HTML
    a control character             is dropped (426 has one in an address)

Line numbers stay as they are in the file. All of it takes linear time (bench/parse.py has the figures);
the longest issue in thirteen years has 41 KB, and anything longer than `LONGEST` is refused before it is
parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from crosspost.errors import IssueError
from crosspost.parse.lines import Line, classify_lines
from crosspost.parse.slips import Slip, mend

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

LONGEST = 256 * 1024
"""Characters. Six times the longest issue there has been."""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of the document: its kind, its lines, what is in it."""

    kind: str
    """heading, paragraph, list, item, quote, table, row, cell, code, html or rule."""
    line: int
    """0-based; the first line after it is `end`."""
    end: int
    level: int = 0
    """Of a heading: 1 to 6."""
    source: str = ""
    """The Markdown of a heading, paragraph or cell; the content of code."""
    inline: Sequence[Token] = ()
    children: tuple[Block, ...] = ()

    @property
    def text(self) -> str:
        """As a reader sees it, on one line."""
        return visible_text(self.inline)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link inside a line of text."""

    title: str
    url: str
    before: str
    """The rendered text between the previous link, or the beginning, and this one."""
    line: int
    """0-based."""
    start: int = 0
    end: int = 0
    """Where in the line's tokens it stands."""


@dataclass(frozen=True, slots=True)
class Document:
    blocks: tuple[Block, ...]
    lines: tuple[Line, ...]
    """As they stand in the file."""
    slips: tuple[Slip, ...] = ()


def parse_document(text: str) -> Document:
    """Parse it. Raise IssueError when the text is longer than `LONGEST`."""
    if len(text) > LONGEST:
        raise IssueError(f"this is no issue: it has {len(text):,} characters, and no issue is half as long")
    lines = tuple(classify_lines(text))
    mended = mend(lines)
    blocks, _ = _tree(iter(_parser().parse(mended.text)), mended.numbers)
    return Document(blocks, lines, mended.slips)


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    # Addresses are kept as written: neither percent-encoded nor judged.
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
    """Apply an inline rule, tried where CommonMark finds no link behind a bracket."""
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
"""What markdown-it's own names do not say: of heading, paragraph and table they do."""


def _tree(tokens: Iterator[Token], numbers: Sequence[int]) -> tuple[tuple[Block, ...], Token | None]:
    """Return the blocks up to the end of the open one, which has at most 20 around it, and the text in that one.

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
            children, text = _tree(tokens, numbers) if token.nesting == 1 else ((), None)
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

_SPACES = re.compile(r"\s+")
_NO_HTML = re.compile(
    r"</?(?!(?:a|abbr|b|br|cite|code|del|details|div|em|font|hr|i|img|ins|kbd|mark|p|pre|q|s|samp|small|span|strong|sub"
    r"|summary|sup|tt|u)(?![\w-]))[A-Za-z]"
)
"""What Markdown takes for a tag although HTML has none by that name: `Vec<T>`."""


def visible_text(tokens: Iterable[Token]) -> str:
    """Return what a reader sees: emphasis, code marks and tags gone, line ends as spaces."""
    return _SPACES.sub(" ", "".join(map(_visible, tokens))).strip()


def _visible(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return "\n"
    if token.type in ("text", "code_inline", "text_special", "image"):
        return token.content
    return token.content if token.type == "html_inline" and _NO_HTML.match(token.content) else ""


def split_lines(block: Block) -> list[Block]:
    """Return a paragraph's lines as the editors broke them, each as a paragraph of its own."""
    lines: list[list[Token]] = [[]]
    for token in block.inline:
        if token.type in ("softbreak", "hardbreak"):
            lines.append([])
        else:
            lines[-1].append(token)
    return [
        replace(block, line=block.line + offset, end=block.line + offset + 1, inline=tokens)
        for offset, tokens in enumerate(lines)
    ]


def anchors(block: Block) -> list[Anchor]:
    """Return the links of one heading, paragraph or cell, in order."""
    found: list[Anchor] = []
    before: list[Token] = []
    inside: list[Token] | None = None
    url, line, start = "", block.line, 0
    for position, token in enumerate(block.inline):
        if token.type in ("softbreak", "hardbreak"):
            line += 1
        if token.type == "link_open":
            url, inside, start = str(token.attrs.get("href", "")), [], position
        elif token.type == "link_close" and inside is not None:
            found.append(Anchor(visible_text(inside), url, visible_text(before), line, start, position + 1))
            before, inside = [], None
        else:
            (before if inside is None else inside).append(token)
    return found


_ONLY_TAGS = re.compile(r"(?:\[[^\[\]]+\]|[\s*•-])*")
_CELLS = re.compile(r"\s*\|")


def bare_links(paragraph: Block, *, cells: bool = False) -> list[Anchor]:
    """Return the links of a paragraph of which each line is nothing but one, perhaps with tags before it.

    Entries whose bullet was forgotten. With `cells`, a "|" and more may follow. None when a line is prose.
    """
    found: list[Anchor] = []
    for line in split_lines(paragraph):
        links = anchors(line)
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
    return (anchor for block in text_blocks(blocks) for anchor in anchors(block))


def items(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield every list item, outer before inner, in order; lists inside quotes are not lists of the newsletter."""
    for block in blocks:
        if block.kind == "list":
            for item in block.children:
                yield item
                yield from items(item.children)


def rows(table: Block) -> Iterator[Block]:
    """Yield the rows of a table, the head's among them; of anything else none."""
    return (row for group in table.children for row in group.children if row.kind == "row")


def direct_anchors(item: Block) -> list[Anchor]:
    """Return the links of an item itself, without those of lists inside it."""
    return [anchor for block in item.children if block.inline for anchor in anchors(block)]


def host_of(url: str) -> str:
    """Return the lower-case host of an address, without "www."; empty where it has none."""
    return url.partition("://")[2].partition("/")[0].lower().removeprefix("www.")


def direct_text(item: Block) -> str:
    return " ".join(block.text for block in item.children if block.inline)
