"""Issue → Digest: what to say of an issue, ranked, in plain text.

Every text in a digest is visible and on one line, and every address is http or https (text.py); what is left to do is
to escape text for a platform. A part is present only when the issue has it. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import regex

from crosspost.compose.performance import PerformanceSummary, performance_summary
from crosspost.compose.quotation import Quotation, quotation
from crosspost.compose.ranking import DigestLink, rank_links
from crosspost.compose.text import clean, page_key, web_address, without_site
from crosspost.config.schema import DigestConfig
from crosspost.model import CallsForParticipation, Issue, Link, Project, is_day
from crosspost.parse.community import is_another_issue

SECTIONS = (
    "Official",
    "Observations/Thoughts",
    "Project/Tooling Updates",
    "Rust Walkthroughs",
    "Research",
    "Foundation",
    "Miscellaneous",
    "Newsletters",
)
"""The order of sections, the most useful first. Other sections come after these, in the issue's order."""

_MORE = 10
_BEFORE_A_NUMBER = re.compile(r"(?:\s[#№]|[\s:–-])*$")
_WHOLE_NUMBER = re.compile(r"(?<!\d)(?<!\d[.,])\d{1,9}(?![\d]|[.,]\d)")
_DEFAULT = DigestConfig()
_LETTER_OR_NUMBER = regex.compile(r"[\p{L}\p{N}\p{Extended_Pictographic}]")
"""A title of marks alone ("—", "…") is no title."""
_RFC = re.compile(r"^(?:\[RFC\]|(?:Merge )?RFC(?: #?\d+)?:)\s*(?=\S)")
"""The beginning of an approved RFC's title; a post says "RFC approved" itself."""
_CALL = re.compile(r"^calls? for .*", re.IGNORECASE)
"""The heading of a group of calls, which is no project."""
_CALL_FOR_SPEAKERS = re.compile(
    r"\b(?:CFP|call for (?:speakers|papers|proposals?|talks|presentations|abstracts|sessions))\b"
    r"(?: is (?:now )?open\b)?!?",
    re.IGNORECASE,
)
_SEPARATORS = " -–—:|,"
"""Cut from a call's name, as a post says it itself: "RustConf CFP is open", "EuroRust: Call for Speakers"."""
_MEDIA = {"video": "video", "audio": "audio", "podcast": "audio"}
_LANGUAGE = re.compile(
    r"(?:AR|BG|BN|BR|CN|CS|CZ|DA|DE|EL|ES|ET|FA|FI|FR|HE|HI|HR|HU|ID|IT|JA|JP|KO|KR|LT|LV|MS|NL|NO|PL|PT|RO|RU"
    r"|SK|SL|SR|SV|TH|TR|TW|UA|UK|VI|ZH)(?:-\w\w)?"
)
"""A language or country as the newsletter marks it: "DE", "ZH-CN", "BR-pt". Not "EN", its own language, nor "AI"."""


class NamedLink(NamedTuple):
    name: str
    url: str | None
    """None: the issue has no usable address."""
    description: str = ""
    """A clause; empty where the issue has none."""


class SectionLinks(NamedTuple):
    heading: str
    links: tuple[DigestLink, ...]


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls for participation: how many tasks, and from which projects."""

    count: int
    projects: tuple[NamedLink, ...]
    """The projects, each once, in the issue's order, with the address of the first task."""
    others: tuple[NamedLink, ...]
    """The tasks that name no project."""

    @property
    def complete(self) -> bool:
        return not self.others


@dataclass(frozen=True, slots=True)
class Digest:
    number: int
    title: str
    """"This Week in Rust 665"."""
    name: str
    """The newsletter's name."""
    url: str
    date: date
    top: tuple[DigestLink, ...] = ()
    """The most important first (ranking.py); each page once."""
    more: tuple[DigestLink, ...] = ()
    """The next ones: for a short post, where one of `top` is too long."""
    sections: tuple[SectionLinks, ...] = ()
    """All of the community's links, the most useful section first."""
    performance: PerformanceSummary | None = None
    crates: tuple[NamedLink, ...] = ()
    calls: Calls | None = None
    speaker_calls: tuple[NamedLink, ...] = ()
    pull_requests: int | None = None
    rfcs: tuple[NamedLink, ...] = ()
    events: int = 0
    quote: Quotation | None = None
    hashtags: tuple[str, ...] = ()
    grammar: str = "twir"

    @property
    def link_count(self) -> int:
        return sum(len(section.links) for section in self.sections)


