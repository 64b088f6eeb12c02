"""Find the issues that are new, changed or gone: compare what the sources hold with what is stored.

An issue is its number: a file that changed, moved or came back is no new issue. What the first poll finds was out
before, and is never announced by itself. Every step may be repeated: a source's revision is stored last, so that a pass
that died in the middle is made again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from crosspost import parse as reading
from crosspost.config.schema import GateConfig, NewsletterConfig
from crosspost.errors import IssueError
from crosspost.model import Clock, Issue, IssueRecord, IssueState, MalformedIssue, Sighting, is_day
from crosspost.parse.header import Header
from crosspost.plural import quantity
from crosspost.store.scopes import Scope
from crosspost.store.values import SourceFile
from crosspost.watch import gate
from crosspost.watch.changes import SourceChanges, compare, read_header
from crosspost.watch.problems import ProblemKind, Problems
from crosspost.watch.sources import Source

if TYPE_CHECKING:
    from crosspost.store import Store

NOT_ANNOUNCED = (IssueState.WAITING, IssueState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An issue that waits at the gate, freshly read."""

    issue: Issue
    sighting: Sighting
    record: IssueRecord
    in_feed: bool
    in_content: bool


@dataclass(frozen=True, slots=True)
class Baseline:
    """The issues that were published before the store first saw the newsletter."""

    count: int
    last: int | None
    newest: tuple[int, ...] = ()
    """Issues outside the baseline: the newest, where the database began with it as a candidate, and higher numbers."""

    def __str__(self) -> str:
        if self.last is None:
            text = "baseline: no issue yet"
        else:
            issues = f"{quantity(self.count, 'issue')} up to {self.last}"
            text = f"baseline: {issues}; none of these is announced automatically"
        if self.newest:
            return f"{text}; the gate decides about {', '.join(map(str, self.newest))}"
        if self.last is None:
            return f"{text}; the first new issue is announced, if folder and files of [source] are right"
        return text


@dataclass(frozen=True, slots=True)
class WatchResult:
    """The result of one poll of all sources."""

    candidates: tuple[Candidate, ...]
    """The waiting issues that only the gate can hold back; the lowest number first."""
    withdrawn: tuple[int, ...]
    """Issues that are gone, and that nothing was sent of."""
    vanished: tuple[int, ...] = ()
    """Issues that are gone, but were planned or announced before."""
    changed: tuple[Candidate, ...] = ()
    """Planned or announced issues whose text changed: an editor may have filled in the link, or corrected the text."""
    baseline: Baseline | None = None
    """Taken by this poll; None: by an earlier one, or no source answers yet."""


def poll_sources(
    sources: Sequence[Source],
    store: Store,
    gate: GateConfig,
    clock: Clock,
    problems: Problems,
    *,
    newsletter: NewsletterConfig,
) -> WatchResult:
    """Poll every source once. What is wrong with one source or file goes to `problems` and holds back no other."""
    problems.forget_other_sources(source.name for source in sources)
    this_pass = _Pass(sources, store, gate, clock(), newsletter, problems)
    news = [each for each in map(this_pass.poll, sources) if each is not None]
    baseline = None
    if not store.has_baseline():
        if not news:
            return WatchResult((), ())
        baseline = this_pass.save_baseline(news)
    numbers = this_pass.apply(news)
    withdrawn, vanished = this_pass.withdraw(numbers)
    candidates, changed = this_pass.refresh(numbers)
    problems.save()  # before the files are stored: they are not read again until they change
    for each in news:
        this_pass.save(each)
    return WatchResult(candidates, withdrawn, vanished, changed, baseline)


def last_revisions(newsletter: str) -> Scope[str]:
    """Return the scope of the revisions at which the last complete poll found each source, by the source's name."""
    return Scope(f"source {newsletter}", str)


