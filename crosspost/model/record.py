"""What is kept: the rows of issues and deliveries, what was said and done about them, and what it cost."""

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
    """What a person asks to have done with a post that is out, or may be."""

    RETRACT = "retract"
    AMEND = "amend"


SETTLED = (DeliveryState.SENT, DeliveryState.SKIPPED, DeliveryState.RETRACTED)
"""Where a delivery ends, unless a person asks for more."""


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
    """Where a delivery ended up."""

    url: str
    adopted: bool
    """It was there already: an editor's, or ours from before."""


@dataclass(frozen=True, slots=True)
class ActualPost:
    """The announcement that people made in place of one that was only rehearsed."""

    url: str
    at: datetime | None
    """When they made it; None: the platform does not say."""
    text: str
    """What it says; of a post with a title: the title."""


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
    """Refusals and failed looks since the last progress: what the back-off counts."""
    due_since: datetime | None = None
    """When it was planned, or when a person asked for it again: what `give_up_after` counts from."""
    fence: datetime | None = None
    """Only what was published since counts as this delivery; None: since a day before the issue."""
    changed_at: datetime | None = None
    revision: int = 0
    """Counts the changes of the row: a write is made only to the row as it was read."""
    turn: int = 1
    """1, and one more for each further post that a person asked for; the key is derived from it as well."""
    asked_until: datetime | None = None
    """The platform asks to come back at this time, which is after the row is given up; None: it does not."""
    despite_hold: bool = False
    """A person had it announced now although the issue is held or the hours are closed."""
    request: PostRequest | None = None
    """What a person asks to have done. A retraction stays in the row, so that a late answer finds it."""
    requested_at: datetime | None = None
    amended: Post | None = None
    """What the post is to become; None: no amendment is under way."""
    outdated: tuple[str, ...] = ()
    """The names of the lines that the issue words otherwise since they were posted."""
    earlier: tuple[str, ...] = ()
    """Where the posts are that came before this one, each asked for by a person."""
    shadow: bool = False
    """Planned in shadow mode: it ends `skipped` when it would be sent, and nothing but `post` sends it."""
    shadow_at: datetime | None = None
    """When it ended so: it would have been sent then."""
    seen: ActualPost | None = None
    """What people posted in its place; None: nothing was found yet."""

    @property
    def was_shadow(self) -> bool:
        """Whether it was rehearsed: it ended when it would have been sent. What people post is looked for still."""
        return self.shadow_at is not None and self.state is DeliveryState.SKIPPED

    @property
    def receipt(self) -> Receipt | None:
        """Where the post is; None until the platform has it."""
        return Receipt(self.url, self.adopted) if self.state is DeliveryState.SENT and self.url else None

    @property
    def has_open_request(self) -> bool:
        """Whether a post that is out has still to be deleted or edited."""
        return self.state is DeliveryState.SENT and self.request is not None

    @property
    def is_untried(self) -> bool:
        """Whether it is uncertain only because a run before this database may have posted it."""
        return self.state is DeliveryState.UNCERTAIN and self.attempts == 0 and self.request is None

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do."""
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
    """When the row was last written; None in rows from before this was kept."""


@dataclass(frozen=True, slots=True)
class IssueRecord:
    """What the store remembers of an issue."""

    newsletter: str
    number: int
    title: str
    url: str
    date: date | None
    """None: its file has no date that can be read; `url` is empty then."""
    source: str
    path: str
    fingerprint: str
    state: IssueState
    reason: str
    first_seen_at: datetime
    changed_at: datetime
    """When its text last changed, by our own observation."""
    planned_at: datetime | None = None
    settled_at: datetime | None = None
    vanished_at: datetime | None = None
    """Since when no source shows it any more, though it was announced; None: it is shown."""
    late_after: int | None = None
    """It came after this later number, so a person has to say that it is to be announced; None: it came in order."""


class HoldBy(StrEnum):
    """Who holds an issue back, or lets it go."""

    EDITOR = "editor"
    """By a command: `hold`, `release`."""
    COMMENT = "comment"
    """By a comment in the issue itself."""


@dataclass(frozen=True, slots=True)
class Hold:
    """What was said last about when an issue may go out; of two, the later one counts."""

    number: int
    by: HoldBy
    held: bool
    """False: it was let go."""
    until: datetime | None
    """None: until it is let go."""
    wish: str
    """The time as it was written: the same words found again in the issue say nothing new."""
    at: datetime
    """When it was said."""


NOTED = "noted"
"""In place of a state: of what happened to something that has no row."""


@dataclass(frozen=True, slots=True)
class Event:
    """One transition, with its time and its reason, as `history` shows them."""

    at: datetime
    newsletter: str
    number: int
    account: str | None
    """None: the issue's own; "backfill": the link's."""
    before: str | None
    after: str
    reason: str
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def state(self) -> str | None:
        """The state that it led to, or left as it was; None: there was none."""
        return None if self.after == NOTED else self.after


@dataclass(frozen=True, slots=True)
class ChannelState:
    """What is known of another channel, which is only watched."""

    name: str
    number: int | None = None
    """The newest issue that it showed; None: it showed none yet."""
    seen_at: datetime | None = None
    """When that was first seen there."""
    looked_at: datetime | None = None
    reason: str = ""
    """Why it could not be read at the last look; empty: it could."""
    validators: str = ""
    """What its last answer gives for a conditional request, as JSON."""
    sought: int = 0
    """The newest issue that was looked for in that answer."""

    def describe(self, now: datetime) -> str:
        """ "issue 665, seen there 3 days ago (2026-08-20 03:10 UTC)", and what is wrong with it."""
        last = "no issue seen there yet"
        if self.number is not None and self.seen_at is not None:
            days, seconds = divmod(max(0, int((now - self.seen_at).total_seconds())), 86400)
            age = quantity(days, "day") if days else quantity(seconds // 3600, "hour")
            last = f"issue {self.number}, seen there {age} ago ({self.seen_at:%Y-%m-%d %H:%M} UTC)"
        return f"{last}; at the last look: {self.reason}" if self.reason else last


@dataclass(frozen=True, slots=True)
class Spending:
    """What an account that is charged for its calls has cost in one month (UTC), in US dollars."""

    account: str
    month: date
    """Its first day."""
    spent: Decimal
    budget: Decimal | None
    """The most it may cost in a month; None: no limit is set."""

    def __str__(self) -> str:
        most = f" of ${self.budget:.2f}" if self.budget is not None else ""
        return f"${self.spent:.3f}{most} spent in {self.month:%Y-%m}"
