"""The gate's answers, and the words that status shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from crosspost import parse
from crosspost.config.schema import GateConfig
from crosspost.model import Finding, FindingKind, IssueRecord, IssueState
from crosspost.watch import gate
from crosspost.watch.gate import NEVER_POSTED, Evidence, Wait
from tests.newsroom import PUBLISHED, issue_text

LIVE = ""
QUIET = PUBLISHED + timedelta(minutes=10)
CONFIG = GateConfig()


def record(changed_at: datetime = PUBLISHED) -> IssueRecord:
    return IssueRecord(
        newsletter="This Week in Rust",
        number=665,
        title="This Week in Rust 665",
        url="https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/",
        date=date(2026, 8, 19),
        source="git",
        path="content/665.md",
        fingerprint="f",
        state=IssueState.WAITING,
        reason="",
        first_seen_at=PUBLISHED,
        changed_at=changed_at,
        planned_at=None,
        settled_at=None,
    )


def reason(
    text: str = "",
    *,
    config: GateConfig = CONFIG,
    page: str | None = LIVE,
    in_feed: bool = False,
    now: datetime = QUIET,
    in_content: bool = True,
) -> str:
    read = parse.parse(text or issue_text())
    verdict = gate.assess(read, record(), config, Evidence(page, in_feed, in_content), now)
    return verdict.reason if isinstance(verdict, Wait) else ""


def test_an_issue_that_is_out_whole_and_quiet_is_let_through() -> None:
    assert gate.assess(parse.parse(issue_text()), record(), CONFIG, Evidence(LIVE), QUIET) is None


def test_a_discussion_link_that_is_not_filled_holds_nothing_back() -> None:
    assert reason(issue_text(link="")) == ""


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("no crate of the week", issue_text(crate=False)),
        ("the hiring link is still INSERT_LINK_HERE", issue_text(hiring="INSERT_LINK_HERE")),
        ("no quote of the week", issue_text().partition("# Quote of the Week")[0]),
        (
            "no list of merged pull requests",
            issue_text().replace("312 pull requests were [merged in the last week][merged]", ""),
        ),
        (
            "a merge conflict was left in: <<<<<<< HEAD",
            issue_text().replace("## Jobs", "<<<<<<< HEAD\n\n## Jobs"),
        ),
        (
            "text of the template was left in: YYYY-MM-DD",
            issue_text().replace("## Jobs", "Covering YYYY-MM-DD\n\n## Jobs"),
        ),
        (
            "the header's number is 666, the title's 665",
            issue_text().replace("Number: 665", "Number: 666"),
        ),
    ],
)
def test_what_is_missing_or_left_over_is_the_reason(expected: str, text: str) -> None:
    assert reason(text) == expected
    assert reason(text, config=replace(CONFIG, whole=False)) == ""


def test_whatever_a_draft_has_and_an_issue_has_not_holds_it_back() -> None:
    """The kinds of finding are two: those that an issue can live with stand here, all others are waited for."""
    harmless = {
        FindingKind.DIRECTIVE,
        FindingKind.DISCUSSION_EMPTY,
        FindingKind.DISCUSSION_MISSING,
        FindingKind.DISCUSSION_OTHER_ISSUE,
        FindingKind.DISCUSSION_OWN_PAGE,
        FindingKind.DISCUSSION_PLACEHOLDER,
        FindingKind.EMPTY_LINK,
        FindingKind.INCOMPLETE_ADDRESS,
        FindingKind.OTHER_ISSUE,
        FindingKind.REPAIRED_ENCODING,
        FindingKind.SLIP,
        FindingKind.STALE_PERFORMANCE,
    }

    for kind in FindingKind:
        read = replace(parse.parse(issue_text()), findings=(Finding(kind, None, "the finding"),))
        verdict = gate.assess(read, record(), CONFIG, Evidence(LIVE), QUIET)
        assert verdict == (None if kind in harmless else Wait("the finding", None)), kind
        anyway = gate.assess(read, record(), replace(CONFIG, whole=False), Evidence(LIVE), QUIET)
        assert (anyway is None) == (kind not in NEVER_POSTED), kind


def test_a_page_that_is_not_live_is_the_reason() -> None:
    assert reason(page="page answers 404") == "page answers 404"
    assert reason(page=None) == "page was not checked"
    assert reason(page=None, config=replace(CONFIG, page_live=False)) == ""


def test_feed_and_content_count_when_they_are_asked_for() -> None:
    assert reason(in_feed=False, config=replace(CONFIG, in_feed=True)) == "not in the feed"
    assert reason(in_feed=True, config=replace(CONFIG, in_feed=True)) == ""
    assert reason(in_content=False, config=replace(CONFIG, in_content=True)) == "not in the content folder"


def test_quiet_counts_from_the_last_change_and_says_until_when() -> None:
    verdict = gate.assess(
        parse.parse(issue_text()), record(), CONFIG, Evidence(LIVE), QUIET - timedelta(seconds=1)
    )

    assert verdict == Wait("quiet until 02:10 UTC", QUIET)


def test_quiet_until_another_day_names_the_day() -> None:
    config = replace(CONFIG, quiet_for=timedelta(days=1))

    assert reason(config=config) == "quiet until 2026-08-21 02:00 UTC"


def test_an_old_issue_waits_for_a_person_and_says_what_to_do() -> None:
    now = datetime(2026, 8, 28, 12, tzinfo=UTC)

    assert reason(now=now) == "issue is 9 days old; announce it with: crosspost post 665"
    assert reason(now=datetime(2026, 8, 26, tzinfo=UTC)) == ""


def test_a_date_in_the_future_waits_for_that_day_and_tomorrow_is_no_future() -> None:
    text = issue_text(day="2026-09-02")
    verdict = gate.assess(parse.parse(text), record(), CONFIG, Evidence(LIVE), QUIET)

    assert verdict == Wait("is dated 2026-09-02, in the future", datetime(2026, 9, 1, tzinfo=UTC))
    assert reason(issue_text(day="2026-08-21")) == ""


def test_the_gate_is_asked_again_when_the_last_of_the_times_has_come() -> None:
    text = issue_text(day="2026-09-02")
    verdict = gate.assess(parse.parse(text), record(), CONFIG, Evidence(LIVE), PUBLISHED)

    assert verdict == Wait(
        "is dated 2026-09-02, in the future; quiet until 02:10 UTC", datetime(2026, 9, 1, tzinfo=UTC)
    )


def test_all_reasons_are_named_and_no_time_is_promised_while_something_is_missing() -> None:
    read = parse.parse(issue_text(crate=False))
    verdict = gate.assess(read, record(), CONFIG, Evidence("page answers 404"), PUBLISHED)

    assert verdict == Wait("page answers 404; no crate of the week; quiet until 02:10 UTC", None)


def test_what_a_person_overrides_is_named_one_by_one() -> None:
    read = parse.parse(issue_text(crate=False))
    wait = gate.assess(read, record(), CONFIG, Evidence("page answers 404"), PUBLISHED)

    assert wait is not None
    assert wait.phrases == ("page answers 404", "no crate of the week", "quiet until 02:10 UTC")
