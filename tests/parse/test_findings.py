from __future__ import annotations

import pytest

from crosspost.model import FindingKind
from crosspost.parse import parse

WHOLE = """Title: This Week in Rust 664
Number: 664
Date: 2026-08-12

## Crate of the Week

This week's crate is [literator](https://crates.io/crates/literator).

## Updates from the Rust Project

698 pull requests were [merged in the last week](https://example.org)

## Jobs

Please see the latest [Who's Hiring thread on r/rust](https://www.reddit.com/r/rust/comments/1t/hiring/)

# Quote of the Week

> Because.

– [Kim](https://example.org/kim)

[Please submit quotes and vote for next week!](https://users.rust-lang.org/t/328)

*This Week in Rust is edited by: [llogiq](https://github.com/llogiq).*

<small>[Discuss on r/rust](https://www.reddit.com/r/rust/comments/1vn1ttk/this_week_in_rust_664/)</small>
"""


def findings(text: str) -> list[tuple[FindingKind, int | None]]:
    return [(finding.kind, finding.line) for finding in parse(text).findings]


def test_a_whole_issue_has_none() -> None:
    assert findings(WHOLE) == []


CRATE = "This week's crate is [literator](https://crates.io/crates/literator)."
MERGED = "698 pull requests were [merged in the last week](https://example.org)"
SAID = "> Because.\n\n– [Kim](https://example.org/kim)"
HIRING = "https://www.reddit.com/r/rust/comments/1t/hiring/"
TALK = "https://www.reddit.com/r/rust/comments/1vn1ttk/this_week_in_rust_664/"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (CRATE, "", (FindingKind.NO_CRATE, None)),
        (CRATE, "<!-- COTW goes here -->", (FindingKind.NO_CRATE, None)),
        (CRATE, "[Please submit your suggestions][s]!\n\n[s]: u", (FindingKind.NO_CRATE, None)),
        ("## Crate of the Week\n\n" + CRATE, "", (FindingKind.NO_CRATE, None)),
        (MERGED, "", (FindingKind.NO_PULL_REQUESTS, None)),
        (MERGED, "<!-- Rust updates go here -->", (FindingKind.NO_PULL_REQUESTS, None)),
        (SAID, "", (FindingKind.NO_QUOTE, None)),
        (SAID, "<!-- QOTW goes here -->", (FindingKind.NO_QUOTE, None)),
        (HIRING, "INSERT_LINK_HERE", (FindingKind.HIRING_PLACEHOLDER, 15)),
        (HIRING, "", (FindingKind.HIRING_PLACEHOLDER, 15)),
        (TALK, "REDDIT_LINK_HERE", (FindingKind.DISCUSSION_PLACEHOLDER, 27)),
        (TALK, "", (FindingKind.DISCUSSION_EMPTY, 27)),
        (TALK, TALK.replace("664", "663"), (FindingKind.DISCUSSION_OTHER_ISSUE, 27)),
        (
            TALK,
            "https://this-week-in-rust.org/blog/2026/08/12/this-week-in-rust-664/",
            (FindingKind.DISCUSSION_OWN_PAGE, 27),
        ),
        (f"<small>[Discuss on r/rust]({TALK})</small>\n", "", (FindingKind.DISCUSSION_MISSING, None)),
        ("https://example.org/kim", "", (FindingKind.EMPTY_LINK, 21)),
        (MERGED, MERGED + "\n\n* [Group](Group URL)", (FindingKind.TEMPLATE_TEXT, 13)),
        (MERGED, MERGED + "\n\n##### [Group](Group URL)", (FindingKind.TEMPLATE_TEXT, 13)),
        (MERGED, MERGED + "\n\nuntil $twir_events_end_date", (FindingKind.TEMPLATE_TEXT, 13)),
        (MERGED, MERGED + "\n\n* YYYY-MM-DD | City", (FindingKind.TEMPLATE_TEXT, 13)),
        (MERGED, MERGED + "\n<<<<<<< HEAD", (FindingKind.MERGE_CONFLICT, 12)),
        (MERGED, MERGED + "\n>>>>>>> 1ae5e8f61", (FindingKind.MERGE_CONFLICT, 12)),
        ("Number: 664", "Number: 663", (FindingKind.NUMBER_DISAGREES, None)),
        (CRATE, "Sadly, there was no crate this week.", (FindingKind.NO_CRATE, 7)),
        (CRATE, "No nominations, so [vote](https://users.rust-lang.org/t/x/1)!", (FindingKind.NO_CRATE, 7)),
        (MERGED, MERGED + "\n\n* [a](https://a.example/b", (FindingKind.SLIP, 13)),
        (MERGED, MERGED + "\n\n* [a](https://a.example)* [b](https://b.example)", (FindingKind.SLIP, 13)),
        (MERGED, MERGED + "\n\n* [a](https://a.example)\n[b](https://b.example)", (FindingKind.SLIP, 14)),
        (
            MERGED,
            MERGED + "\n\n### CFP - Events\n\n[**A**](https://a.example) | 2026-09-01 | Oslo",
            (FindingKind.SLIP, 15),
        ),
        (HIRING, "www.reddit.com/r/rust", (FindingKind.INCOMPLETE_ADDRESS, 15)),
        (MERGED, MERGED + "\n\n* [a](a.example/b)", (FindingKind.INCOMPLETE_ADDRESS, 13)),
        (MERGED, MERGED + "\n\n* [a](office2pdf)", (FindingKind.INCOMPLETE_ADDRESS, 13)),
        (MERGED, MERGED + "\n\n* [a](hhttps://a.example)", (FindingKind.INCOMPLETE_ADDRESS, 13)),
        (
            MERGED,
            MERGED
            + "\n\n### Official\n* [a](https://this-week-in-rust.org/blog/2026/08/05/this-week-in-rust-663/)",
            (FindingKind.OTHER_ISSUE, 14),
        ),
    ],
)
def test_each_of_the_editors_slips_has_its_name_and_line(
    old: str, new: str, expected: tuple[FindingKind, int | None]
) -> None:
    assert old in WHOLE
    assert expected in findings(WHOLE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (SAID, "Alas, this week went by without any memorable quote."),
        (SAID, "We regrettably lack nominations,  \nso here is a rhyme.\n\n– a very sorry llogiq"),
        (CRATE, "<!-- COTW goes here -->\n\n" + CRATE),
        (MERGED, "* [a change](https://github.com/rust-lang/rust/pull/1)"),
        (MERGED, MERGED + "\n\n<!-- * [project name - title of issue](URL to issue) -->"),
        (MERGED, MERGED + "\n\n```\n<<<<<<< HEAD\n```"),
        (MERGED, MERGED + "\n\n* [Why YYYY-MM-DD](https://example.org) and `YYYY-MM-DD`"),
        (TALK, "https://redd.it/1vn1ttk"),
        (MERGED, MERGED + "\n\n* [a](https://a.example) - [b](https://b.example)"),
        (MERGED, MERGED + "\n\n* *[a](https://a.example)* [b](https://b.example)"),
        (MERGED, MERGED + "\n\n* [a](https://a.example), see\n[b](https://b.example)"),
        (MERGED, MERGED + "\n\n* [a](https://a.example)\n  [b](https://b.example)"),
        (MERGED, MERGED + "\n\n* [a](mailto:a@a.example) [b](irc://b.example) [c](#c)"),
        (MERGED, MERGED + "\n\n### Official\n* [a](https://this-week-in-rust.org/pages/privacy-policy.html)"),
    ],
)
def test_what_an_issue_says_itself_and_what_no_reader_sees_is_no_finding(old: str, new: str) -> None:
    assert old in WHOLE
    assert findings(WHOLE.replace(old, new)) == []


