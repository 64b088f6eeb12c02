"""An issue: as a source shows it, and what was understood of its text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


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
    changed_at: datetime | None = None
    """Since when the source has it like this; None: it was not asked, or does not know."""


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
class MalformedIssue:
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

    headline: str | None = None
    triagers: tuple[str, ...] = ()
    revision_range: RevisionRange | None = None
    regressions: int | None = None
    improvements: int | None = None
    mixed: int | None = None
    comparisons: int | None = None
    means: Means | None = None
    report_url: str | None = None
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

    def phrases(self) -> tuple[str, ...]:
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
