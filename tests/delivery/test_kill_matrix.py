"""A process is ended with SIGKILL at every step of a delivery, on every platform, and run again: one post each.

The adapters, the client libraries, HTTP, the database and the kills are real.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from crosspost.delivery.overrides import amend, retract
from crosspost.model import BackfillState, Delivery, DeliveryState
from crosspost.platforms import names, settings_of, stand_ins
from crosspost.sandbox import Fault, Sandbox
from crosspost.store import Store, open_store
from tests.chaos.accounts import NEWSLETTER, SharedClock, issue, posts
from tests.chaos.life import Cradle, Orders, is_stopped

PLATFORMS = names()
STEPS = ("looking", "looked", "claiming", "claimed", "writing", "answered", "settled")
SOON = 120.0  # seconds that anything here may take at most


@dataclass
class World:
    """A store, a sandbox, and processes that bring them together."""

    store: Store
    sandbox: Sandbox
    cradle: Cradle
    clock: SharedClock
    orders: Orders

    def plan(self, *platforms: str) -> None:
        self.store.plan(issue(665), posts(665, platforms), backfill=BackfillState.OFF, now=self.clock())

    def ending_at(self, step: str, platform: str) -> Orders:
        return replace(self.orders, end_at=(step, platform), only=(platform,))

    def until_idle(self) -> None:
        for _ in range(50):
            self.cradle.live(self.orders)
            following = self.store.next_due()
            if following is None:
                return
            self.clock.move_to(max(following, self.clock() + timedelta(seconds=1)))
        raise AssertionError(f"not idle: {self.rows}")

    @property
    def rows(self) -> dict[str, Delivery]:
        return {row.account: row for row in self.store.deliveries()}

    def assert_one_post_each(self, *platforms: str) -> None:
        for platform in platforms:
            told = [(e.before, e.after, e.reason) for e in self.store.events(665)]
            (post,) = self.sandbox.posts(platform)
            row = self.rows[platform]
            assert (row.state, row.url) == (DeliveryState.SENT, post.url), told


@pytest.fixture(scope="module")
def cradle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cradle]:
    with Cradle(tmp_path_factory.mktemp("lives") / "log") as cradle:
        yield cradle


@pytest.fixture(scope="module")
def one_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, SharedClock]]:
    clock = SharedClock(tmp_path_factory.mktemp("time") / "clock")
    with Sandbox(stand_ins(), clock=clock) as sandbox:
        yield sandbox, clock


@pytest.fixture
def world(tmp_path: Path, one_sandbox: tuple[Sandbox, SharedClock], cradle: Cradle) -> Iterator[World]:
    yield from _world(f"sqlite:///{tmp_path / 'rows.db'}", tmp_path, one_sandbox, cradle)


@pytest.fixture
def either_world(
    store_url: str, tmp_path: Path, one_sandbox: tuple[Sandbox, SharedClock], cradle: Cradle
) -> Iterator[World]:
    """On SQLite, then on PostgreSQL."""
    yield from _world(store_url, tmp_path, one_sandbox, cradle)


def _world(
    url: str, tmp_path: Path, one_sandbox: tuple[Sandbox, SharedClock], cradle: Cradle
) -> Iterator[World]:
    sandbox, time_of_the_sandbox = one_sandbox
    clock = SharedClock(tmp_path / "clock")
    time_of_the_sandbox.move_to(clock())
    sandbox.clear()
    store = open_store(url, NEWSLETTER, clock)
    credentials = {name: dict(keys) for name, keys in sandbox.credentials.items()}
    orders = Orders(str(tmp_path), url, dict(sandbox.addresses), credentials)
    orders.addresses.pop("site")
    yield World(store, sandbox, cradle, clock, orders)
    store.close()


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_leaves_one_post_on_every_platform(world: World, step: str) -> None:
    world.plan(*PLATFORMS)
    for platform in PLATFORMS:
        fatal = replace(world.orders, end_at=(step, platform), only=(platform,))
        assert world.cradle.live(fatal) == signal.SIGKILL
    world.until_idle()
    world.assert_one_post_each(*PLATFORMS)


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_of_an_amendment_and_of_a_retraction_leaves_neither_undone(
    world: World, step: str
) -> None:
    world.plan(*PLATFORMS)
    world.until_idle()
    editable = [name for name in PLATFORMS if settings_of(name)().is_editable()]
    rows = [world.rows[name] for name in editable]
    amended = {row.account: replace(row.post, text=f"corrected: {row.post.url}") for row in rows}

    amend(world.store, amended, rows, world.clock)
    for platform in editable:
        assert world.cradle.live(world.ending_at(step, platform)) == signal.SIGKILL
    world.until_idle()

    world.assert_one_post_each(*PLATFORMS)
    for platform in editable:
        (post,) = world.sandbox.posts(platform)
        assert "corrected" in str(post.payload)
        assert world.rows[platform].request is None

    retract(world.store, 665, [], world.clock)
    for platform in PLATFORMS:
        assert world.cradle.live(world.ending_at(step, platform)) == signal.SIGKILL
    world.until_idle()

    assert [post for post in world.sandbox.posts() if not post.deleted] == []
    assert {row.state for row in world.rows.values()} == {DeliveryState.RETRACTED}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_kill_between_the_deletion_and_its_answer_leaves_no_post(world: World, platform: str) -> None:
    world.plan(platform)
    world.until_idle()
    retract(world.store, 665, [], world.clock)
    world.sandbox.fail(platform, Fault.HANG, stored=True, seconds=SOON)
    life = world.cradle.begin(world.orders)
    _until(lambda: not [post for post in world.sandbox.posts(platform) if not post.deleted])
    os.kill(life, signal.SIGKILL)
    assert world.cradle.end_of(life) == signal.SIGKILL
    assert world.rows[platform].state == DeliveryState.SENT
    world.until_idle()
    assert world.rows[platform].state == DeliveryState.RETRACTED


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_kill_between_the_post_and_its_answer_leaves_one_post(world: World, platform: str) -> None:
    world.plan(platform)
    world.sandbox.fail(platform, Fault.HANG, stored=True, seconds=SOON)
    life = world.cradle.begin(world.orders)
    _until(lambda: bool(world.sandbox.posts(platform)))
    os.kill(life, signal.SIGKILL)
    assert world.cradle.end_of(life) == signal.SIGKILL
    assert world.rows[platform].state == DeliveryState.SENDING
    world.until_idle()
    world.assert_one_post_each(platform)


@pytest.mark.parametrize("step", ["looking", "settled"])
def test_a_kill_while_looking_for_a_lost_post_leaves_one_post(world: World, step: str) -> None:
    world.plan(*PLATFORMS)
    for platform in PLATFORMS:
        world.sandbox.fail(platform, Fault.RESET, stored=True)
    world.cradle.live(world.orders)
    assert {row.state for row in world.rows.values()} == {DeliveryState.UNCERTAIN}
    world.clock.move_to(world.clock() + timedelta(seconds=30))
    for platform in PLATFORMS:
        fatal = replace(world.orders, end_at=(step, platform), only=(platform,))
        assert world.cradle.live(fatal) == signal.SIGKILL
    world.until_idle()
    world.assert_one_post_each(*PLATFORMS)


def test_a_process_stopped_for_too_long_notices_that_its_claim_is_gone(either_world: World) -> None:
    world = either_world
    world.plan(*PLATFORMS)
    stopped = {
        platform: world.cradle.begin(replace(world.orders, stop_at=("claimed", platform), only=(platform,)))
        for platform in PLATFORMS
    }
    for life in stopped.values():
        _until(lambda life=life: is_stopped(life))
    world.until_idle()
    world.assert_one_post_each(*PLATFORMS)
    for life in stopped.values():
        os.kill(life, signal.SIGCONT)
        assert world.cradle.end_of(life) == 0
    world.assert_one_post_each(*PLATFORMS)


def test_a_late_answer_of_a_stopped_process_is_kept(world: World) -> None:
    world.plan("mastodon")
    life = world.cradle.begin(replace(world.orders, stop_at=("answered", "mastodon")))
    _until(lambda: is_stopped(life))
    world.clock.move_to(world.clock() + timedelta(seconds=90))
    world.cradle.live(world.orders)
    assert world.rows["mastodon"].state == DeliveryState.UNCERTAIN
    os.kill(life, signal.SIGCONT)
    assert world.cradle.end_of(life) == 0
    world.assert_one_post_each("mastodon")


def test_many_processes_at_the_same_moment_make_one_post_each(either_world: World) -> None:
    world = either_world
    world.plan(*PLATFORMS)
    lives = [world.cradle.begin(world.orders) for _ in range(4)]
    for life in lives:
        assert world.cradle.end_of(life) == 0
    world.until_idle()
    world.assert_one_post_each(*PLATFORMS)


def _until(holds: object) -> None:
    assert callable(holds)
    end = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
