"""The values that move through the flow, in the order in which they appear.

    Sighting → Issue → Digest → Post → Delivery → Receipt

All are frozen. A name says where in the flow one is; none of them does anything. Times are aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from crosspost.plural import counted

Clock = Callable[[], datetime]
"""The present time, aware and in UTC. Passed in, so that a test can move it."""


def utcnow() -> datetime:
    """The real clock. Only app.py and the entry points name it."""
    return datetime.now(UTC)


# ── watch ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Sighting:
    """An issue as one source shows it at this moment."""

    source: str
    """The name of the source, as the configuration has it."""
    path: str
    """Where in the source: a path relative to its root with forward slashes, or an entry's address."""
    fingerprint: str
    """Changes when and only when the content does: a blob id or a digest."""
    revision: str
    """The commit, ETag or digest of the whole source at which it was seen. For people."""
    data: bytes
    """The issue's text as bytes, exactly as the source has them."""


# ── parse ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Link:
    title: str
    """The rendered text: emphasis and code marks gone."""
    url: str
    """As written. May be empty or have no scheme: the newsletter's errors are kept, not mended."""
    tags: tuple[str, ...] = ()
    """What stands in brackets before the link: "video", "DE", "series"."""
    linked: bool = True
    """False: an entry of the list that only names the entries below it. Its `url` is empty."""
    lead: str = ""
    """The entry's prose before the link: "Scaling with Rust (" where the title is "english" and says nothing alone."""


@dataclass(frozen=True, slots=True)
class Section:
    heading: str
    links: tuple[Link, ...]


FIRST_DAY = 10_000_000
"""A number from here on is a day, such as 20261118: no newsletter has so many issues."""


def is_day(number: int) -> bool:
    """Return whether an issue is known by its day, and has no number of its own."""
    return number >= FIRST_DAY


@dataclass(frozen=True, slots=True)
class Flawed:
    """An issue of which the number is known and something else is not understood."""

    reason: str
    """The sentence of `parse`."""
    number: int
    title: str
    date: date | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Crate:
    name: str
    url: str
    description: str = ""
    """The clause that says what it is, without a full stop: "an embeddable SQLite database with Raft"."""


@dataclass(frozen=True, slots=True)
class Project:
    """One call for participation: a task that a project offers."""

    project: str | None
    title: str
    url: str
    series: str = ""
    """The project's name where several entries are parts of one series: "Diesel" for "Diesel: … Poll II"."""
    for_speakers: bool = False
    """A call for speakers that stands among the tasks: it is an event's, and no project."""


@dataclass(frozen=True, slots=True)
class SpeakerCall:
    """An event that looks for speakers."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class CallsForParticipation:
    projects: tuple[Project, ...] = ()
    events: tuple[SpeakerCall, ...] = ()


@dataclass(frozen=True, slots=True)
class RevisionRange:
    text: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Means:
    """Mean changes of instruction counts in per cent; None where the table has none."""

    regressions_primary: float | None = None
    regressions_secondary: float | None = None
    improvements_primary: float | None = None
    improvements_secondary: float | None = None
    all_primary: float | None = None


@dataclass(frozen=True, slots=True)
class Performance:
    """The compiler performance triage report of the week."""

    headline: str | None
    triagers: tuple[str, ...]
    revision_range: RevisionRange | None
    regressions: int | None
    improvements: int | None
    mixed: int | None
    comparisons: int | None
    means: Means | None
    report_url: str | None
    dated: date | None = None
    """The day of the report, by its address or heading."""
    stale: bool = False
    """It is not this week's: nothing of it may be told of this week."""


@dataclass(frozen=True, slots=True)
class Rfcs:
    approved: tuple[Link, ...] = ()
    new_or_updated: tuple[Link, ...] = ()
    final_comment_period: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Speech:
    """What one speaker of a quote says."""

    text: str
    """Markdown; a line break that the page shows is one of Markdown's hard breaks."""
    author: str | None = None
    """Who says so, where that stands right below."""


@dataclass(frozen=True, slots=True)
class Quote:
    text: str
    author: str | None
    author_url: str | None
    speeches: tuple[Speech, ...] = ()
    """The same, one for each speaker: a dialogue, or a quote and the answer to it."""


