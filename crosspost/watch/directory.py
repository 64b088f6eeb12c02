"""A folder of files, also a working tree that somebody edits right now.

`path` is the folder itself, or the root of a working tree that has the newsletter's content folder in it.
A file that changes while it is looked at shows as one that changed: the gate waits until it is quiet.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crosspost.errors import SourceError
from crosspost.model import Sighting
from crosspost.watch.sources import FILES, SIZE_LIMIT, Listing, Source, may_be_issue


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
        files: dict[str, str] = {}
        skipped: dict[str, str] = {}
        for name in self._names():
            try:
                name.encode("utf-8")
                files[name] = _digest(_read(self.root / name))
            except UnicodeEncodeError:
                skipped[os.fsencode(name).decode("utf-8", "backslashreplace")] = (
                    "has a name that is not UTF-8"
                )
            except _NoFileError as error:
                skipped[name] = str(error.strerror)
            except FileNotFoundError:
                continue  # it is gone already
            except OSError as error:
                skipped[name] = f"cannot be read: {error.strerror}"
        revision = _digest("\0".join(f"{name}\0{files[name]}" for name in sorted(files)).encode())
        return None if revision == last_revision else Listing(revision, files, skipped)

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
                continue  # it went between the look and the reading: the next look says so

    def unchanged_since(self, path: str, enough: datetime) -> datetime | None:  # noqa: ARG002 - it costs nothing here
        """Return the file's own time, which a fresh checkout sets to the time of the checkout."""
        try:
            return datetime.fromtimestamp((self.root / path).lstat().st_mtime, UTC)
        except (OSError, OverflowError, ValueError):
            return None

    def _names(self, below: str = "") -> Iterator[str]:
        """Yield the paths that may be issues. Follow no link to a folder, look into none that begins with a dot."""
        try:
            with os.scandir(self.root / below) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if below:
                return  # a folder in the folder went, or is nobody's business
            raise SourceError(f"{self.root} cannot be read: {error.strerror}") from error
        deepest = max(9 if "**" in each else each.count("/") for each in self.files or FILES)
        for entry in found:
            path = f"{below}{entry.name}"
            if may_be_issue(path, self.files):
                yield path
            if entry.is_dir(follow_symlinks=False) and entry.name[0] != "." and path.count("/") < deepest:
                yield from self._names(f"{path}/")


class _NoFileError(OSError):
    """It is no regular file of a bearable size."""


def _raise_if_no_file(seen: os.stat_result) -> None:
    if stat.S_ISLNK(seen.st_mode):
        raise _NoFileError(0, "is a symbolic link")
    if not stat.S_ISREG(seen.st_mode):
        raise _NoFileError(0, "is not a regular file")
    if seen.st_size > SIZE_LIMIT:
        raise _NoFileError(0, "is larger than 2 MB")


def _read(path: Path) -> bytes:
    """Return the bytes of a regular file that is not too large. Follow no link, wait at no pipe. Raises OSError."""
    _raise_if_no_file(path.lstat())
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        _raise_if_no_file(os.fstat(file.fileno()))  # it may be another one by now
        return file.read(SIZE_LIMIT + 1)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
