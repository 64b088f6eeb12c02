"""What editors say to crosspost in comments of the issue: understood, or a finding and otherwise ignored."""

from __future__ import annotations

import pytest

from crosspost import parse
from crosspost.model import Directives, FindingKind
from tests.newsroom import issue_text


def understood(comment: str) -> Directives:
    issue = parse.parse(with_comment(comment))
    assert [each for each in issue.findings if each.kind is FindingKind.DIRECTIVE] == []
    return issue.directives


def with_comment(comment: str) -> str:
    return issue_text().replace("## Crate of the Week", f"{comment}\n\n## Crate of the Week")


def test_an_issue_without_comments_says_nothing() -> None:
    assert understood("<!-- a comment of the template -->") == Directives()


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        (
            "<!-- crosspost: lead https://example.org/caret-665/ -->",
            Directives(lead="https://example.org/caret-665/"),
        ),
        ("<!-- crosspost: skip x -->", Directives(skip=("x",))),
        ("<!--Crosspost: skip x, reddit-->", Directives(skip=("x", "reddit"))),
        ("<!-- crosspost: hold -->", Directives(hold="")),
        ("<!-- crosspost: hold until 20:30 UTC -->", Directives(hold="20:30 UTC")),
        (
            "<!-- crosspost: text x: Out now!\n\nhttps://a.example -->",
            Directives(texts={"x": "Out now!\n\nhttps://a.example"}),
        ),
        ("Some words. <!-- crosspost: skip x -->", Directives(skip=("x",))),
        ("<!-- crosspost: skip x -->\n<!-- crosspost: hold -->", Directives(skip=("x",), hold="")),
    ],
)
def test_a_comment_is_understood(comment: str, said: Directives) -> None:
    assert understood(comment) == said


@pytest.mark.parametrize(
    ("comment", "why"),
    [
        ("<!-- crosspost: lead https://example.org/other -->", "no link among the articles leads to"),
        ("<!-- crosspost: skip -->", "skip takes the name of an account"),
        ("<!-- crosspost: hold until tomorrow -->", "expected a time in UTC"),
        ("<!-- crosspost: hold 20:30 -->", "hold takes a time, as in: hold until 20:30 UTC"),
        ("<!-- crosspost: text x -->", "text takes an account and the words"),
        ("<!-- crosspost: announce everywhere -->", "is none of: lead URL, skip ACCOUNT"),
        ("<!-- crosspost skip x -->", "is none of: lead URL"),
    ],
)
def test_a_wrong_comment_is_a_finding_and_ignored(comment: str, why: str) -> None:
    issue = parse.parse(with_comment(comment))

    (finding,) = [each for each in issue.findings if each.kind is FindingKind.DIRECTIVE]
    assert why in finding.message
    assert finding.line == with_comment(comment).splitlines().index(comment) + 1
    assert issue.directives == Directives()


@pytest.mark.parametrize(
    "code", ["```\n<!-- crosspost: skip x -->\n```", "Write `<!-- crosspost: skip x -->` into the issue."]
)
def test_in_code_a_comment_is_no_comment(code: str) -> None:
    assert understood(code) == Directives()


def test_no_more_comments_are_read_than_anyone_writes() -> None:
    many = "\n".join(f"<!-- crosspost: skip a{n} -->" for n in range(30))
    issue = parse.parse(with_comment(many))

    assert len(issue.directives.skip) == 20
    assert len([each for each in issue.findings if each.kind is FindingKind.DIRECTIVE]) == 10


def test_parse_shows_them_as_json() -> None:
    document = parse.to_json(parse.parse(with_comment("<!-- crosspost: skip x -->")))

    assert document["directives"] == {"lead": None, "skip": ["x"], "hold": None, "texts": {}}
