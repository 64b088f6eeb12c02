"""A branch of a git repository, near or far.

A copy in the cache holds the newest commit of one branch and nothing else: bare, depth 1, and partial: blobs too large
to be an issue stay where they are. (With no blobs at all, each issue would cost a second request, and a huge file would
have to be fetched to learn that it is huge.) An idle look is one `ls-remote` for that branch, of the newsletter's 8,500
refs, and moves no object; after a push one request brings the commit with the few texts that changed. The copy can be
made again at any time, and is, when it is broken. Two processes of one user may share it: one lock, held while objects
come in. Another user's is not touched: the branch is read through a temporary one then.

    git-scm.com/docs/partial-clone, git-scm.com/docs/protocol-v2 (read 2026-11)
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from crosspost.errors import SourceError
from crosspost.model import Sighting
from crosspost.watch import _git
from crosspost.watch._access import Access
from crosspost.watch._git import Entry, Git, GitError, GitTimeoutError
from crosspost.watch.sources import SIZE_LIMIT, Listing, Source, may_be_issue

log = logging.getLogger(__name__)

T = TypeVar("T")

HEAD = "refs/crosspost/head"
REMOTE_TIMEOUT = timedelta(seconds=30)
"""The longest that a look at the remote may take."""
DEEPER = 300
"""Commits that are fetched in addition to learn when a file was last changed: a busy fortnight of the newsletter's."""
LOCK_TIMEOUT = timedelta(seconds=20)
"""The longest that this process waits for another one that brings the same branch."""


