"""Sections and links of any Markdown."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import cache
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosspost.config.schema import NewsletterConfig
from crosspost.errors import IssueError
from crosspost.model import FindingKind, Issue
from crosspost.parse import parse
from crosspost.parse.markdown import Block, parse_document
from crosspost.parse.plain_sections import read_sections
from tests.growth import in_proportion

GAZETTE = NewsletterConfig(name="Gazette", site="https://gazette.example.org", page="{site}/{number}/")


def gazette(text: str) -> Issue:
    header = "---\ntitle: Gazette 5\nissue: 5\ndate: 2026-11-18\n---\n\n"
    return parse(header + text, newsletter=GAZETTE, path="5.md")


def entries(text: str) -> list[tuple[str, str, str]]:
    """(heading, title, address) of every link."""
    return [
        (section.heading, link.title, link.url)
        for section in gazette(text).community
        for link in section.links
    ]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("* [A long enough title](https://a.example/)", "A long enough title"),
        ("1. [A long enough title](https://a.example/) – by Ann", "A long enough title"),
        ("* [Short](https://a.example/): what it is about", "Short: what it is about"),
        ("* [Short](https://a.example/)", "Short"),
        ("* Tool 1.2 is out ([notes](https://a.example/))", "Tool 1.2 is out"),
        ("* [#4711](https://a.example/): Fix the scheduler. It was slow.", "#4711: Fix the scheduler"),
        ("### [A title that is a link](https://a.example/)", "A title that is a link"),
        ("### The title above\n\nSome words. [Read more](https://a.example/)", "The title above"),
        ("| A | B |\n|---|---|\n| A tool for all | [blog](https://a.example/) |", "A tool for all"),
        ("Ann wrote [how it is done](https://a.example/).", "Ann wrote how it is done"),
        ("[How it is done](https://a.example/) was written by Ann.", "How it is done"),
        ("> [A quoted piece of news](https://a.example/)", "A quoted piece of news"),
        ("本周：[如何用一张纸解释公钥加密](https://a.example/)。", "如何用一张纸解释公钥加密"),
        ("* [A relative address](/there)", "A relative address"),
        ("* [Node.js](https://a.example/)", "Node.js"),
        (
            "| A | B | C |\n|--|--|--|\n| 12月5日 | [VimConf 2026](https://a.example/) | 東京 |",
            "12月5日 VimConf 2026",
        ),
        (
            "Seit dem 12. November [läuft der Umstieg](https://a.example/).",
            "Seit dem 12. November läuft der Umstieg",
        ),
        ("Out is [version 2](https://a.example/) of 2026. It is new.", "Out is version 2 of 2026"),
        (
            "## The title above\n[Read more](https://a.example/)\n\nBy [@ann](https://a.example/ann)",
            "The title above",
        ),
        (
            "* PEP 810 ([link](https://a.example/)): Lazy imports, accepted!",
            "PEP 810: Lazy imports, accepted!",
        ),
        ("| A | B | C |\n|--|--|--|\n| etcd | 3.7.0 | [changelog](https://a.example/) |", "etcd 3.7.0"),
        (
            "| A | B |\n|--|--|\n| [Short](https://a.example/) | A server of names |",
            "Short: A server of names",
        ),
        ("| A | B |\n|--|--|\n| [Short](https://a.example/) | 1.13 |", "Short 1.13"),
        ("Gluon [2026.1 ist da](https://a.example/); es läuft.", "Gluon 2026.1 ist da; es läuft"),
        ("### The title above\nBy Bea, [a.example](https://a.example/)\n\nA walk.", "The title above"),
    ],
)
def test_an_entry_is_called_by_the_words_that_say_something(text: str, title: str) -> None:
    (entry,) = entries(f"## News\n\n{text}\n")

    assert entry[1] == title
    assert entry[2] in ("https://a.example/", "https://gazette.example.org/there")


@pytest.mark.parametrize(
    "text",
    [
        "* [News](#news)",
        "* [Write to us](mailto:us@example.org)",
        "* [This very issue](https://gazette.example.org/5/)",
        "* [A page of the site's](<{{ site.url }}/x>)",
        "* [Nothing at all]()",
        "[Subscribe](https://a.example/subscribe)",
        "Maintained by [@ann](https://a.example/ann)",
        "* A tool[^1]\n\n[^1]: https://a.example/note",
        "* [RSS](https://a.example/feed.xml)\n* [All issues](https://a.example/all/)",
        "* Thanks to [@ann](https://a.example/ann) and [@ben](https://a.example/ben)!",
        "### 💼 Sponsored\n\n* [Try a kettle for free](https://a.example/)",
        "## From our sponsor\n\n[Try a kettle for free](https://a.example/)",
        "* Sponsored: [a kettle for free](https://a.example/)",
        "Подробности – [в анонсе](https://a.example/).",
        "More [in the announcement](https://a.example/).",
        "[Discuss on r/gazette](https://www.reddit.com/r/gazette/comments/1a/gazette_5/)",
        "```\n* [In code](https://a.example/)\n```",
        "<!-- * [In a comment](https://a.example/) -->",
    ],
)
def test_what_is_no_piece_of_news_is_no_entry(text: str) -> None:
    assert entries(f"{text}\n") == []


def test_a_heading_names_the_one_link_below_it_that_does_not_also_before_a_heading_that_is_a_link() -> None:
    text = "### Range by example\nBy Bea, [a.example](https://a.example/1)\n\n### [The cost of it](https://a.example/2)\n"

    assert [title for _, title, _ in entries(text)] == ["Range by example", "The cost of it"]


def test_a_greeting_gives_way_to_the_sections_and_stands_in_for_missing_ones() -> None:
    greeting = "Welcome to a week in which [the oven learned to speak](https://a.example/oven).\n"

    assert [
        heading for heading, _, _ in entries(f"{greeting}\n## News\n\n* [A story told](https://a.example/1)")
    ] == ["News"]
    assert len(entries(greeting)) == 1


def test_an_issue_is_whole_when_it_has_a_text_and_no_word_that_waits_to_be_replaced() -> None:
    assert gazette("Hello.\n").findings == ()
    assert [finding.kind for finding in gazette("").findings] == [FindingKind.NO_TEXT]
    assert [(finding.kind, finding.line) for finding in gazette("* [A tool](TODO)\n").findings] == [
        (FindingKind.TEMPLATE_TEXT, 7)
    ]


def test_the_editors_comments_for_crosspost_count_here_as_well() -> None:
    links = "* [One of two](https://a.example/1)\n* [The other of two](https://a.example/2)\n"
    issue = gazette(f"<!-- crosspost: lead https://a.example/2 -->\n\n{links}")

    assert (issue.directives.lead, issue.findings) == ("https://a.example/2", ())


PIECES = (
    *("# ", "* ", "1. ", "| a | b |\n|--|--|\n", "> ", "[a](", "https://a.example/x", ")", "](", "。", ". A"),
    *("---\n", "+++\n", "\n\n", "word ", "title: x\n", "<b>", "`"),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=60))
def test_no_text_makes_it_fail(pieces: list[str]) -> None:
    gazette("".join(pieces))
    with suppress(IssueError):
        parse("".join(pieces), newsletter=GAZETTE, path="2026-11-18-x.md")


@pytest.mark.parametrize(
    "piece",
    ["[a](https://a.example/x) ", "A b. [a b c](https://a.example/x) ", "* [a](https://a.example/): b\n"],
)
def test_a_very_long_text_takes_time_in_proportion(piece: str) -> None:
    started = time.process_time()
    gazette(piece * (200_000 // len(piece)))

    assert (
        time.process_time() - started < 10
    )  # it took 52 seconds when each link looked through the whole paragraph


def test_a_very_long_list_of_links_that_only_point_takes_time_in_proportion() -> None:
    @cache
    def blocks(text: str) -> tuple[Block, ...]:
        numbers = count()
        lines = (f"* [{next(numbers)}]({url})" for url in text.split())
        return parse_document("\n".join(lines)).blocks

    assert in_proportion(lambda text: read_sections(blocks(text), "https://e.example/"), "http://a/ ", 5_000)
