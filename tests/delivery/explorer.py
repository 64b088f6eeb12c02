"""Every order of events around one delivery, state by state: the real step and the real commands, a modelled world.

Two workers, sometimes a person, one row, one platform. What they do is the code of `crosspost.delivery`; the store, the
platform and the time are values, so that a state can be remembered and gone back to. A worker's own state is the list
of the answers that it has had in its present step: the step is run again with them, up to the first question that has
none yet. That question is asked of the world when the worker is next let run; between two questions anything may happen
to everybody else. (Stateless search, as in Godefroid's VeriSoft, with the states remembered, as in SPIN.)

Times are seconds before or after now. What is older than `OLD` is `OLD`: nothing compares with times beyond it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from crosspost.config.schema import DeliveryConfig
from crosspost.delivery.account import Account
from crosspost.delivery.overrides import retract, retry, skip
from crosspost.delivery.session import Session
from crosspost.delivery.step import advance
from crosspost.errors import StoreError, UsageError
from crosspost.model import (
    Absent,
    CannotLook,
    Delivery,
    DeliveryState,
    Done,
    FetchResult,
    Found,
    Look,
    NeverArrived,
    Outcome,
    Post,
    PostRequest,
    RefusedForNow,
    Sent,
    Uncertain,
)
from crosspost.platforms import Attempt, Query
from crosspost.platforms._settings import AccountSettings
from crosspost.store.values import CLOCK_SKEW
from tests.delivery.scripted_server import ISSUE, NEWSLETTER, post

NOW = datetime(2026, 8, 20, 3, tzinfo=UTC)
TICK = 60
"""Seconds by which time passes. An attempt may last one tick; others take its row over in the second one after it."""

LISTED_AFTER = 3 * TICK
"""The platform lists a post after this long at the latest; until then a look may or may not show it."""

OLD = -6 * TICK
LONGEST_FREEZE = 6 * TICK
"""So long a worker may be stopped within a step: longer than an attempt, all looks and a second attempt together."""

POLICY = DeliveryConfig(
    attempt_limit=timedelta(seconds=TICK),
    first_retry=timedelta(seconds=TICK),
    longest_retry=timedelta(seconds=TICK),
    give_up_after=timedelta(days=3650),
)
TEXT = post()


# ── the world ────────────────────────────────────────────────────────────────────────────────────────


class Row(NamedTuple):
    """The delivery's row, as far as a decision can depend on it."""

    state: DeliveryState = DeliveryState.DUE
    claim: int | None = None
    attempts: int = 0
    """Two stands for more."""
    looks: int = 0
    url: int | None = None
    request: PostRequest | None = None
    not_before: int | None = None
    claimed_at: int | None = None
    uncertain_since: int | None = None
    settled_at: int | None = None
    due_since: int | None = None
    changed_at: int | None = None
    requested_at: int | None = None
    current: bool = True
    """A worker's copy: the row has not changed since."""

    def older(self) -> Row:
        values: dict[str, Any] = {
            name: None if (time := getattr(self, name)) is None else time - TICK for name in TIMES
        }
        return self._replace(**values)


TIMES = (
    "not_before",
    "claimed_at",
    "uncertain_since",
    "settled_at",
    "due_since",
    "changed_at",
    "requested_at",
)


def _clamped(time: int | None) -> int | None:
    return None if time is None else max(OLD, time)


def _older(time: int | None) -> int | None:
    return None if time is None else max(OLD, time - TICK)


class Clocked(NamedTuple):
    """An answer of the clock."""

    time: int


class Entry(NamedTuple):
    """A post as the platform keeps it."""

    made: int
    late: bool
    """Its request left later after the last check of the claim than an attempt may last."""
    deleted: bool = False


Changes = tuple[tuple[str, Any], ...]
"""What is written to a row, by the columns' names."""

Answer = Any
"""What a question got: a Row, None, a bool, a Clocked, or what the platform said."""


class LastWrite(NamedTuple):
    """What is left of a step that has only to write down what it knows."""

    changes: Changes | None
    """None: its copy of the row is old, so that this comes too late."""
    late: tuple[int, int] | None
    """The post and the time, kept even where the row has changed; None: then nothing is left to do."""


