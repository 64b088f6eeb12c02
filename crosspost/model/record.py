"""The records of the database: issues, deliveries, links, holds, events, channels, and what the accounts cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from crosspost.model.post import Post
from crosspost.plural import quantity


class IssueState(StrEnum):
    """The life of an issue (docs/design.md)."""

    BASELINE = "baseline"
    WAITING = "waiting"
    PLANNED = "planned"
    DONE = "done"
    WITHDRAWN = "withdrawn"


class DeliveryState(StrEnum):
    """The life of a delivery (docs/design.md)."""

    DUE = "due"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    STUCK = "stuck"
    SENT = "sent"
    SKIPPED = "skipped"
    RETRACTED = "retracted"


class PostRequest(StrEnum):
    """A person's request for a post that is published, or may be."""

    RETRACT = "retract"
    AMEND = "amend"


SETTLED = (DeliveryState.SENT, DeliveryState.SKIPPED, DeliveryState.RETRACTED)
"""The states in which a delivery ends, unless a person asks for more."""


class BackfillState(StrEnum):
    """The life of the discussion link until it is in the issue."""

    OFF = "off"
    WAITING = "waiting"
    """There is no discussion link yet."""
    DUE = "due"
    PROPOSED = "proposed"
    """A pull request is open; `url` is its address."""
    DONE = "done"
    STUCK = "stuck"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The address of a delivery's post."""

    url: str
    adopted: bool
    """It was there before: an editor's post, or one of an earlier attempt."""


@dataclass(frozen=True, slots=True)
class ActualPost:
    """The post that people made in place of one that was only rehearsed."""

    url: str
    at: datetime | None
    """When it was published; None: not known."""
    text: str
    """Its text; of a post with a title: the title."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row: one issue on one account."""

    id: int
    newsletter: str
    number: int
    account: str
    platform: str
    state: DeliveryState
    key: str
    """Derived from (newsletter, number, account): the same after a restart or a restored backup."""
    post: Post
    attempts: int
    looks: int
    """Looks made since the last attempt became uncertain."""
    adopted: bool
    url: str | None
    remote_id: str | None
    not_before: datetime | None
    claimed_at: datetime | None
    claim: str | None
    """The token of the attempt under way; changes with every claim."""
    uncertain_since: datetime | None
    reason: str
    planned_at: datetime
    settled_at: datetime | None
    setbacks: int = 0
    """Refusals and failed looks since the last progress; the back-off depends on it."""
    due_since: datetime | None = None
    """When it was planned or last asked for by a person; `give_up_after` counts from it."""
    fence: datetime | None = None
    """Only posts published since then count as this delivery; None: since a day before the issue."""
    changed_at: datetime | None = None
    revision: int = 0
    """Counts the changes of the row. A write needs the revision that was read."""
    turn: int = 1
    """1, and one more for each further post that a person asked for. The key depends on it."""
    asked_until: datetime | None = None
    """When the platform wants the next request, if that is after the delivery is given up; else None."""
    despite_hold: bool = False
    """A person announced it although the issue is held or the hours are closed."""
    request: PostRequest | None = None
    """The open request of a person. A retraction stays in the row, so that a late answer finds it."""
    requested_at: datetime | None = None
    amended: Post | None = None
    """The new content of the post; None: no amendment is under way."""
    outdated: tuple[str, ...] = ()
    """The names of the lines that have changed in the issue since they were posted."""
    earlier: tuple[str, ...] = ()
    """The addresses of the posts before this one, when a person asked for another."""
    shadow: bool = False
    """Planned in shadow mode: it becomes `skipped` when it would be sent. Only `post` sends it."""
    shadow_at: datetime | None = None
    """When it would have been sent."""
    seen: ActualPost | None = None
    """The post that people made in its place; None: none was found yet."""

    @property
    def was_shadow(self) -> bool:
        """Return whether it was rehearsed and skipped. The post that people make in its place is looked for."""
        return self.shadow_at is not None and self.state is DeliveryState.SKIPPED

    @property
    def receipt(self) -> Receipt | None:
        """Return the address of the post; None until the platform has it."""
        return Receipt(self.url, self.adopted) if self.state is DeliveryState.SENT and self.url else None

    @property
    def has_open_request(self) -> bool:
        """Return whether a published post is still to be deleted or edited."""
        return self.state is DeliveryState.SENT and self.request is not None

    @property
    def is_untried(self) -> bool:
        """Return whether it is uncertain only because a run with another database may have posted it."""
        return self.state is DeliveryState.UNCERTAIN and self.attempts == 0 and self.request is None

    @property
    def is_settled(self) -> bool:
        """Return whether nothing is left to do."""
        return self.state in SETTLED and not self.has_open_request


