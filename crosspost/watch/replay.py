"""A branch's history, commit by commit, as if each had just been pushed: what would be announced, and when.

Each first-parent commit is one observation, and its time is the time of that observation. A publication
carries the commit that put the file there. Of the gate, `quiet_for` and `largest_step` are replayed. The
other conditions count as met, because a repository does not show them: the page and the feed of that day;
whether the issue was whole (649's crate came to the repository six days after it stood on the page); how
old it was when it was out (561 came to the repository 7.7 days after its date, its page had been live for
most of them).

Committers' clocks are up to two weeks slow (its git history, 2026-11), so time never runs backwards here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from crosspost.config.schema import GateConfig
from crosspost.errors import UsageError
from crosspost.parse.header import Header
from crosspost.watch._git import Git, GitError
from crosspost.watch.novelty import New, header_of, judge
from crosspost.watch.sources import SIZE_LIMIT, SUFFIXES

LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ReplayEvent:
    """Something that would have been announced, or that was taken back after it."""

    event: Literal["published", "withdrawn"]
    number: int
    file: str
    commit: str
    time: int
    """The commit's, in seconds since 1970."""


def replay(
    repo: Path, *, branch: str | None = None, folder: str = "content", gate: GateConfig, site: str
) -> tuple[ReplayEvent, ...]:
    """Walk a local repository's branch. What its first commit holds was out already.

    Without `branch` it is the one the repository stands on, else its remote's. Raises UsageError when there
    is no such repository or branch.
    """
    if not repo.is_dir():
        raise UsageError(f"{repo}: there is no such repository")
    git = Git(repo)
    steps = _steps(git, _tip(git, repo, branch), folder.strip("/"))
    headers = _headers(git, steps, site)
    history = _History(gate.quiet_for, gate.largest_step)
    for position, step in enumerate(steps):
        history.observe(position, step, headers)
    return history.told()


def to_json(events: Sequence[ReplayEvent]) -> list[dict[str, Any]]:
    """The document of `crosspost replay --json`."""
    return [asdict(event) for event in events]


# ── what git says ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Step:
    """One commit, and what it did to the files of the folder: path → blob, None for one that went."""

    commit: str
    time: int
    changes: Mapping[str, str | None]


def _tip(git: Git, repo: Path, branch: str | None) -> str:
    try:
        git.line("rev-parse", "--git-dir")
    except GitError as error:
        raise UsageError(f"{repo}: is no git repository ({error.said})") from error
    wanted = [branch] if branch else ["HEAD", "origin/HEAD", "main", "origin/main", "master", "origin/master"]
    wanted += [f"origin/{branch}"] if branch else git.line("for-each-ref", "--format=%(refname)").split()
    for name in wanted:
        if commit := git.commit(name):
            return commit
    raise UsageError(f"{repo}: has no branch {branch}" if branch else f"{repo}: has no commits")


def _steps(git: Git, tip: str, folder: str) -> tuple[_Step, ...]:
    """The first-parent line, oldest first; the first one with everything that it holds.

    `--sparse` keeps the commits that do not touch the folder: their times tell how long it was quiet.
    """
    to_the_top = git.line("rev-parse", "--show-cdup")  # a path counts from where git was started
    printed = git.run(
        "log",
        "--first-parent",
        "-m",  # a merge shows what it brought to its first parent
        "--root",
        "--reverse",
        "--sparse",
        "--raw",
        "--no-abbrev",
        "--no-renames",
        "--no-show-signature",
        "-z",
        "--format=%x00%H %ct",
        tip,
        *(["--", f"{to_the_top}{folder}"] if folder else ["--"]),
    )
    return tuple(_parse_steps(printed, folder))


def _parse_steps(printed: bytes, folder: str) -> Iterator[_Step]:
    """Rows are separated by NUL: "COMMIT TIME", then for each file ":modes ids STATUS" and its path."""
    rows = (row for row in printed.split(b"\0") if row)
    commit, seconds = "", 0
    changes: dict[str, str | None] = {}
    for row in rows:
        if row.lstrip(b"\n").startswith(b":"):
            path = _path_of_issue(next(rows), folder)
            if path:
                changes[path] = _blob_after(row)
            continue
        if commit:
            yield _Step(commit, seconds, changes)
        head = row.split()
        commit, seconds, changes = head[0].decode("ascii"), int(head[1]), {}
    if commit:
        yield _Step(commit, seconds, changes)


def _path_of_issue(raw: bytes, folder: str) -> str | None:
    """The path, when it lies directly in the folder and could be an issue."""
    try:
        path = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    above, _, name = path.rpartition("/")
    return path if above == folder and name.lower().endswith(SUFFIXES) else None


