"""What a person asks to have done with posts that are out: each transition has its test. The server is scripted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crosspost.config.schema import DeliveryConfig
from crosspost.delivery.overrides import amend, record, retract, retry, skip, why_not_amendable
from crosspost.delivery.workers import deliver
from crosspost.errors import UsageError
from crosspost.model import (
    Absent,
    CannotLook,
    Cause,
    Delivery,
    DeliveryState,
    Done,
    IssueState,
    NeverArrived,
    Outcome,
    PostRequest,
    RefusedForNow,
    Rejected,
    Uncertain,
)
from crosspost.store import Store
from tests.conftest import MovableClock
from tests.delivery.scripted_server import ISSUE, LISTED_AFTER, FarSettings, Place, planned
from tests.delivery.test_life_of_a_delivery import row as the_row
from tests.delivery.test_life_of_a_delivery import run, until_idle

POLICY = DeliveryConfig(look_after=LISTED_AFTER)
SENT, SKIPPED, RETRACTED = DeliveryState.SENT, DeliveryState.SKIPPED, DeliveryState.RETRACTED
UNCERTAIN = DeliveryState.UNCERTAIN
OTHER_WORDS = f"corrected: {ISSUE.url}"


@pytest.fixture
def place(clock: MovableClock) -> Place:
    return Place(clock)


def posted(store: Store, place: Place, clock: MovableClock) -> Delivery:
    planned(store, clock())
    run(store, place, clock)
    store.finish(665, clock())
    row = the_row(store)
    assert row.state == SENT
    return row


def ask_to_amend(store: Store, clock: MovableClock) -> None:
    row = the_row(store)
    amend(store, {"far": replace(row.post, text=OTHER_WORDS)}, [row], clock)


def test_a_post_that_is_taken_back_is_deleted_and_seen_to_be_gone(
    store: Store, place: Place, clock: MovableClock
) -> None:
    posted(store, place, clock)
    (asked,) = retract(store, 665, [], clock)
    assert (asked.state, asked.request) == (SENT, PostRequest.RETRACT)
    record_of = store.issue(665)
    assert record_of is not None
    assert record_of.state is IssueState.PLANNED
    assert not store.finish(665, clock())

    run(store, place, clock)

    assert (the_row(store).state, place.posts, place.changes) == (RETRACTED, [], 1)
    assert store.finish(665, clock())
    assert store.next_due() is None


def test_asked_twice_it_is_deleted_once(store: Store, place: Place, clock: MovableClock) -> None:
    posted(store, place, clock)
    for _ in range(2):
        retract(store, 665, ["far"], clock)
        retract(store, 665, ["far"], clock)
        until_idle(store, place, clock)
    assert (the_row(store).state, place.changes) == (RETRACTED, 1)


def test_what_is_not_out_is_skipped_at_once(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    (row,) = retract(store, 665, [], clock)
    assert row.state == SKIPPED
    until_idle(store, place, clock)
    assert (place.sends, place.changes, the_row(store).state) == (0, 0, SKIPPED)


def test_what_is_stuck_is_skipped(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    place.next_send = [(Rejected("too long", Cause.CONTENT), False)]
    run(store, place, clock)
    (row,) = retract(store, 665, [], clock)
    assert row.state == SKIPPED


def test_what_may_be_out_is_looked_for_and_deleted(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    place.next_send = [(Uncertain("no answer"), True)]
    run(store, place, clock)
    (row,) = retract(store, 665, [], clock)
    assert row.state == UNCERTAIN
    until_idle(store, place, clock)
    assert (the_row(store).state, place.posts, place.sends) == (RETRACTED, [], 1)


def test_what_may_be_out_and_never_shows_is_skipped_and_never_sent(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    place.next_send = [(Uncertain("no answer"), False)]
    run(store, place, clock)
    retract(store, 665, [], clock)
    until_idle(store, place, clock)
    assert (the_row(store).state, place.posts, place.sends, place.looks) == (SKIPPED, [], 1, 4)


def test_a_retry_whose_first_attempt_may_be_out_is_looked_for(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    place.next_send = [(Uncertain("no answer"), True)]
    run(store, place, clock)
    retry(store, {}, 665, "far", clock)
    (row,) = retract(store, 665, [], clock)
    assert row.state == UNCERTAIN
    until_idle(store, place, clock)
    assert (the_row(store).state, place.posts) == (RETRACTED, [])


@pytest.mark.parametrize("before", ["claimed", "writing", "answered"])
def test_a_post_under_way_is_stopped_or_deleted(
    store: Store, place: Place, clock: MovableClock, before: str
) -> None:
    planned(store, clock())

    def at(step: str) -> None:
        if step == before and the_row(store).request is None:
            retract(store, 665, [], clock)

    deliver(store, {"far": place.account()}, POLICY, clock, failpoint=at)
    until_idle(store, place, clock)

    assert place.posts == []
    assert the_row(store).state == (SKIPPED if before == "claimed" else RETRACTED)
    assert place.sends == (0 if before == "claimed" else 1)


@pytest.mark.parametrize(
    "outcome", [RefusedForNow("rate limit"), Rejected("no", Cause.CONTENT), NeverArrived("x")]
)
def test_a_post_under_way_that_is_refused_is_skipped(
    store: Store, place: Place, clock: MovableClock, outcome: Outcome
) -> None:
    planned(store, clock())
    place.next_send = [(outcome, False)]

    def at(step: str) -> None:
        if step == "writing":
            retract(store, 665, [], clock)

    deliver(store, {"far": place.account()}, POLICY, clock, failpoint=at)
    assert the_row(store).state == SKIPPED


def test_a_late_answer_of_what_was_taken_back_is_deleted_too(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    place.next_send = [(Uncertain("no answer"), False)]
    (claimed,) = store.deliveries()
    taken = store.claim(claimed, clock(), clock() + timedelta(minutes=1))
    assert taken is not None
    clock.advance(minutes=2)
    retract(store, 665, [], clock)
    until_idle(store, place, clock)
    assert the_row(store).state == SKIPPED
    from crosspost.model import Sent

    late = place.keep(f"late: {ISSUE.url}")
    store.record_late_answer(taken, Sent(late.url, "1"), clock())
    until_idle(store, place, clock)
    assert (the_row(store).state, place.posts) == (RETRACTED, [])


@pytest.mark.parametrize("carried_out", [False, True])
@pytest.mark.parametrize("outcome", [Uncertain("no answer"), RefusedForNow("later"), RuntimeError("odd")])
def test_a_deletion_without_an_answer_is_made_again(
    store: Store, place: Place, clock: MovableClock, outcome: Outcome | Exception, carried_out: bool
) -> None:
    posted(store, place, clock)
    place.next_change = [(outcome, carried_out)]
    retract(store, 665, [], clock)
    run(store, place, clock)
    row = the_row(store)
    assert (row.state, row.request) == (SENT, PostRequest.RETRACT)
    until_idle(store, place, clock)
    assert (the_row(store).state, place.posts) == (RETRACTED, [])


def test_soon_after_the_post_an_absence_proves_nothing_without_a_deletion(
    store: Store, place: Place, clock: MovableClock
) -> None:
    posted(store, place, clock)
    place.next_fetch = [Absent(), Absent()]
    place.next_change = [(Done(was_there=False), False)]
    retract(store, 665, [], clock)
    run(store, place, clock)
    assert the_row(store).state == SENT
    until_idle(store, place, clock)
    assert (the_row(store).state, place.posts) == (RETRACTED, [])


def test_a_post_that_is_still_shown_is_deleted_again(store: Store, place: Place, clock: MovableClock) -> None:
    posted(store, place, clock)
    place.next_change = [(Done(), False)]
    retract(store, 665, [], clock)
    until_idle(store, place, clock)
    assert (the_row(store).state, place.posts, place.changes) == (RETRACTED, [], 2)


def test_somebody_elses_post_is_left_and_named(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    place.keep(f"mine: {ISSUE.url}", by="an editor")
    run(store, place, clock)
    retract(store, 665, [], clock)
    run(store, place, clock)
    row = the_row(store)
    assert (row.state, row.request, len(place.posts), place.changes) == (SENT, None, 1, 0)
    assert "an editor wrote it" in row.reason


def test_a_refused_deletion_waits_for_a_person_and_is_made_when_asked_again(
    store: Store, place: Place, clock: MovableClock
) -> None:
    posted(store, place, clock)
    place.next_change = [(Rejected("no permission", Cause.ACCOUNT), False)]
    retract(store, 665, [], clock)
    until_idle(store, place, clock)
    row = the_row(store)
    assert (row.state, row.request, row.not_before) == (SENT, PostRequest.RETRACT, None)
    assert "crosspost retract 665 far" in row.reason
    retract(store, 665, [], clock)
    until_idle(store, place, clock)
    assert the_row(store).state == RETRACTED


def test_what_cannot_be_read_is_looked_at_again(store: Store, place: Place, clock: MovableClock) -> None:
    posted(store, place, clock)
    place.next_fetch = [CannotLook("down", refused=False)]
    retract(store, 665, [], clock)
    run(store, place, clock)
    assert place.changes == 0
    until_idle(store, place, clock)
    assert the_row(store).state == RETRACTED


def test_nothing_posts_it_again_by_itself_and_a_person_can(
    store: Store, place: Place, clock: MovableClock
) -> None:
    before = posted(store, place, clock)
    retract(store, 665, [], clock)
    until_idle(store, place, clock)
    clock.advance(days=1)
    planned(store, clock())
    until_idle(store, place, clock)
    assert place.posts == []
    with pytest.raises(UsageError, match="--again"):
        retry(store, {}, 665, "far", clock)

    (again,) = retry(store, {}, 665, "far", clock, again=True)
    assert again.key != before.key
    assert again.fence == clock()
    assert again.request is None
    until_idle(store, place, clock)
    assert (the_row(store).state, len(place.posts)) == (SENT, 1)


def test_a_taken_back_issue_that_is_withdrawn_and_seen_again_is_not_posted(
    store: Store, place: Place, clock: MovableClock
) -> None:
    posted(store, place, clock)
    retract(store, 665, [], clock)
    run(store, place, clock)
    store.withdraw(665, "gone", clock())
    planned(store, clock())
    until_idle(store, place, clock)
    assert place.posts == []


def test_while_it_is_taken_back_nobody_retries_it(store: Store, place: Place, clock: MovableClock) -> None:
    posted(store, place, clock)
    retract(store, 665, [], clock)
    with pytest.raises(UsageError, match="being retracted"):
        retry(store, {}, 665, "far", clock, again=True)


def test_a_recorded_address_of_what_is_taken_back_is_deleted(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    place.next_send = [(Uncertain("no answer"), False)]
    run(store, place, clock)
    retract(store, 665, [], clock)
    kept = place.keep(f"there: {ISSUE.url}")
    record(store, place.account(), 665, kept.url, clock)
    until_idle(store, place, clock)
    assert (the_row(store).state, place.posts) == (RETRACTED, [])


def test_a_manual_account_is_never_written_to_and_its_post_is_seen_to_go(
    store: Store, place: Place, clock: MovableClock
) -> None:
    posted(store, place, clock)
    retract(store, 665, [], clock)
    run(store, place, clock, mode="manual")
    assert place.changes == 0
    assert "delete it yourself: https://far.example/1" in the_row(store).reason
    place.posts.clear()
    clock.advance(hours=1)
    run(store, place, clock, mode="manual")
    assert the_row(store).state == RETRACTED


def test_a_request_that_breaks_its_handling_is_tried_again_later_and_not_in_every_pass(
    store: Store, place: Place, clock: MovableClock
) -> None:
    posted(store, place, clock)
    retract(store, 665, [], clock)
    place.next_change = [(Done(was_there=False), True)]
    with pytest.raises(TypeError):
        run(store, place, clock, look_after=(None,))
    row = the_row(store)
    assert (row.state, row.request, row.not_before) == (
        SENT,
        PostRequest.RETRACT,
        clock() + POLICY.first_retry,
    )
    until_idle(store, place, clock)
    assert the_row(store).state == RETRACTED


def test_in_shadow_mode_a_request_waits_until_it_is_switched_off(
    store: Store, place: Place, clock: MovableClock
) -> None:
    posted(store, place, clock)
    retract(store, 665, [], clock)
    deliver(store, {"far": place.account()}, replace(POLICY, shadow=True), clock)
    assert (place.changes, the_row(store).has_open_request) == (0, True)
    run(store, place, clock)
    assert the_row(store).state == RETRACTED


def test_a_person_can_say_that_a_post_is_gone(store: Store, place: Place, clock: MovableClock) -> None:
    posted(store, place, clock)
    retract(store, 665, [], clock)
    (row,) = skip(store, 665, "far", clock)
    assert row.state == RETRACTED


@pytest.mark.parametrize("second", ["due", "sent", "lost"])
def test_with_a_second_post_the_first_is_taken_back_too(
    store: Store, place: Place, clock: MovableClock, second: str
) -> None:
    posted(store, place, clock)
    clock.advance(days=1)
    retry(store, {}, 665, "far", clock, again=True)
    if second != "due":
        place.next_send = [(Uncertain("no answer"), False)] if second == "lost" else []
        run(store, place, clock)
    retract(store, 665, [], clock)
    until_idle(store, place, clock)
    assert (the_row(store).state, place.posts) == (RETRACTED, [])


# ── amend ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_post_is_edited_in_place(store: Store, place: Place, clock: MovableClock) -> None:
    before = posted(store, place, clock)
    ask_to_amend(store, clock)
    until_idle(store, place, clock)
    row = the_row(store)
    assert (row.state, row.request, row.amended, row.url) == (SENT, None, None, before.url)
    assert (row.post.text, place.posts[0].text, place.sends) == (OTHER_WORDS, OTHER_WORDS, 1)


@pytest.mark.parametrize("carried_out", [False, True])
def test_an_edit_without_an_answer_is_made_again(
    store: Store, place: Place, clock: MovableClock, carried_out: bool
) -> None:
    posted(store, place, clock)
    place.next_change = [(Uncertain("no answer"), carried_out)]
    ask_to_amend(store, clock)
    run(store, place, clock)
    assert the_row(store).request is PostRequest.AMEND
    until_idle(store, place, clock)
    assert (the_row(store).request, place.posts[0].text) == (None, OTHER_WORDS)


def test_a_post_that_is_gone_is_not_made_again_by_an_amendment(
    store: Store, place: Place, clock: MovableClock
) -> None:
    posted(store, place, clock)
    place.posts.clear()
    ask_to_amend(store, clock)
    until_idle(store, place, clock)
    assert (the_row(store).state, the_row(store).request, place.posts) == (SENT, None, [])


def test_a_retraction_takes_the_place_of_an_amendment_under_way(
    store: Store, place: Place, clock: MovableClock
) -> None:
    posted(store, place, clock)
    ask_to_amend(store, clock)

    def at(step: str) -> None:
        if step == "claimed" and the_row(store).request is PostRequest.AMEND:
            retract(store, 665, [], clock)

    deliver(store, {"far": place.account()}, POLICY, clock, failpoint=at)
    assert place.changes == 0
    until_idle(store, place, clock)
    assert (the_row(store).state, place.posts) == (RETRACTED, [])


@pytest.mark.parametrize("gone", [False, True])
def test_an_amendment_that_was_read_before_a_retraction_does_not_undo_it(
    store: Store, place: Place, clock: MovableClock, gone: bool
) -> None:
    before = posted(store, place, clock)
    retract(store, 665, [], clock)
    if gone:
        until_idle(store, place, clock)
    with pytest.raises(UsageError, match="was retracted"):
        amend(store, {"far": replace(before.post, text=OTHER_WORDS)}, [before], clock)
    until_idle(store, place, clock)
    assert (the_row(store).state, place.posts) == (RETRACTED, [])


def test_what_cannot_be_edited_says_so_and_names_the_way(
    store: Store, place: Place, clock: MovableClock
) -> None:
    row = posted(store, place, clock)
    why = why_not_amendable(row, place.account(settings=FarSettings(editable=False)))
    assert why is not None
    assert "retract 665 far" in why
    assert "post 665 --to far --again" in why
    assert "a person wrote it" in (why_not_amendable(replace(row, adopted=True), place.account()) or "")
    assert why_not_amendable(row, place.account()) is None
