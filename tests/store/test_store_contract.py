"""What both databases promise: the same tests on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from crosspost.model import (
    Backfill,
    BackfillState,
    Clock,
    DeliveryState,
    Issue,
    IssueRecord,
    IssueState,
    Post,
    Sent,
    Sighting,
)
from crosspost.store import Store, open_store
from crosspost.store.scopes import Scope
from crosspost.store.values import InitialState, SourceFile
from tests.conftest import MovableClock

N = "This Week in Rust"
WORDS = Scope("words", str)
LIMIT = timedelta(seconds=60)
ISSUE = Issue(
    665, "This Week in Rust 665", date(2026, 8, 19), "https://this-week-in-rust.org/blog/2026/08/19/665/"
)
SIGHTING = Sighting("git", "content/2026-08-19-this-week-in-rust.md", "f1", "abc123", b"")
POSTS = (
    Post(
        "mastodon",
        "mastodon",
        665,
        ISSUE.url,
        ISSUE.title,
        "a post — with ünïcode 🦀",
        {"language": "en"},
        22,
        500,
        ("x",),
    ),
    Post("reddit", "reddit", 665, ISSUE.url, ISSUE.title, "a body"),
)


def seen(store: Store, now: datetime, issue: Issue = ISSUE, sighting: Sighting = SIGHTING) -> IssueRecord:
    return store.record_sighting(issue, sighting, now)


def planned(store: Store, now: datetime, **options: Any) -> None:
    store.plan(ISSUE, POSTS, backfill=options.pop("backfill", BackfillState.OFF), now=now, **options)


def story(store: Store) -> list[tuple[str | None, str | None, str]]:
    return [(event.account, event.before, event.after) for event in store.events(665)]


# ── memory and files ─────────────────────────────────────────────────────────────────────────────────


def test_the_last_thing_remembered_is_recalled(store: Store) -> None:
    assert store.get_value(WORDS, "etag") is None
    store.set_value(WORDS, "etag", "one")
    store.set_value(WORDS, "etag", "two")
    assert store.get_value(WORDS, "etag") == "two"


def test_only_what_is_still_as_it_was_read_is_remembered_anew(store: Store) -> None:
    assert store.compare_and_set(WORDS, "a", "one", expected=None)
    assert not store.compare_and_set(WORDS, "a", "two", expected=None)
    assert not store.compare_and_set(WORDS, "a", "two", expected="zero")
    assert store.get_value(WORDS, "a") == "one"
    assert store.compare_and_set(WORDS, "a", "two", expected="one")
    assert store.get_value(WORDS, "a") == "two"


@pytest.mark.parametrize("before", [None, "one"])
def test_of_several_that_change_what_is_remembered_one_does(
    store_url: str, clock: MovableClock, opened: Callable[[str, Clock], Store], before: str | None
) -> None:
    stores = [opened(store_url, clock) for _ in range(4)]
    if before:
        stores[0].set_value(WORDS, "a", before)
    begin, changed = threading.Barrier(len(stores)), []

    def change(store: Store, value: str) -> None:
        begin.wait()
        if store.compare_and_set(WORDS, "a", value, expected=before):
            changed.append(value)

    threads = [threading.Thread(target=change, args=(each, f"by {n}")) for n, each in enumerate(stores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert changed == [stores[0].get_value(WORDS, "a")]


def test_deliveries_are_counted_and_timed_without_reading_their_texts(
    store: Store, clock: MovableClock
) -> None:
    planned(store, clock())
    (row,) = (row for row in store.deliveries(665) if row.account == "mastodon")
    later = clock.advance(seconds=90)
    store.move(row, DeliveryState.SENT, now=later, reason="sent", settled_at=later)

    assert store.counts() == {("mastodon", DeliveryState.SENT): 1, ("reddit", DeliveryState.DUE): 1}
    assert store.times_to_post() == [("mastodon", timedelta(seconds=90))]


def test_whether_rows_may_be_written_is_asked_without_writing(store: Store) -> None:
    store.set_value(WORDS, "etag", "one")
    store.check_writable()
    assert store.get_value(WORDS, "etag") == "one"


def test_files_are_kept_by_source_until_they_are_gone(store: Store) -> None:
    store.save_files("git", [SourceFile("a.md", "1", 1), SourceFile("b.md", "1")])
    store.save_files("feed", [SourceFile("a.md", "9", 9)])
    store.save_files("git", [SourceFile("a.md", "2", 1)], ["b.md"])
    assert store.files("git") == {"a.md": SourceFile("a.md", "2", 1)}
    assert store.files("feed") == {"a.md": SourceFile("a.md", "9", 9)}


def test_a_store_knows_the_rows_of_its_own_newsletter_only(
    store: Store, store_url: str, clock: MovableClock
) -> None:
    planned(store, clock())
    store.save_baseline([], clock())
    store.save_files("git", [SourceFile("a.md", "1", 1)])
    other = open_store(store_url, "another newsletter", clock)
    try:
        assert (other.counts(), other.deliveries(), other.due_deliveries(clock()), other.next_due()) == (
            {},
            [],
            [],
            None,
        )
        assert (other.issue(665), other.issues(), other.events(665), other.backfill(665)) == (
            None,
            [],
            [],
            None,
        )
        assert not other.has_baseline()
        assert other.files("git") == {}
        assert not other.withdraw(665, "gone", clock())
        assert not other.finish(665, clock())
    finally:
        other.close()
    assert len(store.deliveries(665)) == 2


# ── issues ───────────────────────────────────────────────────────────────────────────────────────────


def test_an_empty_baseline_is_a_baseline(store: Store, clock: MovableClock) -> None:
    assert not store.has_baseline()
    store.save_baseline([], clock())
    assert store.has_baseline()
    assert store.highest_number() is None


def test_what_is_in_the_baseline_stays_there(store: Store, clock: MovableClock) -> None:
    seen(store, clock())
    store.save_baseline([(replace(ISSUE, number=n), SIGHTING) for n in (663, 664)], clock())
    assert store.highest_number() == 665
    assert store.highest_number(IssueState.BASELINE) == 664
    old = replace(ISSUE, number=664, title="Corrected")
    again = store.record_sighting(old, replace(SIGHTING, fingerprint="f2"), clock.advance(hours=1))
    assert (again.state, again.title, again.fingerprint) == (IssueState.BASELINE, "Corrected", "f2")


def test_a_changed_text_is_no_new_issue(store: Store, clock: MovableClock) -> None:
    first = seen(store, clock())
    assert (first.state, first.changed_at) == (IssueState.WAITING, clock())
    later = clock.advance(minutes=5)
    same = seen(store, later)
    assert same.changed_at == first.changed_at
    changed = seen(store, later, sighting=replace(SIGHTING, fingerprint="f2"))
    assert (changed.first_seen_at, changed.changed_at) == (first.first_seen_at, later)
    assert len(store.issues()) == 1


def test_the_gates_reason_is_told_once(store: Store, clock: MovableClock) -> None:
    seen(store, clock())
    for _ in range(3):
        store.set_waiting_reason(665, "page answers 404", clock())
    store.set_waiting_reason(665, "quiet until 20:05", clock())
    reasons = [event.reason for event in store.events(665)]
    assert reasons[1:] == ["page answers 404", "quiet until 20:05"]
    record = store.issue(665)
    assert record is not None
    assert record.reason == "quiet until 20:05"


def test_issues_come_newest_first_and_by_state(store: Store, clock: MovableClock) -> None:
    for number in (664, 666, 665):
        seen(store, clock(), issue=replace(ISSUE, number=number))
    assert [record.number for record in store.issues()] == [666, 665, 664]
    planned(store, clock())
    assert [record.number for record in store.issues(IssueState.PLANNED)] == [665]
    assert [record.number for record in store.issues(IssueState.WAITING)] == [666, 664]


# ── planning ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_post_comes_back_byte_for_byte(store: Store, clock: MovableClock) -> None:
    planned(store, clock())
    assert tuple(row.post for row in store.deliveries(665)) == POSTS


def test_planning_twice_changes_nothing(store: Store, clock: MovableClock) -> None:
    seen(store, clock())
    planned(store, clock())
    rows, events = store.deliveries(), store.events(665)
    clock.advance(hours=1)
    store.plan(
        ISSUE, [replace(post, text="other") for post in POSTS], backfill=BackfillState.DUE, now=clock()
    )
    assert store.deliveries() == rows
    assert store.events(665) == events


def test_a_known_address_is_adopted_in_the_same_moment(store: Store, clock: MovableClock) -> None:
    there = InitialState(DeliveryState.SENT, "there", url="https://www.reddit.com/r/rust/comments/1/")
    planned(store, clock(), initial_states={"reddit": there})
    mastodon, reddit = store.deliveries(665)
    assert mastodon.state == DeliveryState.DUE
    assert (reddit.state, reddit.adopted, reddit.url) == (
        DeliveryState.SENT,
        True,
        "https://www.reddit.com/r/rust/comments/1/",
    )


def test_an_account_that_comes_later_opens_the_issue_again(store: Store, clock: MovableClock) -> None:
    there = {"mastodon": InitialState(DeliveryState.SENT, "there", url="https://m/1")}
    store.plan(ISSUE, POSTS[:1], backfill=BackfillState.OFF, initial_states=there, now=clock())
    assert store.finish(665, clock())
    planned(store, clock())
    record = store.issue(665)
    assert record is not None
    assert record.state == IssueState.PLANNED
    assert [row.state for row in store.deliveries()] == [DeliveryState.SENT, DeliveryState.DUE]


def test_text_that_no_database_can_hold_is_kept_as_far_as_it_can_be(
    store: Store, clock: MovableClock
) -> None:
    store.plan(replace(ISSUE, title="a\0b\ud800"), POSTS[:1], backfill=BackfillState.OFF, now=clock())
    store.add_note(665, None, "reason\0", {"answer": "\0\udc80"}, clock())
    assert len(store.events(665)) == 3


# ── taking back ──────────────────────────────────────────────────────────────────────────────────────


def test_a_waiting_issue_can_be_taken_back_and_come_again(store: Store, clock: MovableClock) -> None:
    seen(store, clock())
    assert store.withdraw(665, "gone from git", clock())
    assert not store.withdraw(665, "gone from git", clock())
    again = seen(store, clock.advance(minutes=1))
    assert (again.state, again.changed_at) == (IssueState.WAITING, clock())


def test_a_planned_issue_can_be_taken_back_while_nothing_is_out(store: Store, clock: MovableClock) -> None:
    seen(store, clock())
    planned(store, clock())
    assert store.withdraw(665, "gone from git", clock())
    assert store.deliveries() == []
    assert store.backfill(665) is None


@pytest.mark.parametrize("state", [DeliveryState.SENDING, DeliveryState.UNCERTAIN, DeliveryState.SENT])
def test_what_may_be_out_cannot_be_taken_back(
    store: Store, clock: MovableClock, state: DeliveryState
) -> None:
    seen(store, clock())
    planned(store, clock())
    store.move(store.deliveries()[0], state, now=clock(), reason="", attempts=1)
    assert not store.withdraw(665, "gone from git", clock())
    record = store.issue(665)
    assert record is not None
    assert record.state == IssueState.PLANNED
    assert store.events(665)[-1].reason == "gone from git; too late to withdraw it"


def test_a_persons_skip_outlives_taking_back(store: Store, clock: MovableClock) -> None:
    seen(store, clock())
    planned(store, clock())
    store.move(store.deliveries()[1], DeliveryState.SKIPPED, now=clock(), reason="skipped by a person")
    store.withdraw(665, "gone", clock())
    seen(store, clock())
    planned(store, clock())
    assert {row.account: row.state for row in store.deliveries()} == {
        "mastodon": DeliveryState.DUE,
        "reddit": DeliveryState.SKIPPED,
    }


# ── finishing ────────────────────────────────────────────────────────────────────────────────────────


def test_an_issue_is_done_when_all_is_settled_and_the_link_is_home(store: Store, clock: MovableClock) -> None:
    seen(store, clock())
    planned(store, clock(), backfill=BackfillState.WAITING)
    first, second = store.deliveries()
    store.move(first, DeliveryState.SENT, now=clock(), reason="sent")
    assert not store.finish(665, clock())
    store.move(second, DeliveryState.SKIPPED, now=clock(), reason="skipped")
    assert not store.finish(665, clock())
    store.set_backfill(Backfill(N, 665, BackfillState.DONE, "https://r/1"), clock())
    assert store.finish(665, clock())
    assert not store.finish(665, clock())


def test_the_link_is_told_of_only_when_it_changed(store: Store, clock: MovableClock) -> None:
    for _ in range(2):
        link = Backfill(N, 665, BackfillState.DUE, reason="the push was refused", attempts=1)
        store.set_backfill(link, clock())
    kept = store.backfill(665)
    assert kept is not None
    assert (kept.state, kept.attempts) == (BackfillState.DUE, 1)
    assert story(store) == [("backfill", None, "due")]


# ── claims ───────────────────────────────────────────────────────────────────────────────────────────


def test_one_claim_wins(store: Store, clock: MovableClock) -> None:
    planned(store, clock())
    row = store.due_deliveries(clock())[0]
    first, second = store.claim(row, clock(), clock() + LIMIT), store.claim(row, clock(), clock() + LIMIT)
    assert first is not None
    assert second is None
    assert store.is_still_claimed(first)
    assert first.attempts == 1


def test_of_many_processes_one_gets_each_row(
    store_url: str, clock: MovableClock, opened: Callable[[str, Clock], Store]
) -> None:
    stores = [opened(store_url, clock) for _ in range(4)]
    posts = [replace(POSTS[0], account=f"account-{n}") for n in range(10)]
    stores[0].plan(ISSUE, posts, backfill=BackfillState.OFF, now=clock())
    rows = stores[0].due_deliveries(clock())
    claims: list[str] = []
    begin = threading.Barrier(len(stores))

    def work(store: Store) -> None:
        begin.wait()
        claims.extend(row.account for row in rows if store.claim(row, clock(), clock() + LIMIT))

    threads = [threading.Thread(target=work, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claims) == sorted(post.account for post in posts)


def test_two_processes_that_plan_at_once_make_one_row_each(
    store_url: str, clock: MovableClock, opened: Callable[[str, Clock], Store]
) -> None:
    stores = [opened(store_url, clock) for _ in range(4)]
    threads = [threading.Thread(target=planned, args=(store, clock())) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row.account for row in stores[0].deliveries()] == ["mastodon", "reddit"]
    assert story(stores[0]).count(("mastodon", None, "due")) == 1


def test_a_row_that_changed_since_it_was_read_is_not_written(store: Store, clock: MovableClock) -> None:
    planned(store, clock())
    stale = store.deliveries()[0]
    store.move(stale, DeliveryState.DUE, now=clock(), reason="refused for now", setbacks=1)
    assert store.claim(stale, clock(), clock() + LIMIT) is None
    assert store.move(stale, DeliveryState.STUCK, now=clock(), reason="") is None


def test_a_claim_that_was_taken_over_no_longer_holds(store: Store, clock: MovableClock) -> None:
    planned(store, clock())
    claimed = store.claim(store.deliveries()[0], clock(), clock() + LIMIT)
    assert claimed is not None
    store.move(claimed, DeliveryState.UNCERTAIN, now=clock(), reason="interrupted")
    assert not store.is_still_claimed(claimed)


def test_a_late_answer_beats_whatever_the_row_says(store: Store, clock: MovableClock) -> None:
    planned(store, clock())
    claimed = store.claim(store.deliveries()[0], clock(), clock() + LIMIT)
    assert claimed is not None
    uncertain = store.move(claimed, DeliveryState.UNCERTAIN, now=clock(), reason="")
    assert uncertain is not None
    due = store.move(uncertain, DeliveryState.DUE, now=clock(), reason="")
    assert due is not None
    second = store.claim(due, clock(), clock() + LIMIT)
    assert second is not None
    late = store.record_late_answer(claimed, Sent("https://m/1", "1"), clock())
    assert late is not None
    assert (late.state, late.url) == (DeliveryState.SENT, "https://m/1")
    assert not store.is_still_claimed(second)
    assert store.record_late_answer(second, Sent("https://m/2", "2"), clock()) is None
    assert store.events(665)[-1].reason == "a late answer names a second post"


# ── when ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_row_is_due_when_its_time_has_come(store: Store, clock: MovableClock) -> None:
    planned(store, clock())
    row = store.deliveries()[0]
    later = clock() + timedelta(minutes=5)
    store.move(row, DeliveryState.DUE, now=clock(), reason="refused", not_before=later)
    assert [row.account for row in store.due_deliveries(clock())] == ["reddit"]
    assert store.next_due(["mastodon"]) == later
    clock.advance(minutes=5)
    assert [row.account for row in store.due_deliveries(clock())] == ["mastodon", "reddit"]
    assert [row.account for row in store.due_deliveries(clock(), accounts=["mastodon"])] == ["mastodon"]
    assert store.due_deliveries(clock(), numbers=[664]) == []


def test_an_uncertain_row_without_a_time_waits_for_a_person(store: Store, clock: MovableClock) -> None:
    planned(store, clock())
    for row in store.deliveries():
        store.move(row, DeliveryState.UNCERTAIN, now=clock(), reason="", not_before=None)
    assert store.due_deliveries(clock()) == []
    assert store.next_due() is None


@pytest.mark.parametrize(
    "passed", [timedelta(seconds=61), timedelta(hours=-1)], ids=["too long", "from the future"]
)
def test_a_claim_that_cannot_be_alive_is_found(store: Store, clock: MovableClock, passed: timedelta) -> None:
    planned(store, clock())
    store.claim(store.deliveries()[0], clock(), clock() + LIMIT)
    assert [row.account for row in store.due_deliveries(clock())] == ["reddit"]
    assert store.due_deliveries(clock() + passed)[0].account == "mastodon"


def test_a_row_written_before_the_clock_was_set_back_is_not_waited_for(
    store: Store, clock: MovableClock
) -> None:
    planned(store, clock())
    row = store.deliveries()[0]
    store.move(row, DeliveryState.DUE, now=clock(), reason="refused", not_before=clock() + timedelta(hours=1))
    clock.advance(days=-365)
    assert "mastodon" in [row.account for row in store.due_deliveries(clock())]


def test_the_story_is_complete(store: Store, clock: MovableClock) -> None:
    seen(store, clock())
    planned(store, clock())
    claimed = store.claim(store.deliveries()[0], clock(), clock() + LIMIT)
    assert claimed is not None
    store.move(claimed, DeliveryState.SENT, now=clock(), reason="sent", evidence={"url": "https://m/1"})
    assert story(store) == [
        (None, None, "waiting"),
        ("mastodon", None, "due"),
        ("reddit", None, "due"),
        (None, "waiting", "planned"),
        ("mastodon", "due", "sending"),
        ("mastodon", "sending", "sent"),
    ]
    assert store.events(665)[-1].evidence == {"url": "https://m/1"}