class Actor(NamedTuple):
    """A worker."""

    ahead: int
    """Seconds by which its clock is ahead."""
    answers: tuple[Answer, ...] | LastWrite | None = None
    """The answers that it has had in its present step; None: it is between two steps."""
    begun: int = 0
    """When it read the row."""


class World(NamedTuple):
    """One state."""

    row: Row
    posts: tuple[Entry, ...]
    workers: tuple[Actor, ...]
    person: bool
    """Whether a person has still to say what they want."""
    faults: int
    """How many more may happen."""


@dataclass(frozen=True)
class Setting:
    """What is explored."""

    faults: int
    """How many crashes, lost answers and refusals may happen, together."""
    keyed: bool = False
    """The platform knows a post again by its idempotency key."""
    ahead: tuple[int, ...] = (0, 0)
    """By how many seconds each worker's clock is ahead."""
    look_after: tuple[int, ...] = (TICK, LISTED_AFTER)
    freeze: int = LONGEST_FREEZE
    """So many seconds a worker may be stopped within a step."""
    person: str | None = None
    """The command that a person says once, at any moment."""


# ── a step, run up to the first question without an answer ───────────────────────────────────────────


class Asked(BaseException):
    """The step wants to know something that it has not been told: no fault, so no `except Exception` takes it."""

    def __init__(self, *question: Any) -> None:
        super().__init__(*question)
        self.question = question


class Replay:
    """Gives the answers of before, one after the other; then raises Asked."""

    def __init__(self, answers: tuple[Answer, ...]) -> None:
        self._answers = iter(answers)

    def __call__(self, *question: Any) -> Answer:
        for answer in self._answers:
            return answer
        raise Asked(*question)

    def clock(self) -> datetime:
        return _moment(self("clock").time)


def _moment(time: int) -> datetime:
    return NOW + timedelta(seconds=time)


def _seconds(value: Any) -> Any:
    return round((value - NOW).total_seconds()) if isinstance(value, datetime) else value


@cache
def as_delivery(row: Row) -> Delivery:
    moments = {name: None if (time := getattr(row, name)) is None else _moment(time) for name in TIMES}
    return Delivery(
        id=1,
        newsletter=NEWSLETTER,
        number=ISSUE.number,
        account="far",
        platform="far",
        state=row.state,
        key="key",
        post=TEXT,
        attempts=row.attempts,
        looks=row.looks,
        adopted=False,
        url=None if row.url is None else f"https://far.example/{row.url}",
        remote_id=None if row.url is None else str(row.url),
        claim=None if row.claim is None else str(row.claim),
        reason="",
        planned_at=_moment(OLD),
        revision=int(row.current),
        request=row.request,
        **moments,  # type: ignore[arg-type]  # a table of keywords
    )


class AskedStore:
    """The store as a step sees it: each call is a question to the world."""

    def __init__(self, ask: Replay) -> None:
        self._ask = ask

    def _row(self, *question: Any) -> Delivery | None:
        answer = self._ask(*question)
        return None if answer is None else as_delivery(answer)

    def delivery(self, _row_id: int) -> Delivery | None:
        return self._row("read")

    def deliveries(self, _number: int) -> list[Delivery]:
        row = self._row("read")
        return [] if row is None else [row]

    def is_still_claimed(self, row: Delivery) -> bool:
        answer = self._ask("holds", row.claim, row.state, row.request)
        if answer == "no database":
            raise StoreError("the database does not answer")
        return bool(answer)

    def claim(self, row: Delivery, now: datetime, until: datetime) -> Delivery | None:
        changes = {
            "attempts": row.attempts + 1,
            "claimed_at": now,
            "not_before": until,
            "uncertain_since": None,
            "looks": 0,
        }
        return self._update("claim", row, DeliveryState.SENDING, now, changes)

    def claim_request(self, row: Delivery, now: datetime, until: datetime) -> Delivery | None:
        return self._update("claim", row, row.state, now, {"claimed_at": now, "not_before": until})

    def move(
        self, row: Delivery, state: DeliveryState, *, now: datetime, reason: str, **changes: Any
    ) -> Delivery | None:
        changes.pop("evidence", None)
        changes.setdefault("not_before", None)
        if state != DeliveryState.SENDING:
            changes = {"claim": None, "claimed_at": None} | changes
        return self._update("write", row, state, now, changes)

    def record_late_answer(self, row: Delivery, sent: Sent, now: datetime) -> Delivery | None:
        return self._row("late", int(sent.id), _seconds(now))

    def _update(
        self, kind: str, row: Delivery, state: DeliveryState, now: datetime, changes: dict[str, Any]
    ) -> Delivery | None:
        known = {name: _seconds(value) for name, value in changes.items() if name in Row._fields}
        if "remote_id" in changes:
            known["url"] = int(changes["remote_id"])
        known |= {"state": state, "changed_at": _seconds(now)}
        return self._row(kind, bool(row.revision), tuple(sorted(known.items())))

    def has_changed(self, _row: Delivery) -> bool:
        return False  # on PostgreSQL it saves a look; what decides is the write

    def add_note(self, *_: Any) -> None:
        """Add nothing: no decision reads the history of a plain refusal."""

    def issue(self, _number: int) -> None:
        return None

    def paused_until(self, _account: str) -> None:
        return None

    def end_pause(self, _account: str) -> None:
        pass