@dataclass(eq=False, repr=False)
class GitSource(Source):
    """One folder of one branch of a remote."""

    name: str
    url: str
    branch: str
    folder: str
    cache: Path
    files: Sequence[str] = ()
    secret_variables: frozenset[str] = frozenset()
    """The environment variables that git must not see."""
    access: Access = field(default_factory=Access)
    in_content = True

    def __post_init__(self) -> None:
        self.folder = folder_in_tree(self.folder)
        self.cache = self.cache.absolute()
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._copy: Git | None = None
        self._listed: dict[str, str] | None = None

    # ── what a source does ───────────────────────────────────────────────────────────────────────────

    def poll(self, last_revision: str | None) -> Listing | None:
        """Return what the newest commit holds; None when the branch is still at `last_revision`, and our copy too.

        Another machine on the same database may have seen that commit, and brought it into its own copy only. A
        copy that is not there yet is made when something is read.
        """
        newest = self.remote_head()
        if newest == last_revision and self._copied_commit() in (newest, None):
            return None
        self.fetch(newest)
        return self._on_copy(self._list)

    def read_all(self, paths: Iterable[str]) -> Iterator[Sighting]:
        """Yield files at the newest commit that was fetched, with one request."""
        if self._copied_commit() is None:  # the copy was removed since the last look
            self.fetch(self.remote_head())
        if self._listed is None:
            self._listed = dict(self._on_copy(self._list).files)
        revision = self._copied_commit() or ""
        wanted = [(path, self._listed[path]) for path in paths if path in self._listed]
        ids = [id_ for _, id_ in wanted]
        texts = self._on_copy(lambda copy: dict(copy.blobs(ids)))
        for path, id_ in wanted:
            if id_ in texts:
                yield Sighting(self.name, path, id_, revision, texts[id_])

    def unchanged_since(self, path: str, enough: datetime) -> datetime | None:
        """Return when the branch got the file as it is: by a merge, when it was merged.

        More of its history is fetched only where the oldest commit that is here is not before `enough`; where that is
        not sufficient, the oldest commit's time is returned, after which nothing touched the file. Trees and commits
        are fetched, no texts.
        """
        with self._locked():
            at, known = self._last_change(path)
            if at is not None and not known and at >= enough:
                try:
                    self.ask(
                        self.copy,
                        *("fetch", "--quiet", f"--deepen={DEEPER}", "--filter=blob:none", "--no-tags"),
                        *("--no-write-fetch-head", "origin", f"refs/heads/{self.branch}"),
                    )
                    at, _ = self._last_change(path)
                except GitError as error:
                    log.warning("the history of %s is not read further: %s", self._where, error.summary)
        return at

    def _last_change(self, path: str) -> tuple[datetime | None, bool]:
        """Return when the last commit touched the file, on the branch itself, and whether that is known: it is not of
        the oldest commit that is here. None: git cannot say."""
        try:
            line = self.copy.output("log", "-1", "--first-parent", "--format=%H %ct", HEAD, "--", path)
            commit, _, seconds = line.partition(" ")
            at = datetime.fromtimestamp(int(seconds), UTC)
            shallow = self.copy.repository / "shallow"
            return at, not shallow.is_file() or commit not in shallow.read_text("ascii").split()
        except (GitError, OSError, OverflowError, ValueError):
            return None, False

    def close(self) -> None:
        """Remove a temporary copy."""
        if self._scratch is not None:
            self._scratch.cleanup()
        self._scratch = self._copy = None

    # ── what filling in the discussion link needs as well ──────────────────────────────────────────

    def remote_head(self) -> str:
        """Return the commit that the branch has at the remote now. Raise SourceError when there is none."""
        ref = f"refs/heads/{self.branch}"
        try:
            with self.access.environment() as env:
                answer = _git.run(
                    *("ls-remote", "--symref", "--end-of-options", self.url, "HEAD", ref),
                    env=env,
                    timeout=REMOTE_TIMEOUT,
                    secret_variables=self.secret_variables,
                )
        except GitError as error:
            raise SourceError(
                f"{self._where} cannot be asked for branch {self.branch}: {error.summary}"
            ) from error
        its_main = ""
        for row in os.fsdecode(answer).splitlines():
            value, _, name = row.partition("\t")
            if value.startswith("ref: refs/heads/"):
                its_main = f" (its main branch is {value.removeprefix('ref: refs/heads/')})"
            elif name == ref and not value.startswith("ref:"):
                return value
        raise SourceError(f"{self._where} has no branch {self.branch}{its_main}; set it as `branch`")

    def fetch(self, newest: str) -> str:
        """Fetch the commit `newest`, or a newer one that the branch has by now; return that commit."""
        with self._locked():
            if self._copied_commit() != newest:
                self._or_rebuilt(self._fetch)
            self._listed = None
            return self._copied_commit() or newest

    def ask(self, copy: Git, *arguments: str) -> None:
        """Run a command of the copy that talks to the remote, as whom the configuration says. Raises GitError."""
        with self.access.environment() as env:
            copy.run(*arguments, env=env)

    # ── the copy ─────────────────────────────────────────────────────────────────────────────────────

    @property
    def copy(self) -> Git:
        """Return this user's own copy; a temporary one where the cache is another user's."""
        if self._copy is None:
            name = hashlib.sha256("\0".join([self.url, self.branch]).encode()).hexdigest()[:16]
            folder = self.cache / "git"
            if self._scratch is None and not _is_for_us(folder, name):
                self._scratch = tempfile.TemporaryDirectory(prefix="crosspost-git-")
            if self._scratch is not None:
                folder = Path(self._scratch.name)
            self._copy = self._at(folder / f"{name}.git")
        return self._copy

    def _at(self, repository: Path) -> Git:
        return Git(repository, secret_variables=self.secret_variables, is_copy=True)

    @property
    def _where(self) -> str:
        return _git.without_password(self.url)

    def _copied_commit(self) -> str | None:
        return self.copy.resolve(HEAD) if self.copy.repository.is_dir() else None

    def _list(self, copy: Git) -> Listing:
        head = copy.resolve(HEAD)
        if head is None:
            raise GitError("rev-parse", "the copy holds no commit")
        listing = listing_of(copy, head, self.folder, self.files)
        self._listed = dict(listing.files)
        return listing

    def _fetch(self, copy: Git) -> None:
        """Fetch the branch's newest commit into `copy`, which is made when there is none."""
        if not (copy.repository / "HEAD").is_file():
            try:
                copy.repository.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise SourceError(f"{copy.repository} cannot be created: {error.strerror}") from error
            copy.run("init", "--quiet", "--bare", "--initial-branch=crosspost")
            copy.run("config", "remote.origin.url", self.url)
        try:
            self.ask(
                copy,
                *("fetch", "--quiet", "--depth=1", f"--filter=blob:limit={SIZE_LIMIT}", "--no-tags"),
                *("--no-write-fetch-head", "origin", f"+refs/heads/{self.branch}:{HEAD}"),
            )
        except GitError:
            for part in (copy.repository / "objects" / "pack").glob("tmp_*"):
                part.unlink(missing_ok=True)  # git keeps what it got for two weeks: a disk full of beginnings
            raise
        if copy.resolve(HEAD) is None:
            raise GitError("fetch", "the commit did not arrive")

    def _or_rebuilt(self, step: Callable[[Git], T]) -> T:
        """Run `step` on the copy; when that fails, replace the copy by a new one and run it once more.

        The old one is removed only when the new one is complete: the fault may have been the network's. A remote that
        used up its time is not asked again.
        """
        try:
            return step(self.copy)
        except GitTimeoutError as error:
            raise SourceError(f"{self._where} cannot be read: {error.summary}") from error
        except GitError as error:
            log.warning("the copy of %s is being rebuilt: %s", self._where, error.summary)
        fresh = self._at(self.copy.repository.with_suffix(".new"))
        shutil.rmtree(fresh.repository, ignore_errors=True)
        try:
            self._fetch(fresh)
            shutil.rmtree(self.copy.repository, ignore_errors=True)
            fresh.repository.rename(self.copy.repository)
            self._listed = None
            return step(self.copy)
        except GitError as error:
            raise SourceError(f"{self._where} cannot be read: {error.summary}") from error
        except OSError as error:
            raise SourceError(f"{self.copy.repository} cannot be replaced: {error.strerror}") from error

    def _on_copy(self, step: Callable[[Git], T]) -> T:
        with self._locked():
            return self._or_rebuilt(step)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock of the copy: one process at a time changes it. It ends with its process."""
        self._copy = None  # another user may have been at the cache since
        place = self.copy.repository.with_suffix(".lock")
        try:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            place.parent.chmod(0o700)
            lock = os.open(place, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SourceError(
                f"{place} cannot be written: {error.strerror}; check the state directory"
            ) from error
        try:
            self._take(lock)
            yield
        finally:
            os.close(lock)

    def _take(self, lock: int) -> None:
        """Wait for the lock, but not for ever: its holder may be stopped."""
        ends = time.monotonic() + LOCK_TIMEOUT.total_seconds()
        while True:
            try:
                return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > ends:
                    raise SourceError(f"another process is still reading {self._where}") from None
                time.sleep(0.05)


def _is_for_us(folder: Path, name: str) -> bool:
    """Return whether the copy of that name in the folder is this user's, or can be made.

    A command that root or another user runs leaves the service's copy alone. So does the service where another user
    left files in the cache all the same: git writes folders that only their owner can change.
    """
    try:
        nearest = next(each for each in folder.parents if each.exists())
        me, owner = os.geteuid(), nearest.stat().st_uid
        # Root may write anywhere, but would leave files that the owner cannot change.
        if me == owner or (me != 0 and os.access(nearest, os.W_OK | os.X_OK)):
            if all(map(_is_ours, (folder, *(folder / f"{name}{end}" for end in (".git", ".new", ".lock"))))):
                return True
            log.warning("%s holds files of another user: each process makes its own copy; remove it", folder)
            return False
    except OSError:
        pass  # this user may not even look into it
    log.info("%s belongs to another user: the branch is read through a temporary copy", folder)
    return False


def _is_ours(path: Path) -> bool:
    """Return whether it does not exist, or it and all folders in it belong to this user."""
    try:
        if path.lstat().st_uid != os.geteuid():
            return False
    except (FileNotFoundError, NotADirectoryError):
        return True
    return all(
        Path(where, name).lstat().st_uid == os.geteuid()
        for where, names, _ in os.walk(path)
        for name in names
    )


def folder_in_tree(folder: str) -> str:
    """Return a configured folder as git names it: no slash at its ends; empty for the repository itself."""
    return folder.strip("/").removeprefix("./").removesuffix(".")


def listing_of(repository: Git, commit: str, folder: str, patterns: Sequence[str]) -> Listing:
    """Return what a folder holds at a commit."""
    files: dict[str, str] = {}
    skipped: dict[str, str] = {}
    begins = f"{folder}/" if folder else ""
    entries = [
        entry
        for entry in repository.entries(commit, folder)
        if may_be_issue(os.fsdecode(entry.path).removeprefix(begins), patterns)
    ]
    too_large = repository.too_large(f"{commit}:{folder}", SIZE_LIMIT) if entries else frozenset()
    for entry in entries:
        if reason := _why_not_read(entry, too_large):
            skipped[entry.path.decode("utf-8", "backslashreplace")] = reason
        else:
            files[entry.path.decode("utf-8")] = entry.id
    return Listing(commit, files, skipped)


def _why_not_read(entry: Entry, too_large: frozenset[str]) -> str:
    if not entry.is_file:
        kinds = {"120000": "is a symbolic link", "160000": "is a submodule"}
        return kinds.get(entry.mode, "is not a regular file")
    if entry.id in too_large:
        return "is larger than 2 MB"
    try:
        entry.path.decode("utf-8")
    except UnicodeDecodeError:
        return "has a name that is not UTF-8"
    return ""
