"""A folder of files, also a working tree that somebody is editing.

`path` is the folder itself, or the root of a working tree that holds the newsletter's content folder.
A file that is written while it is read shows as changed at the next poll: the gate waits until it is quiet.

Every poll reads every file (20 ms for 670 issues). Size, times and inode would not do: a file that is rewritten within
one tick of the file system's clock, up to 2 s, keeps them, and a pass of `once` has nothing in memory to compare.
"""

from __future__ import annotations

import hashlib
import logging
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crosspost.errors import SourceError
from crosspost.model import Sighting
from crosspost.watch.sources import FILES, SIZE_LIMIT, Listing, Source, may_be_issue

log = logging.getLogger(__name__)


@dataclass(eq=False, repr=False)
class DirectorySource(Source):
    """The Markdown files in one folder that may be issues."""

    name: str
    path: Path
    folder: str = "content"
    files: Sequence[str] = ()
    in_content = True

    @property
    def root(self) -> Path:
        """Return the folder that is read."""
        inner = self.path / self.folder.strip("/")
        return inner if inner.is_dir() else self.path

    def poll(self, last_revision: str | None) -> Listing | None:
        """Return what is in the folder now; None when no file's content or name changed."""
        root = self.root
        files: dict[str, str] = {}
        for name in self._names(root):
            try:
                name.encode("utf-8")
                files[name] = _digest(_read(root / name))
            except UnicodeEncodeError:
                log.debug("%s: %r is ignored: its name is not UTF-8", self.name, name)
            except OSError as error:  # also for one that was deleted since
                log.debug("%s: %r is ignored: %s", self.name, name, error.strerror)
        revision = _digest("\0".join(f"{name}\0{files[name]}" for name in sorted(files)).encode())
        return None if revision == last_revision else Listing(revision, files)

    def read(self, path: str) -> Sighting:
        """Return the file as it is now."""
        if not may_be_issue(path, self.files):
            raise SourceError(f"{self.name}: {path!r} is not the name of a file in {self.root}")
        try:
            data = _read(self.root / path)
        except OSError as error:
            raise SourceError(f"{self.root / path} cannot be read: {error.strerror}") from error
        fingerprint = _digest(data)
        return Sighting(self.name, path, fingerprint, fingerprint, data)

    def read_all(self, paths: Iterable[str]) -> Iterator[Sighting]:
        """Yield the files that can be read."""
        for path in paths:
            try:
                yield self.read(path)
            except SourceError:
                continue  # it was removed since the poll: the next poll shows that

    def unchanged_since(self, path: str, threshold: datetime) -> datetime | None:  # noqa: ARG002 - it costs nothing here
        """Return the file's own time, which a fresh checkout sets to the time of the checkout."""
        try:
            return datetime.fromtimestamp((self.root / path).lstat().st_mtime, UTC)
        except (OSError, OverflowError, ValueError):
            return None

    def _names(self, root: Path, folder: str = "") -> Iterator[str]:
        """Yield the paths that may be issues. Follow no link to a folder, enter none whose name begins with a dot."""
        try:
            with os.scandir(root / folder) as entries:
                in_order = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if folder:
                return  # an inner folder was removed since, or is nobody's business
            raise SourceError(f"{root} cannot be read: {error.strerror}") from error
        deepest = max(9 if "**" in each else each.count("/") for each in self.files or FILES)
        for entry in in_order:
            path = f"{folder}{entry.name}"
            if may_be_issue(path, self.files):
                yield path
            if entry.is_dir(follow_symlinks=False) and entry.name[0] != "." and path.count("/") < deepest:
                yield from self._names(root, f"{path}/")


def _check_regular(status: os.stat_result) -> None:
    """Raise OSError unless it is a regular file of at most 2 MB."""
    if stat.S_ISLNK(status.st_mode):
        raise OSError(0, "it is a symbolic link")
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "it is not a regular file")
    if status.st_size > SIZE_LIMIT:
        raise OSError(0, "it is larger than 2 MB")


def _read(path: Path) -> bytes:
    """Return the bytes of a regular file that is not too large. Follow no link, wait at no pipe. Raises OSError."""
    _check_regular(path.lstat())
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        _check_regular(os.fstat(file.fileno()))  # it may be another one by now
        return file.read(SIZE_LIMIT + 1)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
