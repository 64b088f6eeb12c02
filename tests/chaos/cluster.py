"""Three machines on one PostgreSQL, and everything that can break between them: `make chaos ARGS=--cluster`.

Each scene plans its deliveries a batch at a time, lets three processes deliver them, and breaks something meanwhile.
Listings lag behind, so that no look before a send hides a claim that was lost; and a send that a platform itself
took for a repetition counts as one made again. What a process sends that was frozen between the last check of its
claim and the request is the window that the documents name, and counts apart.
"""

from __future__ import annotations

import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path

from crosspost.model import BackfillState, Delivery, DeliveryState
from crosspost.platforms import stand_ins
from crosspost.sandbox import Sandbox
from crosspost.store import Store, open_store

from .accounts import NEWSLETTER, SharedClock, issue, posts
from .campaign import PLATFORMS, answered_by
from .life import Cradle, Orders, is_stopped
from .servers import Line, Server, until, url_of

MACHINES = 3
LAG = 400.0  # seconds until a post shows in a listing
KILLS = 0.01  # of the steps of a delivery
CUTS = 0.05  # of the COMMITs
MOST_ROUNDS = 300
DATABASE = "crosspost"

BEFORE_THE_CHECK = ("looking", "looked", "claiming", "claimed", "answered", "settled")
"""Where a process may be frozen for as long as it likes."""
THE_WINDOW = "writing"


@dataclass
class Count:
    """What one scene came to."""

    scene: str
    deliveries: int = 0
    broken: int = 0
    """How often something was broken."""
    duplicates: int = 0
    sent_again: int = 0
    """Requests beyond one for each delivery, also those that the platform did not carry out a second time."""
    lost: int = 0
    seconds: float = 0.0
    findings: list[str] = field(default_factory=list)

    def __iadd__(self, other: Count) -> Count:
        for each in fields(self)[1:]:
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))
        return self

    def __str__(self) -> str:
        return (
            f"{self.scene:<28} deliveries {self.deliveries:>5}, broken {self.broken:>4} times, "
            f"duplicates {self.duplicates}, sent again {self.sent_again}, lost {self.lost}  in {self.seconds:.0f} s"
        )


Act = Callable[[Sequence[int]], int]
"""Lets processes deliver these issues while it breaks something; how often it did."""