@dataclass(frozen=True, slots=True)
class Backfill:
    newsletter: str
    number: int
    state: BackfillState
    url: str | None = None
    """The discussion link; with a pull request open, that request's address."""
    reason: str = ""
    attempts: int = 0
    not_before: datetime | None = None
    changed_at: datetime | None = None
    """When the row was last written; None in a row that an older program wrote."""


@dataclass(frozen=True, slots=True)
class IssueRecord:
    """One issue in the database."""

    newsletter: str
    number: int
    title: str
    url: str
    date: date | None
    """None: the file's date cannot be read; then `url` is empty."""
    source: str
    path: str
    fingerprint: str
    state: IssueState
    reason: str
    first_seen_at: datetime
    changed_at: datetime
    """When a change of its text was last seen."""
    planned_at: datetime | None = None
    settled_at: datetime | None = None
    vanished_at: datetime | None = None
    """When an announced issue vanished from every source; None: it is still there."""
    late_after: int | None = None
    """The later number after which it came, so that a person has to announce it; None: it came in order."""


class HoldBy(StrEnum):
    """The author of a hold or a release."""

    EDITOR = "editor"
    """A person, by the commands `hold` and `release`."""
    COMMENT = "comment"
    """A comment in the issue itself."""


@dataclass(frozen=True, slots=True)
class Hold:
    """The last decision on holding an issue back. Of an editor's and a comment's, the later one counts."""

    number: int
    by: HoldBy
    held: bool
    """False: it was released."""
    until: datetime | None
    """None: until it is released."""
    wish: str
    """The time as it was written. The same words, found again in the issue, change nothing."""
    at: datetime
    """When it was decided."""


NOTED = "noted"
"""The state in an event about something that has no row."""


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the history: a transition or a note, with its time and reason."""

    at: datetime
    newsletter: str
    number: int
    account: str | None
    """None: of the issue itself; "backfill": of the discussion link."""
    before: str | None
    after: str
    reason: str
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def state(self) -> str | None:
        """Return the state after it; None: there was no row."""
        return None if self.after == NOTED else self.after


@dataclass(frozen=True, slots=True)
class ChannelState:
    """The last known state of a watched channel."""

    name: str
    number: int | None = None
    """The newest issue that it has shown; None: none yet."""
    seen_at: datetime | None = None
    """When that was first seen there."""
    looked_at: datetime | None = None
    reason: str = ""
    """Why the last poll could not read it; empty: it could."""
    validators: str = ""
    """The last answer's validators for a conditional request, as JSON."""
    sought: int = 0
    """The newest issue that was searched for in that answer."""

    def describe(self, now: datetime) -> str:
        """Return "issue 665, seen there 3 days ago (2026-08-20 03:10 UTC)", and why the last poll failed."""
        last = "no issue seen there yet"
        if self.number is not None and self.seen_at is not None:
            days, seconds = divmod(max(0, int((now - self.seen_at).total_seconds())), 86400)
            age = quantity(days, "day") if days else quantity(seconds // 3600, "hour")
            last = f"issue {self.number}, seen there {age} ago ({self.seen_at:%Y-%m-%d %H:%M} UTC)"
        return f"{last}; at the last poll: {self.reason}" if self.reason else last


@dataclass(frozen=True, slots=True)
class Spending:
    """The cost of an account with paid calls in one month (UTC), in US dollars."""

    account: str
    month: date
    """The first day of the month."""
    spent: Decimal
    budget: Decimal | None
    """The most it may cost in a month; None: no limit is set."""

    def __str__(self) -> str:
        limit = f" of ${self.budget:.2f}" if self.budget is not None else ""
        return f"${self.spent:.3f}{limit} spent in {self.month:%Y-%m}"