class FindingKind(StrEnum):
    """What can be wrong with an issue's text. The gate, the audit and `parse` use the same words."""

    DISCUSSION_MISSING = "discussion-missing"
    DISCUSSION_EMPTY = "discussion-empty"
    DISCUSSION_PLACEHOLDER = "discussion-placeholder"
    DISCUSSION_OWN_PAGE = "discussion-own-page"
    DISCUSSION_OTHER_ISSUE = "discussion-other-issue"
    HIRING_PLACEHOLDER = "hiring-placeholder"
    NUMBER_DISAGREES = "number-disagrees"
    """The header's number is not the title's: which issue this is, only an editor can say."""
    NO_CRATE = "no-crate"
    NO_QUOTE = "no-quote"
    NO_PULL_REQUESTS = "no-pull-requests"
    TEMPLATE_TEXT = "template-text"
    MERGE_CONFLICT = "merge-conflict"
    LOST_CHARACTER = "lost-character"
    """U+FFFD stands where a character could not be read: it is never posted."""
    EMPTY_LINK = "empty-link"
    INCOMPLETE_ADDRESS = "incomplete-address"
    """A link without a scheme, or to a place beside the issue."""
    SLIP = "slip"
    """A slip of the keyboard that readers of the page see; it was read as its editors meant it."""
    OTHER_ISSUE = "other-issue"
    """Another issue of the newsletter stands among the articles."""
    STALE_PERFORMANCE = "stale-performance"
    """The performance report is not this week's."""
    REPAIRED_ENCODING = "repaired-encoding"
    DRAFT = "draft"
    """Its header says that it is not published."""
    DIRECTIVE = "directive"
    """A comment for crosspost that is not understood, or cannot be followed."""
    NO_TEXT = "no-text"
    """There is nothing below its header."""


@dataclass(frozen=True, slots=True)
class Finding:
    kind: FindingKind
    line: int | None
    """1-based line in the file, or None when the finding is that something is absent."""
    message: str
    """A sentence for people: "no crate of the week", "the hiring link is still INSERT_LINK_HERE"."""


@dataclass(frozen=True, slots=True)
class Directives:
    """What editors say to crosspost in comments of the issue."""

    lead: str | None = None
    """The address of the article that stands first."""
    skip: tuple[str, ...] = ()
    """Accounts, or platforms, on which it is not announced."""
    hold: str | None = None
    """A time as it was written, before which it does not go out; empty: until it is released; None: at once."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """Account, or platform → the text there."""

    def spoken(self) -> tuple[str, ...]:
        """Return what was understood, one phrase for each."""
        hold = [] if self.hold is None else [f"hold until {self.hold or 'it is released'}"]
        lead = [f"lead {self.lead}"] if self.lead else []
        texts = (f"text {name}: {text}" for name, text in self.texts.items())
        return (*lead, *(f"skip {name}" for name in self.skip), *hold, *texts)


@dataclass(frozen=True, slots=True)
class Issue:
    """What was understood of one issue. Fields an old issue does not have are None or empty."""

    number: int
    title: str
    date: date
    url: str
    """The address of its page, derived from the newsletter's site and `date`."""
    community: tuple[Section, ...] = ()
    crates_of_the_week: tuple[Crate, ...] = ()
    calls_for_participation: CallsForParticipation = CallsForParticipation()
    pull_requests_merged: int | None = None
    performance: Performance | None = None
    rfcs: Rfcs = Rfcs()
    events: Mapping[str, int] = field(default_factory=dict)
    quote_of_the_week: Quote | None = None
    hiring_url: str | None = None
    discussion_url: str | None = None
    """As it stands in the file, right or stale; None while a placeholder or nothing stands there."""
    editors: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    directives: Directives = Directives()
    newsletter: str = ""
    """The newsletter's name, where the title may lack it; empty: the title has it."""
    grammar: str = "twir"
    """How its sections were read: "twir" or "plain"."""


# ── compose ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that goes with a post. Drawn again from the issue when needed, never stored."""

    data: bytes
    mime_type: str
    alt: str


PERFORMANCE = "Compiler performance"
_ENDS = (".", "!", "?", "…", ".”", "!”", "?”", "…”")


@dataclass(frozen=True, slots=True)
class Picture:
    """What stands on the picture of a post. `str()` is its alt text."""

    name: str
    number: int
    day: str
    figures: tuple[tuple[str, str], ...]
    """At most three, as (number, of what)."""
    headline: str = ""
    """The title of the first link."""
    performance: str = ""
    """The statement about compiler performance that every platform has."""

    def __str__(self) -> str:
        listed = ", ".join(" ".join(figure) for figure in self.figures)
        performance = f"{PERFORMANCE}: {self.performance}" if self.performance else ""
        which = self.name if is_day(self.number) else f"{self.name} {self.number}"
        parts = (f"{which}, {self.day}", self.headline, performance, listed)
        return " ".join(part if part.endswith(_ENDS) else f"{part}." for part in parts if part)

    @property
    def summary(self) -> str:
        """ "12 August 2026: 698 pull requests merged, 31 links from the community"."""
        listed = ", ".join(" ".join(figure) for figure in self.figures)
        return f"{self.day}: {listed}" if listed else self.day


