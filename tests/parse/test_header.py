from __future__ import annotations

from datetime import date

import pytest

from crosspost.config.schema import NewsletterConfig
from crosspost.errors import IssueError
from crosspost.model import FindingKind
from crosspost.parse import parse


def header(
    title: str = "This Week in Rust 664", day: str = "2026-08-12", number: str = "664", **more: str
) -> str:
    fields = {"Title": title, "Number": number, "Date": day, "Category": "This Week in Rust", **more}
    return "".join(f"{key}: {value}\n" for key, value in fields.items() if value) + "\nHello.\n"


def test_title_number_date_and_the_pages_address() -> None:
    issue = parse(header())
    assert (issue.number, issue.title, issue.date) == (664, "This Week in Rust 664", date(2026, 8, 12))
    assert issue.url == "https://this-week-in-rust.org/blog/2026/08/12/this-week-in-rust-664/"


@pytest.mark.parametrize(
    ("title", "day", "number", "slug"),
    [
        ("Last Week in Rust 8", "2013-07-29 10:25", 8, "2013/07/29/last-week-in-rust-8"),
        ("These Weeks in Rust 127", "2016-04-18", 127, "2016/04/18/these-weeks-in-rust-127"),
        ("This Week In Rust", "2013-06-07 18:46", 1, "2013/06/07/this-week-in-rust"),
        ("This Week In Rust", "2013-06-15 01:17", 2, "2013/06/15/this-week-in-rust"),
        ("This Week in Rust 367", "2020-12-2", 367, "2020/12/02/this-week-in-rust-367"),
        ("This Week in Rust 0x100", "2018-10-16", 256, "2018/10/16/this-week-in-rust-0x100"),
        ("The 12th Issue: Übersicht #9", "2024-01-01", 9, "2024/01/01/the-12th-issue-ubersicht-9"),
    ],
)
def test_an_old_issue_has_its_number_in_its_title(title: str, day: str, number: int, slug: str) -> None:
    issue = parse(header(title, day, ""))
    assert issue.number == number
    assert issue.url == f"https://this-week-in-rust.org/blog/{slug}/"


def test_a_number_that_stands_only_in_the_file_name() -> None:
    text = header("This Week in Rust", "2014-01-01", "")
    assert parse(text, path="content/2014-01-01-this-week-in-rust-31.markdown").number == 31


@pytest.mark.parametrize(
    ("title", "path"),
    [
        ("Week Ending January 4, 2026", "2026-01-04-update.md"),
        ("This Week in GNOME, 4 Jan 2026", "content/2026-01-04.md"),
        ("This week: version 2", ""),
        ("Last week's top 10", ""),
        ("This Week in Rust 1.80", "release-1-80.md"),
        ("Our weekly digest of May 12", ""),
        ("A Week of Rust 2024", "the-week-2024.md"),
        ("Fifteen crates and Rust 2", "crates-15.md"),
    ],
)
def test_a_year_a_day_a_version_or_a_count_is_no_number(title: str, path: str) -> None:
    with pytest.raises(IssueError, match="has no number, neither in its header nor in its title"):
        parse(header(title, "2026-01-04", ""), path=path)


def test_a_year_behind_the_number_is_no_other_number() -> None:
    issue = parse(header("This Week in Rust 664 (August 2026)"))
    assert all(finding.kind is not FindingKind.NUMBER_DISAGREES for finding in issue.findings)


@pytest.mark.parametrize("spaces", [1, 2, 3])
def test_up_to_three_spaces_may_stand_before_a_key(spaces: int) -> None:
    head, _, text = header().partition("\n\n")
    indented = "".join(f"{' ' * spaces}{line}\n" for line in head.splitlines())
    assert parse(f"{indented}\n{text}") == parse(header())


def test_the_site_is_the_newsletters_own() -> None:
    assert parse(header(), newsletter=NewsletterConfig(site="https://example.org/")).url.startswith(
        "https://example.org/blog/2026/08/12/"
    )


def test_a_slug_of_its_own_is_the_pages_address() -> None:
    assert (
        parse(header(Slug="rust-at-ten")).url == "https://this-week-in-rust.org/blog/2026/08/12/rust-at-ten/"
    )


@pytest.mark.parametrize(
    "change", [lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n"), str.lstrip]
)
def test_a_byte_order_mark_and_other_line_ends_change_nothing(change: object) -> None:
    assert callable(change)
    assert parse(change(header())) == parse(header())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no Title"),
        ("\n \n", "no Title"),
        ("Hello, world\n", "no Title"),
        ("\x00\x01\x02", "no Title"),
        (header(day=""), "no Date"),
        (header(day="yesterday"), 'found "yesterday"'),
        (header(day="2026-02-30"), "no Date"),
        (header("$twir_issue_number", "$twir_issue_date", "$twir_issue_number"), "no Date"),
        (header(number="$twir_issue_number"), 'says "Number: '),
        (header("The State of Rust 0.8", "2013-10-06", ""), "no number"),
        (header("Privacy Policy", number=""), "no number"),
        (header() + "x" * 300_000, "characters"),
    ],
)
def test_what_is_no_issue_is_an_error_of_one_sentence(text: str, says: str) -> None:
    with pytest.raises(IssueError, match=r"^.{10,200}$") as error:
        parse(text)
    assert says in str(error.value)


def test_a_number_that_disagrees_with_the_title_is_a_finding() -> None:
    issue = parse(header("This Week in Rust 133", "2016-05-31", "132"))
    assert issue.number == 132
    assert [
        finding.message for finding in issue.findings if finding.kind is FindingKind.NUMBER_DISAGREES
    ] == ["the header's number is 132, the title's 133"]
    assert all(finding.kind is not FindingKind.NUMBER_DISAGREES for finding in parse(header()).findings)
