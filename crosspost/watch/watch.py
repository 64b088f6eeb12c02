"""What is new, changed or gone, from what the sources show now and what the store has seen before.

An issue is its number. A file that changed, moved or came back is no new issue; whatever was there at the
very first look was out already and is never announced by itself. Every step may be repeated: a source's
revision is remembered last, so that a pass that died in the middle is simply made again.
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
from crosspost.watch.changes import SourceChanges, detect_changes, read_header
from crosspost.watch.problems import ProblemKind, Problems
from crosspost.watch.sources import Source

if TYPE_CHECKING:
    from crosspost.store import Store

NOT_YET_OUT = (IssueState.WAITING, IssueState.WITHDRAWN)


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
    """What was out already when the store first saw the newsletter."""

    count: int
    last: int | None
    newest: tuple[int, ...] = ()
    """What was there and is no part of it: the newest issue, where the database was begun at it, and later ones."""

    def __str__(self) -> str:
        said = "baseline: no issue yet"
        if self.last is not None:
            before = f"{quantity(self.count, 'issue')} up to {self.last}"
            said = f"baseline: {before}; none of these is announced automatically"
        if self.newest:
            return f"{said}; the gate decides about {', '.join(map(str, self.newest))}"
        if self.last is None:
            return f"{said}; the first to come is announced, if folder and files of its source are right"
        return said


@dataclass(frozen=True, slots=True)
class WatchResult:
    """What one look at all sources came to."""

    candidates: tuple[Candidate, ...]
    """Every issue that waits and only the gate can hold back; the lowest number first."""
    withdrawn: tuple[int, ...]
    """Taken back in time."""
    gone: tuple[int, ...] = ()
    """Taken back too late: announced, or under way."""
    changed: tuple[Candidate, ...] = ()
    """Issues announced, or under way, whose text changed since the last look: an editor may have filled in the link,
    or corrected it."""
    baseline: Baseline | None = None
    """Taken by this look; None: an earlier one did, or no source answers yet."""


def poll_sources(
    sources: Sequence[Source],
    store: Store,
    gate: GateConfig,
    clock: Clock,
    problems: Problems,
    *,
    newsletter: NewsletterConfig,
) -> WatchResult:
    """Look at every source once. What is wrong with one source or file goes to `problems` and holds back no other."""
    problems.forget_other_sources(source.name for source in sources)
    this_pass = _Pass(sources, store, gate, clock(), newsletter, problems)
    news = [each for each in map(this_pass.poll, sources) if each is not None]
    baseline = None
    if not store.has_baseline():
        if not news:
            return WatchResult((), ())
        baseline = this_pass.save_baseline(news)
    touched = this_pass.apply(news)
    withdrawn, gone = this_pass.withdraw(touched)
    candidates, changed = this_pass.refresh(touched)
    problems.save()  # before a file counts as seen: it is not read again until it changes
    for each in news:
        this_pass.remember(each)
    return WatchResult(candidates, withdrawn, gone, changed, baseline)


def last_revisions(newsletter: str) -> Scope[str]:
    """Return where the revision is kept at which each source was last seen as a whole, by the source's name."""
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
    """(source, path) of what could not be read: it stays unknown, and the next look comes back to it."""
    files: dict[str, dict[str, SourceFile]] = field(default_factory=dict)
    """source → path → what is known of the file, brought up to date by `apply`."""

    # ── the sources ──────────────────────────────────────────────────────────────────────────────────

    def poll(self, source: Source) -> SourceChanges | None:
        """Ask one source what changed. Return None when nothing did, or `problems` says why not."""
        known = self.store.files(source.name)
        self.files[source.name] = known
        last = self.store.get_value(last_revisions(self.store.newsletter), source.name)
        return detect_changes(source, last, known, self.problems, newsletter=self.newsletter)

    def remember(self, news: SourceChanges) -> None:
        """Keep what was seen as seen: the last step of a this_pass."""
        name = news.source.name
        seen = [each for each in news.changed if (name, each.path) not in self.unread]
        self.store.save_files(name, seen, [each.path for each in news.gone])
        if news.whole and name not in {source for source, _ in self.unread}:
            self.store.set_value(last_revisions(self.store.newsletter), name, news.revision)

    # ── what is new ──────────────────────────────────────────────────────────────────────────────────

    def save_baseline(self, news: Sequence[SourceChanges]) -> Baseline:
        """Keep what the first look shows as out already: all of it, but for the newest where the store begins at it."""
        shown = [
            (header, Sighting(each.source.name, seen.path, seen.fingerprint, each.revision, b""))
            for each in news
            for seen in each.changed
            if (header := each.headers.get(seen.path))
        ]
        newest = self._newest([header for header, _ in shown]) if self.store.begun_at_newest() else ()
        out = {header.number: (header, sighting) for header, sighting in shown if header.number not in newest}
        self.store.save_baseline(out.values(), self.now)
        return Baseline(len(out), max(out, default=None), newest)

    def _newest(self, shown: Sequence[Header | MalformedIssue]) -> tuple[int, ...]:
        """Return the newest issue that is out and young enough, which no old one hides, and what is numbered above it:
        that is not out yet, too old, or not understood."""
        ages = {each.number: gate.age(each.date, self.now) for each in shown if each.date is not None}
        out = {number for number, age in ages.items() if age >= -gate.LEAD_LIMIT}
        young = {number for number in out if ages[number] <= self.gate.max_age}
        if not out:
            return ()
        first = max(young) if young else max(out) + 1
        return tuple(sorted({each.number for each in shown if each.number >= first}))

    def apply(self, news: Sequence[SourceChanges]) -> frozenset[int]:
        """Bring `files` up to date; return the numbers of all files that came, changed or went."""
        touched: set[int | None] = set()
        for each in news:
            files = self.files[each.source.name]
            for seen in each.gone:
                touched.add(files.pop(seen.path).number)
            for seen in each.changed:
                before = files.get(seen.path)
                touched |= {seen.number, before.number if before else None}
                files[seen.path] = seen
            if each.first and self.last is None:
                self.save_baseline([each])
        return frozenset(number for number in touched if number is not None)

    @property
    def last(self) -> int | None:
        """Return the highest number that counts. What is far above the others waits for a person and does not; what was
        taken back does not, either: a draft of next week's that was in the folder for a minute hides no issue."""
        highest = self.store.highest_number(IssueState.BASELINE, IssueState.PLANNED, IssueState.DONE)
        for number in sorted(record.number for record in self.store.issues(IssueState.WAITING)):
            if highest is None or (number > highest and not self._implausible(number, highest)):
                highest = number
        return highest

    def _implausible(self, number: int, last: int) -> str:
        """Return why only a person can say whether a number is the next issue's; empty: it is, or it is an old one's.

        "A number greater than any seen" was right for every issue of the newsletter since 424 (its git history,
        2026-11): files are renamed, mended and touched in bulk; numbers are not.
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

    def withdraw(self, touched: Iterable[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Take back what no source shows any more. Return what was in time, and what was announced before."""
        in_time: list[int] = []
        too_late: list[int] = []
        for number in sorted(touched):
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
        """Return whether it is older than all that the feeds hold, which are the newest few: it was not taken back."""
        shown = [
            seen.number
            for source in self.sources
            if not source.in_content
            for seen in self.files[source.name].values()
            if seen.number is not None
        ]
        return bool(shown) and number < min(shown)

    # ── what waits ───────────────────────────────────────────────────────────────────────────────────

    def refresh(self, touched: Iterable[int]) -> tuple[tuple[Candidate, ...], tuple[Candidate, ...]]:
        """Read again what changed and what waits. Return what only the gate can hold back, and what is under way."""
        waiting = {record.number for record in self.store.issues(IssueState.WAITING)}
        before = self.last
        seen = [self._read(number, before) for number in sorted({*touched, *waiting})]
        open_to_gate, under_way = [], []
        for candidate in filter(None, seen):
            if candidate.record.state in (IssueState.PLANNED, IssueState.DONE):
                under_way.append(candidate)
            elif candidate.record.state is IssueState.WAITING:
                if reason := self._needs_a_person(candidate):
                    self.store.set_waiting_reason(candidate.record.number, reason, self.now)
                else:
                    open_to_gate.append(candidate)
        return tuple(open_to_gate), tuple(under_way)

    def _read(self, number: int, before: int | None) -> Candidate | None:
        """Return the issue as it is now, with the store's record of it brought up to date. None: it is no news."""
        record = self.store.issue(number)
        places = self._locations(number)
        if not places or (record is not None and record.state is IssueState.BASELINE):
            return None
        source, path = min(places, key=lambda place: _distance(place, record))
        if not self.problems.is_postponed(source.name, path):
            self.problems.clear(source.name, path)
            with self.problems.boundary(source.name, path):
                return self._read_at(source, path, number, record, before)
            if (problem := self.problems.get(source.name, path)) and record is not None:
                self.store.set_waiting_reason(number, problem.reason, self.now)
        self.unread.add((source.name, path))
        return None

    def _read_at(
        self, source: Source, path: str, number: int, record: IssueRecord | None, before: int | None
    ) -> Candidate | None:
        sighting = source.read(path)
        shown = self._parse(sighting)
        if (
            shown is None
            or shown.number != number
            or sighting.fingerprint != self.files[source.name][path].fingerprint
        ):
            # It changed under our eyes, or our copy is behind another machine's: the next look sees it whole.
            self.unread.add((source.name, path))
            return None
        if isinstance(shown, MalformedIssue):
            self.problems.add(source.name, path, "", ProblemKind.WRONG, shown.reason)
            if record is not None and record.state not in NOT_YET_OUT:
                return None  # what is announced keeps the date and the address that it had
        elif record is None and self._is_old(shown, before):
            self.store.save_baseline([(shown, sighting)], self.now)
            return None
        if record is None and self.store.begun_at_newest():
            since = source.unchanged_since(path, self.now - self.gate.quiet_for)
            sighting = replace(sighting, changed_at=since)
        if record is None or _is_outdated(record, shown, sighting):
            late_after = before if record is None and before is not None and number <= before else None
            record = self.store.record_sighting(shown, sighting, self.now, late_after=late_after)
        if isinstance(shown, MalformedIssue):
            self.store.set_waiting_reason(number, shown.reason, self.now)
            return None
        kinds = {each.in_content for each, _ in self._locations(number)}
        return Candidate(shown, sighting, record, in_feed=False in kinds, in_content=True in kinds)

    def _parse(self, sighting: Sighting) -> Issue | MalformedIssue | None:
        """Return the issue; what is wrong when the text is not understood; None when it has no number."""
        try:
            return reading.parse_bytes(sighting.data, newsletter=self.newsletter, path=sighting.path)
        except IssueError as error:
            found = read_header(sighting.data, newsletter=self.newsletter, path=sighting.path)
            if isinstance(found, Header | MalformedIssue):
                return MalformedIssue(str(error), found.number, found.title, found.date, found.url)
            return None

    def _is_old(self, issue: Issue, before: int | None) -> bool:
        """Return whether it is an old file that came late, or with the whole archive: it was never news."""
        too_old = gate.age(issue.date, self.now) > self.gate.max_age
        return too_old and (before is None or issue.number <= before)

    def _needs_a_person(self, candidate: Candidate) -> str:
        """Return why a person has to look at it, whatever the gate says; empty: nobody has to."""
        number, last = candidate.record.number, self.last
        if last is not None and (reason := self._implausible(number, last)):
            return reason
        files = self.files[candidate.sighting.source]
        paths = sorted(path for path, seen in files.items() if seen.number == number)
        if len({files[path].fingerprint for path in paths}) > 1:
            return f"number {number} is in {len(paths)} files: {', '.join(map(repr, paths))}"
        if later := candidate.record.late_after:
            return f"number {number} came after {later}; if it was never announced: crosspost post {number}"
        return ""

    def _locations(self, number: int) -> list[tuple[Source, str]]:
        """Return where the issue is: the content folder before a feed, in the order of the configuration."""
        return [
            (source, path)
            for source in sorted(self.sources, key=lambda source: not source.in_content)
            for path, seen in sorted(self.files[source.name].items())
            if seen.number == number
        ]


def _distance(place: tuple[Source, str], record: IssueRecord | None) -> tuple[bool, ...]:
    """Return the sort key of an issue's places: the content folder before a feed, then the one it was read at."""
    source, path = place
    was_at = (record.source, record.path) if record else ("", "")
    return (not source.in_content, source.name != was_at[0], (source.name, path) != was_at)


def _is_outdated(record: IssueRecord, issue: Issue | MalformedIssue, sighting: Sighting) -> bool:
    """Return whether the store has something to learn."""
    kept = (record.title, record.url, record.date, record.source, record.path, record.fingerprint)
    shown = (issue.title, issue.url, issue.date, sighting.source, sighting.path, sighting.fingerprint)
    return kept != shown or record.state is IssueState.WITHDRAWN or record.vanished_at is not None
