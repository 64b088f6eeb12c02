"""A branch of a git repository, local or remote.

The cache holds a copy of the branch's newest commit and nothing else: bare, depth 1, and partial: blobs too large to be
an issue are not fetched. (Without any blobs each issue would cost a second request, and a huge file would have to be
fetched to learn that it is huge.) When nothing changed, a poll is one `ls-remote` for that branch, of the newsletter's
8,500 refs, and moves no object; after a push one request brings the commit with the few texts that changed.

The copy can be made again at any time, and is when it is broken. Two processes of one user may share it: one lock, held
while objects are fetched. A copy of another user is not touched: the branch is then read through a temporary copy.

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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from crosspost.errors import SourceError
from crosspost.model import Sighting
from crosspost.watch import _git
from crosspost.watch._access import Access
from crosspost.watch._git import Git, GitError, GitTimeoutError
from crosspost.watch.sources import SIZE_LIMIT, Listing, Source, may_be_issue

log = logging.getLogger(__name__)

T = TypeVar("T")

HEAD = "refs/crosspost/head"
REMOTE_TIMEOUT = timedelta(seconds=30)
"""The time limit of one `ls-remote`."""
DEEPEN_BY = 300
"""Commits that are fetched to learn when a file was last changed: a busy fortnight of the newsletter's."""
LOCK_TIMEOUT = timedelta(seconds=20)
"""The longest time that this process waits for another one that fetches the same branch."""


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
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._copy: Git | None = None
        self._blobs: Mapping[str, str] | None = None
        """path → blob at the copy's commit; None: not listed yet."""

    # ── the source ───────────────────────────────────────────────────────────────────────────────────

    def poll(self, last_revision: str | None) -> Listing | None:
        """Return what the newest commit holds; None when the branch is still at `last_revision`, and our copy too.

        Another machine on the same database may have stored that commit after fetching it into its own copy only. A
        copy that does not exist yet is made when something is read.
        """
        newest = self.remote_head()
        if newest == last_revision and self._copied_commit() in (newest, None):
            return None
        self.fetch(newest)
        return self._on_copy(self._listing)

    def read_all(self, paths: Iterable[str]) -> Iterator[Sighting]:
        """Yield files at the newest commit that was fetched, with one request."""
        if self._copied_commit() is None:  # the copy was removed since the last poll
            self.fetch(self.remote_head())
        blobs = self._blobs if self._blobs is not None else self._on_copy(self._listing).files
        revision = self._copied_commit() or ""
        requested = {path: blobs[path] for path in paths if path in blobs}
        texts = self._on_copy(lambda copy: dict(copy.blobs(list(requested.values()))))
        for path, blob in requested.items():
            if blob in texts:
                yield Sighting(self.name, path, blob, revision, texts[blob])

    def unchanged_since(self, path: str, threshold: datetime) -> datetime | None:
        """Return when the branch got the file as it is: by a merge, when it was merged.

        More history is fetched only where the oldest commit of the copy is not before `threshold`; where that is not
        sufficient, the oldest commit's time is returned. Commits and trees are fetched, no texts.
        """
        with self._lock():
            at, is_known = self._last_change(path)
            if at is not None and not is_known and at >= threshold:
                try:
                    self.run_remote(
                        self.copy,
                        *("fetch", "--quiet", f"--deepen={DEEPEN_BY}", "--filter=blob:none", "--no-tags"),
                        *("--no-write-fetch-head", "origin", f"refs/heads/{self.branch}"),
                    )
                    at, _ = self._last_change(path)
                except GitError as error:
                    log.warning("the history of %s is not read further: %s", self._display_url, error.summary)
        return at

    def _last_change(self, path: str) -> tuple[datetime | None, bool]:
        """Return when a commit of the branch itself last touched the file; None: git cannot say. And whether that is
        known: not where it is the oldest commit of the copy, which seems to add every file."""
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
        if self._temporary is not None:
            self._temporary.cleanup()
        self._temporary = self._copy = None

    # ── what writing the discussion link needs as well ───────────────────────────────────────────────

    def remote_head(self) -> str:
        """Return the commit that the branch has at the remote now. Raise SourceError when there is none."""
        ref = f"refs/heads/{self.branch}"
        try:
            with self.access.environment() as env:
                refs = _git.run(
                    *("ls-remote", "--symref", "--end-of-options", self.url, "HEAD", ref),
                    env=env,
                    timeout=REMOTE_TIMEOUT,
                    secret_variables=self.secret_variables,
                )
        except GitError as error:
            raise SourceError(
                f"{self._display_url} cannot be asked for branch {self.branch}: {error.summary}"
            ) from error
        default_branch = ""
        for row in os.fsdecode(refs).splitlines():
            value, _, name = row.partition("\t")
            if value.startswith("ref: refs/heads/"):
                default_branch = f" (its main branch is {value.removeprefix('ref: refs/heads/')})"
            elif name == ref and not value.startswith("ref:"):
                return value
        raise SourceError(
            f"{self._display_url} has no branch {self.branch}{default_branch}; set it as `branch`"
        )

    def fetch(self, newest: str) -> str:
        """Fetch the commit `newest`, or a newer one that the branch has by now; return that commit."""
        with self._lock():
            if self._copied_commit() != newest:
                self._with_rebuild(self._fetch_into)
            self._blobs = None
            return self._copied_commit() or newest

    def run_remote(self, repository: Git, *arguments: str) -> None:
        """Run a git command that talks to the remote, with the configured credentials. Raises GitError."""
        with self.access.environment() as env:
            repository.run(*arguments, env=env)

    # ── the copy ─────────────────────────────────────────────────────────────────────────────────────

    @property
    def copy(self) -> Git:
        """Return this user's copy in the cache; a temporary one where the cache is another user's."""
        if self._copy is None:
            name = hashlib.sha256("\0".join([self.url, self.branch]).encode()).hexdigest()[:16]
            folder = self.cache / "git"
            if self._temporary is None and not _is_usable(folder, name):
                self._temporary = tempfile.TemporaryDirectory(prefix="crosspost-git-")
            if self._temporary is not None:
                folder = Path(self._temporary.name)
            self._copy = self._repository(folder / f"{name}.git")
        return self._copy

    def _repository(self, path: Path) -> Git:
        return Git(path, secret_variables=self.secret_variables, is_copy=True)

    @property
    def _display_url(self) -> str:
        return _git.without_password(self.url)

    def _copied_commit(self) -> str | None:
        return self.copy.resolve(HEAD) if self.copy.repository.is_dir() else None

    def _listing(self, copy: Git) -> Listing:
        head = copy.resolve(HEAD)
        if head is None:
            raise GitError("rev-parse", "the copy holds no commit")
        listing = listing_of(copy, head, self.folder, self.files)
        self._blobs = listing.files
        return listing

    def _fetch_into(self, copy: Git) -> None:
        """Fetch the branch's newest commit into `copy`, which is created where there is none."""
        if not (copy.repository / "HEAD").is_file():
            try:
                copy.repository.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise SourceError(f"{copy.repository} cannot be created: {error.strerror}") from error
            copy.run("init", "--quiet", "--bare", "--initial-branch=crosspost")
            copy.run("config", "remote.origin.url", self.url)
        try:
            self.run_remote(
                copy,
                *("fetch", "--quiet", "--depth=1", f"--filter=blob:limit={SIZE_LIMIT}", "--no-tags"),
                *("--no-write-fetch-head", "origin", f"+refs/heads/{self.branch}:{HEAD}"),
            )
        except GitError:
            for part in (copy.repository / "objects" / "pack").glob("tmp_*"):
                part.unlink(
                    missing_ok=True
                )  # git keeps an unfinished pack for two weeks: they would fill the disk
            raise
        if copy.resolve(HEAD) is None:
            raise GitError("fetch", "the commit did not arrive")

    def _with_rebuild(self, step: Callable[[Git], T]) -> T:
        """Run `step` on the copy; when that fails, replace the copy by a new one and run `step` once more.

        The old copy is removed only when the new one is complete: the fault may have been the network's. After a
        timeout the remote is not asked again.
        """
        try:
            return step(self.copy)
        except GitTimeoutError as error:
            raise SourceError(f"{self._display_url} cannot be read: {error.summary}") from error
        except GitError as error:
            log.warning("the copy of %s is being rebuilt: %s", self._display_url, error.summary)
        fresh = self._repository(self.copy.repository.with_suffix(".new"))
        shutil.rmtree(fresh.repository, ignore_errors=True)
        try:
            self._fetch_into(fresh)
            shutil.rmtree(self.copy.repository, ignore_errors=True)
            fresh.repository.rename(self.copy.repository)
            self._blobs = None
            return step(self.copy)
        except GitError as error:
            raise SourceError(f"{self._display_url} cannot be read: {error.summary}") from error
        except OSError as error:
            raise SourceError(f"{self.copy.repository} cannot be replaced: {error.strerror}") from error

    def _on_copy(self, step: Callable[[Git], T]) -> T:
        with self._lock():
            return self._with_rebuild(step)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Hold the lock of the copy: one process at a time changes it. The lock ends with its process."""
        self._copy = None  # another user may have changed the cache since
        path = self.copy.repository.with_suffix(".lock")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.parent.chmod(0o700)
            path.touch(0o600)
            file = path.open("ab")
        except OSError as error:
            raise SourceError(
                f"{path} cannot be written: {error.strerror}; check the state directory"
            ) from error
        with file:
            ends = time.monotonic() + LOCK_TIMEOUT.total_seconds()  # its holder may be stopped
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > ends:
                        raise SourceError(f"another process is still reading {self._display_url}") from None
                    time.sleep(0.05)
            yield


def _is_usable(folder: Path, name: str) -> bool:
    """Return whether the copy of that name in the folder is this user's, or can be made by this user.

    A command of root or of another user leaves the service's copy alone. So does the service where another user left
    files in the cache: git writes folders that only their owner can change.
    """
    try:
        existing_parent = next(each for each in folder.parents if each.exists())
        me, owner = os.geteuid(), existing_parent.stat().st_uid
        # Root may write anywhere, but would leave files that the owner cannot change.
        if me == owner or (me != 0 and os.access(existing_parent, os.W_OK | os.X_OK)):
            if all(
                map(
                    _belongs_to_user,
                    (folder, *(folder / f"{name}{end}" for end in (".git", ".new", ".lock"))),
                )
            ):
                return True
            log.warning("%s holds files of another user: each process makes its own copy; remove it", folder)
            return False
    except OSError:
        pass  # this user may not even list it
    log.info("%s belongs to another user: the branch is read through a temporary copy", folder)
    return False


def _belongs_to_user(path: Path) -> bool:
    """Return whether it does not exist, or it and all folders in it belong to this user."""
    try:
        if path.lstat().st_uid != os.geteuid():
            return False
    except (FileNotFoundError, NotADirectoryError):
        return True
    return all(
        Path(parent, name).lstat().st_uid == os.geteuid()
        for parent, names, _ in os.walk(path)
        for name in names
    )


def folder_in_tree(folder: str) -> str:
    """Return a configured folder as git names it: no slash at its ends; empty for the repository itself."""
    return folder.strip("/").removeprefix("./").removesuffix(".")


def listing_of(repository: Git, commit: str, folder: str, patterns: Sequence[str]) -> Listing:
    """Return what a folder holds at a commit."""
    files: dict[str, str] = {}
    prefix = f"{folder}/" if folder else ""
    entries = [
        entry
        for entry in repository.entries(commit, folder)
        if may_be_issue(os.fsdecode(entry.path).removeprefix(prefix), patterns)
    ]
    too_large = repository.too_large(f"{commit}:{folder}", SIZE_LIMIT) if entries else frozenset()
    for entry in entries:
        try:
            path = entry.path.decode("utf-8")
        except UnicodeDecodeError:
            log.debug("%r is ignored: its name is not UTF-8", entry.path)
            continue
        if not entry.is_file:
            log.debug("%r is ignored: it is a symbolic link or a submodule", path)
        elif entry.id in too_large:
            log.debug("%r is ignored: it is larger than 2 MB", path)
        else:
            files[path] = entry.id
    return Listing(commit, files)
