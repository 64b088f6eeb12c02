"""Replay a branch: what would have been announced, and when, if each commit had just been pushed.

The daemon's poll and gate run at each first-parent commit, at the commit's own time and with a store in memory, and
between two commits when the gate says when to ask again.

Conditions that a repository's history does not show count as met: the page and the feed of that day; whether the issue
was whole (649's crate came to the repository six days after it was on the page); how old it was when it was out (561
came to the repository 7.7 days after its date, its page had been live for most of them).

Committers' clocks are up to two weeks slow (the newsletter's history, 2026-11), so time never runs backwards here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from crosspost.config.schema import GateConfig, NewsletterConfig
from crosspost.errors import UsageError
from crosspost.model import BackfillState, IssueState, Sighting
from crosspost.store import open_in_memory
from crosspost.watch._git import Git, GitError
from crosspost.watch.gate import Evidence, assess
from crosspost.watch.git import folder_in_tree, listing_of
from crosspost.watch.problems import Problems
from crosspost.watch.sources import Listing, Source
from crosspost.watch.watch import Candidate, poll_sources

if TYPE_CHECKING:
    from crosspost.store import Store

LATEST = 253_370_764_800
"""Seconds since 1970: the year 9999. git takes any number for a commit's time."""
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ReplayEvent:
    """An issue that would have been announced, or was withdrawn after that. A row of `crosspost replay --json`."""

    event: Literal["published", "withdrawn"]
    number: int
    file: str
    commit: str
    """The commit; of a publication the one that added the file."""
    time: int
    """The commit's time, in seconds since 1970."""


def replay(
    repo: Path,
    *,
    branch: str | None = None,
    folder: str = "content",
    files: Sequence[str] = (),
    gate: GateConfig,
    newsletter: NewsletterConfig,
) -> tuple[ReplayEvent, ...]:
    """Return the events of a local repository's branch. The issues of its first commit are the baseline.

    Without `branch` it is the one that is checked out, else the remote's. Raises UsageError when there is no such
    repository or branch, SourceError when git cannot read it.
    """
    if not repo.is_dir():
        raise UsageError(f"{repo}: there is no such repository")
    git, folder = Git(repo), folder_in_tree(folder)
    commits = _commits(git, _tip(git, repo, branch), folder)
    source = CommitSource(git, folder, files)
    # What a repository's history does not show.
    gate = replace(gate, page_live=False, in_feed=False, in_content=False, whole=False)
    gate = replace(gate, max_age=timedelta.max, hold=False, closed=None)
    with closing(open_in_memory("replay", lambda: run.now)) as store:
        run = _Replay(source, store, gate, newsletter)
        for commit in commits:
            run.add_commit(commit)
        run.wait_until(None)
    return tuple(event for _, event in sorted(run.events, key=lambda each: each[0]))


# ── the history ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Commit:
    position: int
    id: str
    time: int
    changes_folder: bool


def _tip(git: Git, repo: Path, branch: str | None) -> str:
    try:
        git.output("rev-parse", "--git-dir")
    except GitError as error:
        raise UsageError(f"{repo}: is not a git repository ({error.summary})") from error
    if branch:
        names = [branch, f"origin/{branch}"]
    else:
        names = ["HEAD", "origin/HEAD", "main", "origin/main", "master", "origin/master"]
        names += git.output("for-each-ref", "--format=%(refname)").split()
    for name in names:
        if commit := git.resolve(name):
            return commit
    raise UsageError(f"{repo}: has no branch {branch}" if branch else f"{repo}: has no commits")


def _commits(git: Git, tip: str, folder: str) -> Iterator[_Commit]:
    """Yield the first-parent commits, oldest first, also those that leave the folder as it is: their times count."""
    rows = git.output("log", "--first-parent", "--reverse", "--format=%H %ct", tip, "--").splitlines()
    names = "".join(f"{row.split()[0]}:{folder}\n" for row in rows)
    trees = git.output("cat-file", "--batch-check=%(objectname)", stdin=names.encode()).splitlines()
    trees = ["" if tree.endswith(" missing") else tree for tree in trees]
    if not any(trees):
        raise UsageError(
            f"{git.repository}: no commit of this branch has the folder {folder}; name the issues' folder as `folder` "
            "in [source] of the configuration"
        )
    for position, (row, before, tree) in enumerate(zip(rows, [None, *trees], trees, strict=False)):
        commit, seconds = row.split()
        yield _Commit(position, commit, int(seconds), tree != before)


