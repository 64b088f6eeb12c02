"""The headers of other newsletters: Jekyll's and Hugo's YAML, Zola's TOML, a heading; and what numbers their issues."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest

from crosspost.config.schema import NewsletterConfig
from crosspost.errors import IssueError
from crosspost.model import FindingKind, Issue, MalformedIssue
from crosspost.parse import parse
from crosspost.parse.frontmatter import front_matter
from crosspost.parse.header import Unnumbered, inspect_header

GAZETTE = NewsletterConfig(
    name="Gazette", site="https://gazette.example.org", page="{site}/{date:%Y/%m}/{slug}/"
)


def gazette(text: str, path: str = "issue.md") -> Issue:
    return parse(text, newsletter=GAZETTE, path=path)


@pytest.mark.parametrize(
    "header",
    [
        'title: "Gazette #12"\ndate: "2026-11-18"',
        "title: 'Gazette #12'\ndate: 2026-11-18 22:00:00 -0000\ntags: [a, b]\nauthors:\n  - Ann\n  - Ben",
        "layout: post\ntitle: Gazette\nissue: 12\ndate: 2026-11-18T22:00:00+09:00",
        "title: Gazette, the twelfth\nNumber: '012'\nDate: 2026-11-18\nextra: {issue: 99}",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_yaml_between_three_hyphens_is_a_header_and_no_text(header: str, end: str) -> None:
    issue = gazette(
        f"---\n{header}\n---\n\n## News\n\n* [A story](https://example.org/1)\n".replace("\n", end)
    )

    assert (issue.number, issue.date) == (12, date(2026, 11, 18))
    assert issue.title.startswith("Gazette")
    assert [section.heading for section in issue.community] == ["News"]


def test_toml_between_three_plus_signs_is_a_header() -> None:
    issue = gazette('+++\ntitle = "Gazette: March"\ndate = 2026-04-03\n[extra]\nissue = 61\n+++\n\nText.\n')

    assert issue.number == 20260403  # `extra.issue` counts only where the configuration says so

    named = NewsletterConfig(name="Gazette", page="{site}/{number}/", number="extra.issue")
    text = '+++\ntitle = "Gazette: March"\ndate = 2026-04-03\n[extra]\nissue = 61\n+++\n\nText.\n'
    assert parse(text, newsletter=named).url.endswith("/61/")


@pytest.mark.parametrize("heading", ["# Gazette 107", "Gazette 107\n===========", "\n\n# Gazette 107 #"])
def test_without_a_header_the_first_heading_is_the_title_and_the_files_name_has_the_date(
    heading: str,
) -> None:
    issue = gazette(
        f"{heading}\n\nHello.\n\n## News\n\n* [A story](https://example.org/1)\n", "2026-11-18.md"
    )

    assert (issue.title, issue.number, issue.date) == ("Gazette 107", 107, date(2026, 11, 18))
    assert [section.heading for section in issue.community] == ["News"]


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("Nov 19, 2026", date(2026, 11, 19)),
        ("19 November 2026", date(2026, 11, 19)),
        ("Thu, 19 Nov 2026 08:00:00 +0100", date(2026, 11, 19)),
        ("2026/11/19", date(2026, 11, 19)),
        ("19/11/2026", None),
        ("19.11.26", None),
        ("November 2026", None),
        ("Nov 31, 2026", None),
        ("soon", None),
        ("", date(2026, 1, 1)),
    ],
)
def test_a_date_may_have_its_month_in_words_and_is_never_guessed(said: str, day: date | None) -> None:
    found = inspect_header(f"---\ntitle: Gazette 12\ndate: '{said}'\n---\nText\n", GAZETTE, "2026-01-01.md")

    assert (found.date if found else None) == day


@pytest.mark.parametrize(
    ("title", "number"),
    [
        ("Gazette #42", 42),
        ("Issue 42: what a week", 42),
        ("Gazette #61 - March 2025", 61),
        ("Gazette Week 12", 12),
        ("Gazette No. 7, 2026", 7),
        ("Die Zeitung, Ausgabe 42: Herbst", 42),
        ("La gazette n° 42 – novembre 2026", 42),
        ("Вестник, выпуск 42: ноябрь", 42),
        ("科技爱好者周刊（第 42 期）：标题", 42),
        ("週刊 第42号", 42),
        ("주간 소식 제42호", 42),
        ("週刊ざっし vol.42：新しい号", 42),
        ("Gazette Vol. 3, Issue 42", 42),
        ("Weekly notes 42: 3.15 alpha 2, PEP 810", 42),
        ("42: Focus, and how to keep it", 42),
        ("#42 – Tea", 42),
        ("العدد ٤٢: أخبار عام ٢٠٢٦", 42),
    ],
)
def test_a_title_says_its_number_in_many_ways(title: str, number: int) -> None:
    assert gazette(f"---\ntitle: '{title}'\ndate: 2026-11-18\n---\nText\n").number == number


@pytest.mark.parametrize(
    "title",
    [
        "Week Ending November 18, 2026",
        "Gazette Week 12, 2026",
        "2026 Week 12",
        "This Month: November 2026",
        "Gazette 1.80 is out",
        "We fixed #123 and #456",
        "Issue 2026",
        "Top 10 of the week",
        "A weekly for PEP 810",
        "Weekly digest: Python 4",
        "1984: a review",
        "3 – 5 December: the meeting",
        "12:30 in the newsroom",
        "Gazette 47/2026",
        "Gazette: #10,000 readers",
    ],
)
def test_where_there_is_no_number_the_date_is_the_identity(title: str) -> None:
    assert gazette(f"---\ntitle: '{title}'\ndate: 2026-11-18\n---\nText\n").number == 20261118


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("2026-11-18-issue-12.md", 12),
        ("issues/issue-12/index.md", 12),
        ("https://gazette.example.org/issue-12/", 12),
        ("2026/week-47.md", 20261118),
        ("2026/11/18.md", 20261118),
        ("release-2.md", 20261118),
    ],
)
def test_the_files_name_may_say_the_number_and_a_week_of_the_year_is_none(path: str, number: int) -> None:
    assert gazette("---\ntitle: Any\ndate: 2026-11-18\n---\nText\n", path).number == number


def test_this_week_in_rust_has_numbers_and_is_never_known_by_its_day() -> None:
    with pytest.raises(IssueError, match="has no number"):
        parse("---\ntitle: A word of the editors\ndate: 2026-11-18\n---\nText\n")


@pytest.mark.parametrize(
    ("pattern", "header", "path", "url"),
    [
        ("{site}/{date:%Y/%m/%d}/{slug}/", "title: Übersicht 4", "x.md", "2026/11/18/ubersicht-4/"),
        (
            "{site}/{date:%Y}/{file}.html",
            "title: Any",
            "_posts/2026-11-18-an-update.md",
            "2026/an-update.html",
        ),
        ("{site}/issues/{number}/", "title: Gazette\nissue: 7", "x.md", "issues/7/"),
        ("{site}/{slug}", "title: Any\nslug: of-its-own", "x.md", "of-its-own"),
        ("{site}/{slug}", "title: Вестник", "x.md", "%D0%B2%D0%B5%D1%81%D1%82%D0%BD%D0%B8%D0%BA"),
        ("{site}/{slug}/", "title: Any", "content/issues/061/index.md", "061/"),
        ("{site}/{file}/", "title: Any", "posts/2026-11-18-an-update/index.md", "an-update/"),
        ("{site}/{slug}/", "title: Any\nslug: of-its-own", "content/061/index.md", "of-its-own/"),
        ("{site}/{slug}", "title: Any\npermalink: /here/", "x.md", "here/"),
        ("{site}/{slug}", "title: Any\npermalink: /:year/:title/", "x.md", "any"),
        ("{site}/{slug}", "title: Any\nurl: https://gazette.example.org/there/", "x.md", "there/"),
    ],
)
def test_the_pages_address_is_the_headers_or_made_by_the_pattern(
    pattern: str, header: str, path: str, url: str
) -> None:
    newsletter = NewsletterConfig(name="Gazette", site="https://gazette.example.org/", page=pattern)
    issue = parse(f"---\n{header}\ndate: 2026-11-18\n---\nText\n", newsletter=newsletter, path=path)

    assert issue.url == f"https://gazette.example.org/{url}"


def test_without_pattern_and_url_the_sentence_says_what_is_missing() -> None:
    found = inspect_header(
        "---\ntitle: Gazette 5\nissue: 5\ndate: 2026-11-18\n---\n", NewsletterConfig("G"), "x.md"
    )

    assert isinstance(found, MalformedIssue)
    assert "no Url, and the configuration no [newsletter] page" in found.reason


@pytest.mark.parametrize("says", ["draft: true", "published: false", "status: hidden"])
def test_what_its_header_calls_a_draft_is_a_finding(says: str) -> None:
    issue = gazette(f"---\ntitle: Gazette 5\nissue: 5\ndate: 2026-11-18\n{says}\n---\nText\n")

    assert [finding.kind for finding in issue.findings] == [FindingKind.DRAFT]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("---\ntitle: 'Gazette\ndate: 2026-11-18\n---\nText\n", "between --- is not YAML in line"),
        ("---\na: &a [x]\nb: [*a, *a]\n---\n", "alias"),
        (f"---\na: {'[' * 200}{']' * 200}\n---\n", "nested too deeply"),
        ("+++\ntitle = Gazette\n+++\n", "between +++ is not TOML"),
        (f"+++\na = {'9' * 5000}\n+++\n", "between +++ is not TOML"),
    ],
)
def test_a_header_that_cannot_be_read_is_said_in_a_sentence(text: str, says: str) -> None:
    found = inspect_header(text, GAZETTE, "x.md")

    assert isinstance(found, Unnumbered)
    assert found.reason.startswith("its header between")
    assert says in found.reason


@pytest.mark.parametrize(
    "text",
    ["---\n", "---\nA paragraph.\n---\nAnother.\n", "---\n" * 4000, "+++\n" * 4000, "---\n" + "a: [" * 4000],
)
def test_a_rule_begins_no_header_and_nothing_takes_long(text: str) -> None:
    started = time.process_time()
    front_matter(text)

    assert time.process_time() - started < 5
    assert inspect_header(text, GAZETTE, "x.md") is None or "[" in text


def test_the_lines_of_findings_are_the_files(tmp_path: Path) -> None:
    del tmp_path
    issue = gazette("---\ntitle: Gazette 5\nissue: 5\ndate: 2026-11-18\n---\n\n<<<<<<< HEAD\n\nText\n")

    assert [(finding.kind, finding.line) for finding in issue.findings] == [(FindingKind.MERGE_CONFLICT, 7)]
