"""The records in the key-value table: typed, read as 0.1.0 wrote them, and made again when they make no sense."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crosspost.alerts import CHECKED, SENT_ALERTS, SentAlerts
from crosspost.delivery import account_cache
from crosspost.status import status
from crosspost.store import Store, open_store
from crosspost.store.scopes import Scope
from crosspost.watch import problems
from crosspost.watch.problems import Problem, ProblemKind
from crosspost.watch.watch import last_revisions
from tests.conftest import MovableClock

NEWS = "This Week in Rust"
NOON = datetime(2026, 8, 27, 12, tzinfo=UTC)
PROBLEM = Problem("git", "a.md", "has no date", ProblemKind.WRONG, NOON, "", 1, None)

AS_0_1_0_WROTE_IT: list[tuple[Scope[Any], str, Any]] = [
    (
        last_revisions(NEWS),
        "0123456789012345678901234567890123456789",
        "0123456789012345678901234567890123456789",
    ),
    (last_revisions(NEWS), '{"digest": "abc", "etag": "W/1"}', '{"digest": "abc", "etag": "W/1"}'),
    (CHECKED, "2026-08-27T12:00:00+00:00", NOON),
    (
        SENT_ALERTS,
        '{"sentences": {"665/x": "It is stuck."}, "at_rest": ["665/x"], "failures": 2, '
        '"not_before": "2026-08-27T12:00:00+00:00"}',
        SentAlerts({"665/x": "It is stuck."}, ("665/x",), 2, NOON),
    ),
    (
        problems.PROBLEMS,
        '[{"source": "git", "path": "a.md", "reason": "has no date", "kind": "wrong", '
        '"since": "2026-08-27T12:00:00+00:00", "step": "", "failures": 1, "not_before": null}]',
        (PROBLEM,),
    ),
    (
        account_cache.LIMITS,
        '{"place": "https://hachyderm.io", "asked": "2026-08-27T12:00:00+00:00", "limits": {"max": 500}}',
        account_cache.CachedLimits("https://hachyderm.io", NOON, {"max": 500}),
    ),
]
SCOPES = {scope.name: scope for scope, _, _ in AS_0_1_0_WROTE_IT}


@pytest.mark.parametrize(("scope", "text", "value"), AS_0_1_0_WROTE_IT)
def test_what_the_first_release_wrote_is_read(scope: Scope[Any], text: str, value: Any) -> None:
    assert scope.read(text) == value
    assert scope.read(scope.write(value)) == value


def test_a_field_of_a_later_version_is_left_aside() -> None:
    assert SENT_ALERTS.read('{"failures": 3, "mood": "good"}') == SentAlerts(failures=3)


@pytest.mark.parametrize("rubbish", ["", "[", '{"sentences": 1}', '[{"kind": "new"}]', "\0"])
@pytest.mark.parametrize(
    "scope",
    [each for each in SCOPES.values() if each.name != last_revisions(NEWS).name],
    ids=lambda s: s.name,
)
def test_a_record_that_makes_no_sense_counts_as_none(scope: Scope[Any], rubbish: str) -> None:
    assert scope.read(rubbish) is None


def test_a_record_that_makes_no_sense_is_replaced(tmp_path: Path, clock: MovableClock) -> None:
    with closing(opened(tmp_path, clock)) as store:
        store.set_value(problems.PROBLEMS, NEWS, (PROBLEM,))
        store.set_value(SENT_ALERTS, "log", SentAlerts(failures=1))
    with closing(sqlite3.connect(tmp_path / "state.db")) as database, database:
        database.execute("UPDATE memory SET value = '[{}]'")

    with closing(opened(tmp_path, clock)) as store:
        assert status(store).problems == ()
        assert store.compare_and_set(SENT_ALERTS, "log", SentAlerts(failures=2), expected=None)
        assert store.get_value(SENT_ALERTS, "log") == SentAlerts(failures=2)


def opened(folder: Path, clock: MovableClock) -> Store:
    return open_store(f"sqlite:///{folder / 'state.db'}", NEWS, clock)
