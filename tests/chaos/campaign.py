"""Many lives in a row, with faults, on a clock that jumps from one due time to the next.

The clock moves only when no request is under way that the platform would carry out later: in life the looks come
minutes after an attempt has given up waiting, here they come at once.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path

from crosspost.delivery.overrides import RETRACTION_REASON, amend, retract, retry, why_not_amendable
from crosspost.model import BackfillState, Delivery, DeliveryState, PostRequest
from crosspost.platforms import names, stand_ins
from crosspost.sandbox import Sandbox, SandboxPost
from crosspost.store import Store, open_store

from .accounts import NEWSLETTER, SharedClock, accounts, issue, policy, posts
from .life import Cradle, Orders, ended_by

PLATFORMS = names()
CORRECTED = "corrected"
MOST_ROUNDS = 600
KIND_AFTER = 300
"""Rounds after which no more faults are drawn, so that a campaign ends also with the worst of luck."""


@dataclass
class Tally:
    """What a campaign counted."""

    deliveries: int = 0
    kills: int = 0
    faults: int = 0
    duplicates: int = 0
    lost: int = 0
    retracted: int = 0
    amended: int = 0
    left_behind: int = 0
    """Posts that a retraction left where they were."""
    made_again: int = 0
    """Attempts to post, and posts, after a retraction."""
    left_to_a_person: int = 0
    stuck: int = 0
    """Refused for good, such as by a 401; the campaign's person said `retry`."""
    findings: list[str] = field(default_factory=list)

    def __iadd__(self, other: Tally) -> Tally:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))
        return self


@dataclass(frozen=True)
class Weather:
    """How bad it is."""

    fault_rate: float = 0.2
    kill_rate: float = 0.01
    """At each step of a delivery."""
    retractions: float = 0.05
    """How often, while processes deliver, a person takes one of the issues' deliveries back."""
    amendments: float = 0.1
    two_at_once: float = 0.2
    """How often two processes deliver side by side."""
    lag: float = 400.0
    """Seconds until a post shows in its platform's listings; less than the last look is late."""
    hang: float = 1.2
    attempt_limit: float = 1.0


def run(
    seeds: Sequence[int],
    deliveries: int,
    weather: Weather,
    platforms: Sequence[str] = PLATFORMS,
    on_seed: Callable[[int, Tally], None] | None = None,
) -> Tally:
    """One campaign for each seed, with so many deliveries each."""
    total = Tally()
    with tempfile.TemporaryDirectory(prefix="crosspost-chaos-") as home:
        folder = Path(home)
        clock = SharedClock(folder / "clock")
        with Cradle(folder / "lives.log") as cradle, Sandbox(stand_ins(), clock=clock) as sandbox:
            for seed in seeds:
                tally = Campaign(seed, folder / str(seed), sandbox, cradle, weather, platforms).run(
                    deliveries
                )
                total += tally
                if on_seed is not None:
                    on_seed(seed, tally)
    return total


