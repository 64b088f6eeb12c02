"""A branch's history, commit by commit, as if each had just been pushed: what would be announced, and when.

The watch and the gate of the daemon look at each first-parent commit, at the commit's own time and with a store in
memory. Between two commits they look again when the gate asks for it.

What a repository does not show counts as met, by the configuration of the gate (`_shown_by_commits`): the page and
the feed of that day; whether the issue was whole (649's crate came to the repository six days after it stood on the
page); how old it was when it was out (561 came to the repository 7.7 days after its date, its page had been live for
most of them).

Committers' clocks are up to two weeks slow (its git history, 2026-11), so time never runs backwards here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

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
    """What would have been announced, or was taken back after it."""

    event: Literal["published", "withdrawn"]
    number: int
    file: str
    commit: str
    """A publication has the commit that put the file there."""
    time: int
    """The commit's, in seconds since 1970."""


def replay(
    repo: Path,
    *,
    branch: str | None = None,
    folder: str = "content",
    files: Sequence[str] = (),
    gate: GateConfig,
    newsletter: NewsletterConfig,
) -> tuple[ReplayEvent, ...]:
    """Walk a local repository's branch. What its first commit holds was out already.

    Without `branch` it is the one that is checked out, else the remote's. Raises UsageError when there
    is no such repository or branch, SourceError when git cannot read it.
    """
    if not repo.is_dir():
        raise UsageError(f"{repo}: there is no such repository")
    git, folder = Git(repo), folder_in_tree(folder)
    commits = _commits(git, _tip(git, repo, branch), folder)
    source = CommitSource(git, folder, files)
    with closing(open_in_memory("replay", lambda: walk.now)) as store:
        walk = _Walk(source, store, _shown_by_commits(gate), newsletter)
        for commit in commits:
            walk.arrive(commit)
        walk.wait_until(None)
    return tuple(event for _, event in sorted(walk.events, key=lambda each: each[0]))


def to_json(events: Sequence[ReplayEvent]) -> list[dict[str, Any]]:
    """Return the document of `crosspost replay --json`."""
    return [asdict(event) for event in events]


def _shown_by_commits(gate: GateConfig) -> GateConfig:
    """Return the gate without the conditions that a repository's history cannot show."""
    return replace(
        gate,
        page_live=False,
        in_feed=False,
        in_content=False,
        whole=False,
        max_age=timedelta.max,
        hold=False,
        closed=None,
    )


# ── what git says ────────────────────────────────────────────────────────────────────────────────────


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
    wanted = [branch] if branch else ["HEAD", "origin/HEAD", "main", "origin/main", "master", "origin/master"]
    wanted += [f"origin/{branch}"] if branch else git.output("for-each-ref", "--format=%(refname)").split()
    for name in wanted:
        if commit := git.resolve(name):
            return commit
    raise UsageError(f"{repo}: has no branch {branch}" if branch else f"{repo}: has no commits")


def _commits(git: Git, tip: str, folder: str) -> Iterator[_Commit]:
    """Yield the first-parent line, oldest first. The times of all commits tell how long the folder was quiet."""
    rows = git.output("log", "--first-parent", "--reverse", "--format=%H %ct", tip, "--").splitlines()
    asked = "".join(f"{row.split()[0]}:{folder}\n" for row in rows)
    trees = git.output("cat-file", "--batch-check=%(objectname)", stdin=asked.encode()).splitlines()
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
    """A folder of a repository, as it is at the commit that was shown last."""

    git: Git
    folder: str
    files: Sequence[str]
    name = "history"
    in_content = True

    def __post_init__(self) -> None:
        self._shown = Listing("", {})
        self._texts: dict[str, bytes] = {}
        """Blob → its text, of the files at this commit."""

    def show(self, commit: str) -> None:
        """Go to a commit. Raises SourceError when git cannot read it."""
        shown = listing_of(self.git, commit, self.folder, self.files)
        new = [blob for blob in shown.files.values() if blob not in self._texts]
        texts = self._texts | dict(self.git.blobs(new))
        files = {path: blob for path, blob in shown.files.items() if blob in texts}
        self._texts = {blob: texts[blob] for blob in files.values()}
        self._shown = Listing(commit, files)

    def poll(self, last_revision: str | None) -> Listing | None:
        """Return what the commit holds; None when it is `last_revision`."""
        return None if self._shown.revision == last_revision else self._shown

    def read_all(self, paths: Iterable[str]) -> Iterator[Sighting]:
        """Yield files at this commit."""
        for path in paths:
            blob = self._shown.files[path]
            yield Sighting(self.name, path, blob, self._shown.revision, self._texts[blob])


# ── what would have come of it ───────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Walk:
    """A daemon that looks whenever a commit arrives or the gate may open."""

    source: CommitSource
    store: Store
    gate: GateConfig
    newsletter: NewsletterConfig
    now: datetime = LONG_AGO
    look_again_at: datetime | None = None
    came: dict[int, tuple[_Commit, str]] = field(default_factory=dict)
    """Number → the commit that put it there and the file, of what waits."""
    events: list[tuple[int, ReplayEvent]] = field(default_factory=list)
    """Each with the position of its commit."""

    def arrive(self, commit: _Commit) -> None:
        """Announce what became quiet before this commit, then look at what it changed."""
        arrived = max(self.now, datetime.fromtimestamp(min(commit.time, LATEST), UTC))
        self.wait_until(arrived)
        self.now = arrived
        if commit.changes_folder:
            self.source.show(commit.id)
            self.look(commit)

    def wait_until(self, end: datetime | None) -> None:
        """Look as often as the gate asks for it before `end`; None: until it asks no more."""
        while self.look_again_at and (end is None or self.look_again_at < end):
            self.now = self.look_again_at
            self.look(None)

    def look(self, commit: _Commit | None) -> None:
        """Look once, as a pass does. `commit`: the one that has just arrived."""
        problems = Problems(self.store, self.now)
        seen = poll_sources(
            [self.source], self.store, self.gate, lambda: self.now, problems, newsletter=self.newsletter
        )
        for number in seen.withdrawn:
            self.came.pop(number, None)
        if commit is not None:
            for record in self.store.issues(IssueState.WAITING):
                self.came.setdefault(record.number, (commit, record.path))
            for record in filter(None, map(self.store.issue, seen.gone)):
                self._happened("withdrawn", record.number, commit, record.path)
        times = [at for at in map(self._ask_gate, seen.candidates) if at is not None]
        self.look_again_at = min(times, default=None)

    def _ask_gate(self, candidate: Candidate) -> datetime | None:
        """Announce the issue when the gate is open. Return when to ask again; None: not without a change."""
        wait = assess(candidate.issue, candidate.record, self.gate, Evidence(), self.now)
        number = candidate.record.number
        if wait is not None:
            self.store.set_waiting_reason(number, wait.reason, self.now)
            return wait.again_at
        self.store.plan(candidate.issue, (), backfill=BackfillState.OFF, now=self.now)
        self.store.finish(number, self.now)
        self._happened("published", number, *self.came.pop(number))
        return None

    def _happened(
        self, event: Literal["published", "withdrawn"], number: int, commit: _Commit, path: str
    ) -> None:
        self.events.append((commit.position, ReplayEvent(event, number, path, commit.id, commit.time)))
