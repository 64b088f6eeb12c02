"""At most one post, and an end, in every state that two workers can reach with one delivery (explorer.py).

What the explored world leaves out is sampled by test_any_order_of_events.py and the campaigns of tests/chaos: more than
one row, a store put back to an older copy, an editor's own post, an amendment.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crosspost.delivery import timing
from crosspost.delivery.claim import ClaimCheck
from crosspost.model import Delivery, DeliveryState
from crosspost.store import Store, open_store
from crosspost.store.tables import delivery
from crosspost.store.values import CLOCK_SKEW
from tests.delivery import explorer
from tests.delivery.explorer import LISTED_AFTER, NOW, TICK, Explorer, Row, Setting, is_window
from tests.delivery.scripted_server import NEWSLETTER, planned

BEHIND = round(CLOCK_SKEW.total_seconds())
SEVERAL_MACHINES = tuple(
    round(each.total_seconds())
    for each in timing.for_several_machines((timedelta(seconds=TICK), timedelta(seconds=LISTED_AFTER)))
)
SHORTER = 3 * TICK
"""Longer than an attempt, and than it takes others to take its row over."""

SETTINGS = {
    "two faults": Setting(2, freeze=4 * TICK),
    "a platform that knows a key again": Setting(1, keyed=True, freeze=4 * TICK),
    "clocks apart": Setting(1, ahead=(0, BEHIND), look_after=SEVERAL_MACHINES, freeze=SHORTER),
    "clocks apart, with a key": Setting(1, keyed=True, ahead=(0, BEHIND), freeze=SHORTER),
    "a person says retry": Setting(1, person="retry", freeze=SHORTER),
    "a person says skip": Setting(1, person="skip", freeze=SHORTER),
    "a person says retract": Setting(1, ahead=(0,), person="retract", freeze=SHORTER),
    "a person says retract to two workers": Setting(0, person="retract", freeze=SHORTER),
}


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_no_state_has_two_posts_and_each_leads_to_an_end(setting: Setting) -> None:
    explored = Explorer(setting)
    explored.explore()
    stranded = explored.stranded()
    assert not stranded, explored.steps_to(min(stranded, key=lambda world: len(explored.steps_to(world))))
    assert len(explored.reached_by) > 1000
    assert not (setting.keyed and any(map(is_window, explored.reached_by)))


def test_the_window_is_as_wide_as_the_documents_say() -> None:
    """Only a worker stopped within an attempt for longer than others wait before they take its row over."""
    inside, beyond = Explorer(Setting(1, freeze=2 * TICK)), Explorer(Setting(1, freeze=3 * TICK))
    inside.explore()
    beyond.explore()
    assert not any(map(is_window, inside.reached_by))
    assert any(map(is_window, beyond.reached_by))


# ── the explorer sees what is wrong ──────────────────────────────────────────────────────────────────


def test_clocks_apart_need_the_longer_wait_of_several_machines() -> None:
    explored = Explorer(Setting(1, ahead=(0, BEHIND)))
    with pytest.raises(AssertionError, match=r"2 posts\n  1\. worker 1 reads the row\n"):
        explored.explore()


def test_one_look_before_the_post_is_listed_is_too_few() -> None:
    with pytest.raises(AssertionError, match="2 posts"):
        Explorer(Setting(1, look_after=(TICK,))).explore()


def test_an_attempt_that_checks_neither_its_claim_nor_its_age_posts_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The very checks that are to be missed: there is no other way in than in their place.
    asked = explorer.AskedStore.is_still_claimed
    monkeypatch.setattr(explorer.AskedStore, "is_still_claimed", lambda self, row: asked(self, row) or True)
    monkeypatch.setattr(ClaimCheck, "in_time", lambda self: bool(self._clock()))
    with pytest.raises(AssertionError, match="2 posts"):
        Explorer(Setting(0)).explore()


def test_a_row_that_nobody_takes_up_again_is_stranded(monkeypatch: pytest.MonkeyPatch) -> None:
    taken_up = Explorer._is_due

    def without_sending(self: Explorer, row: Row, ahead: int) -> bool:
        return row.state is not DeliveryState.SENDING and taken_up(self, row, ahead)

    monkeypatch.setattr(Explorer, "_is_due", without_sending)
    explored = Explorer(Setting(1, ahead=(0,)))
    explored.explore()
    assert any("is killed" in explored.steps_to(world) for world in explored.stranded())


# ── the store of the explored world is the real one ──────────────────────────────────────────────────


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = open_store(f"sqlite:///{tmp_path / 'rows.db'}", NEWSLETTER, lambda: NOW)
    planned(opened, NOW)
    return opened


@pytest.fixture(scope="module")
def explored() -> Explorer:
    explorer = Explorer(Setting(1, person="retry", freeze=2 * TICK))
    explorer.explore()
    return explorer


def test_each_write_of_the_explored_world_changes_the_real_row_alike(
    store: Store, explored: Explorer
) -> None:
    assert len(explored.writes) > 100
    for before, changes in sorted(explored.writes, key=repr):
        old = put(store, before)
        wanted = dict(changes)
        if "claim" in wanted and wanted["claim"] is not None:
            wanted["claim"] = str(wanted["claim"])
        state = wanted.pop("state")
        moments = {
            name: _moment(value) if name in explorer.TIMES else value for name, value in wanted.items()
        }
        now = moments.pop("changed_at")
        if "url" in moments:
            moments["url"] = _address(moments["url"])
        moved = store.move(old, state, now=now, reason="as explored", **moments)
        after = before._replace(**dict(changes))
        assert moved is not None
        assert shown(moved) == shown(explorer.as_delivery(after))
        assert store.move(old, state, now=now, reason="too late", **moments) is None
        assert not store.is_still_claimed(replace(moved, claim="another"))


def test_the_real_store_gives_out_the_same_rows(store: Store, explored: Explorer) -> None:
    rows = {world.row for world in explored.reached_by}
    for row in sorted(rows, key=repr):
        put(store, row)
        for ahead in (0, BEHIND, -BEHIND):
            given = bool(store.due_deliveries(NOW + timedelta(seconds=ahead)))
            assert given == explored._is_due(row, ahead), (row, ahead)


def put(store: Store, row: Row) -> Delivery:
    """Put the row into the table as the explored world has it."""
    (there,) = store.deliveries()
    wanted = explorer.as_delivery(row)
    values = {name: getattr(wanted, name) for name in COLUMNS}
    with store._writing() as connection:
        connection.execute(sa.update(delivery).where(delivery.c.id == there.id).values(**values))
    (there,) = store.deliveries()
    return there


COLUMNS = [name for name in Row._fields if name != "current"]


def shown(row: Delivery) -> dict[str, Any]:
    return {name: value for name, value in asdict(row).items() if name in COLUMNS and name != "attempts"}


def _moment(value: int | None) -> Any:
    return None if value is None else NOW + timedelta(seconds=value)


def _address(value: int | None) -> str | None:
    return None if value is None else f"https://far.example/{value}"