class AskedPlatform:
    """The platform as a step sees it."""

    def __init__(self, ask: Replay) -> None:
        self._ask = ask

    def find(self, _wanted: Query, _since: datetime) -> Look:
        answer = self._ask("find")
        if answer == "no answer":
            return CannotLook("no answer", refused=False)
        return Absent() if answer is None else Found(f"https://far.example/{answer}", str(answer))

    def send(self, _post: Post, attempt: Attempt) -> Outcome:
        attempt.before_write()
        return _outcome(self._ask("send"))

    def fetch(self, there: Found) -> FetchResult:
        return there if self._ask("fetch", int(there.id)) else Absent()

    def delete(self, there: Found, attempt: Attempt) -> Outcome:
        attempt.before_write()
        return _outcome(self._ask("delete", int(there.id)))

    def key_lifetime(self) -> timedelta:
        return timedelta()

    def close(self) -> None:
        pass


def _outcome(answer: Answer) -> Outcome:
    match answer:
        case "no answer":
            return Uncertain("no answer")
        case "never arrived":
            return NeverArrived("connection refused")
        case "refused":
            return RefusedForNow("429")
        case bool():
            return Done(answer)
        case _:
            return Sent(f"https://far.example/{answer}", str(answer))


class Explorer:
    """Goes through every state that can be reached."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self._looks = tuple(timedelta(seconds=each) for each in setting.look_after)
        self._next_question = cache(self._ask_on)
        self._is_without_effect = cache(self._without_effect)
        self._since_the_claim = cache(self._claimed)
        self._last = cache(self._only_writes)
        self.reached_by: dict[World, tuple[World, str] | None] = {}
        self.next_without_fault: dict[World, list[World]] = {}
        self.writes: set[tuple[Row, Changes]] = set()
        """Each write to the store: the row before it, and what was written."""

    # ── the steps of the real code ──

    def _account(self, ask: Replay) -> Account:
        return Account(
            name="far",
            platform="far",
            mode="auto",
            look_after=self._looks,
            connect=lambda: AskedPlatform(ask),  # type: ignore[arg-type, return-value]  # what a step calls
            image=lambda _post: None,
            settings=AccountSettings(),
        )

    def _ask_on(self, who: str, answers: tuple[Answer, ...]) -> tuple[Any, ...] | None:
        """Run a step with the answers that it has had. What it asks next; None: it has ended."""
        ask = Replay(answers)
        store: Any = AskedStore(ask)
        account = self._account(ask)
        try:
            if who == "worker":
                row = as_delivery(ask("due"))
                advance(Session(store, account, POLICY, ask.clock), row)
            elif who == "retry":
                retry(store, {"far": account}, ISSUE.number, "far", ask.clock)
            elif who == "skip":
                skip(store, ISSUE.number, "far", ask.clock)
            else:
                retract(store, ISSUE.number, ["far"], ask.clock)
        except Asked as asked:
            return asked.question
        except UsageError:
            return None  # the person is told why not
        return None

    # ── what can happen next ──

    def successors(self, world: World) -> Iterator[tuple[str, World, bool]]:
        """Yield what can happen: in words, the state after it, whether it is a fault."""
        may_wait = True
        for place, worker in enumerate(world.workers):
            name = f"worker {place + 1}"
            if worker.answers is None:
                if self._is_due(world.row, worker.ahead):
                    may_wait = False  # one that reads the row and stops is the same as one that comes later
                    reads = self._told("worker", worker, world.row)
                    yield f"{name} reads the row", self._with(world, place, reads), False
                continue
            if isinstance(worker.answers, LastWrite):
                yield self._writes_last(world, place, worker, worker.answers, name)
            else:
                yield from self._goes_on(world, place, worker, "worker", name)
            if world.faults:
                killed = self._with(world, place, Actor(worker.ahead))
                yield f"{name} is killed", killed._replace(faults=world.faults - 1), True
        if world.person:
            yield f"a person says {self.setting.person}", self._commanded(world), False
        if may_wait and not self._is_frozen(world):
            yield "a minute passes", _a_tick_later(world), False

    def _goes_on(
        self, world: World, place: int, actor: Actor, who: str, name: str
    ) -> Iterator[tuple[str, World, bool]]:
        answers = _answers(actor)
        question = self._next_question(who, answers)
        assert question is not None
        for said, answer, after, fault in self._answers(world, actor, question):
            told = self._told(who, after.workers[place], answer)
            yield (
                f"{name}: {said}",
                self._with(after._replace(faults=after.faults - fault), place, told),
                bool(fault),
            )

    def _commanded(self, world: World) -> World:
        """Carry out the person's command. It writes to the row only as it read it, so it is as if done at once."""
        person, faults = Actor(0, ()), world.faults
        world = world._replace(person=False, faults=0)
        while (question := self._next_question(self.setting.person or "", _answers(person))) is not None:
            ((_, answer, world, _),) = self._answers(world, person, question)
            person = Actor(0, (*_answers(person), answer))
        return world._replace(faults=faults)

    def _writes_last(
        self, world: World, place: int, worker: Actor, last: LastWrite, name: str
    ) -> tuple[str, World, bool]:
        ended = self._with(world, place, Actor(worker.ahead))
        if last.changes is not None:
            self.writes.add((world.row, last.changes))
            after = _changed(ended, dict(last.changes))
            return f"{name} writes {after.row.state}", after, False
        assert last.late is not None
        if world.row.state is DeliveryState.SENT:
            return f"{name} has a late answer for a row that is sent", ended, False
        return f"{name} writes down a late answer", _recorded_late(ended, *last.late), False

    def _told(self, who: str, actor: Actor, answer: Answer) -> Actor:
        """Return the actor with an answer, and with what its clock says for as long as it asks for nothing else.

        A clock is read together with the answer before it: one that is read later makes every check stricter.
        """
        answers: tuple[Answer, ...] = (*_answers(actor), answer)
        while (question := self._next_question(who, answers)) == ("clock",):
            answers = (*answers, Clocked(actor.ahead))
        return actor._replace(answers=answers) if question else actor._replace(answers=None, begun=0)

    def _with(self, world: World, place: int, actor: Actor) -> World:
        """Return the world with this actor in it."""
        workers = [*world.workers[:place], actor, *world.workers[place + 1 :]]
        return world._replace(workers=tuple(workers))

    def _is_due(self, row: Row, ahead: int) -> bool:
        """Return whether the store would give this row out (DeliveryRows.due)."""
        come = row.not_before is not None and row.not_before <= ahead
        come |= (row.changed_at or 0) > ahead + CLOCK_SKEW.total_seconds()
        match row.state:
            case DeliveryState.DUE:
                return row.not_before is None or come
            case DeliveryState.UNCERTAIN | DeliveryState.SENDING:
                return row.not_before is not None and come
            case DeliveryState.SENT:
                return row.request is not None and row.not_before is not None and come
            case _:
                return False

    def _is_frozen(self, world: World) -> bool:
        """Return whether a worker has been in its step for so long that it must go on, or be killed."""
        return any(worker.begun <= -self.setting.freeze for worker in world.workers)

    # ── the world's answers ──

    def _answers(
        self, world: World, actor: Actor, question: tuple[Any, ...]
    ) -> Iterator[tuple[str, Answer, World, int]]:
        """Yield what can be answered: in words, the answer, the world after it, what it costs in faults."""
        match question:
            case ("clock",):
                yield "reads its clock", Clocked(actor.ahead), world, 0
            case ("read",):
                yield f"reads the row, {world.row.state}", world.row, world, 0
            case ("holds", claim, state, request):
                row = world.row
                holds = (str(row.claim), row.state, row.request) == (claim, state, request)
                yield f"is told that its claim {'holds' if holds else 'is lost'}", holds, world, 0
                if world.faults:
                    yield "cannot read its claim again", "no database", world, 1
            case ("claim" | "write" as kind, is_current, changes):
                yield from self._written(world, kind, is_current, dict(changes))
            case ("find",):
                yield from self._looks_for(world)
            case ("fetch", url):
                yield from self._own(world, url)
            case ("send",):
                yield from self._sent(world, actor)
            case ("delete", url):
                yield from self._deleted(world, url)
            case _:
                raise AssertionError(question)

    def _written(
        self, world: World, kind: str, is_current: bool, changes: dict[str, Any]
    ) -> Iterator[tuple[str, Answer, World, int]]:
        if not is_current:
            yield "comes too late to change the row", None, world, 0
            return
        if kind == "claim":
            changes["claim"] = _unused(world)
        self.writes.add((world.row, tuple(sorted(changes.items()))))
        after = _changed(world, changes)
        yield f"writes {changes['state']}", after.row, after, 0

    def _looks_for(self, world: World) -> Iterator[tuple[str, Answer, World, int]]:
        there = [place for place, each in enumerate(world.posts) if not each.deleted]
        for place in there:
            yield f"finds post {place}", place, world, 0
        if not any(_is_listed(world.posts[place]) for place in there):
            yield "finds nothing", None, world, 0
        if world.faults:
            yield "gets no answer to its look", "no answer", world, 1

    def _own(self, world: World, url: int) -> Iterator[tuple[str, Answer, World, int]]:
        entry = world.posts[url]
        if not entry.deleted:
            yield f"sees post {url}", True, world, 0
        if entry.deleted or not _is_listed(entry):
            yield f"does not see post {url}", False, world, 0

    def _sent(self, world: World, actor: Actor) -> Iterator[tuple[str, Answer, World, int]]:
        there = [place for place, each in enumerate(world.posts) if not each.deleted]
        if self.setting.keyed and there:
            kept, place = world, there[0]
        else:
            checked = max(each.time for each in _clocked(actor)) - actor.ahead
            entry = Entry(0, late=checked <= -TICK)
            kept, place = world._replace(posts=(*world.posts, entry)), len(world.posts)
        yield f"posts, and has the answer: post {place}", place, kept, 0
        if world.faults:
            yield f"posts, and has no answer: post {place}", "no answer", kept, 1
            yield "posts nothing, and has no answer", "no answer", world, 1
            yield "cannot connect", "never arrived", world, 1
            yield "is refused for now", "refused", world, 1

    def _deleted(self, world: World, url: int) -> Iterator[tuple[str, Answer, World, int]]:
        was_there = not world.posts[url].deleted
        posts = [*world.posts]
        posts[url] = posts[url]._replace(deleted=True)
        after = world._replace(posts=tuple(posts))
        yield f"deletes post {url}", was_there, after, 0
        if world.faults:
            yield f"deletes post {url}, and has no answer", "no answer", after, 1
            yield "deletes nothing, and has no answer", "no answer", world, 1

    # ── all of it ──

    def explore(self) -> None:
        """Reach every state. Raises AssertionError, with the steps that lead there, at the first that is wrong."""
        workers = tuple(Actor(ahead) for ahead in self.setting.ahead)
        start = World(Row(), (), workers, self.setting.person is not None, self.setting.faults)
        self.reached_by[start] = None
        waiting = deque([start])
        while waiting:
            world = waiting.popleft()
            kind: list[World] = []
            self.next_without_fault[world] = kind
            if is_window(world):
                continue  # a window that the documents name: counted, and not followed
            for said, after, fault in self.successors(world):
                after = self._canonical(after)
                if after not in self.reached_by:
                    self.reached_by[after] = (world, said)
                    if wrong := what_is_wrong(after):
                        raise AssertionError(f"{wrong}\n{self.steps_to(after)}")
                    waiting.append(after)
                if not fault:
                    kind.append(after)

    def stranded(self) -> set[World]:
        """Return the states from which, without one more fault, no end can be reached any more."""
        before: dict[World, list[World]] = {}
        for world, nexts in self.next_without_fault.items():
            for after in nexts:
                before.setdefault(after, []).append(world)
        ends = [world for world in self.reached_by if is_end(world)]
        saved = set(ends)
        while ends:
            for world in before.get(ends.pop(), []):
                if world not in saved:
                    saved.add(world)
                    ends.append(world)
        return set(self.reached_by) - saved

    def steps_to(self, world: World) -> str:
        """Return the shortest way to a state, one step to a line."""
        steps: list[str] = []
        link = self.reached_by[world]
        while link is not None:
            world, said = link
            steps.append(said)
            link = self.reached_by[world]
        return "\n".join(f"{number:3}. {said}" for number, said in enumerate(reversed(steps), 1))

    def _canonical(self, world: World) -> World:
        """Return the one of the states that differ only in what plays no part any more, or in the workers' order."""
        workers = [self._without_the_past(worker) for worker in world.workers]
        row = world.row
        first = min(0, *self.setting.ahead)
        settled_at = row.settled_at if world.person or row.request else None
        row = row._replace(
            looks=row.looks if row.state is DeliveryState.UNCERTAIN else 0,
            not_before=None if row.not_before is None else max(row.not_before, first),
            claimed_at=_clamped(row.claimed_at),
            uncertain_since=_clamped(row.uncertain_since),
            settled_at=_clamped(settled_at),
            due_since=None,
            requested_at=None,
            changed_at=None
            if (row.changed_at or 0) <= first + CLOCK_SKEW.total_seconds()
            else row.changed_at,
        )
        return world._replace(row=row, workers=tuple(sorted(workers, key=_order)))

    def _without_the_past(self, worker: Actor) -> Actor:
        if worker.answers is None:
            return worker
        answers = worker.answers
        if not isinstance(answers, LastWrite):
            if self._is_without_effect(answers):
                return worker._replace(answers=None, begun=0)
            answers = self._since_the_claim(answers)
            answers = self._last(answers) or answers
        if isinstance(answers, LastWrite):
            left = None if answers.changes is None and answers.late is None else answers
            return worker._replace(answers=left, begun=0)
        return worker._replace(answers=answers)

    def _only_writes(self, answers: tuple[Answer, ...]) -> LastWrite | None:
        """Return what is left of a step whose end hangs on nothing but whether its write comes in time."""
        question = self._next_question("worker", answers)
        assert question is not None
        if question[0] == "late":
            return LastWrite(None, question[1:])
        if question[0] != "write":
            return None
        _, is_current, changes = question
        in_time = self._next_question("worker", (*answers, Row()._replace(**dict(changes))))
        too_late = self._next_question("worker", (*answers, None))
        if in_time is not None or (too_late is not None and too_late[0] != "late"):
            return None
        return LastWrite(changes if is_current else None, None if too_late is None else too_late[1:])

    def _without_effect(self, answers: tuple[Answer, ...]) -> bool:
        """Return whether a step can only look any more: its copy of the row is old, so it can write nothing."""
        if any(isinstance(each, Row) and each.current for each in answers):
            return False
        match self._next_question("worker", answers):
            case None:
                return True
            case ("clock",):
                further: tuple[Answer, ...] = (Clocked(0),)
            case ("find",):
                further = (None, 0, "no answer")
            case ("fetch", _):
                further = (True, False)
            case ("holds", *_):
                further = (False, "no database")  # whoever changed the row changed what is asked about
            case ("claim" | "write", *_):
                further = (None,)
            case _:
                return False
        return all(self._is_without_effect((*answers, each)) for each in further)

    def _claimed(self, answers: tuple[Answer, ...]) -> tuple[Answer, ...]:
        """Return the answers as if the claim had been the first thing: what was read before it decides nothing more."""
        claims = [
            place for place, each in enumerate(answers) if isinstance(each, Row) and each.claim is not None
        ]
        if not claims or not (first := claims[0]):
            return answers
        claimed = answers[first]
        at = Clocked(claimed.claimed_at)
        before: list[Answer]
        if claimed.state is DeliveryState.SENDING:
            old = Row(current=False)
            before = [
                old if isinstance(each, Row) else at if isinstance(each, Clocked) else None
                for each in answers[:first]
            ]
        else:
            before = [claimed._replace(current=False, claim=None, claimed_at=None, not_before=None), True, at]
        shorter = (*before, *answers[first:])
        assert self._next_question("worker", shorter) == self._next_question("worker", answers)
        return shorter


