"""Which of several machines watches: one at a time, and none that has fallen silent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from crosspost.model import Clock
from crosspost.store import Store
from crosspost.watch.lease import Lease, watcher
from crosspost.watch.problems import ProblemKind, Problems, stored_problems
from tests.conftest import MovableClock
from tests.databases import new_database

TAKEOVER = timedelta(minutes=1)


class Time:
    """The steady clock of one machine, moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def stores(postgresql: str, opened: Callable[[str, Clock], Store], clock: MovableClock) -> list[Store]:
    url = new_database(postgresql)
    return [opened(url, clock) for _ in range(3)]


@pytest.mark.postgres
def test_one_watches_for_as_long_as_it_says_so(stores: list[Store], clock: MovableClock) -> None:
    time = Time()
    first, second, third = (Lease(store, TAKEOVER, clock, time) for store in stores)

    for _ in range(20):
        assert [first.acquire(), second.acquire(), third.acquire()] == [True, False, False]
        time.now += 10
        clock.advance(seconds=10)

    found = watcher(stores[2])
    assert found is not None
    assert found.seen_at - found.since == timedelta(seconds=190)


@pytest.mark.postgres
def test_another_takes_over_within_the_time_and_the_first_stands_by_when_it_comes_back(
    stores: list[Store], clock: MovableClock
) -> None:
    time = Time()
    first, second, third = (Lease(store, TAKEOVER, clock, time) for store in stores)
    assert first.acquire()
    waited = 0.0
    while not (second.acquire() or third.acquire()):
        time.now += TAKEOVER.total_seconds() / 6
        waited += TAKEOVER.total_seconds() / 6

    assert TAKEOVER.total_seconds() / 3 < waited < TAKEOVER.total_seconds()
    assert not first.acquire()
    assert [second.acquire(), third.acquire()].count(True) == 1


@pytest.mark.postgres
def test_a_clock_that_is_wrong_by_an_hour_takes_nothing_over(stores: list[Store]) -> None:
    early, late = MovableClock(), MovableClock()
    late.advance(hours=1)
    time = Time()
    first, second = Lease(stores[0], TAKEOVER, early, time), Lease(stores[1], TAKEOVER, late, time)

    for _ in range(10):
        assert [first.acquire(), second.acquire()] == [True, False]
        time.now += 10


@pytest.mark.postgres
def test_it_is_handed_over_at_once_when_asked_or_let_go(stores: list[Store], clock: MovableClock) -> None:
    first, second = (Lease(store, TAKEOVER, clock) for store in stores[:2])
    assert first.acquire()

    assert second.acquire(take_over=True)
    assert not first.acquire()
    first.release()  # it is not its own any more
    assert not first.acquire()
    second.release()
    assert watcher(stores[0]) is None
    assert first.acquire()


def test_on_sqlite_there_is_nothing_to_share(
    opened: Callable[[str, Clock], Store], clock: MovableClock, tmp_path: Path
) -> None:
    store = opened(f"sqlite:///{tmp_path}/crosspost.db", clock)
    assert all(Lease(store, TAKEOVER, clock).acquire() for _ in range(2))
    assert watcher(store) is None


def test_a_machine_that_stands_by_forgets_nothing_that_the_watcher_found(
    store: Store, clock: MovableClock
) -> None:
    watching = Problems(store, clock())
    watching.add("git", "", "", ProblemKind.AWAY, "does not answer")
    watching.save()
    (since,) = (problem.since for problem in stored_problems(store))
    clock.advance(minutes=1)

    standing_by = Problems(store, clock(), tries_all=False)
    watching = Problems(store, clock())
    standing_by.add(
        "git", "a.md", "delivery of 1 to x", ProblemKind.FAULT, "a mistake", clock.advance(minutes=5)
    )
    standing_by.save()
    watching.add("git", "", "", ProblemKind.AWAY, "does not answer")
    watching.add("feed", "", "", ProblemKind.AWAY, "does not answer either")
    watching.save()

    found = {(problem.source, problem.path): problem.since for problem in stored_problems(store)}
    assert set(found) == {("git", ""), ("git", "a.md"), ("feed", "")}
    assert found["git", ""] == since


def test_what_one_machine_found_in_order_another_does_not_bring_back(
    store: Store, clock: MovableClock
) -> None:
    first = Problems(store, clock())
    first.add("git", "a.md", "", ProblemKind.WRONG, "no date")
    first.save()
    one, two = Problems(store, clock(), tries_all=False), Problems(store, clock())

    two.clear("git", "a.md")
    two.save()
    one.add(
        "git", "b.md", "delivery of 1 to x", ProblemKind.FAULT, "a mistake", clock() + timedelta(minutes=1)
    )
    one.save()

    assert [problem.path for problem in stored_problems(store)] == ["b.md"]
