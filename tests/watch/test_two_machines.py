"""Two machines on one database: what was seen last is shared, the copy of the repository is each machine's own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crosspost import platforms
from crosspost.config.schema import GateConfig
from crosspost.model import Clock
from crosspost.parse import TWIR
from crosspost.pipeline import run_pass
from crosspost.platforms import stand_ins
from crosspost.sandbox import Sandbox
from crosspost.store import Store
from crosspost.watch.feed import FeedSource
from crosspost.watch.git import GitSource
from crosspost.watch.problems import Problems, stored_problems
from crosspost.watch.sources import Source
from crosspost.watch.watch import WatchResult, poll_sources
from tests.conftest import MovableClock
from tests.newsroom import Checkout, issue_text, name_of
from tests.rehearsing import NIGHT, Rehearsal
from tests.rehearsing import issue_text as rehearsed
from tests.web_server import Asked, Reply, Server, serving

NEWS = "This Week in Rust"
PATH = f"content/{name_of()}"


class Machine:
    """One of them: its own connection to the database, its own copy of the source."""

    def __init__(self, store: Store, source: Source, clock: MovableClock) -> None:
        self.store = store
        self.source = source
        self.clock = clock

    def look(self) -> WatchResult:
        problems = Problems(self.store, self.clock())
        return poll_sources([self.source], self.store, GateConfig(), self.clock, problems, newsletter=TWIR)

    def shown(self) -> list[bytes]:
        return [candidate.sighting.data for candidate in self.look().candidates]


Pair = tuple[Machine, Machine]


@pytest.fixture
def editor(tmp_path: Path) -> Checkout:
    checkout = Checkout.begin(tmp_path)
    checkout.commit({f"content/{name_of('2026-08-12')}": issue_text(664, day="2026-08-12")})
    return checkout


@pytest.fixture
def machines(
    editor: Checkout,
    store_url: str,
    opened: Callable[[str, Clock], Store],
    clock: MovableClock,
    tmp_path: Path,
) -> Pair:
    def machine(name: str) -> Machine:
        source = GitSource(
            "git", str(editor.remote), branch="main", folder="content", cache=tmp_path / "machines" / name
        )
        return Machine(opened(store_url, clock), source, clock)

    pair = machine("one"), machine("two")
    for each in pair:
        each.look()
    return pair


def changed_at(machine: Machine) -> object:
    record = machine.store.issue(665)
    assert record is not None
    return record.changed_at


def test_what_one_machine_saw_first_the_other_has_as_well(editor: Checkout, machines: Pair) -> None:
    one, two = machines
    editor.commit({PATH: issue_text()})

    assert one.shown() == [issue_text().encode()]
    assert two.shown() == [issue_text().encode()], "also when the first one dies now"
    assert stored_problems(two.store) == ()


def test_the_quiet_time_of_an_edited_issue_ends_on_both(
    editor: Checkout, machines: Pair, clock: MovableClock
) -> None:
    one, two = machines
    editor.commit({PATH: issue_text()})
    for each in machines:
        each.look()
    edited = issue_text() + "\nA fix.\n"
    editor.commit({PATH: edited})
    at = clock.advance(minutes=5)

    for _ in range(4):
        assert one.shown() == [edited.encode()]
        assert two.shown() == [edited.encode()]
        assert changed_at(one) == at
        clock.advance(minutes=1)


def test_a_machine_that_is_cut_off_from_the_source_does_not_bring_its_old_text_back(
    editor: Checkout, machines: Pair, clock: MovableClock, tmp_path: Path
) -> None:
    one, two = machines
    editor.commit({PATH: issue_text()})
    for each in machines:
        each.look()
    edited = issue_text() + "\nA fix.\n"
    editor.commit({PATH: edited})
    at = clock.advance(minutes=5)
    one.look()
    hidden = editor.remote.rename(tmp_path / "cut-off.git")

    for _ in range(3):
        assert two.shown() == []
        assert changed_at(two) == at
        clock.advance(minutes=1)
    hidden.rename(editor.remote)
    assert two.shown() == [edited.encode()]
    assert changed_at(two) == at


def test_what_is_taken_back_is_taken_back_on_both(editor: Checkout, machines: Pair) -> None:
    one, two = machines
    editor.commit({PATH: issue_text()})
    for each in machines:
        each.look()
    editor.commit({PATH: None})

    assert one.look().withdrawn == (665,)
    assert two.look().withdrawn == ()
    assert two.shown() == one.shown() == []
    editor.commit({PATH: issue_text()})
    assert two.shown() == one.shown() == [issue_text().encode()]


def test_when_the_machine_that_saw_an_issue_dies_the_other_announces_it_once(
    editor: Checkout, tmp_path: Path
) -> None:
    day = NIGHT.date() - timedelta(days=1)
    with Sandbox(stand_ins()) as sandbox, ExitStack() as running:
        rehearsal = Rehearsal(tmp_path / "rehearsal", sandbox, MovableClock(NIGHT))
        config = rehearsal.configured(quiet_for=timedelta(minutes=10))
        config = replace(config, backfill=replace(config.backfill, mode="off"))
        one, two = (running.enter_context(rehearsal.app(config)) for _ in range(2))
        for name, app in (("one", one), ("two", two)):
            cache = tmp_path / "apps" / name
            app.sources = (
                GitSource("git", str(editor.remote), branch="main", folder="content", cache=cache),
            )
        editor.commit({f"content/{name_of('2026-08-12')}": rehearsed(664, day=day - timedelta(weeks=1))})
        for app in (two, one):
            run_pass(app)
        editor.commit({PATH: rehearsed(665, day=day)})
        run_pass(one)
        one.close()

        rehearsal.clock.advance(minutes=11)
        assert run_pass(two).exit_code == 0

        assert rehearsal.counts() == dict.fromkeys(platforms.names(), 1)


# ── a feed ───────────────────────────────────────────────────────────────────────────────────────────


def entry(server: Server, words: str) -> str:
    text = f"<p>{words}</p>" + "<p>And more of it, so that the entry is no teaser.</p>" * 60
    return f"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>
    <entry><title>This Week in Rust 665</title>
    <link href="{server.url}/blog/2026/08/19/this-week-in-rust-665/" rel="alternate"/>
    <published>2026-08-19T00:00:00-04:00</published><updated>2026-08-19T00:00:00-04:00</updated>
    <id>tag:665</id><content type="html"><![CDATA[{text}]]></content></entry></feed>"""


def test_a_feed_that_answers_unchanged_to_what_the_other_saw_is_read_anew(
    store_url: str, opened: Callable[[str, Clock], Store], clock: MovableClock
) -> None:
    empty = '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>T</title></feed>'
    with serving() as server:
        now = {"text": empty}

        def answer(asked: Asked) -> Reply:
            tag = f'"{hash(now["text"])}"'
            if asked.headers.get("if-none-match") == tag:
                return Reply(304)
            return Reply(200, now["text"], {"ETag": tag, "Content-Type": "application/atom+xml"})

        server.answer = answer
        pair = [
            Machine(opened(store_url, clock), FeedSource("feed", f"{server.url}/atom.xml", clock), clock)
            for _ in range(2)
        ]
        for each in pair:
            assert each.shown() == []
        for words in ("As it was.", "As it is."):
            now["text"] = entry(server, words)
            at = clock.advance(minutes=5)
            for _ in range(3):
                for each in pair:
                    (text,) = each.shown()
                    assert words.encode() in text
                    assert changed_at(each) == at
                clock.now += timedelta(seconds=20)