def _order(actor: Actor) -> tuple[int, bool, str]:
    return actor.ahead, actor.answers is None, repr(actor)


def _answers(actor: Actor) -> tuple[Answer, ...]:
    return () if actor.answers is None or isinstance(actor.answers, LastWrite) else actor.answers


def _clocked(actor: Actor) -> list[Clocked]:
    return [each for each in _answers(actor) if isinstance(each, Clocked)]


def _is_listed(entry: Entry) -> bool:
    return entry.made <= -LISTED_AFTER


def _unused(world: World) -> int:
    """Return a claim that nobody holds or remembers."""
    taken = {world.row.claim}
    for actor in world.workers:
        taken |= {each.claim for each in _answers(actor) if isinstance(each, Row)}
    return min(set(range(10)) - taken)


def _recorded_late(world: World, url: int, now: int) -> World:
    changes = {
        "state": DeliveryState.SENT,
        "changed_at": now,
        "claim": None,
        "claimed_at": None,
        "url": url,
        "settled_at": now,
        "not_before": now if world.row.request else None,
        "uncertain_since": None,
    }
    return _changed(world, changes)


def _changed(world: World, changes: dict[str, Any]) -> World:
    """Return the world with its row changed: whoever read it before holds an old copy."""
    changes["attempts"] = min(2, changes.get("attempts", world.row.attempts))
    return _each_actor(world._replace(row=world.row._replace(**changes)), _with_an_old_copy)


