"""Where an issue comes from, and where its discussion link goes back to.

A source says what is there now; what is new, changed or gone follows from what the store has seen (watch.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Protocol

from crosspost.errors import SourceError
from crosspost.model import Sighting

SIZE_LIMIT = 2 * 1024 * 1024
"""Bytes. The largest issue there ever was has 41 kB; what is larger than this is never read."""

SUFFIXES = (".md", ".markdown")
FILES = ("*", "*/index.md")
"""Where issues are in their folder: its files, and the pages that are folders of their own (Hugo's and Zola's)."""


def may_be_issue(path: str, patterns: Sequence[str]) -> bool:
    """Return whether a path below the source's folder is Markdown that matches one of the patterns; none are `FILES`.

    Hugo's and Zola's `_index.md` is a section, and no page.
    """
    name = path.rpartition("/")[2].lower()
    return name.endswith(SUFFIXES) and not name.startswith("_index.") and matches(path, patterns or FILES)


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Return whether a path matches a pattern: `*` is a name or a part of one, `**` any folders but hidden ones."""
    return any(_matches(path.split("/"), pattern.split("/")) for pattern in patterns)


def _matches(names: Sequence[str], wanted: Sequence[str]) -> bool:
    if not names or not wanted:
        return not names and set(wanted) <= {"**"}
    if wanted[0] == "**":
        return _matches(names, wanted[1:]) or (names[0][:1] != "." and _matches(names[1:], wanted))
    return fnmatchcase(names[0], wanted[0]) and _matches(names[1:], wanted[1:])


@dataclass(frozen=True, slots=True)
class Listing:
    """What a source holds at one moment."""

    revision: str
    """The commit, ETag or digest it was read at."""
    files: Mapping[str, str]
    """path → fingerprint, of all that could be an issue: regular files *.md, *.markdown that `files` names."""
    skipped: Mapping[str, str] = field(default_factory=dict)
    """path → why it is not read: "is a symbolic link", "is larger than 2 MB"."""


class Source(Protocol):
    """A place that shows issues. Every method raises SourceError, with a sentence, when it cannot answer."""

    name: str
    """In the configuration, for `status` and the log."""
    in_content: bool
    """Whether what is seen here is in the newsletter's content folder; a feed shows pages."""

    def poll(self, last_revision: str | None) -> Listing | None:
        """Return what is there now; None when certainly nothing changed since `last_revision`."""

    def read(self, path: str) -> Sighting:
        """Return the file as it is at the revision of the last poll."""
        for sighting in self.read_all([path]):
            return sighting
        raise SourceError(f"{self.name}: there is no readable file {path!r}")

    def read_all(self, paths: Iterable[str]) -> Iterator[Sighting]:
        """Yield many files with as few requests as there can be. What cannot be read is left out."""

    def unchanged_since(self, path: str, enough: datetime) -> datetime | None:  # noqa: ARG002
        """Return the time of the last change to the file, or one after it that is before `enough`; None: not known."""
        return None

    def close(self) -> None:
        """Remove what is temporary; nothing else is held between two calls."""
        return
