"""Exactly once in any order of events: hypothesis plays the platform, the editor, the clock, the power cut.

An attempt can be frozen at a step, as SIGSTOP does to a process, and go on much later; a process can end at
any step; the store can be put back to an older copy; the clock can be set back. At the end the world is kind:
the delivery is sent, with at most one post of ours and at least one post altogether.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from crosspost.config.schema import DeliveryConfig
from crosspost.delivery.overrides import record, retry
from crosspost.delivery.session import Session
from crosspost.delivery.step import advance
from crosspost.delivery.workers import deliver
from crosspost.errors import UsageError
from crosspost.model import CannotLook, Clock, Delivery, DeliveryState, NeverArrived, RefusedForNow, Uncertain
from crosspost.store import Store, open_store
from tests.databases import copied
from tests.delivery.scripted_server import ISSUE, LISTED_AFTER, NEWSLETTER, Place, planned

POLICY = DeliveryConfig(look_after=LISTED_AFTER, give_up_after=timedelta(days=3650))
SETTLED = (DeliveryState.SENT, DeliveryState.SKIPPED)
LAG = timedelta(minutes=9)
STEPS = st.sampled_from(["looking", "looked", "claiming", "claimed", "writing", "answered", "settled"])
ANSWERS = st.sampled_from(
    [
        (NeverArrived("refused"), False),
        (RefusedForNow("429"), False),
        (Uncertain("EOF"), True),
        (Uncertain("EOF"), False),
        (RuntimeError("surprise"), True),
        (RuntimeError("surprise"), False),
    ]
)


class PowerCut(BaseException):
    """The process ends here."""


class Frozen(threading.Thread):
    """A process that stops at a step of its attempt until it is let go on."""

    def __init__(self, store: Store, place: Place, row: Delivery, step: str, clock: Clock) -> None:
        super().__init__(daemon=True)
        self._session = Session(store, place.account(), POLICY, clock, self._at)
        self._row = row
        self._step = step
        self._go_on = threading.Event()
        self.arrived = threading.Event()

    def run(self) -> None:
        try:
            advance(self._session, self._row)
        finally:
            self.arrived.set()

    def thaw(self) -> None:
        self._go_on.set()
        self.join(10)
        assert not self.is_alive()

    def _at(self, step: str) -> None:
        if step == self._step:
            self.arrived.set()
            assert self._go_on.wait(60)


class AnyOrderOfEvents(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="crosspost-machine-"))
        self.real = datetime(2026, 8, 20, 3, tzinfo=UTC)
        self.set_back = timedelta()
        self.place = Place(lambda: self.real, lag=LAG)
        self.store = self.open()
        self.frozen: list[Frozen] = []
        self.person_skipped = False
        self.editor_posted_at: datetime | None = None

    def wall(self) -> datetime:
        return self.real - self.set_back

    def open(self) -> Store:
        return open_store(f"sqlite:///{self.folder / 'rows.db'}", NEWSLETTER, self.wall)

    def teardown(self) -> None:
        for process in self.frozen:
            process.thaw()
        self.a_kind_world_settles_everything()
        self.store.close()
        shutil.rmtree(self.folder)

    @property
    def row(self) -> Delivery:
        return self.store.deliveries()[0]

    @initialize()
    def plan(self) -> None:
        planned(self.store, self.wall())

    # ── what can happen ──

    @rule()
    def a_pass(self) -> None:
        deliver(self.store, {"far": self.place.account()}, POLICY, self.wall)

    @rule(seconds=st.sampled_from([1, 29, 61, 125, 601, 3600, 86400]))
    def time_passes(self, seconds: int) -> None:
        self.real += timedelta(seconds=seconds)

    @rule(answer=ANSWERS)
    def the_next_answer_will_be(self, answer: tuple[Any, bool]) -> None:
        self.place.next_send = [answer]

    @rule(look=st.sampled_from([CannotLook("502", refused=False), CannotLook("403", refused=True)]))
    def the_next_look_will_fail(self, look: CannotLook) -> None:
        self.place.next_look = [look]

    @rule(step=STEPS)
    def the_process_ends_at(self, step: str) -> None:
        def at(reached: str) -> None:
            if reached == step:
                raise PowerCut

        session = Session(self.store, self.place.account(), POLICY, self.wall, at)
        for row in self.store.due_deliveries(self.wall()):
            try:
                advance(session, row)
            except PowerCut:
                return

    @precondition(lambda self: len(self.frozen) < 2)
    @rule(step=st.sampled_from(["looked", "claiming", "claimed", "answered"]))
    def a_process_is_stopped_at(self, step: str) -> None:
        for row in self.store.due_deliveries(self.wall()):
            process = Frozen(self.store, self.place, row, step, self.wall)
            process.start()
            assert process.arrived.wait(10)
            if process.is_alive():
                self.frozen.append(process)

    @precondition(lambda self: self.frozen)
    @rule()
    def it_goes_on(self) -> None:
        self.frozen.pop(0).thaw()

    @precondition(lambda self: self.editor_posted_at is None and not self.place.posts)
    @rule()
    def an_editor_posts(self) -> None:
        self.place.keep(ISSUE.url, by="an editor")
        self.editor_posted_at = self.real

    @rule()
    def an_editor_retries(self) -> None:
        self.word(lambda: retry(self.store, self.accounts, 665, "far", self.wall))

    @precondition(lambda self: self.place.posts)
    @rule()
    def an_editor_records(self) -> None:
        url = self.place.posts[0].url
        self.word(lambda: record(self.store, self.place.account(), 665, url, self.wall))

    @rule()
    def the_clock_is_set_back(self) -> None:
        self.set_back += timedelta(minutes=30)

    @precondition(lambda self: not self.frozen)
    @rule()
    def yesterdays_copy_is_put_back(self) -> None:
        copy = self.folder / "copy.db"
        copy.unlink(missing_ok=True)
        copied(self.folder / "rows.db", copy)
        self.a_pass()
        self.real += timedelta(days=1)
        self.store.close()
        for name in ("rows.db-wal", "rows.db-shm"):
            (self.folder / name).unlink(missing_ok=True)
        copy.replace(self.folder / "rows.db")
        self.store = self.open()

    # ── what must hold ──

    @invariant()
    def there_is_never_a_second_post_of_ours(self) -> None:
        assert len(self.place.ours) <= 1, self.place.posts

    def a_kind_world_settles_everything(self) -> None:
        self.place.next_send, self.place.next_look = [], []
        for _ in range(60):
            if not self.store.deliveries() or self.row.state in SETTLED:
                break
            needs_a_person = self.row.state == DeliveryState.STUCK or (
                self.row.state == DeliveryState.UNCERTAIN and self.row.not_before is None
            )
            if needs_a_person:
                self.an_editor_retries()
            self.real += timedelta(minutes=5)
            self.a_pass()
        if self.store.deliveries():
            assert self.row.state == DeliveryState.SENT, self.row
            assert self.place.posts
            assert self.row.url in [post.url for post in self.place.posts]
        self.there_is_never_a_second_post_of_ours()

    # ── helpers of the rules ──

    @property
    def accounts(self) -> dict[str, Any]:
        return {"far": self.place.account()}

    def word(self, said: Any) -> None:
        try:
            said()
        except UsageError:
            return  # refused: it changes nothing


AnyOrderOfEvents.TestCase.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyOrderOfEvents = AnyOrderOfEvents.TestCase