def _with_an_old_copy(actor: Actor) -> Actor:
    if isinstance(actor.answers, LastWrite):
        return actor._replace(answers=actor.answers._replace(changes=None))
    old = (each._replace(current=False) if isinstance(each, Row) else each for each in _answers(actor))
    return actor._replace(answers=tuple(old))


def _a_tick_later(world: World) -> World:
    posts = tuple(each._replace(made=max(-LISTED_AFTER, each.made - TICK)) for each in world.posts)
    return _each_actor(world._replace(row=world.row.older(), posts=posts), _older_actor)


def _older_actor(actor: Actor) -> Actor:
    if isinstance(actor.answers, LastWrite):
        changes, late = actor.answers
        if changes is not None:
            changes = tuple((name, _older(value) if name in TIMES else value) for name, value in changes)
        if late is not None:
            late = (late[0], max(OLD, late[1] - TICK))
        return actor._replace(answers=LastWrite(changes, late))
    older = (
        each.older()
        if isinstance(each, Row)
        else Clocked(each.time - TICK)
        if isinstance(each, Clocked)
        else each
        for each in _answers(actor)
    )
    return actor._replace(answers=tuple(older), begun=actor.begun - TICK)


def _each_actor(world: World, change: Callable[[Actor], Actor]) -> World:
    def changed(actor: Actor) -> Actor:
        return actor if actor.answers is None else change(actor)

    return world._replace(workers=tuple(changed(each) for each in world.workers))


# ── what is right ────────────────────────────────────────────────────────────────────────────────────


def is_window(world: World) -> bool:
    """Return whether a second post is there because a worker was stopped right between its last check and its post."""
    return len(world.posts) > 1 and any(each.late for each in world.posts)


def is_end(world: World) -> bool:
    """Return whether nothing is left to do, or a person has been told."""
    row = world.row
    if row.state in (DeliveryState.SKIPPED, DeliveryState.RETRACTED, DeliveryState.STUCK) or is_window(world):
        return True
    if row.state is DeliveryState.UNCERTAIN:
        return row.not_before is None
    return row.state is DeliveryState.SENT and (row.request is None or row.not_before is None)


def what_is_wrong(world: World) -> str | None:
    """Return what must never be, in words."""
    if len(world.posts) > 1 and not is_window(world):
        return f"{len(world.posts)} posts"
    if world.row.state is DeliveryState.SENT and not world.posts:
        return "sent, and nothing was posted"
    return None