def digest(issue: Issue, config: DigestConfig = _DEFAULT) -> Digest:
    """Return what to say of the issue. Never raises: what is not usable is left out."""
    title = _title(issue)
    usual = SECTIONS if issue.grammar == "twir" else ()
    sections = _sections(issue, config.sections or usual)
    usable = [link for section in sections for link in section.links]
    by_title: dict[str, DigestLink] = {}
    for link in rank_links(usable, config, any_script=issue.grammar != "twir"):
        by_title.setdefault(link.title.casefold().rstrip(" .!…"), link)  # the same to a reader
    links = list(by_title.values())
    if issue.directives.lead is not None:
        first = page_key(issue.directives.lead)
        links.sort(key=lambda link: page_key(link.url) != first)
    limit = max(config.links, 0)
    return Digest(
        number=issue.number,
        title=title,
        name=clean(issue.newsletter)
        or _BEFORE_A_NUMBER.sub("", title.removesuffix(str(issue.number)))
        or title,
        url=issue.url,
        date=issue.date,
        top=tuple(links[:limit]),
        more=tuple(links[limit : limit + _MORE]) if limit else (),
        sections=sections,
        performance=performance_summary(issue.performance),
        crates=_named((crate.name, crate.url, crate.description) for crate in issue.crates_of_the_week),
        calls=_calls(issue.calls_for_participation.projects),
        speaker_calls=_speaker_calls(issue.calls_for_participation),
        pull_requests=issue.pull_requests_merged or None,
        rfcs=_named((_RFC.sub("", rfc.title), rfc.url, "") for rfc in issue.rfcs.approved),
        events=sum(issue.events.values()),
        quote=quotation(issue.quote_of_the_week) if issue.quote_of_the_week else None,
        hashtags=config.hashtags,
        grammar=issue.grammar,
    )


def _title(issue: Issue) -> str:
    """Return the title with the newsletter's name and the issue's number or day, where it lacks them."""
    title, name, number = clean(issue.title) or "Issue", clean(issue.newsletter), issue.number
    known = number in map(int, _WHOLE_NUMBER.findall(title)) or (
        is_day(number) and str(issue.date.year) in title
    )
    if name and name.casefold() not in title.casefold():
        title = f"{name}: {title}" if known or is_day(number) else f"{name} {number}: {title}"
        known = known or not is_day(number)
    if known:
        return title
    if is_day(number):
        return f"{title} ({issue.date})" if title.casefold() != name.casefold() else f"{title} {issue.date}"
    if name and (after := title[len(name) :]) and title.casefold().startswith(name.casefold()):
        return f"{title[: len(name)]} {number}{after}"
    return f"{title} {number}"


# ── links ────────────────────────────────────────────────────────────────────────────────────────────


def _sections(issue: Issue, order: Sequence[str]) -> tuple[SectionLinks, ...]:
    """Return the sections in order with their usable links; each page once, in the first section that has it."""
    rank = {_heading_key(heading): index for index, heading in enumerate(order)}
    by_rank = sorted(issue.community, key=lambda section: rank.get(_heading_key(section.heading), len(rank)))
    pages = {page_key(issue.url)}
    out = []
    for section in by_rank:
        heading = clean(section.heading)
        fresh = []
        for each in section.links:
            link = _top_link(each, heading, issue)
            if link and (page := page_key(link.url)) not in pages:
                pages.add(page)
                fresh.append(link)
        if fresh:
            out.append(SectionLinks(heading, tuple(fresh)))
    return tuple(out)


def _top_link(link: Link, heading: str, issue: Issue) -> DigestLink | None:
    """Return a link that can be announced; None for one within a sentence, whose text is no title ("here")."""
    title, url = clean(link.title), web_address(link.url)
    if not _LETTER_OR_NUMBER.search(title) or not url or link.lead:
        return None
    if issue.grammar == "twir" and is_another_issue(link.url, issue.url):
        return None
    return DigestLink(without_site(title, url), url, heading, _marks(link.tags))


def _marks(tags: Iterable[str]) -> tuple[str, ...]:
    """Return medium and languages, each once. Other tags ("series", "Inside") say no more than the title."""
    marks: dict[str, None] = {}
    for tag in tags:
        words = clean(tag)
        if medium := _MEDIA.get(words.lower().removesuffix("s").split(" ")[0]):
            marks[medium] = None
        else:
            parts = words.replace("|", " ").split()
            marks |= dict.fromkeys(part for part in parts if _LANGUAGE.fullmatch(part))
    return tuple(marks)


def _heading_key(heading: str) -> str:
    return "".join(heading.lower().split())


# ── everything else ──────────────────────────────────────────────────────────────────────────────────


def _named(items: Iterable[tuple[str, str, str]]) -> tuple[NamedLink, ...]:
    """Return the things that have a name, also where the address is broken."""
    cleaned = (
        NamedLink(clean(name), web_address(url), clean(description)) for name, url, description in items
    )
    return tuple(item for item in cleaned if item.name)


def _calls(projects: Sequence[Project]) -> Calls | None:
    """Return the tasks by project, each with its first task's address. A task without a word is only counted."""
    count, first, others = 0, dict[str, str | None](), list[NamedLink]()
    for task in projects:
        title, url = clean(task.title), web_address(task.url)
        if task.for_speakers or not title:
            continue
        count += 1
        name = _CALL.sub("", clean(task.series or task.project or ""))
        if _LETTER_OR_NUMBER.search(name):
            first[name] = first.get(name) or url
        elif _LETTER_OR_NUMBER.search(title):
            others.append(NamedLink(title, url))
    named = tuple(NamedLink(name, url) for name, url in first.items())
    return Calls(count, named, tuple(others)) if count else None


def _speaker_calls(calls: CallsForParticipation) -> tuple[NamedLink, ...]:
    """Return the calls of events, also those listed among the projects' calls."""
    misplaced = ((project.title, project.url) for project in calls.projects if project.for_speakers)
    listed = (*((call.name, call.url) for call in calls.events), *misplaced)
    return _named(
        (_CALL_FOR_SPEAKERS.sub("", name).strip(_SEPARATORS) or name, url, "") for name, url in listed
    )
