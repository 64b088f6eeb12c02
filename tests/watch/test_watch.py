"""What is new, changed or gone, told from real sources and a real store."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crosspost.backfill import BackfillRequest, run_step
from crosspost.config.schema import BackfillConfig, GateConfig
from crosspost.model import BackfillState, IssueState
from crosspost.parse import TWIR
from crosspost.store import Store, open_store
from crosspost.watch.directory import DirectorySource
from crosspost.watch.git import GitSource
from crosspost.watch.problems import Problem, ProblemKind, Problems, stored_problems
from crosspost.watch.sources import Source
from crosspost.watch.watch import Baseline, WatchResult, poll_sources
from tests.conftest import MovableClock
from tests.newsroom import Checkout, git, issue_text, name_of

NEWS = "This Week in Rust"
FILE = name_of()
Look = Callable[..., WatchResult]


@pytest.fixture
def store(clock: MovableClock, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'crosspost.db'}", NEWS, clock)
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "content"
    place.mkdir()
    (place / name_of("2026-08-12")).write_text(issue_text(664, day="2026-08-12"))
    return place


@pytest.fixture
def look(store: Store, clock: MovableClock, folder: Path) -> Look:
    """One look; at the folder, when no sources are given."""

    def once(*sources: Source, gate: GateConfig | None = None) -> WatchResult:
        chosen = sources or (DirectorySource("directory", folder),)
        problems = Problems(store, clock())
        return poll_sources(chosen, store, gate or GateConfig(), clock, problems, newsletter=TWIR)

    return once


def numbers(seen: WatchResult) -> list[int]:
    return [candidate.issue.number for candidate in seen.candidates]


def wrong(store: Store) -> dict[str, Problem]:
    """What does not work after the last look: source/path → the problem."""
    return {f"{problem.source}/{problem.path}": problem for problem in stored_problems(store)}


def state(store: Store, number: int) -> tuple[IssueState, str]:
    record = store.issue(number)
    assert record is not None
    return record.state, record.reason


def test_what_the_first_look_shows_was_out_already(look: Look, store: Store) -> None:
    assert look() == WatchResult((), (), baseline=Baseline(1, 664))
    assert state(store, 664)[0] is IssueState.BASELINE
    assert look() == WatchResult((), ())


def test_what_was_there_at_the_first_look_and_not_understood_is_no_news_when_it_is_mended(
    look: Look, folder: Path, store: Store
) -> None:
    (folder / FILE).write_text(issue_text().replace("Date: 2026-08-19\n", ""))
    assert look().baseline == Baseline(2, 665)
    assert wrong(store) == {}
    (folder / FILE).write_text(issue_text())

    assert numbers(look()) == []
    assert state(store, 665)[0] is IssueState.BASELINE


def test_an_empty_folder_is_a_baseline_too_and_the_next_file_is_news(look: Look, folder: Path) -> None:
    (folder / name_of("2026-08-12")).unlink()
    look()
    (folder / FILE).write_text(issue_text())

    assert numbers(look()) == [665]


def test_a_new_number_is_a_candidate_at_every_look_until_it_is_planned(
    look: Look, folder: Path, store: Store
) -> None:
    look()
    (folder / FILE).write_text(issue_text())

    for _ in range(2):
        (candidate,) = look().candidates
        assert candidate.issue.number == 665
        assert candidate.sighting.data == issue_text().encode()
        assert candidate.record.state is IssueState.WAITING
        assert (candidate.in_feed, candidate.in_content) == (False, True)


def test_a_changed_file_is_no_new_issue_and_begins_the_quiet_time_anew(
    look: Look, folder: Path, clock: MovableClock
) -> None:
    look()
    (folder / FILE).write_text(issue_text())
    look()
    later = clock.advance(minutes=5)
    (folder / FILE).write_text(issue_text() + "\nA fix.\n")

    (candidate,) = look().candidates

    assert candidate.record.changed_at == later
    clock.advance(minutes=5)
    assert look().candidates[0].record.changed_at == later


def test_thirty_one_old_files_in_one_look_are_no_news(look: Look, folder: Path) -> None:
    for number in range(600, 631):
        (folder / f"{number}.md").write_text(issue_text(number, day="2025-06-04"))
    look()
    for number in range(600, 631):
        (folder / f"{number}.md").write_text(issue_text(number, day="2025-06-04") + "\nhttps, not http.\n")

    assert look() == WatchResult((), ())


def test_a_renamed_file_is_no_news(look: Look, folder: Path) -> None:
    look()
    (folder / name_of("2026-08-12")).rename(folder / "renamed.md")

    assert look() == WatchResult((), ())


def test_gone_while_it_waits_is_withdrawn_and_comes_back_as_new(
    look: Look, folder: Path, store: Store, clock: MovableClock
) -> None:
    look()
    (folder / FILE).write_text(issue_text())
    look()
    (folder / FILE).unlink()

    assert look().withdrawn == (665,)
    assert state(store, 665)[0] is IssueState.WITHDRAWN
    again = clock.advance(hours=15)
    (folder / FILE).write_text(issue_text())
    (candidate,) = look().candidates
    assert candidate.record.changed_at == again


def test_an_old_issue_that_goes_is_nobodys_news(look: Look, folder: Path, store: Store) -> None:
    look()
    (folder / name_of("2026-08-12")).unlink()

    seen = look()

    assert (seen.withdrawn, seen.vanished) == ((), ())
    assert state(store, 664)[0] is IssueState.BASELINE


def test_a_folder_that_is_suddenly_empty_is_a_problem_and_takes_nothing_back(
    look: Look, folder: Path, store: Store
) -> None:
    for number in range(640, 664):
        (folder / f"{number}.md").write_text(issue_text(number, day="2026-03-04"))
    look()
    (folder / FILE).write_text(issue_text())
    look()
    for file in folder.iterdir():
        file.unlink()

    seen = look()

    assert seen.withdrawn == ()
    assert "are gone at once" in wrong(store)["directory/"].reason
    (folder / name_of("2026-08-26")).write_text(issue_text(666, day="2026-08-26"))
    assert numbers(look()) == [666]


def test_a_number_far_above_the_last_waits_for_a_person_and_hides_no_later_issue(
    look: Look, folder: Path, store: Store
) -> None:
    look()
    (folder / "typo.md").write_text(issue_text(99999))
    assert numbers(look()) == []
    assert state(store, 99999) == (
        IssueState.WAITING,
        "number 99999 is 99335 above the last one (664); if it is right, announce it with: crosspost post 99999",
    )

    (folder / FILE).write_text(issue_text())
    assert numbers(look()) == [665]
    (folder / "typo.md").write_text(issue_text(666))
    assert numbers(look()) == [665, 666]


def test_the_same_number_in_two_files_waits_for_a_person(look: Look, folder: Path, store: Store) -> None:
    look()
    (folder / FILE).write_text(issue_text())
    (folder / "copy.md").write_text(issue_text())
    assert numbers(look()) == [665]  # two copies of one text: there is nothing to decide
    (folder / "copy.md").write_text(issue_text().replace("curly", "round"))

    assert numbers(look()) == []
    assert "number 665 is in 2 files" in state(store, 665)[1]
    (folder / "copy.md").unlink()
    assert numbers(look()) == [665]


def test_a_number_below_the_last_is_not_announced_by_itself(
    look: Look, folder: Path, store: Store, clock: MovableClock
) -> None:
    look()
    clock.advance(minutes=1)
    (folder / "late.md").write_text(issue_text(663, day="2026-08-18"))
    (folder / "ancient.md").write_text(issue_text(28, day="2013-12-21"))

    assert numbers(look()) == []
    assert state(store, 28)[0] is IssueState.BASELINE
    assert state(store, 663) == (
        IssueState.WAITING,
        "number 663 came after 664; if it was never announced: crosspost post 663",
    )


def test_next_weeks_draft_that_was_there_by_mistake_hides_no_issue(
    look: Look, folder: Path, clock: MovableClock
) -> None:
    look()
    clock.advance(minutes=1)
    (folder / "next.md").write_text(issue_text(666, day="2026-08-26"))
    look()
    (folder / "next.md").unlink()
    look()
    clock.advance(minutes=1)
    (folder / FILE).write_text(issue_text())

    assert numbers(look()) == [665]
    (folder / "next.md").write_text(issue_text(666, day="2026-08-26"))
    assert numbers(look()) == [665, 666]


def test_two_new_issues_in_one_look_are_both_candidates(look: Look, folder: Path) -> None:
    look()
    (folder / FILE).write_text(issue_text())
    (folder / name_of("2026-08-26")).write_text(issue_text(666, day="2026-08-26"))

    assert numbers(look()) == [665, 666]


def test_an_archive_that_appears_in_an_empty_folder_is_not_announced(
    look: Look, folder: Path, store: Store
) -> None:
    (folder / name_of("2026-08-12")).unlink()
    look()
    for number in range(640, 666):
        day = datetime(2026, 8, 19, tzinfo=UTC) - timedelta(weeks=665 - number)
        (folder / f"{number}.md").write_text(issue_text(number, day=f"{day:%Y-%m-%d}"))

    assert numbers(look()) == [665]
    assert state(store, 664)[0] is IssueState.BASELINE


def test_what_is_no_issue_is_left_alone(look: Look, folder: Path) -> None:
    look()
    (folder / "state-of-rust.md").write_text("Title: The state of Rust\nDate: 2026-08-19\n\nIt is well.\n")
    (folder / "empty.md").write_text("")
    (folder / "noise.md").write_bytes(bytes(range(256)) * 100)

    assert look() == WatchResult((), ())


def test_an_issue_that_cannot_be_read_waits_and_says_why_until_it_can(
    look: Look, folder: Path, store: Store
) -> None:
    look()
    (folder / FILE).write_bytes(issue_text().encode().replace(b"curly", b"\x81\x8d\x8f\xff\xfe"))
    for _ in range(2):
        assert numbers(look()) == []
        problem = wrong(store)[f"directory/{FILE}"]
        assert problem.kind is ProblemKind.WRONG
        assert state(store, 665) == (IssueState.WAITING, problem.reason)
    (folder / FILE).write_text(issue_text())

    assert numbers(look()) == [665]
    assert wrong(store) == {}


def test_a_source_that_does_not_answer_stops_no_other(
    look: Look, folder: Path, tmp_path: Path, store: Store
) -> None:
    here = DirectorySource("directory", folder)
    away = GitSource("git", str(tmp_path / "nowhere"), branch="main", folder="content", cache=tmp_path)
    look(away, here)
    (folder / FILE).write_text(issue_text())

    seen = look(away, here)

    assert numbers(seen) == [665]
    assert list(wrong(store)) == ["git/"]


def test_no_baseline_is_taken_while_no_source_answers(look: Look, folder: Path, store: Store) -> None:
    hidden = folder.rename(folder.with_name("hidden"))
    look()
    assert not store.has_baseline()
    hidden.rename(folder)

    assert numbers(look()) == []
    assert state(store, 664)[0] is IssueState.BASELINE


def test_a_source_that_answers_for_the_first_time_later_brings_no_old_news(
    look: Look, store: Store, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    editor = Checkout.begin(tmp_path)
    editor.commit({f"content/{FILE}": issue_text()})
    away = GitSource("git", str(editor.remote), branch="main", folder="content", cache=tmp_path)
    hidden = editor.remote.rename(tmp_path / "hidden.git")
    look(DirectorySource("directory", empty), away)
    hidden.rename(editor.remote)

    assert numbers(look(DirectorySource("directory", empty), away)) == []
    assert state(store, 665)[0] is IssueState.BASELINE


def test_two_sources_of_one_issue_are_one_candidate(look: Look, folder: Path, tmp_path: Path) -> None:
    editor = Checkout.begin(tmp_path)
    editor.commit({f"content/{name_of('2026-08-12')}": issue_text(664, day="2026-08-12")})
    remote = GitSource("git", str(editor.remote), branch="main", folder="content", cache=tmp_path)
    here = DirectorySource("directory", folder)
    look(here, remote)
    editor.commit({f"content/{FILE}": issue_text()})
    assert numbers(look(here, remote)) == [665]
    (folder / FILE).write_text(issue_text())

    (candidate,) = look(here, remote).candidates

    assert candidate.record.source == "git"  # whoever saw it first stays its source, as long as it shows it
    editor.commit({f"content/{FILE}": None})
    assert look(here, remote).withdrawn == ()


class Feed(DirectorySource):
    """A feed, as far as the watch can tell."""

    in_content = False


def test_a_feed_starts_an_issue_and_the_folder_takes_over_its_text(
    look: Look, folder: Path, tmp_path: Path
) -> None:
    entries = tmp_path / "entries"
    entries.mkdir()
    sources = (Feed("feed", entries, folder=""), DirectorySource("directory", folder))
    look(*sources)
    (entries / "665.md").write_text(issue_text() + "\nAs the page has it.\n")

    (candidate,) = look(*sources).candidates
    assert (candidate.in_feed, candidate.in_content, candidate.record.source) == (True, False, "feed")
    (folder / FILE).write_text(issue_text())
    (candidate,) = look(*sources).candidates
    assert (candidate.in_feed, candidate.in_content, candidate.record.source) == (True, True, "directory")


def test_an_entry_that_rolls_off_the_feed_is_not_taken_back(look: Look, tmp_path: Path, store: Store) -> None:
    feed = Feed("feed", tmp_path / "entries", folder="")
    feed.path.mkdir()
    (feed.path / "664.md").write_text(issue_text(664, day="2026-08-12"))
    look(feed)
    (feed.path / "665.md").write_text(issue_text())
    look(feed)
    (feed.path / "666.md").write_text(issue_text(666, day="2026-08-26"))
    (feed.path / "665.md").unlink()
    (feed.path / "664.md").unlink()

    assert look(feed).withdrawn == ()
    assert state(store, 665)[0] is IssueState.WAITING
    (feed.path / "666.md").unlink()
    (feed.path / "665.md").write_text(issue_text())
    assert look(feed).withdrawn == (666,)


def test_a_pass_that_died_before_it_remembered_is_simply_made_again(
    look: Look, folder: Path, store: Store, clock: MovableClock
) -> None:
    class Dies(DirectorySource):
        def read(self, path: str):  # type: ignore[no-untyped-def]  # it never returns
            raise KeyboardInterrupt

    look()
    (folder / FILE).write_text(issue_text())
    with pytest.raises(KeyboardInterrupt):
        look(Dies("directory", folder))

    assert numbers(look()) == [665]


def test_a_change_of_a_planned_issue_is_noted_and_gone_is_told(
    look: Look, folder: Path, store: Store, clock: MovableClock
) -> None:
    look()
    (folder / FILE).write_text(issue_text())
    (candidate,) = look().candidates
    store.plan(candidate.issue, (), backfill=BackfillState.OFF, now=clock())
    store.finish(665, clock())
    (folder / FILE).write_text(issue_text() + "\nA fix.\n")
    assert numbers(look()) == []
    (folder / FILE).unlink()

    seen = look()

    assert (seen.withdrawn, seen.vanished) == ((), (665,))
    story = [event.reason for event in store.events(665)]
    assert "its text changed" in story
    assert any("too late to withdraw it" in reason for reason in story)
    assert state(store, 665)[0] is IssueState.DONE


def test_our_own_commit_of_the_link_is_no_news(
    look: Look, store: Store, clock: MovableClock, tmp_path: Path
) -> None:
    editor = Checkout.begin(tmp_path)
    editor.commit({f"content/{name_of('2026-08-12')}": issue_text(664, day="2026-08-12")})
    remote = GitSource("git", str(editor.remote), branch="main", folder="content", cache=tmp_path)
    look(remote)
    editor.commit({f"content/{FILE}": issue_text()})
    (candidate,) = look(remote).candidates
    store.plan(candidate.issue, (), backfill=BackfillState.DUE, now=clock())
    url = "https://www.reddit.com/r/rust/comments/1vabc/this_week_in_rust_665/"
    config = replace(BackfillConfig(), mode="push")
    run_step(store, BackfillRequest(candidate.record, url), [remote], config, clock)

    seen = look(remote)

    assert (numbers(seen), seen.withdrawn, wrong(store)) == ([], (), {})
    assert [candidate.issue.discussion_url for candidate in seen.changed] == [url]
    assert git(editor.remote, "rev-list", "--count", "main").strip() == "3"


# ── a database that begins at the newest issue ───────────────────────────────────────────────────────


def test_quiet_time_counts_from_the_commit_that_touched_the_newest_issue(
    look: Look, store: Store, clock: MovableClock, tmp_path: Path
) -> None:
    committed = clock() - timedelta(minutes=4)
    editor = Checkout.begin(tmp_path)
    editor.commit({f"content/{name_of('2026-08-12')}": issue_text(664, day="2026-08-12")})
    editor.commit({f"content/{FILE}": issue_text()}, at=committed)
    editor.commit({"README.md": "Hello"}, at=committed + timedelta(minutes=1))
    source = GitSource(
        "git", f"file://{editor.remote}", branch="main", folder="content", cache=tmp_path / "cache"
    )
    store.begin_at_newest(clock())

    seen = look(source)

    (candidate,) = seen.candidates
    assert seen.baseline == Baseline(1, 664, (665,))
    assert (candidate.record.changed_at, candidate.record.first_seen_at) == (committed, clock())


@pytest.mark.parametrize("minutes", [-3, 3])
def test_a_files_own_time_counts_in_a_folder_but_never_a_time_ahead(
    look: Look, store: Store, clock: MovableClock, folder: Path, minutes: int
) -> None:
    store.begin_at_newest(clock())
    (folder / FILE).write_text(issue_text())
    at = clock() + timedelta(minutes=minutes)
    os.utime(folder / FILE, (at.timestamp(), at.timestamp()))

    (candidate,) = look().candidates

    assert candidate.record.changed_at == min(at, clock())


def test_what_is_numbered_above_the_newest_and_is_not_understood_waits_and_is_a_problem(
    look: Look, store: Store, clock: MovableClock, folder: Path
) -> None:
    store.begin_at_newest(clock())
    (folder / FILE).write_text(issue_text())
    flawed = issue_text(666, day="2026-08-26").replace("Date: 2026-08-26\n", "")
    (folder / name_of("2026-08-26")).write_text(flawed)

    seen = look()

    assert seen.baseline == Baseline(1, 664, (665, 666))
    assert numbers(seen) == [665]
    assert state(store, 666)[0] is IssueState.WAITING
    assert list(wrong(store)) == [f"directory/{name_of('2026-08-26')}"]


def test_the_only_issue_there_is_may_be_announced(look: Look, store: Store, clock: MovableClock) -> None:
    store.begin_at_newest(clock())

    seen = look(gate=GateConfig(max_age=timedelta(days=30)))

    assert numbers(seen) == [664]
    assert str(seen.baseline) == "baseline: no issue yet; the gate decides about 664"
