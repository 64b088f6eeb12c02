from __future__ import annotations

import logging
from dataclasses import asdict
from pathlib import Path

import pytest

from crosspost.parse.audit import audit

SITE = "https://this-week-in-rust.org"


def thread(number: int | str, thread_id: str) -> str:
    return f"https://www.reddit.com/r/rust/comments/{thread_id}/this_week_in_rust_{number}/"


def write(folder: Path, number: int, url: str | None, name: str | None = None) -> str:
    """An issue whose discussion line, when it has one, is its sixth."""
    line = "" if url is None else f"<small>[Discuss on r/rust]({url})</small>\n"
    header = f"Title: This Week in Rust {number}\nNumber: {number}\nDate: 2026-08-12\n\nHello.\n"
    file = name or f"{number}-this-week-in-rust.md"
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(header + line, "utf-8")
    return file


def problems(folder: Path) -> list[tuple[int, int | None, str, str]]:
    return [(finding.number, finding.line, finding.problem, finding.url) for finding in audit(folder)]


def test_each_problem_has_its_number_file_line_and_address(tmp_path: Path) -> None:
    write(tmp_path, 600, thread(600, "aa"))
    write(tmp_path, 601, "REDDIT_LINK_HERE")
    write(tmp_path, 602, "")
    write(tmp_path, 603, f"{SITE}/blog/2026/08/12/this-week-in-rust-603/")
    write(tmp_path, 604, thread(599, "bb"))
    write(tmp_path, 605, None)

    assert [asdict(finding) for finding in audit(tmp_path)] == [
        {
            "number": 601,
            "file": "601-this-week-in-rust.md",
            "line": 6,
            "problem": "placeholder",
            "url": "REDDIT_LINK_HERE",
        },
        {"number": 602, "file": "602-this-week-in-rust.md", "line": 6, "problem": "empty", "url": ""},
        {
            "number": 603,
            "file": "603-this-week-in-rust.md",
            "line": 6,
            "problem": "own-page",
            "url": f"{SITE}/blog/2026/08/12/this-week-in-rust-603/",
        },
        {
            "number": 604,
            "file": "604-this-week-in-rust.md",
            "line": 6,
            "problem": "other-issue",
            "url": thread(599, "bb"),
        },
        {"number": 605, "file": "605-this-week-in-rust.md", "line": None, "problem": "empty", "url": ""},
    ]


def test_two_issues_with_one_thread_are_both_named(tmp_path: Path) -> None:
    write(tmp_path, 600, thread(600, "cc"))
    write(tmp_path, 601, "https://redd.it/cc")
    write(tmp_path, 602, thread(602, "dd"))
    assert problems(tmp_path) == [
        (600, 6, "shared", thread(600, "cc")),
        (601, 6, "shared", "https://redd.it/cc"),
    ]


def test_a_link_that_belongs_to_another_issue_is_that_before_it_is_shared(tmp_path: Path) -> None:
    write(tmp_path, 453, thread(453, "ee"))
    write(tmp_path, 454, thread(453, "ee"))
    assert problems(tmp_path) == [
        (453, 6, "shared", thread(453, "ee")),
        (454, 6, "other-issue", thread(453, "ee")),
    ]


def test_an_issue_kept_twice_does_not_share_with_itself(tmp_path: Path) -> None:
    write(tmp_path, 600, thread(600, "aa"), "content/600.md")
    write(tmp_path, 600, thread(600, "aa"), "draft/600.md")
    assert problems(tmp_path) == []


@pytest.mark.parametrize("number", [1, 100, 247])
def test_an_issue_from_before_there_was_the_line_is_no_finding(tmp_path: Path, number: int) -> None:
    write(tmp_path, number, None)
    assert problems(tmp_path) == []


def test_a_thread_that_only_a_person_can_judge_is_no_finding(tmp_path: Path) -> None:
    write(tmp_path, 600, "https://redd.it/ff")
    assert problems(tmp_path) == []


def test_one_bad_file_is_a_warning_and_hides_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "noise.md").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "privacy-policy.md").write_text("Title: Privacy Policy\nDate: 2020-01-01\n\nNone.\n", "utf-8")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / "folder.md").mkdir()
    write(tmp_path, 601, "", "years/2026/601.markdown")

    with caplog.at_level(logging.WARNING):
        found = audit(tmp_path)

    assert [(finding.file, finding.problem) for finding in found] == [("years/2026/601.markdown", "empty")]
    assert len(caplog.records) == 2
    assert "noise.md" in caplog.text
    assert "privacy-policy.md" in caplog.text


def test_a_folder_without_issues_has_no_findings(tmp_path: Path) -> None:
    assert audit(tmp_path) == ()
    assert audit(tmp_path / "absent") == ()


@pytest.mark.shared
def test_the_archives_broken_links_are_the_known_ones(shared: Path) -> None:
    found = {(finding.number, finding.problem) for finding in audit(shared / "issues")}
    assert found == {
        (442, "own-page"),
        (454, "other-issue"),
        (502, "own-page"),
        (604, "own-page"),
        (616, "placeholder"),
    }