class Campaign:
    """One store, one seed."""

    def __init__(
        self,
        seed: int,
        folder: Path,
        sandbox: Sandbox,
        cradle: Cradle,
        weather: Weather,
        platforms: Sequence[str],
    ) -> None:
        folder.mkdir()
        (folder / "clock").symlink_to(folder.parent / "clock")
        self._seed = seed
        self._sandbox = sandbox
        self._cradle = cradle
        self._weather = weather
        self._platforms = platforms
        self._chance = random.Random(seed)
        self._clock = SharedClock(folder / "clock")
        url = f"sqlite:///{folder / 'rows.db'}"
        self._store: Store = open_store(url, NEWSLETTER, self._clock)
        addresses = {name: sandbox.addresses[name] for name in platforms}
        credentials = {name: dict(sandbox.credentials[name]) for name in platforms}
        limit = weather.attempt_limit
        self._orders = Orders(str(folder), url, addresses, credentials, attempt_limit=limit)
        self._accounts = accounts(addresses, credentials, folder, self._clock)
        self._policy = policy(weather.attempt_limit)
        self._tally = Tally()
        self._left: set[int] = set()

    def run(self, deliveries: int) -> Tally:
        self._sandbox.clear()
        for number in range(1, -(-deliveries // len(self._platforms)) + 1):
            planned = posts(1000 + number, self._platforms)
            backfill = BackfillState.OFF
            self._store.plan(issue(1000 + number), planned, backfill=backfill, now=self._clock())
        weather = self._weather
        self._sandbox.chaos(self._seed, weather.fault_rate, self._platforms, seconds=weather.hang)
        for name in self._platforms:
            self._sandbox.hide(name, weather.lag)
        for turn in range(MOST_ROUNDS):
            if turn == KIND_AFTER:
                self._sandbox.clear_faults()
            self._lives(turn)
            self._be_the_person()
            following = self._store.next_due()
            if following is None:
                break
            # A busy daemon is late: several rows come due in one pass.
            late = timedelta(seconds=self._chance.uniform(1, 300))
            self._clock.move_to(max(following, self._clock()) + late)
        self._judge()
        self._store.close()
        return self._tally

    def _lives(self, turn: int) -> None:
        kind = turn >= KIND_AFTER
        count = 2 if self._chance.random() < self._weather.two_at_once else 1
        lives = [self._cradle.begin(self._fate(f"{self._seed}/{turn}/{n}", kind)) for n in range(count)]
        self._change_ones_mind()
        self._tally.kills += ended_by([self._cradle.end_of(pid) for pid in lives])
        time.sleep(0.05)  # what a killed process had already handed to the kernel is read
        wait_for_the_late(self._sandbox, 4 * self._weather.hang)

    def _fate(self, seed: str, kind: bool) -> Orders:
        if kind:
            return replace(self._orders, seed=seed)
        anywhere = self._chance.random() < 0.3
        return replace(
            self._orders,
            seed=seed,
            kill_rate=self._weather.kill_rate,
            kill_after=self._chance.uniform(0.01, 1.5) if anywhere else 0.0,
        )

    def _change_ones_mind(self) -> None:
        """Retract something, or have it amended, while processes deliver."""
        rows = self._store.deliveries()
        wishes = (self._weather.retractions, self._weather.amendments)
        takes_back, amends = (self._chance.random() < each * len(self._platforms) for each in wishes)
        row = self._chance.choice(rows)
        if takes_back and row.request is not PostRequest.RETRACT:
            self._tally.retracted += 1
            retract(self._store, row.number, [row.account], self._clock)
        elif amends and row.request is None and why_not_amendable(row, self._accounts[row.account]) is None:
            self._tally.amended += 1
            post = replace(row.post, text=f"{CORRECTED}: {row.post.url}")
            amend(self._store, {row.account: post}, [row], self._clock)

    def _be_the_person(self) -> None:
        """Do what the program asks a person for: mend what was refused, and say `retry`, or ask again."""
        for row in self._store.deliveries():
            if row.request is not None and not row.is_settled and row.not_before is None:
                self._tally.stuck += 1
                self._ask_again(row)
                continue
            left = row.state == DeliveryState.UNCERTAIN and row.not_before is None
            if left and row.id not in self._left:
                self._left.add(row.id)
                self._tally.left_to_a_person += 1
            if row.state == DeliveryState.STUCK:
                self._tally.stuck += 1
            if left or row.state == DeliveryState.STUCK:
                retry(
                    self._store,
                    self._accounts,
                    row.number,
                    row.account,
                    self._clock,
                )

    def _ask_again(self, row: Delivery) -> None:
        if row.request is PostRequest.RETRACT:
            retract(self._store, row.number, [row.account], self._clock)
        elif row.amended is not None:
            amend(self._store, {row.account: row.amended}, [row], self._clock)

    def _judge_retracted(self, row: Delivery, count: int) -> None:
        """What is retracted is gone, and nothing was tried after it."""
        events = [event for event in self._store.events(row.number) if event.account == row.account]
        asked = max(place for place, event in enumerate(events) if event.reason == RETRACTION_REASON)
        again = sum(
            event.after == DeliveryState.SENDING for event in events[asked + 1 :] if event.before == "due"
        )
        self._tally.left_behind += count
        self._tally.made_again += again
        if count or again or row.state not in (DeliveryState.RETRACTED, DeliveryState.SKIPPED):
            self._tally.lost += row.state not in (DeliveryState.RETRACTED, DeliveryState.SKIPPED)
            self._tally.findings.append(self._story(row, f"retracted: {count} posts, {again} more attempts"))

    def _judge(self) -> None:
        rows = self._store.deliveries()
        posts_there = [post for post in self._sandbox.posts() if not post.deleted]
        there = Counter(map(answered_by, posts_there))
        words = {
            answered_by(post): json.dumps([post.text, dict(post.payload)], default=str)
            for post in posts_there
        }
        self._tally.deliveries += len(rows)
        self._tally.faults += sum(1 for each in self._sandbox.requests() if each.fault)
        for row in rows:
            count = there[(row.platform, row.number)]
            if row.request is PostRequest.RETRACT:
                self._judge_retracted(row, count)
            elif count and row.post.text.startswith(CORRECTED) and CORRECTED not in words[_key_of(row)]:
                self._tally.lost += 1
                self._tally.findings.append(self._story(row, "was not amended"))
            elif count > 1:
                self._tally.duplicates += count - 1
                self._tally.findings.append(self._story(row, f"{count} posts"))
            elif count == 0 or row.state != DeliveryState.SENT:
                self._tally.lost += 1
                self._tally.findings.append(self._story(row, f"{count} posts, {row.state}"))

    def _story(self, row: Delivery, what: str) -> str:
        lines = [f"seed {self._seed}: {row.number} on {row.account}: {what}"]
        for event in self._store.events(row.number):
            if event.account == row.account:
                lines.append(
                    f"  {event.at:%d %H:%M:%S} {event.before} → {event.after}: {event.reason} {dict(event.evidence)}"
                )
        lines += [
            f"  posted {post.at:%d %H:%M:%S} {post.url}"
            for post in self._sandbox.posts(row.platform)
            if answered_by(post) == (row.platform, row.number)
        ]
        return "\n".join(lines)


def _key_of(row: Delivery) -> tuple[str, int]:
    return row.platform, row.number


def answered_by(post: SandboxPost) -> tuple[str, int]:
    """Which delivery a post answers: by the issue's address, wherever the platform keeps it."""
    kept = json.dumps([post.link, post.text, post.title, dict(post.payload)], default=str)
    number = kept.partition("/this-week-in-rust-")[2].partition("/")[0]
    return post.platform, int(number) if number.isdecimal() else 0


def wait_for_the_late(sandbox: Sandbox, longest: float) -> None:
    """Wait, at most so many seconds, until no platform is to carry out a request any more."""
    end = time.monotonic() + longest
    while time.monotonic() < end:
        if not any(each.status is None and each.fault.startswith("late") for each in sandbox.requests()):
            return
        time.sleep(0.05)
