"""An issue: as a source shows it, and as it was parsed."""

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
    """A path relative to the source's root, with forward slashes, or the address of an entry."""
    fingerprint: str
    """A blob id or digest, which changes exactly when the content does."""
    revision: str
    """The commit, ETag or digest of the whole source, for people."""
    data: bytes
    """The file's bytes, exactly as the source has them."""
    changed_at: datetime | None = None
    """When the source last changed it; None: not known."""


@dataclass(frozen=True, slots=True)
class Link:
    title: str
    """The rendered text, without the marks of emphasis and code."""
    url: str
    """The address as written. It may be empty or lack a scheme: errors of the newsletter are not corrected."""
    tags: tuple[str, ...] = ()
    """The words in brackets before the link: "video", "DE", "series"."""
    linked: bool = True
    """False: an entry without a link, which only names the entries below it. Its `url` is empty."""
    lead: str = ""
    """The entry's text before the link: "Scaling with Rust (" where the title is only "english"."""


@dataclass(frozen=True, slots=True)
class Section:
    heading: str
    links: tuple[Link, ...]


FIRST_DAY = 10_000_000
"""A number from this one on is a day, such as 20261118: no newsletter has so many issues."""


def is_day(number: int) -> bool:
    """Return whether an issue has no number and is identified by its day."""
    return number >= FIRST_DAY


@dataclass(frozen=True, slots=True)
class MalformedIssue:
    """An issue whose number is known, and whose header or text cannot be parsed."""

    reason: str
    """The problem, in the sentence of `parse`."""
    number: int
    title: str
    date: date | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Crate:
    name: str
    url: str
    description: str = ""
    """What it is, without a full stop: "an embeddable SQLite database with Raft"."""


@dataclass(frozen=True, slots=True)
class Project:
    """One call for participation: a task that a project offers."""

    project: str | None
    title: str
    url: str
    series: str = ""
    """The project's name, where several entries are parts of a series: "Diesel" for "Diesel: … Poll II"."""
    for_speakers: bool = False
    """Whether it is an event's call for speakers that stands among the tasks."""


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
    report_date: date | None = None
    """The day of the report, from its address or heading."""
    stale: bool = False
    """Whether it is an earlier week's: then nothing of it is announced."""


@dataclass(frozen=True, slots=True)
class Rfcs:
    approved: tuple[Link, ...] = ()
    new_or_updated: tuple[Link, ...] = ()
    final_comment_period: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Speech:
    """The words of one speaker of a quote."""

    text: str
    """Markdown; a line break of the page is a hard break."""
    author: str | None = None
    """The speaker, where the next line names one."""


@dataclass(frozen=True, slots=True)
class Quote:
    text: str
    author: str | None
    author_url: str | None
    speeches: tuple[Speech, ...] = ()
    """The same text by speaker, for a dialogue, or a quote and its answer."""


class FindingKind(StrEnum):
    """The kinds of problem in an issue's text. The gate, `audit` and `parse` use the same values."""

    DISCUSSION_MISSING = "discussion-missing"
    DISCUSSION_EMPTY = "discussion-empty"
    DISCUSSION_PLACEHOLDER = "discussion-placeholder"
    DISCUSSION_OWN_PAGE = "discussion-own-page"
    DISCUSSION_OTHER_ISSUE = "discussion-other-issue"
    HIRING_PLACEHOLDER = "hiring-placeholder"
    NUMBER_DISAGREES = "number-disagrees"
    """The numbers in the header and the title differ; an editor has to decide."""
    NO_CRATE = "no-crate"
    NO_QUOTE = "no-quote"
    NO_PULL_REQUESTS = "no-pull-requests"
    TEMPLATE_TEXT = "template-text"
    MERGE_CONFLICT = "merge-conflict"
    LOST_CHARACTER = "lost-character"
    """U+FFFD stands for a character that could not be decoded. It is never posted."""
    EMPTY_LINK = "empty-link"
    INCOMPLETE_ADDRESS = "incomplete-address"
    """A link without a scheme, or relative to the issue."""
    SLIP = "slip"
    """A typing error that readers of the page see; it was parsed as it was meant."""
    OTHER_ISSUE = "other-issue"
    """One of the articles is another issue of the newsletter."""
    STALE_PERFORMANCE = "stale-performance"
    """The performance report is not this week's."""
    REPAIRED_ENCODING = "repaired-encoding"
    DRAFT = "draft"
    """The header says that it is not published."""
    DIRECTIVE = "directive"
    """A comment for crosspost that is not understood or cannot be carried out."""
    NO_TEXT = "no-text"
    """There is no text below the header."""


@dataclass(frozen=True, slots=True)
class Finding:
    kind: FindingKind
    line: int | None
    """The line in the file, from 1; None when something is missing."""
    message: str
    """A sentence for people: "no crate of the week", "the hiring link is still INSERT_LINK_HERE"."""


@dataclass(frozen=True, slots=True)
class Directives:
    """The instructions of editors to crosspost, in comments of the issue."""

    lead: str | None = None
    """The address of the article to name first."""
    skip: tuple[str, ...] = ()
    """The accounts or platforms on which it is not announced."""
    hold: str | None = None
    """The time until which it is held, as written; empty: until it is released; None: it is not held."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """Account or platform → the text there."""

    def phrases(self) -> tuple[str, ...]:
        """Return each instruction as a phrase, for people."""
        hold = [] if self.hold is None else [f"hold until {self.hold or 'it is released'}"]
        lead = [f"lead {self.lead}"] if self.lead else []
        texts = (f"text {name}: {text}" for name, text in self.texts.items())
        return (*lead, *(f"skip {name}" for name in self.skip), *hold, *texts)


@dataclass(frozen=True, slots=True)
class Issue:
    """One parsed issue. Fields that it does not have are None or empty."""

    number: int
    title: str
    date: date
    url: str
    """The address of its page, from the newsletter's site and `date`."""
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
    """The address in the file, right or stale; None where the file has a placeholder or nothing."""
    editors: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    directives: Directives = Directives()
    newsletter: str = ""
    """The newsletter's name, where the title may lack it; otherwise empty."""
    grammar: str = "twir"
    """How its sections were parsed: "twir" or "plain"."""
