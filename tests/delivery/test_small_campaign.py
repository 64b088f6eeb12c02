"""Small parts of `make chaos`: kills and faults on every platform at once, and nothing doubled or lost."""

from __future__ import annotations

import pytest

from tests.chaos import stateless
from tests.chaos.campaign import Weather, run


@pytest.mark.slow
def test_a_small_campaign_doubles_and_loses_nothing() -> None:
    weather = Weather(fault_rate=0.25, kill_rate=0.02, hang=0.8, attempt_limit=0.7)
    tally = run([1], 15, weather)
    assert (tally.deliveries, tally.duplicates, tally.lost) == (15, 0, 0), "\n".join(tally.findings)
    assert (tally.left_behind, tally.made_again) == (0, 0), "\n".join(tally.findings)
    assert tally.retracted > 0
    assert tally.faults > 0


@pytest.mark.slow
@pytest.mark.parametrize("keys", [True, False], ids=["keys honoured", "keys ignored"])
def test_runs_that_keep_nothing_double_and_lose_nothing(keys: bool) -> None:
    counts = stateless.run([7], 10, stateless.Weather(keys=keys, lost_answers=1.0))
    assert (counts.deliveries, counts.duplicates, counts.lost) == (10, 0, 0), "\n".join(counts.findings)
    assert min(counts.kills, counts.lost_answers) > 0