@dataclass
class _Pass:
    sources: Sequence[Source]
    store: Store
    gate: GateConfig
    now: datetime
    newsletter: NewsletterConfig
    problems: Problems
    unread: set[tuple[str, str]] = field(default_factory=set)
    """(source, path) of files that could not be read. They are not stored, so that the next poll reads them again."""
    files: dict[str, dict[str, SourceFile]] = field(default_factory=dict)
    """source → path → file: as stored, after `apply` as the source holds it."""

    # ── the sources ──────────────────────────────────────────────────────────────────────────────────

    def poll(self, source: Source) -> SourceChanges | None:
        """Return what changed in one source; None: nothing, or it cannot be read (see `problems`)."""
        problems = self.problems
        stored = self.files[source.name] = self.store.files(source.name)
        last = self.store.get_value(last_revisions(self.store.newsletter), source.name)
        if problems.is_postponed(source.name):
            return None
        with problems.boundary(source.name):
            listing = source.poll(last)
            if listing is not None:
                problems.clear(source.name)
                return compare(
                    source, listing, stored, problems, is_first=last is None, newsletter=self.newsletter
                )
        return None

    def save(self, news: SourceChanges) -> None:
        """Store what one source holds, the last step of a pass."""
        name = news.source.name
        read = [file for file in news.changed if (name, file.path) not in self.unread]
        self.store.save_files(name, read, [file.path for file in news.removed])
        if news.is_complete and name not in {source for source, _ in self.unread}:
            self.store.set_value(last_revisions(self.store.newsletter), name, news.revision)

    # ── what is new ──────────────────────────────────────────────────────────────────────────────────

    def save_baseline(self, news: Sequence[SourceChanges]) -> Baseline:
        """Store what the first poll found as the baseline: all of it, or all but the newest (see `Baseline`)."""
        issues = [
            (header, Sighting(each.source.name, file.path, file.fingerprint, each.revision, b""))
            for each in news
            for file in each.changed
            if (header := each.headers.get(file.path))
        ]
        newest = self._newest([header for header, _ in issues]) if self.store.begun_at_newest() else ()
        published = {
            header.number: (header, sighting) for header, sighting in issues if header.number not in newest
        }
        self.store.save_baseline(published.values(), self.now)
        return Baseline(len(published), max(published, default=None), newest)

    def _newest(self, headers: Sequence[Header | MalformedIssue]) -> tuple[int, ...]:
        """Return the newest issue that is out and young enough, which no old one hides, and all higher numbers: those
        are not out yet, too old, or malformed."""
        ages = {each.number: gate.age(each.date, self.now) for each in headers if each.date is not None}
        published = {number for number, age in ages.items() if age >= -gate.LEAD_LIMIT}
        young = {number for number in published if ages[number] <= self.gate.max_age}
        if not published:
            return ()
        first = max(young) if young else max(published) + 1
        return tuple(sorted({each.number for each in headers if each.number >= first}))

    def apply(self, news: Sequence[SourceChanges]) -> frozenset[int]:
        """Update `files`; return the numbers of all files that are new, changed or gone."""
        numbers: set[int | None] = set()
        for each in news:
            files = self.files[each.source.name]
            for file in each.removed:
                numbers.add(files.pop(file.path).number)
            for file in each.changed:
                before = files.get(file.path)
                numbers |= {file.number, before.number if before else None}
                files[file.path] = file
            if each.is_first and self.last is None:
                self.save_baseline([each])
        return frozenset(number for number in numbers if number is not None)

    @property
    def last(self) -> int | None:
        """Return the highest number that is plausible; None: there is none.

        A withdrawn issue does not count: a draft of next week's that was in the folder for a minute hides no issue.
        """
        highest = self.store.highest_number(IssueState.BASELINE, IssueState.PLANNED, IssueState.DONE)
        for number in sorted(record.number for record in self.store.issues(IssueState.WAITING)):
            if highest is None or (number > highest and not self._doubt_about(number, highest)):
                highest = number
        return highest

    def _doubt_about(self, number: int, last: int) -> str:
        """Return why only a person can say whether a number is the next issue's; empty: it is, or is an old issue's.

        Each new issue of the newsletter since 424 had the highest number so far (its git history, 2026-11): files are
        renamed, corrected and touched in bulk; numbers are not.
        """
        if is_day(number) and not is_day(last):
            return (
                f"an issue has no number, and the last one had ({last}); "
                f"if it is one, announce it with: crosspost post {number}; if not, [source] files can leave it out"
            )
        if number - last > self.gate.largest_step and not is_day(number):
            return (
                f"number {number} is {number - last} above the last one ({last}); "
                f"if it is right, announce it with: crosspost post {number}"
            )
        return ""

    def withdraw(self, numbers: Iterable[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Withdraw the issues that no source holds any more. Return them, and those that were planned before."""
        in_time: list[int] = []
        too_late: list[int] = []
        for number in sorted(numbers):
            if self._locations(number) or self._has_left_feeds(number):
                continue
            record = self.store.issue(number)
            if record is None or record.state is IssueState.BASELINE:
                continue
            if self.store.withdraw(number, f"it is gone from {record.source}", self.now):
                in_time.append(number)
            elif record.state is not IssueState.WITHDRAWN:
                too_late.append(number)
        return tuple(in_time), tuple(too_late)

    def _has_left_feeds(self, number: int) -> bool:
        """Return whether an issue is older than all in the feeds, which hold the newest few: it was not withdrawn."""
        in_feeds = [
            file.number
            for source in self.sources
            if not source.in_content
            for file in self.files[source.name].values()
            if file.number is not None
        ]
        return bool(in_feeds) and number < min(in_feeds)

    # ── what waits ───────────────────────────────────────────────────────────────────────────────────

    def refresh(self, numbers: Iterable[int]) -> tuple[tuple[Candidate, ...], tuple[Candidate, ...]]:
        """Read what changed and what waits. Return the candidates for the gate, and the issues planned before."""
        waiting = {record.number for record in self.store.issues(IssueState.WAITING)}
        last_before = self.last
        issues = [self._read(number, last_before) for number in sorted({*numbers, *waiting})]
        candidates, planned = [], []
        for issue in filter(None, issues):
            if issue.record.state in (IssueState.PLANNED, IssueState.DONE):
                planned.append(issue)
            elif issue.record.state is IssueState.WAITING:
                if reason := self._doubt(issue):
                    self.store.set_waiting_reason(issue.record.number, reason, self.now)
                else:
                    candidates.append(issue)
        return tuple(candidates), tuple(planned)

    def _read(self, number: int, last_before: int | None) -> Candidate | None:
        """Return the issue as it is now, with its record updated. None: it is in the baseline, gone, or not readable.

        The content folder counts before a feed, and then the place where the issue was read last.
        """
        record = self.store.issue(number)
        locations = self._locations(number)
        if not locations or (record is not None and record.state is IssueState.BASELINE):
            return None
        last_at = (record.source, record.path) if record else ("", "")
        source, path = min(
            locations,
            key=lambda at: (not at[0].in_content, at[0].name != last_at[0], (at[0].name, at[1]) != last_at),
        )
        if not self.problems.is_postponed(source.name, path):
            self.problems.clear(source.name, path)
            with self.problems.boundary(source.name, path):
                return self._read_at(source, path, number, record, last_before)
            if (problem := self.problems.get(source.name, path)) and record is not None:
                self.store.set_waiting_reason(number, problem.reason, self.now)
        self.unread.add((source.name, path))
        return None

    def _read_at(
        self, source: Source, path: str, number: int, record: IssueRecord | None, last_before: int | None
    ) -> Candidate | None:
        sighting = source.read(path)
        issue = self._parse(sighting)
        if (
            issue is None
            or issue.number != number
            or sighting.fingerprint != self.files[source.name][path].fingerprint
        ):
            # It changed since the poll, or our copy is behind another machine's: the next poll reads it again.
            self.unread.add((source.name, path))
            return None
        if isinstance(issue, MalformedIssue):
            self.problems.add(source.name, path, "", ProblemKind.WRONG, issue.reason)
            if record is not None and record.state not in NOT_ANNOUNCED:
                return None  # an announced issue keeps the date and the address that it had
        elif record is None and self._is_old(issue, last_before):
            self.store.save_baseline([(issue, sighting)], self.now)
            return None
        if record is None and self.store.begun_at_newest():
            since = source.unchanged_since(path, self.now - self.gate.quiet_for)
            sighting = replace(sighting, changed_at=since)
        if record is None or _is_outdated(record, issue, sighting):
            is_late = record is None and last_before is not None and number <= last_before
            late_after = last_before if is_late else None
            record = self.store.record_sighting(issue, sighting, self.now, late_after=late_after)
        if isinstance(issue, MalformedIssue):
            self.store.set_waiting_reason(number, issue.reason, self.now)
            return None
        kinds = {each.in_content for each, _ in self._locations(number)}
        return Candidate(issue, sighting, record, in_feed=False in kinds, in_content=True in kinds)

    def _parse(self, sighting: Sighting) -> Issue | MalformedIssue | None:
        """Return the issue, or what is wrong with it; None: it has no number."""
        try:
            return reading.parse_bytes(sighting.data, newsletter=self.newsletter, path=sighting.path)
        except IssueError as error:
            header = read_header(sighting.data, newsletter=self.newsletter, path=sighting.path)
            if isinstance(header, Header | MalformedIssue):
                return MalformedIssue(str(error), header.number, header.title, header.date, header.url)
            return None

    def _is_old(self, issue: Issue, last_before: int | None) -> bool:
        """Return whether it is an old file that came late, or with the whole archive: it is no news."""
        is_too_old = gate.age(issue.date, self.now) > self.gate.max_age
        return is_too_old and (last_before is None or issue.number <= last_before)

    def _doubt(self, candidate: Candidate) -> str:
        """Return why a person has to decide, whatever the gate says; empty: nobody has to."""
        number, last = candidate.record.number, self.last
        if last is not None and (reason := self._doubt_about(number, last)):
            return reason
        files = self.files[candidate.sighting.source]
        paths = sorted(path for path, file in files.items() if file.number == number)
        if len({files[path].fingerprint for path in paths}) > 1:
            return f"number {number} is in {len(paths)} files: {', '.join(map(repr, paths))}"
        if later := candidate.record.late_after:
            return f"number {number} came after {later}; if it was never announced: crosspost post {number}"
        return ""

    def _locations(self, number: int) -> list[tuple[Source, str]]:
        """Return where the issue is, in the order of the configuration."""
        return [
            (source, path)
            for source in self.sources
            for path, file in sorted(self.files[source.name].items())
            if file.number == number
        ]


def _is_outdated(record: IssueRecord, issue: Issue | MalformedIssue, sighting: Sighting) -> bool:
    """Return whether the record differs from what was read."""
    stored = (record.title, record.url, record.date, record.source, record.path, record.fingerprint)
    current = (issue.title, issue.url, issue.date, sighting.source, sighting.path, sighting.fingerprint)
    return stored != current or record.state is IssueState.WITHDRAWN or record.vanished_at is not None