def test_an_old_issue_does_not_lack_what_there_was_not_yet() -> None:
    assert (
        findings(
            "Title: This Week in Rust 60\nDate: 2014-08-04\n\n# Notable Links\n\n* [a](https://a.example)\n"
        )
        == []
    )


def test_a_finding_says_what_is_wrong_in_words() -> None:
    messages = [finding.message for finding in parse(WHOLE.replace(HIRING, "INSERT_LINK_HERE")).findings]
    assert messages == ["the hiring link is still INSERT_LINK_HERE"]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("* [*One* of](https://a.example", 'the link "*One* of" has no closing parenthesis'),
        ("* [a](u.example/v)", 'the link "a" has no scheme: u.example/v'),
        ("* [a](u)", 'the link "a" is relative to the issue\'s page: u'),
        (
            "* [a](https://a.example)* [b](https://b.example)",
            'the link "b" stands on the line of another entry',
        ),
        ("* [a](https://a.example)\n[video] [b](https://b.example)", 'the link "b" has no bullet before it'),
        (
            "* 2026-08-13 | Oslo | [a](https://a.example)\n    * [b](https://b.example)\n"
            " 2026-08-14 | Rome, IT | [c](https://c.example)",
            'the event "2026-08-14 | Rome, IT" has no bullet before it and is not counted',
        ),
        ("[**A**](https://a.example | 2026-09-01 | Oslo", 'the link "**A**" has no closing parenthesis'),
        ("See [a](https://a.example, or not.", 'the address behind "a" is no link'),
        ("* [a]https://a.example)", 'the link "a" has a bracket too few or a wrong one'),
        ("* a at https://a.example and more", 'the address in "a at https://a.example and more" is no link'),
    ],
)
def test_a_slip_is_told_in_words(entry: str, message: str) -> None:
    whole = WHOLE.replace(MERGED, f"{MERGED}\n\n{entry}")
    assert [finding.message for finding in parse(whole).findings] == [message]


TRIAGE = (
    "### Rust Compiler Performance Triage\n\nQuiet.\n\n[Full report here](https://p.example/triage/{}.md)"
)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026/2026-08-11", None),
        ("2026-08-06", None),
        (
            "2026/2026-08-04",
            "of 2026-08-04, 8 days before the issue",
        ),
        (
            "2025/2025-08-11",
            "of 2025-08-11, 366 days before the issue",
        ),
        (
            "2027-08-11",
            "of 2027-08-11, 364 days after the issue",
        ),
        ("2026-13-11", None),
        ("2026-08-04.md), [second](https://p.example/triage/2026-08-11", None),
    ],
)
def test_a_report_of_another_week_is_found_by_its_day(day: str, said: str | None) -> None:
    issue = parse(WHOLE.replace(MERGED, f"{MERGED}\n\n{TRIAGE.format(day)}"))

    expected = [(f"the performance report is {said}: no post mentions it", 17)] if said else []
    assert [(finding.message, finding.line) for finding in issue.findings] == expected
    assert issue.performance is not None
    assert issue.performance.stale is (said is not None)


def test_a_report_pasted_without_its_address_is_dated_by_its_heading() -> None:
    pasted = (
        "### Rust Compiler Performance Triage\n\n# 2026-08-04 Triage Log\n\nQuiet.\n\nTriage done by **@a**."
    )
    performance = parse(WHOLE.replace(MERGED, f"{MERGED}\n\n{pasted}")).performance
    assert performance is not None
    assert performance.stale


def test_findings_come_in_the_order_of_their_lines() -> None:
    lines = [
        line or 0 for _, line in findings(WHOLE.replace(HIRING, "").replace(TALK, "").replace(CRATE, ""))
    ]
    assert lines == sorted(lines)
    assert len(lines) == 3
