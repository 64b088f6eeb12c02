"""A small part of `make chaos ARGS=--cluster`: three machines on one PostgreSQL, and each way in which it breaks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from crosspost.platforms import names
from tests.chaos.cluster import Act, Cluster, cluster

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

DELIVERIES = 2 * len(names())


@pytest.fixture(scope="module")
def machines() -> Iterator[Cluster]:
    with ExitStack() as running:
        try:
            made = running.enter_context(cluster(1))
        except (ImportError, OSError, RuntimeError) as error:
            pytest.skip(f"no PostgreSQL server could be started here: {error}")
        yield made


def assert_each_once(machines: Cluster, act: Act) -> None:
    count = machines.play("", act, DELIVERIES, DELIVERIES)

    assert (count.duplicates, count.sent_again, count.lost) == (0, 0, 0), "\n".join(count.findings)
    assert count.broken


def test_every_machine_is_killed_over_and_over(machines: Cluster) -> None:
    count = machines.play("", machines.killed, 3 * DELIVERIES, 3 * DELIVERIES)

    assert (count.duplicates, count.sent_again, count.lost) == (0, 0, 0), "\n".join(count.findings)


def test_a_machine_is_frozen_for_longer_than_its_claim_and_goes_on(machines: Cluster) -> None:
    assert_each_once(machines, machines.frozen)


def test_no_machine_learns_whether_a_commit_was_made(machines: Cluster) -> None:
    machines.cuts = 0.15
    assert_each_once(machines, machines.cut_off)


def test_the_server_is_restarted(machines: Cluster) -> None:
    assert_each_once(machines, machines.restarted)


def test_the_server_is_lost_and_its_synchronous_standby_takes_its_place(machines: Cluster) -> None:
    assert_each_once(machines, machines.failed_over)


def test_what_is_frozen_after_the_last_check_of_its_claim_is_sent_again_and_nothing_else(
    machines: Cluster,
) -> None:
    count = machines.play("", machines.frozen_in_the_window, DELIVERIES, DELIVERIES)

    assert count.lost == 0, "\n".join(count.findings)
    assert 0 < count.sent_again + count.duplicates <= count.broken
