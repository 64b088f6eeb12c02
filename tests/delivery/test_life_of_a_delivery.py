"""docs/design.md, row by row: each transition has its test. The server is scripted, the rows are real."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crosspost.config.schema import DeliveryConfig
from crosspost.delivery.account import Account
from crosspost.delivery.overrides import record, retry, skip
from crosspost.delivery.timing import pause_after
from crosspost.delivery.workers import deliver
from crosspost.errors import ClaimLostError, CrosspostError, UsageError
from crosspost.model import (
    CannotLook,
    Cause,
    Clock,
    Delivery,
    DeliveryState,
    Found,
    Image,
    NeverArrived,
    Outcome,
    Post,
    RefusedForNow,
    Rejected,
    Uncertain,
)
from crosspost.platforms import Attempt
from crosspost.store import Store, open_store
from tests.conftest import MovableClock
from tests.databases import copied
from tests.delivery.scripted_server import ISSUE, LISTED_AFTER, NEWSLETTER, Place, planned

POLICY = DeliveryConfig(look_after=LISTED_AFTER)
LIMIT = POLICY.attempt_limit
DUE, SENDING, UNCERTAIN = DeliveryState.DUE, DeliveryState.SENDING, DeliveryState.UNCERTAIN
STUCK, SENT, SKIPPED = DeliveryState.STUCK, DeliveryState.SENT, DeliveryState.SKIPPED


@pytest.fixture
def place(clock: MovableClock) -> Place:
    return Place(clock)


def run(store: Store, place: Place, clock: Clock, **account: object) -> tuple[Delivery, ...]:
    return deliver(store, {"far": place.account(**account)}, POLICY, clock)  # type: ignore[arg-type]  # a table of keywords


def row(store: Store, account: str = "far") -> Delivery:
    (found,) = [each for each in store.deliveries() if each.account == account]
    return found


def until_idle(store: Store, place: Place, clock: MovableClock, **account: object) -> None:
    for _ in range(500):
        run(store, place, clock, **account)
        following = store.next_due()
        if following is None:
            return
        clock.now = max(clock.now, following)
    raise AssertionError(f"not idle: {row(store)}")


# ── due ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_planned_post_is_sent_once(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    (changed,) = run(store, place, clock)
    assert (changed.state, changed.url, changed.adopted) == (SENT, "https://far.example/1", False)
    assert run(store, place, clock) == ()
    assert len(place.posts) == 1


def test_it_is_looked_for_before_the_first_attempt_too(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    place.keep(f"I was faster: {ISSUE.url}", by="an editor")
    (changed,) = run(store, place, clock)
    assert (changed.state, changed.adopted, changed.url) == (SENT, True, "https://far.example/1")
    assert place.sends == 0


def test_the_fence_is_a_day_before_the_issue(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    run(store, place, clock)
    assert place.fences[0].isoformat() == "2026-08-18T00:00:00+00:00"


def test_the_claim_is_committed_before_anything_leaves(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    at_the_write: list[DeliveryState] = []

    def at(step: str) -> None:
        if step == "writing":
            at_the_write.append(row(store).state)

    deliver(store, {"far": place.account()}, POLICY, clock, failpoint=at)
    assert at_the_write == [SENDING]


@pytest.mark.parametrize(
    "outcome",
    [RefusedForNow("rate limit"), NeverArrived("connection refused")],
    ids=["refused", "never arrived"],
)
def test_what_is_certainly_not_there_is_tried_again_later(
    store: Store, place: Place, clock: MovableClock, outcome: Outcome
) -> None:
    planned(store, clock())
    place.next_send = [(outcome, False), (outcome, False)]
    (first,) = run(store, place, clock)
    assert (first.state, first.not_before) == (DUE, clock() + POLICY.first_retry)
    assert run(store, place, clock) == ()
    clock.advance(minutes=1)
    (second,) = run(store, place, clock)
    assert (second.state, second.not_before) == (DUE, clock() + POLICY.first_retry * 2)
    until_idle(store, place, clock)
    assert len(place.posts) == 1


def test_the_platforms_own_time_is_respected(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    until = clock() + timedelta(minutes=37)
    place.next_send = [(RefusedForNow("rate limit", until), False)]
    (changed,) = run(store, place, clock)
    assert changed.not_before == until


def test_waiting_survives_a_restart(
    store_url: str, place: Place, clock: MovableClock, opened: Callable[[str, Clock], Store]
) -> None:
    first = opened(store_url, clock)
    planned(first, clock())
    place.next_send = [(RefusedForNow("rate limit"), False)]
    run(first, place, clock)
    first.close()
    again = opened(store_url, clock)
    assert run(again, place, clock) == ()
    clock.advance(minutes=1)
    run(again, place, clock)
    assert row(again).state == SENT


@pytest.mark.parametrize("fault", list(Cause))
def test_what_is_refused_for_good_waits_for_a_person(
    store: Store, place: Place, clock: MovableClock, fault: Cause
) -> None:
    planned(store, clock())
    place.next_send = [(Rejected("no", fault), False)]
    (changed,) = run(store, place, clock)
    assert changed.state == STUCK
    assert "no" in changed.reason
    assert store.next_due() is None


def test_no_credit_leaves_the_whole_account_alone(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    planned(store, clock(), issue=replace(ISSUE, number=666))
    place.next_send = [(Rejected("402 Payment Required", Cause.CREDIT), False)]
    run(store, place, clock)
    assert {each.number: each.state for each in store.deliveries()} == {665: STUCK, 666: DUE}
    assert place.sends == 1
    until_idle(store, place, clock)
    assert {each.number: each.state for each in store.deliveries()} == {665: STUCK, 666: SENT}


def test_a_pause_written_before_the_clock_was_set_back_ends(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    planned(store, clock(), issue=replace(ISSUE, number=666))
    place.next_send = [(Rejected("402 Payment Required", Cause.CREDIT), False)]
    run(store, place, clock)
    clock.advance(days=-1)
    run(store, place, clock)
    assert {each.number: each.state for each in store.deliveries()} == {665: STUCK, 666: SENT}


def test_a_retry_ends_the_pause(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    place.next_send = [(Rejected("402 Payment Required", Cause.CREDIT), False)]
    run(store, place, clock)
    retry(store, {"far": place.account()}, 665, "far", clock)
    run(store, place, clock)
    assert row(store).state == SENT


def test_a_refused_look_needs_a_person_and_sends_nothing(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    place.next_look = [CannotLook("401 Unauthorized", refused=True)]
    (changed,) = run(store, place, clock)
    assert changed.state == STUCK
    assert "looking was refused: 401 Unauthorized" in changed.reason
    assert place.sends == 0
    retry(store, {"far": place.account()}, 665, "far", clock)
    run(store, place, clock)
    assert row(store).state == SENT


@pytest.mark.parametrize(
    "look", [CannotLook("502", refused=False), RuntimeError("surprise")], ids=["502", "raises"]
)
def test_a_look_that_fails_is_no_empty_listing(
    store: Store, place: Place, clock: MovableClock, look: CannotLook | RuntimeError
) -> None:
    planned(store, clock())
    place.next_look = [look]
    (changed,) = run(store, place, clock)
    assert (changed.state, changed.attempts, changed.not_before) == (DUE, 0, clock() + POLICY.first_retry)
    assert place.sends == 0


def test_last_weeks_news_is_not_announced(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    place.next_send = [(RefusedForNow("rate limit"), False)] * 2
    run(store, place, clock)
    clock.advance(days=2, seconds=1)
    (changed,) = run(store, place, clock)
    assert changed.state == STUCK
    assert changed.reason.startswith("given up after 2 days")
    assert place.posts == []


def test_what_a_person_retries_is_given_time_again(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    clock.advance(days=3)
    run(store, place, clock)
    assert row(store).state == STUCK
    retry(store, {"far": place.account()}, 665, "far", clock)
    run(store, place, clock)
    assert row(store).state == SENT


def test_before_it_is_given_up_it_is_looked_for(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    place.keep(ISSUE.url, by="an editor")
    clock.advance(days=3)
    run(store, place, clock)
    assert row(store).state == SENT


# ── sending ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "answer", [Uncertain("ReadTimeout"), RuntimeError("surprise")], ids=["uncertain", "raises"]
)
@pytest.mark.parametrize("kept", [True, False])
def test_a_lost_answer_is_looked_for_until_the_listing_has_caught_up(
    store: Store, place: Place, clock: MovableClock, answer: Outcome | BaseException, kept: bool
) -> None:
    place.lag = timedelta(minutes=9)
    planned(store, clock())
    place.next_send = [(answer, kept)]
    (changed,) = run(store, place, clock)
    assert (changed.state, changed.not_before) == (UNCERTAIN, clock() + LISTED_AFTER[0])
    until_idle(store, place, clock)
    assert (row(store).state, row(store).adopted) == (SENT, False)
    assert len(place.posts) == 1
    assert place.sends == (1 if kept else 2)


def test_an_uncertain_post_is_looked_for_as_often_and_as_late_as_listings_lag(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    place.next_send = [(Uncertain("EOF"), False)]
    run(store, place, clock)
    began = clock()
    for after in LISTED_AFTER:
        assert row(store).state == UNCERTAIN
        clock.now = began + after - timedelta(seconds=1)
        assert run(store, place, clock) == ()
        clock.now = began + after
        run(store, place, clock)
    assert row(store).state == DUE
    assert place.sends == 1


def test_a_place_that_swallows_posts_is_asked_ever_more_seldom(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    place.next_send = [(Uncertain("EOF"), False)] * 100
    until_idle(store, place, clock)
    assert row(store).state == STUCK
    assert row(store).reason.startswith("given up after 2 days")
    assert 40 < place.sends < 60


def test_looks_keep_their_distance_after_a_long_pause(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    place.next_send = [(Uncertain("EOF"), False)]
    run(store, place, clock)
    clock.advance(days=1)
    run(store, place, clock)
    assert row(store).not_before == clock() + LISTED_AFTER[1] - LISTED_AFTER[0]


def test_a_look_that_fails_does_not_count(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    place.next_send = [(Uncertain("EOF"), True)]
    run(store, place, clock)
    for _ in range(10):
        place.next_look = [CannotLook("503", refused=False)]
        following = row(store).not_before
        assert following is not None
        clock.now = following
        run(store, place, clock)
        assert (row(store).state, row(store).looks) == (UNCERTAIN, 0)
    until_idle(store, place, clock)
    assert len(place.posts) == 1


def test_what_cannot_be_looked_up_stays_for_a_person(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    place.next_send = [(Uncertain("EOF"), True)]
    run(store, place, clock)
    clock.advance(seconds=30)
    place.next_look = [CannotLook("403 Forbidden", refused=True)]
    (changed,) = run(store, place, clock)
    assert changed.state == UNCERTAIN
    assert "record, retry or skip" in changed.reason
    clock.advance(days=30)
    assert run(store, place, clock) == ()
    assert store.next_due() is None


def test_a_row_left_in_sending_becomes_uncertain(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    store.claim(row(store), clock(), clock() + LIMIT)
    assert run(store, place, clock) == ()
    clock.advance(seconds=67)
    (changed,) = run(store, place, clock)
    assert (changed.state, changed.uncertain_since) == (UNCERTAIN, clock())


def test_a_claim_from_the_future_is_stale(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    store.claim(row(store), clock(), clock() + LIMIT)
    clock.advance(hours=-1)
    run(store, place, clock)
    assert row(store).state == UNCERTAIN


@pytest.mark.parametrize("looks", [0, 2])
def test_a_clock_set_back_while_uncertain_starts_the_looks_again(
    store: Store, place: Place, clock: MovableClock, looks: int
) -> None:
    place.lag = timedelta(minutes=9)
    planned(store, clock())
    place.next_send = [(Uncertain("EOF"), True)]
    run(store, place, clock)
    for _ in range(looks):
        clock.now = row(store).not_before or clock.now
        run(store, place, clock)
    assert row(store).looks == looks
    clock.advance(hours=-1)
    place.posts[0] = replace(place.posts[0], at=clock())
    run(store, place, clock)
    assert (row(store).state, row(store).uncertain_since) == (UNCERTAIN, clock())
    until_idle(store, place, clock)
    assert place.sends == 1


def test_a_lost_claim_sends_nothing(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())

    def another_takes_it_over(step: str) -> None:
        if step == "claimed":
            store.move(row(store), UNCERTAIN, now=clock(), reason="interrupted")

    deliver(store, {"far": place.account()}, POLICY, clock, failpoint=another_takes_it_over)
    assert place.sends == 0
    assert row(store).state == UNCERTAIN


def test_an_attempt_that_was_stopped_for_too_long_sends_nothing(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())

    def stopped(step: str) -> None:
        if step == "claimed":
            clock.advance(seconds=61)

    deliver(store, {"far": place.account()}, POLICY, clock, failpoint=stopped)
    assert place.sends == 0
    assert row(store).state == DUE


def test_an_attempt_whose_clock_was_set_back_sends_nothing(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())

    def set_back(step: str) -> None:
        if step == "claimed":
            clock.advance(minutes=-3)

    deliver(store, {"far": place.account()}, POLICY, clock, failpoint=set_back)
    assert place.sends == 0
    assert row(store).state == DUE


def test_others_take_a_row_over_only_some_time_after_its_attempt_must_have_ended(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    claims: list[Delivery] = []

    def at(step: str) -> None:
        if step == "writing":
            claims.append(row(store))

    deliver(store, {"far": place.account()}, POLICY, clock, failpoint=at)
    (claim,) = claims
    assert claim.claimed_at is not None
    assert claim.not_before == claim.claimed_at + LIMIT * 1.1


def test_a_look_that_is_no_longer_fresh_is_not_trusted(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())

    def stopped(step: str) -> None:
        if step == "looked":
            place.keep(ISSUE.url, by="an editor")
            clock.advance(seconds=61)

    deliver(store, {"far": place.account()}, POLICY, clock, failpoint=stopped)
    assert (row(store).state, place.sends) == (DUE, 0)
    until_idle(store, place, clock)
    assert (row(store).adopted, place.sends) == (True, 0)


def test_an_answer_that_comes_after_the_claim_was_lost_is_kept(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())

    def another_takes_it_over(step: str) -> None:
        if step == "answered":
            store.move(row(store), UNCERTAIN, now=clock(), reason="interrupted")

    deliver(store, {"far": place.account()}, POLICY, clock, failpoint=another_takes_it_over)
    assert (row(store).state, row(store).url) == (SENT, "https://far.example/1")


def test_an_adapter_that_writes_twice_is_not_trusted_to_have_written_nothing(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())

    class TwoRequests:
        def __getattr__(self, name: str) -> object:
            return getattr(connection, name)

        def send(self, post: Post, attempt: Attempt) -> Outcome:
            attempt.before_write()
            place.keep(post.text)
            clock.advance(seconds=61)
            attempt.before_write()
            raise AssertionError("the second request must not leave")

    factory = place.account().connect
    assert factory is not None
    connection = factory()
    with pytest.raises(ClaimLostError):
        TwoRequests().send(planned(store, clock())[0].post, Attempt("k", 1, 60, _expires_after_one()))
    clock.advance(seconds=-61)
    place.posts.clear()
    run(store, place, clock, connect=TwoRequests)
    assert row(store).state == SENDING
    until_idle(store, place, clock)
    assert (row(store).state, len(place.posts)) == (SENT, 1)


def _expires_after_one() -> Callable[[], None]:
    calls: list[None] = []

    def before_write() -> None:
        calls.append(None)
        if len(calls) > 1:
            raise ClaimLostError("too late")

    return before_write


# ── manual ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_manual_account_is_never_written_to(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    for _ in range(3):
        run(store, place, clock, mode="manual")
        clock.advance(minutes=10)
    assert place.sends == 0
    assert row(store).state == DUE
    assert "crosspost record 665 far" in row(store).reason


def test_an_editors_own_post_is_recognised(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    run(store, place, clock, mode="manual")
    place.keep(ISSUE.url, by="an editor")
    assert run(store, place, clock, mode="manual") == ()
    clock.advance(minutes=10)
    (changed,) = run(store, place, clock, mode="manual")
    assert (changed.state, changed.adopted) == (SENT, True)


def test_watching_is_told_once(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    changes: list[Delivery] = []
    for _ in range(10):
        changes += run(store, place, clock, mode="manual")
        clock.advance(minutes=10)
    assert len(changes) == 1
    assert place.looks == 10


def test_a_manual_account_that_cannot_be_read_asks_once_and_nothing_is_due(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    assert len(run(store, place, clock, mode="manual", connect=None)) == 1
    assert run(store, place, clock, mode="manual", connect=None) == ()
    assert store.next_due(accounts=[]) is None


# ── a person's word ──────────────────────────────────────────────────────────────────────────────────


def test_a_recorded_post_is_sent(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    kept = place.keep(ISSUE.url, by="an editor")
    assert record(store, place.account(), 665, kept.url, clock).state == SENT
    run(store, place, clock)
    assert place.sends == 0


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://near.example/1", "is not the address of a post on far"),
        ("https://far.example/this_week_in_rust_664/", "is about 664, not about 665"),
        ("https://far.example/1", "is not about This Week in Rust 665"),
    ],
)
def test_only_a_post_about_this_issue_can_be_recorded(
    store: Store, place: Place, clock: MovableClock, url: str, sentence: str
) -> None:
    planned(store, clock())
    place.keep("something else", by="an editor")
    with pytest.raises(UsageError, match=sentence):
        record(store, place.account(), 665, url, clock)
    assert row(store).state == DUE


def test_a_second_address_needs_to_be_said_again(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    run(store, place, clock)
    other = place.keep(ISSUE.url, by="an editor")
    first = row(store).url
    assert first is not None
    assert record(store, place.account(), 665, first, clock) == row(store)
    with pytest.raises(UsageError, match="--again"):
        record(store, place.account(), 665, other.url, clock)
    assert record(store, place.account(), 665, other.url, clock, again=True).url == other.url


def test_an_address_is_taken_on_trust_where_nothing_can_be_read(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    recorded = record(store, place.account(connect=None), 665, "https://far.example/9", clock)
    assert recorded.state == SENT
    assert "not read" in recorded.reason


def test_an_impatient_retry_cannot_outrun_the_listing(
    store: Store, place: Place, clock: MovableClock
) -> None:
    place.lag = timedelta(minutes=9)
    planned(store, clock())
    place.next_send = [(Uncertain("EOF"), True)]
    run(store, place, clock)
    accounts = {"far": place.account()}
    for _ in range(5):
        retry(store, accounts, 665, "far", clock)
        assert row(store).state == DUE
        run(store, place, clock)
        clock.advance(seconds=1)
    until_idle(store, place, clock)
    assert (row(store).state, len(place.posts)) == (SENT, 1)


def test_retry_of_an_attempt_that_died_waits_until_the_listing_has_caught_up(
    store: Store, place: Place, clock: MovableClock
) -> None:
    place.lag = timedelta(minutes=9)
    planned(store, clock())
    store.claim(row(store), clock(), clock() + LIMIT * 1.1)
    place.keep(ISSUE.url)  # the request arrived; then the process died
    clock.advance(seconds=67)
    (retried,) = retry(store, {"far": place.account()}, 665, "far", clock)
    assert retried.not_before == clock() + LISTED_AFTER[-1]
    until_idle(store, place, clock)
    assert (row(store).state, row(store).adopted, len(place.posts)) == (SENT, True, 1)


def test_a_clock_set_back_does_not_help_an_impatient_retry(
    store: Store, place: Place, clock: MovableClock
) -> None:
    place.lag = timedelta(minutes=9)
    planned(store, clock())
    place.next_send = [(Uncertain("EOF"), True)]
    run(store, place, clock)
    retry(store, {"far": place.account()}, 665, "far", clock)
    clock.advance(hours=-1)
    place.posts[0] = replace(place.posts[0], at=clock())
    run(store, place, clock)
    assert (row(store).state, row(store).not_before) == (DUE, clock() + LISTED_AFTER[-1])
    until_idle(store, place, clock)
    assert place.sends == 1


def test_what_is_sent_is_not_sent_again_unless_said_again(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    run(store, place, clock)
    first = row(store)
    accounts = {"far": place.account()}
    with pytest.raises(UsageError, match="--again"):
        retry(store, accounts, 665, "far", clock)
    clock.advance(minutes=1)
    (again,) = retry(store, accounts, 665, "far", clock, again=True)
    assert again.state == DUE
    assert again.key != first.key
    run(store, place, clock)
    assert (row(store).state, len(place.posts)) == (SENT, 2)


def test_the_post_that_is_to_be_made_again_is_not_taken_for_the_second_one(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    run(store, place, clock)
    first = row(store)
    assert first.url is not None
    retry(store, {"far": place.account()}, 665, "far", clock, again=True)
    place.next_look = [Found(first.url, "1")]  # a listing that is not exact about times
    run(store, place, clock)
    assert (row(store).state, row(store).adopted, len(place.posts)) == (SENT, False, 2)


def test_an_attempt_under_way_is_left_to_end(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    store.claim(row(store), clock(), clock() + LIMIT)
    with pytest.raises(UsageError, match="right now"):
        retry(store, {"far": place.account()}, 665, "far", clock)


def test_without_an_account_everything_unsettled_is_meant(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock(), "far", "wide")
    run(store, place, clock)
    assert [each.account for each in skip(store, 665, None, clock)] == ["wide"]
    with pytest.raises(UsageError, match="every delivery of 665 is settled"):
        skip(store, 665, None, clock)
    with pytest.raises(UsageError, match="already has 665"):
        skip(store, 665, "far", clock)


def test_what_was_skipped_is_left_alone(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    skip(store, 665, "far", clock)
    assert run(store, place, clock) == ()
    retry(store, {"far": place.account()}, 665, "far", clock, again=True)
    run(store, place, clock)
    assert row(store).state == SENT


@pytest.mark.parametrize(
    ("number", "account", "sentence"),
    [
        (664, "far", "no issue 664 has been seen"),
        (665, "wide", "not planned for an account 'wide'; it is for: far"),
    ],
)
def test_a_word_about_nothing_is_refused(
    store: Store, clock: MovableClock, number: int, account: str, sentence: str
) -> None:
    planned(store, clock())
    with pytest.raises(UsageError, match=sentence):
        skip(store, number, account, clock)


# ── side by side ─────────────────────────────────────────────────────────────────────────────────────


def test_a_slow_platform_holds_back_no_other(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock(), "far", "slow")
    settled: list[str] = []
    other_is_settled = threading.Event()

    def on_change(delivery: Delivery) -> None:
        settled.append(delivery.account)
        other_is_settled.set()

    def slow(_post: Post) -> Image | None:
        assert other_is_settled.wait(10)
        return None

    accounts = {"slow": Place(clock).account("slow", image=slow), "far": place.account()}
    deliver(store, accounts, POLICY, clock, on_change=on_change)
    assert settled == ["far", "slow"]


def test_once_stopped_nothing_new_begins(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    stop = threading.Event()
    stop.set()
    assert deliver(store, {"far": place.account()}, POLICY, clock, stop=stop) == ()
    assert place.looks == 0


def test_only_what_is_asked_for_is_delivered(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock(), "far", "wide")
    planned(store, clock(), "far", issue=replace(ISSUE, number=666))
    accounts: dict[str, Account] = {"far": place.account(), "wide": place.account("wide")}
    deliver(store, accounts, POLICY, clock, numbers=[665], account_names=["far"])
    assert [(each.number, each.account) for each in store.deliveries() if each.state == SENT] == [
        (665, "far")
    ]


def test_a_missing_secret_asks_for_a_person(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())

    def connect() -> None:
        raise CrosspostError("the secret far-token is not there")

    (changed,) = run(store, place, clock, connect=connect)
    assert (changed.state, "far-token" in changed.reason) == (STUCK, True)


def test_a_picture_that_cannot_be_drawn_is_left_out(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())

    def image(_post: Post) -> Image | None:
        raise OSError("no font")

    run(store, place, clock, image=image)
    assert row(store).state == SENT
    assert any("without its picture" in event.reason for event in store.events(665))


def test_a_row_that_breaks_its_handling_is_put_off_and_the_others_go_on(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock(), "far", "wide")
    wide = Place(clock)
    broken = place.account(look_after=(None,))
    place.next_send = [(Uncertain("EOF"), True)]
    with pytest.raises(TypeError):
        deliver(store, {"far": broken, "wide": wide.account("wide")}, POLICY, clock)
    assert row(store, "wide").state == SENT


@pytest.mark.parametrize("module", ["crosspost.delivery.session", "crosspost.delivery.step"])
def test_a_program_whose_files_were_replaced_while_it_ran_says_so(
    store: Store, place: Place, clock: MovableClock, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    planned(store, clock())
    monkeypatch.setitem(sys.modules, module, None)  # it cannot be imported

    with pytest.raises(ImportError, match=module):
        run(store, place, clock)

    assert (row(store).state, place.sends) == (DUE, 0)


# ── patience ─────────────────────────────────────────────────────────────────────────────────────────


def test_waits_double_up_to_the_longest() -> None:
    waits = [pause_after(n, POLICY) for n in range(1, 9)]
    assert waits == [timedelta(minutes=m) for m in (1, 2, 4, 8, 16, 32, 60, 60)]
    assert pause_after(10_000, POLICY) == timedelta(hours=1)


NEXT_YEAR = timedelta(days=365)


@pytest.mark.parametrize(
    ("asked", "window", "wait"),
    [
        (timedelta(seconds=5), timedelta(), timedelta(minutes=1)),
        (timedelta(minutes=37), timedelta(), timedelta(minutes=37)),
        (timedelta(hours=5), timedelta(), timedelta(hours=1)),
        (timedelta(hours=5), timedelta(hours=3), timedelta(hours=3)),
        (timedelta(hours=20), timedelta(hours=24), timedelta(hours=20)),
        (NEXT_YEAR, timedelta(hours=3), timedelta(hours=3)),
        (NEXT_YEAR, NEXT_YEAR, timedelta(hours=24)),
    ],
)
def test_a_platform_may_ask_to_wait_as_long_as_its_own_documented_window(
    store: Store,
    place: Place,
    clock: MovableClock,
    asked: timedelta,
    window: timedelta,
    wait: timedelta,
) -> None:
    planned(store, clock())
    place.next_send = [(RefusedForNow("rate limit", clock() + asked), False)]

    (changed,) = run(store, place, clock, window=window)

    assert (changed.state, changed.not_before) == (DUE, clock() + wait)


def test_what_is_asked_for_never_goes_beyond_the_moment_of_giving_up(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    ends = clock() + POLICY.give_up_after
    clock.advance(hours=30)
    place.next_send = [(RefusedForNow("rate limit", clock() + NEXT_YEAR), False)]

    (changed,) = run(store, place, clock, window=NEXT_YEAR)

    assert (changed.state, changed.not_before) == (DUE, ends)


def test_a_platform_that_asks_for_years_is_asked_again_and_given_up_in_time(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    ends = clock() + POLICY.give_up_after
    place.next_send = [(RefusedForNow("come back next year", clock() + NEXT_YEAR), False)] * 100

    until_idle(store, place, clock)

    assert row(store).state == STUCK
    assert "come back next year" in row(store).reason
    assert clock() <= ends + timedelta(hours=1)


def test_a_look_that_is_to_wait_for_years_is_made_again_all_the_same(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    place.next_send = [(Uncertain("EOF"), True)]
    run(store, place, clock)
    clock.advance(minutes=1)
    place.next_look = [CannotLook("rate limit", refused=False, until=clock() + NEXT_YEAR)]

    (changed,) = run(store, place, clock)

    assert (changed.state, changed.not_before) == (UNCERTAIN, clock() + timedelta(hours=1))
    until_idle(store, place, clock)
    assert (row(store).state, place.sends) == (SENT, 1)


def test_what_is_looked_for_after_its_time_waits_as_it_is_asked_to_and_nobody_is_told(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    place.next_send = [(Uncertain("EOF"), True)]
    run(store, place, clock)
    clock.advance(days=3)
    asked = clock() + timedelta(minutes=5)
    place.next_look = [CannotLook("rate limit", refused=False, until=asked)]

    (changed,) = run(store, place, clock)

    assert (changed.state, changed.not_before, changed.asked_until) == (UNCERTAIN, asked, None)


def test_asking_for_more_time_than_there_is_is_kept_until_something_else_is_said(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    until = clock() + NEXT_YEAR
    place.next_send = [(RefusedForNow("slow", until), False), (RefusedForNow("busy"), False)]

    run(store, place, clock)
    assert row(store).asked_until == until

    clock.advance(hours=1)
    run(store, place, clock)
    assert (row(store).state, row(store).asked_until) == (DUE, None)


def test_a_refused_session_is_tried_again_once(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    refused = RefusedForNow("the token is not taken", if_again=Cause.ACCOUNT)
    place.next_send = [(refused, False), (NeverArrived("no route"), False), (refused, False)]

    run(store, place, clock)
    assert row(store).state == DUE
    clock.advance(hours=1)
    run(store, place, clock)
    assert row(store).state == DUE
    clock.advance(hours=1)
    run(store, place, clock)

    assert row(store).state == STUCK
    assert "the token is not taken" in row(store).reason
    retry(store, {}, 665, "far", clock)
    place.next_send = [(refused, False)]
    run(store, place, clock)
    assert row(store).state == DUE, "a person has seen to it: it counts from there"


# ── damage ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_store_restored_from_yesterdays_copy_posts_nothing_twice(
    tmp_path: Path, place: Place, clock: MovableClock
) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'today.db'}", NEWSLETTER, clock)
    planned(store, clock())
    copied(tmp_path / "today.db", tmp_path / "yesterday.db")
    run(store, place, clock)
    store.close()
    clock.advance(days=1)
    restored = open_store(f"sqlite:///{tmp_path / 'yesterday.db'}", NEWSLETTER, clock)
    assert row(restored).state == DUE
    run(restored, place, clock)
    assert (row(restored).state, row(restored).adopted, place.sends) == (SENT, True, 1)
    restored.close()


def test_found_by_its_title_is_told_so(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    place.next_look = [Found("https://far.example/7", "7", by="title")]
    (changed,) = run(store, place, clock)
    assert changed.reason == "already there, recognised by its title"