@dataclass(eq=False)
class CommitSource(Source):
    """A folder of a repository at one commit."""

    git: Git
    folder: str
    files: Sequence[str]
    name = "history"
    in_content = True

    def __post_init__(self) -> None:
        self._listing = Listing("", {})
        self._texts: dict[str, bytes] = {}
        """blob → text, of the files at this commit."""

    def go_to(self, commit: str) -> None:
        """Read the folder at a commit. Raises SourceError when git cannot read it."""
        listing = listing_of(self.git, commit, self.folder, self.files)
        new = [blob for blob in listing.files.values() if blob not in self._texts]
        texts = self._texts | dict(self.git.blobs(new))
        files = {path: blob for path, blob in listing.files.items() if blob in texts}
        self._texts = {blob: texts[blob] for blob in files.values()}
        self._listing = Listing(commit, files)

    def poll(self, last_revision: str | None) -> Listing | None:
        """Return what the commit holds; None when it is `last_revision`."""
        return None if self._listing.revision == last_revision else self._listing

    def read_all(self, paths: Iterable[str]) -> Iterator[Sighting]:
        """Yield files at this commit."""
        for path in paths:
            blob = self._listing.files[path]
            yield Sighting(self.name, path, blob, self._listing.revision, self._texts[blob])


# ── the passes ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Replay:
    """The passes of a daemon: one whenever a commit arrives or the gate may open."""

    source: CommitSource
    store: Store
    gate: GateConfig
    newsletter: NewsletterConfig
    now: datetime = LONG_AGO
    next_pass_at: datetime | None = None
    added: dict[int, tuple[_Commit, str]] = field(default_factory=dict)
    """number → the commit that added it and its file, of the issues that wait."""
    events: list[tuple[int, ReplayEvent]] = field(default_factory=list)
    """The events, each with the position of its commit."""

    def add_commit(self, commit: _Commit) -> None:
        """Make the passes that are due before this commit, then one on what it changed."""
        arrived = max(self.now, datetime.fromtimestamp(min(commit.time, LATEST), UTC))
        self.wait_until(arrived)
        self.now = arrived
        if commit.changes_folder:
            self.source.go_to(commit.id)
            self.make_pass(commit)

    def wait_until(self, end: datetime | None) -> None:
        """Make the passes that the gate asks for before `end`; None: until it asks for no more."""
        while self.next_pass_at and (end is None or self.next_pass_at < end):
            self.now = self.next_pass_at
            self.make_pass(None)

    def make_pass(self, commit: _Commit | None) -> None:
        """Make one pass. `commit`: the one that has just arrived."""
        problems = Problems(self.store, self.now)
        result = poll_sources(
            [self.source], self.store, self.gate, lambda: self.now, problems, newsletter=self.newsletter
        )
        for number in result.withdrawn:
            self.added.pop(number, None)
        if commit is not None:
            for record in self.store.issues(IssueState.WAITING):
                self.added.setdefault(record.number, (commit, record.path))
            for record in filter(None, map(self.store.issue, result.vanished)):
                self._add_event("withdrawn", record.number, commit, record.path)
        times = [at for at in map(self._ask_gate, result.candidates) if at is not None]
        self.next_pass_at = min(times, default=None)

    def _ask_gate(self, candidate: Candidate) -> datetime | None:
        """Announce the issue if the gate opens. Return when to ask again; None: not without a change."""
        wait = assess(candidate.issue, candidate.record, self.gate, Evidence(), self.now)
        number = candidate.record.number
        if wait is not None:
            self.store.set_waiting_reason(number, wait.reason, self.now)
            return wait.again_at
        self.store.plan(candidate.issue, (), backfill=BackfillState.OFF, now=self.now)
        self.store.finish(number, self.now)
        self._add_event("published", number, *self.added.pop(number))
        return None

    def _add_event(
        self, event: Literal["published", "withdrawn"], number: int, commit: _Commit, path: str
    ) -> None:
        self.events.append((commit.position, ReplayEvent(event, number, path, commit.id, commit.time)))
