"""Conversion of HTML to Markdown, as far as parsing an issue needs it.

markdownify writes the Markdown: headings, lists, links, emphasis, quotes, code, tables, small print; of anything else
only the text. markdownify and its parser recurse, and take quadratic time for some input; therefore `_Cleaner` rewrites
the HTML first: few tags, closed in order, not deeply nested, no attribute but a link's address. Navigation, scripts and
styles are left out.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser
from typing import Any

from markdownify import MarkdownConverter

from crosspost.parse.html import limit_html

SKIPPED = frozenset(
    {"head", "script", "style", "nav", "header", "footer", "form", "svg", "template", "noscript"}
)
TAGS = {
    **{f"h{level}": f"h{level}" for level in range(1, 7)},
    **{tag: tag for tag in ("p", "ul", "li", "blockquote", "pre", "table", "tr", "td", "th", "div")},
    **{tag: tag for tag in ("a", "b", "i", "code", "small")},
    **dict.fromkeys(("section", "article", "main", "dl", "dt", "dd", "figure", "details", "summary"), "div"),
    "strong": "b",
    "em": "i",
    "ol": "ul",
}
"""HTML tag → the tag that is written for it; the tags of others are left out."""
BLOCKS = frozenset(TAGS.values()) - {"a", "b", "i", "code", "small"}
CLOSED_BY_THE_NEXT = frozenset({"p", "li", "tr", "td", "th"})
"""HTML may leave out their end tags."""
ESCAPED = re.compile(r"[\\`*<]|(?<!\w)_|_(?!\w)|\](?=\()")
"""Characters that are markup in Markdown."""
NESTING_LIMIT = 50
"""Elements, more than on any page; of what is nested deeper only the text is read."""


def to_markdown(html: str) -> str:
    """Return the text of a page or of a feed's entry as Markdown; of a very long one its beginning. Never raises."""
    begins, ends = html.find("<article"), html.rfind("</article>")
    cleaner = _Cleaner()
    cleaner.feed(limit_html(html[begins:ends] if 0 <= begins < ends else html))
    cleaner.close()
    converter = _Converter(heading_style="atx", bullets="*", autolinks=False, table_infer_header=True)
    return str(converter.convert(cleaner.html())).strip() + "\n"


class _Cleaner(HTMLParser):
    """Rewrites HTML so that the time for its conversion is proportional to its length."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._open: list[str] = []
        self._skipping = 0

    def html(self) -> str:
        self._close_down_to(0)
        return "".join(self._parts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SKIPPED:
            self._skipping += 1
        if self._skipping:
            return
        if tag in ("br", "hr"):
            self._parts.append(f"<{tag}/>")
            return
        tag = TAGS.get(tag, "")
        while self._open and _ends(self._open[-1], tag):
            self._close_down_to(len(self._open) - 1)
        if tag and len(self._open) < NESTING_LIMIT:
            self._open.append(tag)
            href = dict(attrs).get("href") or "" if tag == "a" else ""
            self._parts.append(f'<a href="{escape(href)}">' if href else f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in SKIPPED:
            self._skipping = max(0, self._skipping - 1)
        elif not self._skipping and (tag := TAGS.get(tag, "")) in self._open:
            self._close_down_to(len(self._open) - 1 - self._open[::-1].index(tag))

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self._parts.append(escape(data, quote=False))

    def _close_down_to(self, depth: int) -> None:
        self._parts += [f"</{tag}>" for tag in reversed(self._open[depth:])]
        del self._open[depth:]


def _ends(tag: str, following: str) -> bool:
    """Return whether the start of another element ends an open one that has no end tag."""
    return (tag == following and tag in CLOSED_BY_THE_NEXT) or (tag == "p" and following in BLOCKS)


class _Converter(MarkdownConverter):  # type: ignore[misc]  # markdownify has no types
    """markdownify with what an issue needs more: small print, a poem's lines, exact escapes."""

    def escape(self, text: str, parent_tags: set[str]) -> str:
        """Escape the text. A quote's lines may be a poem's; anywhere else a line's end is a space."""
        text = text if "blockquote" in parent_tags else text.replace("\n", " ")
        return ESCAPED.sub(r"\\\g<0>", text)

    def convert_a(self, el: Any, text: str, parent_tags: set[str]) -> str:
        el["href"] = _destination(el.get("href", ""))
        return str(super().convert_a(el, text, parent_tags))

    def convert_p(self, el: Any, text: str, parent_tags: set[str]) -> str:
        # A line after `<br>` begins without the space that the line's end became.
        return str(super().convert_p(el, text.replace("  \n ", "  \n"), parent_tags))

    def convert_small(self, el: Any, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 - markdownify's signature
        # It stays HTML: it tells an event's place from its name.
        return f"<small>{text}</small>"

    def convert_td(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return str(super().convert_td(el, text.replace("|", "\\|"), parent_tags))

    convert_th = convert_td


def _destination(url: str) -> str:
    """Return an address as a link's destination, in angle brackets where its parentheses are not balanced."""
    plain = re.sub(r"[\s<>]+", "", url)
    return f"<{plain}>" if plain.count("(") != plain.count(")") else plain
