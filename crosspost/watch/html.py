"""HTML → the Markdown that it came from, as far as reading an issue needs it.

Headings, lists, links, emphasis, quotes, code, tables and small print; everything else is its text. What a page has
around the article (navigation, scripts, styles) is left out.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from crosspost.parse.hypertext import bounded

SKIPPED = frozenset(
    {"head", "script", "style", "nav", "header", "footer", "form", "svg", "template", "noscript"}
)
BLOCKS = frozenset(
    {
        "p",
        "div",
        "section",
        "article",
        "main",
        "dl",
        "dt",
        "dd",
        "figure",
        "details",
        "summary",
        "thead",
        "tbody",
    }
)
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
LISTS = ("ul", "ol")
MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*"}
ESCAPED = re.compile(r"[\\`*<]|(?<!\w)_|_(?!\w)|\](?=\()")
"""What would mean something in Markdown that it does not mean in the text."""
NESTING_LIMIT = 50
"""Deeper than any page; HTML that nests without end costs no more than this."""


def to_markdown(html: str) -> str:
    """The text of a page or of a feed's entry. Never raises: HTML that is broken gives what can be read of it."""
    begins, ends = html.find("<article"), html.rfind("</article>")
    article = html[begins:ends] if 0 <= begins < ends else html
    writer = _Writer()
    writer.feed(bounded(article))
    writer.close()
    return writer.text()


class _Writer(HTMLParser):
    """Writes block by block: `inline` is what stands in the block that is open."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = []
        self.inline: list[str] = []
        self.skipping = 0
        self.lists = 0
        self.quotes = 0
        self.item_begins = False
        self.in_code = False
        self.code: list[str] | None = None
        self.links: list[tuple[int, str]] = []
        self.marks: list[str] = []
        self.heading = ""
        self.cells: list[str] | None = None
        self.rows = 0

    def text(self) -> str:
        self._end_block()
        return "\n".join(self.blocks).strip() + "\n"

    # ── what the parser calls ────────────────────────────────────────────────────────────────────────

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SKIPPED:
            self.skipping += 1
        if self.skipping:
            return
        if tag in MARKS:
            self.inline.append(MARKS[tag])
            self.marks.append(MARKS[tag])
        elif tag == "a":
            self.links.append((len(self.inline), dict(attrs).get("href") or ""))
        elif tag == "code" and self.code is None and not self.in_code:
            self.inline.append("`")
            self.in_code = True
        elif tag == "small":
            self.inline.append("<small>")
        elif tag == "br":
            self.inline.append("  \n" if self.quotes else " ")
        else:
            self._start_block(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in SKIPPED:
            self.skipping = max(0, self.skipping - 1)
        elif self.skipping:
            return
        elif tag in MARKS:
            self._close_mark(MARKS[tag])
        elif tag == "a" and self.links:
            self._close_link(*self.links.pop())
        elif tag == "code" and self.code is None and self.in_code:
            self.inline.append("`")
            self.in_code = False
        elif tag == "small":
            self.inline.append("</small>")
        else:
            self._close_block(tag)

    def handle_data(self, data: str) -> None:
        if self.skipping:
            return
        if self.code is not None:
            self.code.append(data)
            return
        # A quote's lines may be a poem's; anywhere else a line's end is a space.
        text = re.sub(r"[ \t\r]*\n\s*", "\n", data) if self.quotes else re.sub(r"\s+", " ", data)
        self.inline.append(text if self.in_code else ESCAPED.sub(r"\\\g<0>", text))

    # ── blocks ───────────────────────────────────────────────────────────────────────────────────────

    def _start_block(self, tag: str) -> None:
        if tag in BLOCKS or tag in (*HEADINGS, *LISTS, "li", "blockquote", "pre", "hr", "table"):
            self._end_block()
        if tag in HEADINGS:
            self.heading = "#" * int(tag[1]) + " "
        elif tag in LISTS:
            self._blank()
            self.lists = min(self.lists + 1, NESTING_LIMIT)
        elif tag == "li":
            self.item_begins = True
        elif tag == "blockquote":
            self._blank()
            self.quotes = min(self.quotes + 1, NESTING_LIMIT)
        elif tag == "hr":
            self.inline.append("---")
            self._end_block()
        elif tag == "pre":
            self.code = []
        elif tag == "table":
            self._blank()
            self.rows = 0
        elif tag == "tr":
            self.cells = []
            self.inline = []

    def _close_block(self, tag: str) -> None:
        if tag in ("td", "th") and self.cells is not None:
            self.cells.append("".join(self.inline).strip().replace("|", "\\|"))
            self.inline = []
        elif tag == "tr" and self.cells is not None:
            self._row(self.cells)
            self.cells = None
        elif tag == "pre" and self.code is not None:
            self._fence("".join(self.code))
            self.code = None
        elif tag in BLOCKS or tag in (*HEADINGS, "li"):
            self._end_block()
        elif tag in LISTS:
            self._end_block()
            self.lists = max(0, self.lists - 1)
            if not self.lists:
                self._blank()
        elif tag == "blockquote":
            self._end_block()
            self.quotes = max(0, self.quotes - 1)
            self._blank()

    def _end_block(self) -> None:
        """Write what stands in the open block; a link that was not closed by now is none."""
        if self.cells is not None:
            return
        text = re.sub(r"\n\s*\n", "\n", "".join(self.inline).strip())
        self.inline, heading, self.heading = [], self.heading, ""
        self.links.clear()
        self.marks.clear()
        self.in_code = False
        if not text:
            return
        if heading:
            self.blocks += ["", heading + text, ""]
            return
        lead = self._lead()
        first, *others = text.split("\n")
        self.blocks += [lead + first, *("> " * self.quotes + line.lstrip() for line in others)]
        if not self.lists:
            self.blocks.append(">" if self.quotes else "")

    def _lead(self) -> str:
        quoted = "> " * self.quotes
        if not self.lists:
            return quoted
        begins, self.item_begins = self.item_begins, False
        if begins:
            return quoted + "    " * (self.lists - 1) + "* "
        self.blocks.append(quoted.rstrip())
        return quoted + "    " * self.lists

    def _blank(self) -> None:
        if self.blocks and self.blocks[-1] and not self.lists:
            self.blocks.append("")

    def _row(self, cells: list[str]) -> None:
        self.blocks.append("| " + " | ".join(cells) + " |")
        self.rows += 1
        if self.rows == 1:
            self.blocks.append("|" + "---|" * len(cells))

    def _fence(self, code: str) -> None:
        lead = "> " * self.quotes + "    " * self.lists
        fence = "`" * (3 + max((len(run) for run in re.findall(r"`{3,}", code)), default=0))
        lines = [fence, *code.rstrip("\n").splitlines(), fence]
        self.blocks += [lead + line for line in lines]

    # ── inside a block ───────────────────────────────────────────────────────────────────────────────

    def _close_mark(self, mark: str) -> None:
        if self.marks and self.marks[-1] == mark:
            self.inline.append(self.marks.pop())

    def _close_link(self, start: int, url: str) -> None:
        label = "".join(self.inline[start:]).strip()
        del self.inline[start:]
        self.inline.append(f"[{label}]({_destination(url)})")


def _destination(url: str) -> str:
    """An address as a link's destination; in angle brackets when it would end too early without."""
    plain = re.sub(r"[\s<>]+", "", url)
    return f"<{plain}>" if plain.count("(") != plain.count(")") else plain
