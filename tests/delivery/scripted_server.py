"""A server by a script: where posts are kept, listed late, lost on the way or answered wrongly.

Everything between the rows and this border is real.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from crosspost.delivery.account import Account
from crosspost.model import (
    Absent,
    Clock,
    Delivery,
    Done,
    FetchResult,
    Found,
    Issue,
    Look,
    NotOurs,
    Outcome,
    Post,
    Sent,
)
from crosspost.platforms import Attempt, CheckResult, Platform, Pricing, Query
from crosspost.platforms._address import CanonicalAddress, without_query
from crosspost.platforms._settings import AccountSettings
from crosspost.store import Store

NEWSLETTER = "This Week in Rust"
ISSUE = Issue(
    665, "This Week in Rust 665", date(2026, 8, 19), "https://this-week-in-rust.org/blog/2026/08/19/665/"
)
LISTED_AFTER = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))


def post(account: str = "far", issue: Issue = ISSUE) -> Post:
    return Post(
        account,
        "far",
        issue.number,
        issue.url,
        issue.title,
        f"{issue.title}\n{issue.url}",
        length=60,
        limit=500,
    )


@dataclass(frozen=True)
class Kept:
    """A post as the place keeps it."""

    url: str
    text: str
    by: str
    at: datetime


@dataclass(frozen=True)
class FarSettings(AccountSettings):
    """What follows from the account's settings."""

    editable: bool = True
    every: timedelta | None = None
    charges: Pricing | None = None

    def compose_link(self, post: Post) -> str | None:
        return "https://far.example/compose"

    def canonical_address(self, url: str) -> CanonicalAddress:
        return replace(without_query(url), is_post=url.startswith("https://far.example/"))

    def is_editable(self) -> bool:
        return self.editable

    def watch_interval(self) -> timedelta | None:
        return self.every

    def pricing(self) -> Pricing | None:
        return self.charges


@dataclass
class Place:
    """What the other end knows. `next_send`: what to answer, and whether the post was kept."""

    clock: Clock
    lag: timedelta = timedelta()
    posts: list[Kept] = field(default_factory=list)
    next_send: list[tuple[Outcome | BaseException, bool]] = field(default_factory=list)
    next_look: list[Look | BaseException] = field(default_factory=list)
    next_fetch: list[FetchResult] = field(default_factory=list)
    next_change: list[tuple[Outcome | BaseException, bool]] = field(default_factory=list)
    changes: int = 0
    sends: int = 0
    made: int = 0
    looks: int = 0
    fences: list[datetime] = field(default_factory=list)

    def keep(self, text: str, by: str = "crosspost") -> Kept:
        self.made += 1
        self.posts.append(Kept(f"https://far.example/{self.made}", text, by, self.clock()))
        return self.posts[-1]

    @property
    def ours(self) -> list[Kept]:
        return [each for each in self.posts if each.by == "crosspost"]

    def account(self, name: str = "far", **changes: object) -> Account:
        values: dict[str, object] = {
            "name": name,
            "platform": "far",
            "mode": "auto",
            "look_after": LISTED_AFTER,
            "connect": lambda: Connection(self),
            "image": lambda _post: None,
            "settings": FarSettings(),
        }
        return Account(**(values | changes))  # type: ignore[arg-type]  # a table of keywords


@dataclass
class Connection(Platform):
    """A connected account, as platforms/__init__.py asks for it."""

    place: Place

    def find(self, wanted: Query, since: datetime) -> Look:
        self.place.looks += 1
        self.place.fences.append(since)
        if self.place.next_look:
            look = self.place.next_look.pop(0)
            if isinstance(look, BaseException):
                raise look
            return look
        listed = self.place.clock() - self.place.lag
        for kept in reversed(self.place.posts):
            if wanted.url in kept.text and since <= kept.at <= listed:
                return Found(kept.url, kept.url.rpartition("/")[2])
        return Absent()

    def send(self, post: Post, attempt: Attempt) -> Outcome:
        outcome, keeps = self.place.next_send.pop(0) if self.place.next_send else (None, True)
        attempt.before_write()
        self.place.sends += 1
        kept = self.place.keep(post.text) if keeps else None
        if isinstance(outcome, BaseException):
            raise outcome
        if outcome is not None:
            return outcome
        assert kept is not None
        return Sent(kept.url, kept.url.rpartition("/")[2])

    def verify(self, url: str, wanted: Query) -> Look:
        for kept in self.place.posts:
            if kept.url == url:
                return Found(url, url.rpartition("/")[2]) if wanted.url in kept.text else Absent()
        return Absent()

    def fetch(self, there: Found) -> FetchResult:
        self.place.looks += 1
        if self.place.next_fetch:
            return self.place.next_fetch.pop(0)
        for kept in self.place.posts:
            if kept.url == there.url:
                return there if kept.by == "crosspost" else NotOurs(kept.by)
        return Absent()

    def delete(self, there: Found, attempt: Attempt) -> Outcome:
        def change(kept: list[Kept]) -> list[Kept]:
            return [each for each in kept if each.url != there.url]

        return self._changed(change, attempt)

    def edit(self, there: Found, post: Post, attempt: Attempt) -> Outcome:
        def change(kept: list[Kept]) -> list[Kept]:
            return [replace(each, text=post.text) if each.url == there.url else each for each in kept]

        return self._changed(change, attempt)

    def _changed(self, change: Callable[[list[Kept]], list[Kept]], attempt: Attempt) -> Outcome:
        outcome, carried_out = self.place.next_change.pop(0) if self.place.next_change else (Done(), True)
        attempt.before_write()
        self.place.changes += 1
        if carried_out:
            self.place.posts = change(self.place.posts)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def check(self) -> Sequence[CheckResult]:
        return ()

    def close(self) -> None:
        pass


def planned(store: Store, now: datetime, *accounts: str, issue: Issue = ISSUE) -> tuple[Delivery, ...]:
    from crosspost.model import BackfillState

    posts = [post(account, issue) for account in accounts or ("far",)]
    return store.plan(issue, posts, backfill=BackfillState.OFF, now=now)
