"""A platform that charges for its calls: what is spent is kept, and no post goes beyond the month's budget."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from crosspost.config.schema import DeliveryConfig
from crosspost.delivery.overrides import retry
from crosspost.delivery.workers import deliver
from crosspost.model import (
    Cause,
    Delivery,
    DeliveryState,
    NeverArrived,
    Outcome,
    Post,
    RefusedForNow,
    Rejected,
    Uncertain,
)
from crosspost.platforms import Pricing
from crosspost.store import Store
from tests.conftest import MovableClock
from tests.delivery.scripted_server import ISSUE, LISTED_AFTER, Connection, FarSettings, Place, planned

POLICY = DeliveryConfig(look_after=LISTED_AFTER)
POST, LOOK = Decimal("0.20"), Decimal("0.011")


class Charging(Connection):
    """A connection to a place that charges for each look."""

    looks_before = 0

    def take_cost(self) -> Decimal:
        made, self.looks_before = self.place.looks - self.looks_before, self.place.looks
        return made * LOOK


@pytest.fixture
def place(clock: MovableClock) -> Place:
    return Place(clock)


def run(
    store: Store, place: Place, clock: MovableClock, budget: str | None, **account: Any
) -> tuple[Delivery, ...]:
    pricing = Pricing(lambda _post: POST, LOOK, Decimal(budget) if budget else None)

    def connect() -> Charging:
        connected = Charging(place)
        connected.looks_before = place.looks
        return connected

    settings = FarSettings(charges=pricing, every=account.pop("every", None))
    charging = place.account(settings=settings, connect=connect, **account)
    return deliver(store, {"far": charging}, POLICY, clock)


def test_a_post_and_the_look_before_it_are_counted(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    run(store, place, clock, "5.00")
    assert store.spent_in_month("far", clock()) == POST + LOOK


def test_a_post_beyond_the_budget_is_stuck_before_anything_leaves(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    store.add_spending("far", Decimal("4.80"), clock())
    (changed,) = run(store, place, clock, "5.00")
    assert changed.state is DeliveryState.STUCK
    assert "$4.800 of $5.00 spent" in changed.reason
    assert (place.looks, place.sends) == (0, 0)
    assert store.spent_in_month("far", clock()) == Decimal("4.80")


def test_a_post_that_just_fits_goes_out(store: Store, place: Place, clock: MovableClock) -> None:
    planned(store, clock())
    run(store, place, clock, str(POST + LOOK))
    assert place.sends == 1


def test_with_a_higher_budget_or_in_the_next_month_a_retry_goes_out(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    store.add_spending("far", Decimal("5.00"), clock())
    run(store, place, clock, "5.00")
    clock.now = datetime(2026, 9, 1, 0, 1, tzinfo=UTC)
    retry(store, {"far": place.account()}, 665, "far", clock)
    run(store, place, clock, "5.00")
    assert place.sends == 1
    assert store.spent_in_month("far", clock()) == POST + LOOK
    assert store.spent_in_month("far", datetime(2026, 8, 20, tzinfo=UTC)) == Decimal("5.00")


@pytest.mark.parametrize(
    "outcome", [NeverArrived("no route"), RefusedForNow("rate limit"), Rejected("no", Cause.CONTENT)]
)
def test_a_post_that_was_certainly_not_made_costs_nothing(
    store: Store, place: Place, clock: MovableClock, outcome: Outcome
) -> None:
    planned(store, clock())
    place.next_send = [(outcome, False)]
    run(store, place, clock, "5.00")
    assert store.spent_in_month("far", clock()) == LOOK


def test_a_post_that_another_process_takes_over_costs_this_one_nothing(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())

    def another_process_is_quicker(_post: Post) -> None:  # between the look and the claim
        (row,) = store.deliveries(665)
        store.move(row, DeliveryState.UNCERTAIN, now=clock(), reason="another process has it")

    assert run(store, place, clock, "5.00", image=another_process_is_quicker) == ()
    assert (place.sends, store.spent_in_month("far", clock())) == (0, LOOK)


def test_the_look_for_one_post_counts_before_the_next_post_of_the_same_pass(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    planned(store, clock(), issue=replace(ISSUE, number=666, url="https://this-week-in-rust.org/666/"))
    both_but_for_a_look = 2 * (POST + LOOK) - LOOK / 2
    run(store, place, clock, str(both_but_for_a_look))
    states = {row.number: row.state for row in store.deliveries()}
    assert (place.sends, states) == (1, {665: DeliveryState.SENT, 666: DeliveryState.STUCK})


def test_a_post_that_may_be_out_is_counted_and_looked_for_whatever_is_left(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    place.next_send = [(Uncertain("no answer"), True)]
    run(store, place, clock, "0.22")
    clock.advance(minutes=30)
    (found,) = run(store, place, clock, "0.22")
    assert found.state is DeliveryState.SENT
    assert store.spent_in_month("far", clock()) == POST + 2 * LOOK


def test_a_manual_account_is_looked_at_within_the_budget(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    for _ in range(24):
        run(store, place, clock, "0.10", mode="manual", every=timedelta(hours=1))
        clock.advance(minutes=30)
    (row,) = store.deliveries()
    assert place.looks == 9
    assert store.spent_in_month("far", clock()) == Decimal("0.099")
    assert "budget" in row.reason
    assert row.state is DeliveryState.DUE


def test_without_a_budget_what_is_spent_is_counted_all_the_same(
    store: Store, place: Place, clock: MovableClock
) -> None:
    planned(store, clock())
    run(store, place, clock, None)
    assert store.spent_in_month("far", clock()) == POST + LOOK


def test_of_two_amounts_that_do_not_fit_together_one_is_refused(store: Store, clock: MovableClock) -> None:
    most = Decimal("0.30")
    assert store.add_spending("far", POST, clock(), limit=most)
    assert not store.add_spending("far", POST, clock(), limit=most)
    assert not store.add_spending("near", Decimal("0.31"), clock(), limit=most)
    assert store.spent_in_month("far", clock()) == POST


def test_each_month_is_counted_by_itself_in_utc(store: Store, clock: MovableClock) -> None:
    end = datetime(2026, 8, 31, 23, 59, tzinfo=UTC)
    store.add_spending("far", POST, end)
    assert store.spent_in_month("far", end + timedelta(minutes=1)) == 0
