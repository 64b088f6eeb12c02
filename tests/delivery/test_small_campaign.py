"""A small part of `make chaos`: kills and faults on every platform at once, and nothing doubled or lost."""

from __future__ import annotations

import pytest

from tests.chaos.campaign import Weather, run


@pytest.mark.slow
def test_a_small_campaign_doubles_and_loses_nothing() -> None:
    weather = Weather(fault_rate=0.25, kill_rate=0.02, hang=0.8, attempt_limit=0.7)
    tally = run([1], 15, weather)
    assert (tally.deliveries, tally.duplicates, tally.lost) == (15, 0, 0), "\n".join(tally.findings)
    assert (tally.left_behind, tally.made_again) == (0, 0), "\n".join(tally.findings)
    assert tally.retracted > 0
    assert tally.faults > 0