def _blob_after(row: bytes) -> str | None:
    _, mode, _, id_, _ = row.lstrip(b"\n").decode("ascii").split()
    return (
        id_ if mode.startswith("100") else None
    )  # a link or a submodule is no file, and one that went has mode 0


def _headers(git: Git, steps: Sequence[_Step], site: str) -> dict[str, Header]:
    """blob → what its first lines say, of every blob that is an issue. One git process for all of them."""
    names = {blob: path for step in steps for path, blob in step.changes.items() if blob}
    found: dict[str, Header] = {}
    for blob, data in git.blobs(names, limit=SIZE_LIMIT):
        if header := header_of(data, site=site, path=names[blob]):
            found[blob] = header
    return found


# ── what would have come of it ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An issue that waits to be quiet."""

    path: str
    step: _Step
    position: int
    changed_at: datetime


@dataclass(slots=True)
class _History:
    """What a daemon would know at one point of the walk."""

    quiet_for: timedelta
    largest_step: int
    now: datetime = LONG_AGO
    started: bool = False
    out: int | None = None
    """The highest number of what was out at the beginning."""
    files: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    """The number of each of these files that is an issue."""
    waiting: dict[int, _Candidate] = field(default_factory=dict)
    withdrawn: set[int] = field(default_factory=set)
    announced: set[int] = field(default_factory=set)
    events: list[tuple[int, ReplayEvent]] = field(default_factory=list)

    def observe(self, position: int, step: _Step, headers: Mapping[str, Header]) -> None:
        """One commit arrives: first what became quiet before it, then what it changed."""
        arrived = max(self.now, datetime.fromtimestamp(step.time, UTC))
        self._announce(before=arrived)
        self.now = arrived
        before = self._among(step.changes)
        self._change(step.changes, headers)
        everywhere = set(self.numbers.values())
        if not self.started:
            self.started = True
            self.out = max(everywhere, default=None)
            return
        for number, path in sorted(self._among(step.changes).items()):
            self._show(position, step, number, path)
        gone = before.keys() - everywhere
        for number in sorted(gone):
            self._take_back(position, step, number, before[number])

    def told(self) -> tuple[ReplayEvent, ...]:
        """Everything, in the order of the commits. After the last one nothing comes, so all is quiet."""
        self._announce(before=None)
        return tuple(event for _, event in sorted(self.events, key=lambda each: each[0]))

    def _change(self, changes: Mapping[str, str | None], headers: Mapping[str, Header]) -> None:
        for path, blob in changes.items():
            self.files.pop(path, None)
            self.numbers.pop(path, None)
            if blob is None:
                continue
            self.files[path] = blob
            if header := headers.get(blob):
                self.numbers[path] = header.number

    def _among(self, paths: Iterable[str]) -> dict[int, str]:
        """number → path, of those among `paths` that are issues now; of several the first."""
        return {self.numbers[path]: path for path in sorted(paths, reverse=True) if path in self.numbers}

    def _is_doubtful(self, number: int) -> bool:
        """Two files that differ have it: a daemon waits until a person took one away."""
        return len({self.files[path] for path, other in self.numbers.items() if other == number}) > 1

    def _show(self, position: int, step: _Step, number: int, path: str) -> None:
        if number in self.announced:
            return
        if number in self.waiting:
            self.waiting[number] = replace(self.waiting[number], changed_at=self.now)
            return
        counted = [*self.waiting, *self.announced, *([] if self.out is None else [self.out])]
        is_new = isinstance(judge(number, max(counted, default=None), self.largest_step), New)
        if not is_new and number not in self.withdrawn:
            return
        self.waiting[number] = _Candidate(path, step, position, self.now)

    def _take_back(self, position: int, step: _Step, number: int, path: str) -> None:
        if self.waiting.pop(number, None):
            self.withdrawn.add(number)
        elif number in self.announced:
            self.events.append((position, ReplayEvent("withdrawn", number, path, step.commit, step.time)))

    def _announce(self, before: datetime | None) -> None:
        """Let out what became quiet before that time; None: everything."""
        for number, candidate in list(self.waiting.items()):
            if before is not None and candidate.changed_at + self.quiet_for >= before:
                continue
            if self._is_doubtful(number):
                continue
            del self.waiting[number]
            self.announced.add(number)
            step = candidate.step
            event = ReplayEvent("published", number, candidate.path, step.commit, step.time)
            self.events.append((candidate.position, event))
