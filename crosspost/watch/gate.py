"""The conditions that an issue must meet before it is announced, and the reasons that `status` shows.

They follow from the newsletter's history (its repository, read 2026-11): files come to the repository without crate,
quote and pull requests (509, 552, 569, 571, 649, 650), publications are withdrawn within minutes (641, 650), pages go
live hours before or days after the file, and old issues are edited in bulk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from crosspost.config import weektime
from crosspost.config.schema import GateConfig
from crosspost.model import Finding, FindingKind, Hold, HoldBy, Issue, IssueRecord
from crosspost.plural import quantity

UNFINISHED = frozenset(
    {
        FindingKind.NO_CRATE,
        FindingKind.NO_QUOTE,
        FindingKind.NO_PULL_REQUESTS,
        FindingKind.HIRING_PLACEHOLDER,
        FindingKind.TEMPLATE_TEXT,
        FindingKind.MERGE_CONFLICT,
        FindingKind.NUMBER_DISAGREES,
        FindingKind.NO_TEXT,
    }
)
"""Findings that a whole issue does not have."""

NEVER_POSTED = frozenset({FindingKind.LOST_CHARACTER, FindingKind.DRAFT})
"""Findings that an issue waits for even with `[gate] whole = false`."""

LEAD_LIMIT = timedelta(days=1)
"""An issue may have tomorrow's date: the editors' evening is another day in UTC."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The places where the issue is published, and its holds."""

    page: str | None = None
    """The reason why the page is not live; empty: it is live; None: it was not checked, so `page_live` is not met."""
    in_feed: bool = False
    in_content: bool = True
    """Whether it is in the content folder, as far as any source shows that."""
    holds: Sequence[Hold] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """The gate's answer "not yet"."""

    reason: str
    again_at: datetime | None
    """The time at which all conditions are met if nothing changes; None: something has to change first."""
    phrases: tuple[str, ...] = field(default=(), compare=False)
    """The reason without advice, one phrase for each condition not met: for a person who overrides them."""


@dataclass(frozen=True, slots=True)
class _UnmetCondition:
    reason: str
    again_at: datetime | None = None
    advice: str = ""
    """Advice for a person, appended to the reason."""


def assess(
    issue: Issue, record: IssueRecord, config: GateConfig, evidence: Evidence, now: datetime
) -> Wait | None:
    """Return why the issue may not be announced now; None: every condition is met."""
    holds = _holds(issue.number, evidence.holds, config, now)
    return _wait((*holds, *_unmet_conditions(issue, record, config, evidence, now)))


def hold_wait(number: int, holds: Sequence[Hold], config: GateConfig, now: datetime) -> Wait | None:
    """Return why nothing of an issue may be sent now, planned or not: a person holds it, or the hours are closed.

    It is asked when an issue waits, and again right before every claim.
    """
    return _wait(tuple(_holds(number, holds, config, now)))


def hold_and_age_reasons(
    issue: Issue, holds: Sequence[Hold], config: GateConfig, now: datetime
) -> tuple[str, ...]:
    """Return why an issue that is out and whole would wait, in phrases: a hold, closed hours or its date."""
    unmet = (*_holds(issue.number, holds, config, now), *_age(issue, config, now))
    return tuple(each.reason for each in unmet)


def blocking_findings(issue: Issue, config: GateConfig) -> tuple[Finding, ...]:
    """Return the findings in the issue's text that the gate waits for."""
    blocking = NEVER_POSTED | UNFINISHED if config.whole else NEVER_POSTED
    return tuple(finding for finding in issue.findings if finding.kind in blocking)


def hold_in_comment(issue: Issue, now: datetime) -> Hold | None:
    """Return the hold that a comment in the issue asks for; None: there is none, or its time is past."""
    time_in_comment = issue.directives.hold
    if time_in_comment is None:
        return None
    try:
        until = weektime.parse_time(time_in_comment, now) if time_in_comment else None
    except ValueError:
        return None
    return Hold(issue.number, HoldBy.COMMENT, True, until, time_in_comment, now)


def age(day: date, now: datetime) -> timedelta:
    """Return how old an issue of this date is; negative for a future date."""
    return now - datetime.combine(day, time(), tzinfo=UTC)


def _wait(unmet: Sequence[_UnmetCondition]) -> Wait | None:
    if not unmet:
        return None
    times = [each.again_at for each in unmet]
    again_at = max((at for at in times if at is not None), default=None) if None not in times else None
    phrases = tuple(each.reason for each in unmet)
    return Wait("; ".join(each.reason + each.advice for each in unmet), again_at, phrases)


def _unmet_conditions(
    issue: Issue, record: IssueRecord, config: GateConfig, evidence: Evidence, now: datetime
) -> Iterator[_UnmetCondition]:
    yield from _age(issue, config, now)
    if config.page_live and evidence.page != "":
        yield _UnmetCondition(evidence.page or "page was not checked")
    if config.in_content and not evidence.in_content:
        yield _UnmetCondition("not in the content folder")
    if config.in_feed and not evidence.in_feed:
        yield _UnmetCondition("not in the feed")
    yield from (_UnmetCondition(finding.message) for finding in blocking_findings(issue, config))
    quiet_from = record.changed_at + config.quiet_for
    if now < quiet_from:
        yield _UnmetCondition(f"quiet{_until(quiet_from, now)}", quiet_from)


def _holds(
    number: int, holds: Sequence[Hold], config: GateConfig, now: datetime
) -> Iterator[_UnmetCondition]:
    """Yield what holds the issue. The later of a command and a comment counts; a release also ends `[gate] hold`."""
    release = f"; to release it: crosspost release {number}"
    by = {each.by: each for each in holds}
    editor, comment = by.get(HoldBy.EDITOR), by.get(HoldBy.COMMENT)
    released = editor is not None and not editor.held
    if editor and released and comment and editor.at >= comment.at:
        comment = None
    for hold, holder in ((editor, "an editor"), (comment, "a comment in the issue")):
        if hold and hold.held and (hold.until is None or now < hold.until):
            yield _UnmetCondition(f"held by {holder}{_until(hold.until, now)}", hold.until, release)
    if config.hold and not released:
        yield _UnmetCondition("every issue is held ([gate] hold)", advice=release)
    if config.closed and now in (closed := weektime.parse_window(config.closed)):
        yield _UnmetCondition(f"closed until {closed.end} UTC", closed.end.next(now))


def _age(issue: Issue, config: GateConfig, now: datetime) -> Iterator[_UnmetCondition]:
    issue_age = age(issue.date, now)
    if issue_age > config.max_age:
        advice = f"; announce it with: crosspost post {issue.number}"
        yield _UnmetCondition(f"issue is {quantity(issue_age.days, 'day')} old", advice=advice)
    elif issue_age < -LEAD_LIMIT:
        yield _UnmetCondition(f"is dated {issue.date}, in the future", now - issue_age - LEAD_LIMIT)


def _until(at: datetime | None, now: datetime) -> str:
    if at is None:
        return ""
    day = "" if at.date() == now.date() else f"{at:%Y-%m-%d} "
    return f" until {day}{at:%H:%M} UTC"
