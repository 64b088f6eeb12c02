"""Two newsletters in one PostgreSQL, with the same numbers and the same names of accounts: each sees its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from crosspost.app import App, load_config
from crosspost.cli import execute
from crosspost.delivery import account_cache
from crosspost.model import DeliveryState
from crosspost.pipeline import run_pass
from crosspost.platforms import stand_ins
from crosspost.sandbox import Sandbox
from crosspost.watch.problems import ProblemKind, Problems
from crosspost.web import Health, pages
from tests.conftest import MovableClock
from tests.databases import new_database
from tests.rehearsing import NIGHT, Rehearsal, issue_text

pytestmark = pytest.mark.postgres

NAMES = ("This Week in Rust", "This Month in Engines")
NUMBER = 665


class Newsletter:
    """One of the two: its configuration, its stand-ins, and the program between them."""

    def __init__(self, name: str, url: str, folder: Path, clock: MovableClock, stack: ExitStack) -> None:
        self.name = name
        self.sandbox = stack.enter_context(Sandbox(stand_ins()))
        self.rehearsal = Rehearsal(folder, self.sandbox, clock)
        text = self.rehearsal.path.read_text().replace(f"sqlite:///{folder}/crosspost.db", url)
        text = text.replace("[newsletter]", '[newsletter]\ngrammar = "twir"\npage = "{site}/{number}/"')
        text = text.replace('name = "This Week in Rust"', f'name = "{name}"')
        self.rehearsal.path.write_text(text.replace("https://this-week-in-rust.org", self.site))
        self.app: App = stack.enter_context(App(load_config(self.rehearsal.path, secrets=True), clock))

    @property
    def site(self) -> str:
        return f"https://{self.name.split()[-1].lower()}.example.org"

    def publish(self, number: int) -> None:
        self.rehearsal.publish(number, issue_text(number).replace("This Week in Rust", self.name))

    def page(self) -> str:
        return pages.overview(self.app, lambda: Health(healthy=True, reason="", last=None, next_at=None))

    def status(self, capsys: pytest.CaptureFixture[str]) -> Any:
        execute(["-c", str(self.rehearsal.path), "status", "--json"])
        return json.loads(capsys.readouterr().out)


@pytest.fixture
def both(postgresql: str, tmp_path: Path) -> Iterator[tuple[Newsletter, Newsletter]]:
    url, clock = new_database(postgresql), MovableClock(NIGHT)
    with ExitStack() as stack:
        rust, engines = (
            Newsletter(name, url, tmp_path / str(n), clock, stack) for n, name in enumerate(NAMES)
        )
        for each in (rust, engines):
            each.publish(NUMBER - 1)
            run_pass(each.app)
            each.publish(NUMBER)
        yield rust, engines


def test_each_announces_and_shows_its_own(
    both: tuple[Newsletter, Newsletter], capsys: pytest.CaptureFixture[str]
) -> None:
    for each in both:
        each.rehearsal.passes(each.app)

    for each, other in (both, both[::-1]):
        assert set(each.rehearsal.counts().values()) == {1}
        assert all(other.site not in str(post.payload) for post in each.sandbox.posts())
        shown = [issue for issue in each.status(capsys)["issues"] if issue["state"] != "baseline"]
        assert [(issue["number"], issue["title"]) for issue in shown] == [(NUMBER, f"{each.name} {NUMBER}")]
        assert {row["state"] for row in shown[0]["deliveries"]} == {"sent"}
        assert each.name in each.page()
        assert other.name not in each.page()
        history = each.app.store.events(NUMBER)
        assert not any(other.site in str(event) for event in history)


def test_what_is_said_of_one_does_not_concern_the_other(
    both: tuple[Newsletter, Newsletter], capsys: pytest.CaptureFixture[str]
) -> None:
    rust, engines = both
    execute(["-c", str(rust.rehearsal.path), "hold", str(NUMBER)])
    execute(["-c", str(rust.rehearsal.path), "hold", "700"])
    problems = Problems(rust.app.store, NIGHT)
    problems.add("a source", "", "", ProblemKind.AWAY, "does not answer")
    problems.save()
    rust.app.store.pause("mastodon", NIGHT.replace(year=2027))
    capsys.readouterr()

    engines.rehearsal.passes(engines.app)

    assert set(engines.rehearsal.counts().values()) == {1}
    assert set(rust.rehearsal.counts().values()) == {0}
    shown = engines.status(capsys)
    assert (shown["problems"], shown["held_unseen"]) == ([], [])
    assert {row.state for row in engines.app.store.deliveries(NUMBER)} == {DeliveryState.SENT}


def test_two_accounts_of_one_name_have_the_limits_of_their_own_instances(
    both: tuple[Newsletter, Newsletter],
) -> None:
    for length, each in enumerate(both, 500):
        account_cache.save_limits(each.app.store, each.app.config.account("mastodon"), {"max": length}, NIGHT)

    cached = [
        account_cache.cached_limits(each.app.store, each.app.config.account("mastodon")) for each in both
    ]
    assert [each.limits for each in cached if each] == [{"max": 500}, {"max": 501}]


def test_rows_of_the_same_number_and_account_are_two(both: tuple[Newsletter, Newsletter]) -> None:
    rust, engines = both
    for each in both:
        run_pass(each.app)
    (row,) = (row for row in rust.app.store.deliveries(NUMBER) if row.account == "mastodon")

    assert re.search(rust.site, row.post.url)
    assert row.key != next(
        each.key for each in engines.app.store.deliveries(NUMBER) if each.account == "mastodon"
    )