class Cluster:
    """A database, the stand-ins, and the processes between them."""

    def __init__(self, home: Path, sandbox: Sandbox, cradle: Cradle, clock: SharedClock, seed: int) -> None:
        self._home = home
        self._sandbox = sandbox
        self._cradle = cradle
        self._clock = clock
        self._number = 1000
        self.chance = random.Random(seed)
        self.cuts = CUTS
        self._server = Server.new(home / "first")
        self._server.says(f"CREATE DATABASE {DATABASE}")
        self._standby: Server | None = None
        addresses = {name: sandbox.addresses[name] for name in PLATFORMS}
        credentials = {name: dict(sandbox.credentials[name]) for name in PLATFORMS}
        self._orders = Orders(str(home), "", addresses, credentials, life=f"{__package__}.life:share")
        self._open()

    def _open(self) -> None:
        servers = [self._server, *([self._standby] if self._standby else [])]
        self._orders = replace(self._orders, store_url=url_of(*servers, database=DATABASE))
        self._store: Store = open_store(self._orders.store_url, NEWSLETTER, self._clock)

    def close(self) -> None:
        self._store.close()
        for server in (self._server, self._standby):
            if server is not None:
                server.stop()

    # ── the scenes ───────────────────────────────────────────────────────────────────────────────────

    def killed(self, numbers: Sequence[int]) -> int:
        """Every process dies at some step, over and over."""
        broken = 0
        for turn in range(MOST_ROUNDS):
            fatal = KILLS if turn < MOST_ROUNDS / 2 else 0.0
            lives = [self._begin(kill_rate=fatal, seed=f"{numbers}/{turn}/{n}") for n in range(MACHINES)]
            broken += sum(1 for life in lives if self._cradle.end_of(life))
            if not self._goes_on():
                break
        return broken

    def frozen(self, numbers: Sequence[int]) -> int:
        """A process for each account is frozen, the others deliver all, and then it goes on."""
        return self._freeze(lambda: self.chance.choice(BEFORE_THE_CHECK), numbers)

    def frozen_in_the_window(self, numbers: Sequence[int]) -> int:
        return self._freeze(lambda: THE_WINDOW, numbers)

    def _freeze(self, choose: Callable[[], str], numbers: Sequence[int]) -> int:
        frozen = [self._begin(stop_at=(choose(), name), only=(name,)) for name in PLATFORMS]
        until(lambda: all(map(is_stopped, frozen)))
        self._until_idle()
        for life in frozen:
            os.kill(life, signal.SIGCONT)
        for life in frozen:
            self._cradle.end_of(life)
        self._until_idle()
        return len(frozen)

    def cut_off(self, numbers: Sequence[int]) -> int:
        """The line of each process to the server breaks within COMMITs."""
        lines = [Line(self._server, self.cuts, numbers[0] + n) for n in range(MACHINES)]
        for _ in range(MOST_ROUNDS):
            lives = [self._begin(store_url=line.url(DATABASE)) for line in lines]
            for life in lives:
                self._cradle.end_of(life)
            if not self._goes_on():
                break
        for line in lines:
            line.close()
        return sum(line.cuts for line in lines)

    def restarted(self, numbers: Sequence[int]) -> int:
        """The server breaks off while all deliver, and recovers."""
        return self._while_delivering(self._server.restart, times=2)

    def failed_over(self, numbers: Sequence[int]) -> int:
        """The server is killed for good while all deliver, and its synchronous standby takes its place."""
        self._standby = standby = self._server.standby(self._home / f"standby-{numbers[0]}")
        self._store.close()
        self._open()

        def fail_over() -> None:
            self._server.kill()
            standby.promote()

        broken = self._while_delivering(fail_over, times=1)
        self._server.stop()
        self._server, self._standby = standby, None
        self._store.close()
        self._open()
        return broken

    def _while_delivering(self, breaks: Callable[[], None], times: int) -> int:
        lives = [self._begin() for _ in range(MACHINES)]
        for _ in range(times):
            time.sleep(self.chance.uniform(0.1, 1.5))
            breaks()
        for life in lives:
            self._cradle.end_of(life)
        self._until_idle()
        return times

    # ── what they share ──────────────────────────────────────────────────────────────────────────────

    def play(self, scene: str, act: Act, deliveries: int, batch: int) -> Count:
        """Let a scene break its deliveries, a batch at a time, and judge what became of them."""
        count = Count(scene)
        began = time.monotonic()
        while count.deliveries < deliveries:
            numbers = self._plan(min(batch, deliveries - count.deliveries))
            count.broken += act(numbers)
            self._judge(numbers, count)
        count.seconds = time.monotonic() - began
        return count

    def _plan(self, deliveries: int) -> Sequence[int]:
        self._sandbox.clear()
        for name in PLATFORMS:
            self._sandbox.hide(name, LAG)
        numbers = range(self._number, self._number + -(-deliveries // len(PLATFORMS)))
        self._number = numbers.stop
        for number in numbers:
            planned = posts(number, PLATFORMS)
            self._store.plan(issue(number), planned, backfill=BackfillState.OFF, now=self._clock())
        return numbers

    def _begin(self, **told: object) -> int:
        return self._cradle.begin(replace(self._orders, **told))  # type: ignore[arg-type]  # its own fields

    def _until_idle(self) -> None:
        for _ in range(MOST_ROUNDS):
            if not self._goes_on():
                return
            for life in [self._begin() for _ in range(MACHINES)]:
                self._cradle.end_of(life)

    def _goes_on(self) -> bool:
        """Move the clock to what is due next. Whether anything is."""
        following = self._store.next_due()
        if following is None:
            return False
        late = timedelta(seconds=self.chance.uniform(60, 900))
        self._clock.move_to(max(following, self._clock()) + late)
        return True

    def _judge(self, numbers: Sequence[int], count: Count) -> None:
        there = Counter(map(answered_by, self._sandbox.posts()))
        count.sent_again += len(self._sandbox.requests(kind="write")) - len(self._sandbox.posts())
        for row in self._store.deliveries():
            if row.number not in numbers:
                continue
            count.deliveries += 1
            made = there[row.platform, row.number]
            if made > 1:
                count.duplicates += made - 1
            elif made == 0 or row.state != DeliveryState.SENT:
                count.lost += 1
            if made != 1 or row.state != DeliveryState.SENT:
                count.findings.append(self._story(row, made))

    def _story(self, row: Delivery, made: int) -> str:
        lines = [f"{row.number} on {row.account}: {made} posts, {row.state}"]
        for each in self._store.events(row.number):
            if each.account == row.account:
                lines.append(f"  {each.at:%d %H:%M:%S} {each.before} → {each.after}: {each.reason}")
        return "\n".join(lines)


@contextmanager
def cluster(seed: int) -> Iterator[Cluster]:
    """Servers, stand-ins and processes, for as long as the block lasts."""
    with ExitStack() as stack:
        place = os.environ.get("PYTEST_DEBUG_TEMPROOT")
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crosspost-cluster-", dir=place)))
        home.chmod(0o711)  # PostgreSQL's own user has to get to its folder
        clock = SharedClock(home / "clock")
        cradle = stack.enter_context(Cradle(home / "lives.log"))
        sandbox = stack.enter_context(Sandbox(stand_ins(), clock=clock))
        it = Cluster(home, sandbox, cradle, clock, seed)
        stack.callback(it.close)
        yield it


def run(deliveries: int, seed: int, report: Callable[[object], None] = print) -> int:
    """Play all scenes with so many deliveries together, and print what they came to. The exit code."""
    share = deliveries // 5
    with cluster(seed) as it:
        scenes: list[tuple[str, Act, int]] = [
            ("killed", it.killed, 200),
            ("frozen and continued", it.frozen, 50),
            ("cut off within COMMIT", it.cut_off, 200),
            ("database restarted", it.restarted, 100),
            ("failed over to its standby", it.failed_over, 100),
        ]
        total = Count("total")
        for scene, act, batch in scenes:
            count = it.play(scene, act, share, batch)
            report(count)
            total += count
        window = it.play("frozen in the window", it.frozen_in_the_window, 50, 50)
    for finding in total.findings:
        report(finding)
    report(total)
    report(f"apart: {window}")
    return 1 if total.duplicates or total.sent_again or total.lost or window.lost else 0