class TextBy(StrEnum):
    """Who wrote a text that was not composed."""

    PERSON = "person"
    """By `post --text`."""
    COMMENT = "comment"
    """In a comment of the issue."""


@dataclass(frozen=True, slots=True)
class Post:
    """What one account will be asked to publish. Rendered once, stored, then sent byte for byte."""

    account: str
    platform: str
    number: int
    url: str
    """The issue's own address: what a look on the platform matches first."""
    title: str
    """"This Week in Rust 665": what a look matches second, and Reddit's title."""
    text: str
    """The text as sent; for Reddit its body; for Discord the message's content, usually empty."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """What only this platform has, JSON-able: Discord's `embeds`, Bluesky's `facets` and `card`, a language."""
    length: int = 0
    """By the platform's own way of counting."""
    limit: int = 0
    dropped: tuple[str, ...] = ()
    """The names of the lines that were left out so that the rest fits."""
    alt: str | None = None
    """The alt text of the picture, when the account has `card = true`; None: no picture."""
    picture: Picture | None = None
    """What the picture is drawn of; None: no picture."""
    is_link: bool = False
    """A link post: its title and its address are the post, the text only goes with them."""
    text_by: TextBy | None = None
    """None: the text was composed."""


# ── deliver ──────────────────────────────────────────────────────────────────────────────────────────


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


class Cause(StrEnum):
    """Why a platform refused for good."""

    CONTENT = "content"
    ACCOUNT = "account"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform accepted the post and said where it is."""

    url: str
    id: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """The platform deleted or edited the post. `was_there`: False when it knew no such post any more."""

    was_there: bool = True


@dataclass(frozen=True, slots=True)
class RefusedForNow:
    """Certainly not there; the platform wants to be asked later. `until`: its own word, if it gave one."""

    reason: str
    until: datetime | None = None
    if_again: Cause | None = None
    """What is wrong when it is refused like this a second time; None: it can be refused again and again."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Certainly not there; repeating will not help."""

    reason: str
    fault: Cause


@dataclass(frozen=True, slots=True)
class NeverArrived:
    """The request certainly never reached the platform."""

    reason: str


@dataclass(frozen=True, slots=True)
class Uncertain:
    """It may be there: look before anything else."""

    reason: str


Outcome = Sent | Done | RefusedForNow | Rejected | NeverArrived | Uncertain


@dataclass(frozen=True, slots=True)
class Found:
    """The post is there. `by` says how it was recognised: "address" or "title"."""

    url: str
    id: str
    by: str = "address"
    others: tuple[str, ...] = ()
    """Addresses of further posts that would count as it, were it not there."""


@dataclass(frozen=True, slots=True)
class NotOurs:
    """A post is there, and somebody else wrote it."""

    author: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The listing was read, back to the fence, and the post is not in it."""


@dataclass(frozen=True, slots=True)
class CannotLook:
    """The listing could not be read. `refused`: the account may not (401, 403, no permission, no such call)."""

    reason: str
    refused: bool
    until: datetime | None = None


Look = Found | Absent | CannotLook

Own = Found | NotOurs | Absent | CannotLook
"""What became of a post that is known by its id."""


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

    def in_words(self, now: datetime) -> str:
        """ "issue 665, seen there 3 days ago (2026-08-20 03:10 UTC)", and what is wrong with it."""
        last = "no issue seen there yet"
        if self.number is not None and self.seen_at is not None:
            days, seconds = divmod(max(0, int((now - self.seen_at).total_seconds())), 86400)
            age = counted(days, "day") if days else counted(seconds // 3600, "hour")
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


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a delivery ended up."""

    url: str
    adopted: bool
    """It was there already: an editor's, or ours from before."""


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

    @property
    def receipt(self) -> Receipt | None:
        """Where the post is; None until the platform has it."""
        return Receipt(self.url, self.adopted) if self.state is DeliveryState.SENT and self.url else None

    @property
    def has_open_request(self) -> bool:
        """Whether a post that is out has still to be deleted or edited."""
        return self.state is DeliveryState.SENT and self.request is not None

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
    planned_at: datetime | None
    settled_at: datetime | None
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
