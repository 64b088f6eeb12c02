"""The newsletter's own issues, where they are at hand: every field of each, and not a byte of a clean one changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crosspost.parse import decode, discussion, parse, parse_bytes, to_json

pytestmark = pytest.mark.shared


def issues(shared: Path) -> list[Path]:
    return sorted((shared / "issues").glob("*.md"))


def fills(shared: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((shared / "fills" / "fills.json").read_text("utf-8"))
    return found


def test_every_field_of_every_issue_is_as_expected(shared: Path) -> None:
    differing = []
    for path in issues(shared):
        issue = parse_bytes(path.read_bytes(), path=path.name)
        expected = json.loads((shared / "issues" / "expected" / f"{issue.number}.json").read_text("utf-8"))
        document = to_json(issue)
        differing += [(issue.number, key) for key in expected if document[key] != expected[key]]
    assert differing == []


def test_a_clean_issue_is_never_changed(shared: Path) -> None:
    for path in issues(shared):
        decoded = decode(path.read_bytes())
        assert decoded.damage is None
        assert decoded.text.encode() == path.read_bytes()


@pytest.mark.parametrize("seed", [592, 593])
def test_a_draft_that_was_read_as_mac_roman_is_whole_again(shared: Path, seed: int) -> None:
    decoded = decode((shared / "seeds" / f"{seed}.txt").read_bytes())

    assert decoded.damage == "UTF-8 read as Mac Roman"
    assert "Nürnberg" in decoded.text
    assert "🦀" in decoded.text
    issue = parse(decoded.text)
    assert issue.number == seed
    assert {finding.kind.value for finding in issue.findings} >= {
        "hiring-placeholder",
        "discussion-placeholder",
    }


def test_an_address_put_where_the_line_has_its_own_is_the_editors_edit_byte_for_byte(shared: Path) -> None:
    for edit in fills(shared):
        before, after = (
            (shared / "fills" / f"{edit['number']}.{state}.md").read_bytes().decode()
            for state in ("before", "after")
        )
        line = discussion.find_discussion_line(before)
        assert line is not None
        assert line.line == edit["line"]
        assert discussion.fill(before, line, edit["url"]) == after


def test_the_standing_of_a_link_is_what_the_editors_made_of_it(shared: Path) -> None:
    standing_of = {
        "empty": "empty",
        "stale": "other-issue",
        "placeholder": "placeholder",
        "self-url": "own-page",
        "ok": "right",
    }
    for edit in fills(shared):
        text = (shared / "fills" / f"{edit['number']}.before.md").read_text("utf-8")
        issue, line = parse(text), discussion.find_discussion_line(text)
        assert line is not None
        assert (
            discussion.link_status(line.url, issue.number, issue.url).value
            == standing_of[edit["link_before"]]
        )
        assert discussion.link_status(edit["url"], issue.number, issue.url) is discussion.LinkStatus.RIGHT
