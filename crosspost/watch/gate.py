"""Is this issue out, whole and quiet? The answer carries its reason, in the words that `status` shows.

What each condition is for, by the newsletter's own history (its repository, read 2026-11):
files come to the repository without crate, quote and pull requests (509, 552, 569, 571, 649, 650),
publications are taken back within minutes (641, 650), pages go live hours before or days after the file,
and old issues are edited in bulk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from crosspost.config.schema import GateConfig
from crosspost.model import FindingKind, Issue, IssueRecord
from crosspost.plural import counted
from crosspost.watch.page import PageState

UNFINISHED = frozenset(
    {
        FindingKind.NO_CRATE,
        FindingKind.NO_QUOTE,
        FindingKind.NO_PULL_REQUESTS,
        FindingKind.HIRING_PLACEHOLDER,
        FindingKind.TEMPLATE_TEXT,
        FindingKind.MERGE_CONFLICT,
        FindingKind.NUMBER_DISAGREES,
    }
)
"""What an issue that is whole does not have."""

NEVER_POSTED = frozenset({FindingKind.LOST_CHARACTER})
"""What is waited for even where wholeness is not asked for."""

AHEAD = timedelta(days=1)
"""An issue may bear tomorrow's date: the editors' evening is another day in UTC."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the issue was seen to be out."""

    page: PageState | None = None
    """None: nobody looked; then a condition on the page is not met."""
    in_feed: bool | None = None
    """None: no feed was read; then a condition on the feed is not met."""
    in_content: bool = True
    """Whether it is in the content folder, as far as any source shows that."""


@dataclass(frozen=True, slots=True)
class Open:
    """Everything that is asked of an issue is met."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet."""

    reason: str
    again_at: datetime | None
    """When only time is missing: when to ask again. None: something has to change first."""


@dataclass(frozen=True, slots=True)
class _Unmet:
    reason: str
    again_at: datetime | None = None
    advice: str = ""
    """What a person may do about it, for those who read the reason elsewhere."""


def assess(
    issue: Issue, record: IssueRecord, config: GateConfig, evidence: Evidence, now: datetime
) -> Open | Wait:
    """Return whether the issue may be announced now."""
    unmet = tuple(_unmet(issue, record, config, evidence, now))
    if not unmet:
        return Open()
    times = [each.again_at for each in unmet]
    again_at = max((at for at in times if at is not None), default=None) if None not in times else None
    return Wait("; ".join(each.reason + each.advice for each in unmet), again_at)


def overrides(
    issue: Issue, record: IssueRecord, config: GateConfig, evidence: Evidence, now: datetime
) -> tuple[str, ...]:
    """Return what a person overrides by announcing the issue now: one phrase for each condition not met."""
    return tuple(each.reason for each in _unmet(issue, record, config, evidence, now))


def _unmet(
    issue: Issue, record: IssueRecord, config: GateConfig, evidence: Evidence, now: datetime
) -> Iterator[_Unmet]:
    yield from _age(issue, config, now)
    yield from _published(config, evidence)
    unwanted = NEVER_POSTED | UNFINISHED if config.whole else NEVER_POSTED
    yield from (_Unmet(finding.message) for finding in issue.findings if finding.kind in unwanted)
    yield from _quiet(record, config, now)


def _age(issue: Issue, config: GateConfig, now: datetime) -> Iterator[_Unmet]:
    age = now - _midnight(issue.date)
    if age > config.max_age:
        advice = f"; announce it with: crosspost post {issue.number}"
        yield _Unmet(f"issue is {counted(age.days, 'day')} old", advice=advice)
    elif age < -AHEAD:
        yield _Unmet(f"is dated {issue.date}, in the future", _midnight(issue.date) - AHEAD)


def _published(config: GateConfig, evidence: Evidence) -> Iterator[_Unmet]:
    page = evidence.page
    if config.page_live and page is None:
        yield _Unmet("page was not checked")
    elif config.page_live and page is not None and not page.live:
        yield _Unmet(page.reason)
    if config.in_content and not evidence.in_content:
        yield _Unmet("not in the content folder")
    if config.in_feed and not evidence.in_feed:
        yield _Unmet("not in the feed")


def _quiet(record: IssueRecord, config: GateConfig, now: datetime) -> Iterator[_Unmet]:
    until = record.changed_at + config.quiet_for
    if now < until:
        day = "" if until.date() == now.date() else f"{until:%Y-%m-%d} "
        yield _Unmet(f"quiet until {day}{until:%H:%M} UTC", until)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
