"""What holds for any text: nothing but our own error, time in proportion, and comments that hide only themselves."""

from __future__ import annotations

import contextlib
import random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crosspost.errors import IssueError
from crosspost.model import Issue
from crosspost.parse import parse, parse_bytes, to_json
from crosspost.parse.markdown import MAX_LENGTH
from tests.growth import in_proportion

HEADER = "Title: This Week in Rust 700\nNumber: 700\nDate: 2027-04-21\n\n"
ISSUE = (
    HEADER
    + """## Updates from Rust Community

### Official

* [one](https://a.example/1)
* [video] [two](https://a.example/2)
    * [three](https://a.example/3)

### Project/Tooling Updates
- [four](https://a.example/4)
- [five](https://a.example/5) with [another](https://a.example/6)

## Crate of the Week

This week's crate is [six](https://a.example/7).

## Call for Participation

* [project - task](https://a.example/8)

### Approved RFCs

* [RFC: *seven*](https://a.example/9)

### [New and Updated RFCs](https://a.example/10)
* [new] [eight](https://a.example/11)

## Upcoming Events

### Virtual
* 2027-04-22 | [group](https://a.example/12)
    * [**event**](https://a.example/13)
"""
)

# Words that mean something to one of our grammars or to Markdown.
PIECES = st.sampled_from(
    [
        *"[]()<>!-`~*_#>|\\ \n\t\r:&",
        *(
            "<!--",
            "-->",
            "\n\n",
            "\n> ",
            "\n* ",
            "    ",
            "```\n",
            "[a](b)",
            "](",
            "\ufeff",
            "\x00",
            "–",
            "🦀",
        ),
        *(
            "## Crate of the Week\n",
            "# Quote of the Week\n",
            "### Rust Compiler Performance Triage\n",
            "## Jobs\n",
        ),
        *("### Official\n", "### CFP - Projects\n", "## Upcoming Events\n", "### Final Comment Period\n"),
        *(
            "Triage done by **@",
            "Revision range: ",
            "1 Regression, ",
            "| mean |\n|-|\n| 1% |\n",
            "edited by: ",
        ),
        *("This week's crates are ", "[Discuss on r/rust]", "[hiring](", "pull requests were merged", "– "),
        *("> ", "\n> – [a](b)", "\n> ```\n", "\n– [a](b)", "# Quote of the Week\n> a\n"),
    ]
)


def understood(text: str) -> Issue | None:
    try:
        return parse(text)
    except IssueError:
        return None


@given(st.text(max_size=400))
@example("")
@example("\x00")
def test_any_text_is_an_issue_or_our_own_error(text: str) -> None:
    assert isinstance(understood(text), Issue | None)


@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES, max_size=60).map("".join))
def test_any_body_below_a_header_is_an_issue(body: str) -> None:
    issue = understood(HEADER + body)
    assert issue is not None
    assert issue.number == 700
    assert list(to_json(issue))


@given(st.binary(max_size=200))
def test_any_bytes_are_an_issue_or_our_own_error(data: bytes) -> None:
    with contextlib.suppress(IssueError):
        assert parse_bytes(HEADER.encode() + data).number == 700


COMMENTS = st.sampled_from(
    [
        "",
        "",
        "<!-- x -->",
        "<!--\n* [hidden](https://hidden.example)\n\n## Crate of the Week\n-->",
        "<!---->",
        "  <!-- - -->",
    ]
)


@given(st.lists(st.tuples(st.integers(0, ISSUE.count("\n")), COMMENTS), max_size=12))
def test_links_keep_their_order_and_count_whatever_comments_and_blank_lines_are_added(
    additions: list[tuple[int, str]],
) -> None:
    lines = ISSUE.split("\n")
    for place, addition in sorted(additions, reverse=True):
        lines.insert(max(place, HEADER.count("\n")), addition)
    plain, added = parse(ISSUE), parse("\n".join(lines))
    for part in ("community", "crates_of_the_week", "calls_for_participation", "rfcs", "events"):
        assert getattr(added, part) == getattr(plain, part)


HOSTILE = {
    "brackets": "[",
    "images": "![",
    "half links": "[a](",
    "links": "[a](b)",
    "nested links": "[[a](b)",
    "stars": "*",
    "openings": "**a ",
    "intraword": "_a",
    "comments": "<!--",
    "comment lines": "<!--\n",
    "inline comments": "a <!-- ",
    "closed, then opened": "--> <!-- ",
    "deep quotes": "> ",
    "quotes": "> a\n\n",
    "quoted lines": "> a\n",
    "fences": "```a\n",
    "backticks": "` ",
    "definitions": "[a]: b\n",
    "bullets": "- a\n",
    "deep bullets": "- ",
    "table cells": "|a",
    "headings": "# a\n",
    "lines": "a\n",
    "processing": "<?",
    "entities": "&",
    "brackets and stars": "*[",
    "hiring": "## Jobs\n[hiring ",
    "discussions": "[Discuss on r/rust]....x\n",
    "digits": "1",
    "carriage returns": "\r",
}


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
def test_reading_takes_time_in_proportion_to_the_text(unit: str) -> None:
    assert in_proportion(understood, unit, 1_000, head=HEADER)


@pytest.mark.parametrize("unit", ["[", "*", "<!--", "> ", "a\n"])
def test_a_megabyte_is_refused_before_it_is_parsed(unit: str) -> None:
    with pytest.raises(IssueError, match="characters"):
        parse(HEADER + unit * (1_000_000 // len(unit)))


def test_an_issue_six_times_the_longest_there_was_is_read() -> None:
    entries = random.Random(7).choices(["* [a](https://a.example)\n", "\n", "* [video] [b](c)\n"], k=8_000)
    text = HEADER + "### Official\n" + "".join(entries)
    assert 100_000 < len(text) < MAX_LENGTH
    assert len(parse(text).community[0].links) == sum(entry != "\n" for entry in entries)
