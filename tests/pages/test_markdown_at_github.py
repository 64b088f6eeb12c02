"""GitHub's own renderer judges the comment: what of it is a link, a mention, a reference or an element of HTML."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosspost.pages.markdown import document
from tests.pages.test_markdown import EFFECT, FORM, LINES, hostile, hostile_report

cmarkgfm = pytest.importorskip("cmarkgfm", reason="GitHub's renderer is not installed")

OWN = {"h3", "p", "strong", "ul", "li", "a", "code", "pre", "details", "summary"}


class Rendered(HTMLParser):
    """The elements of a page, where its links lead, and what has an effect in its text outside of code."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.open: list[str] = []
        self.effects: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.open.append(tag)
        href = dict(attrs).get("href") or ""
        if tag == "a" and not href.startswith((FORM, LINES)):
            self.effects.append(href)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_comment(self, data: str) -> None:
        self.effects.append(data)

    def handle_data(self, data: str) -> None:
        if "code" not in self.open:
            self.effects += [found[0] for found in EFFECT.finditer(data)]


def rendered(markdown: str) -> Rendered:
    options = cmarkgfm.cmark.Options
    return Rendered(
        cmarkgfm.github_flavored_markdown_to_html(
            markdown, options.CMARK_OPT_UNSAFE | options.CMARK_OPT_FOOTNOTES
        )
    )


@given(hostile, hostile, hostile, st.booleans())
def test_nothing_of_a_title_has_an_effect(title: str, text: str, said: str, is_link: bool) -> None:
    page = rendered(document(hostile_report(title, text, said, is_link=is_link)))

    assert page.elements <= OWN
    assert page.effects == []


def test_what_would_have_one_is_found() -> None:
    for text in (
        "see www.example.org",
        "thanks, @rustbot",
        "as in #12",
        "<b>",
        "| a |\n|---|",
        "[^1]\n\n[^1]: x",
    ):
        page = rendered(text)
        assert page.effects or page.elements - OWN, text
