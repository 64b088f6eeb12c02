"""The interface of a source, and the rule for which of its files may be issues.

A source lists what it holds now. What is new, changed or gone follows from what is stored (changes.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Protocol

from crosspost.errors import SourceError
from crosspost.model import Sighting

SIZE_LIMIT = 2 * 1024 * 1024
"""Bytes. The largest issue so far has 41 kB; a file that is larger than this is not read."""

SUFFIXES = (".md", ".markdown")
FILES = ("*", "*/index.md")
"""The default patterns: the files of the folder, and the pages that are folders of their own (Hugo, Zola)."""


def may_be_issue(path: str, patterns: Sequence[str]) -> bool:
    """Return whether a path below the source's folder is Markdown and matches a pattern; without patterns, `FILES`.

    Hugo's and Zola's `_index.md` is a section, and no page.
    """
    name = path.rpartition("/")[2].lower()
    return name.endswith(SUFFIXES) and not name.startswith("_index.") and matches(path, patterns or FILES)


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Return whether a path matches a pattern: `*` is a name or a part of one, `**` any folders but hidden ones."""
    return any(_matches(path.split("/"), pattern.split("/")) for pattern in patterns)


def _matches(names: Sequence[str], pattern: Sequence[str]) -> bool:
    if not names or not pattern:
        return not names and set(pattern) <= {"**"}
    if pattern[0] == "**":
        return _matches(names, pattern[1:]) or (names[0][:1] != "." and _matches(names[1:], pattern))
    return fnmatchcase(names[0], pattern[0]) and _matches(names[1:], pattern[1:])


@dataclass(frozen=True, slots=True)
class Listing:
    """The files that a source has at one moment."""

    revision: str
    """A commit, a digest, or what a feed answered last (feed.py)."""
    files: Mapping[str, str]
    """path → fingerprint, of every file that may be an issue and can be read."""


class Source(Protocol):
    """A source of issues. Every method raises SourceError, with a sentence, when the source does not answer."""

    name: str
    """The name in the configuration, for `status` and the log."""
    in_content: bool
    """Whether its files are those of the newsletter's content folder; a feed has pages."""

    def poll(self, last_revision: str | None) -> Listing | None:
        """Return what is there now; None when certainly nothing changed since `last_revision`."""

    def read(self, path: str) -> Sighting:
        """Return the file as it is at the revision of the last poll."""
        for sighting in self.read_all([path]):
            return sighting
        raise SourceError(f"{self.name}: there is no readable file {path!r}")

    def read_all(self, paths: Iterable[str]) -> Iterator[Sighting]:
        """Yield many files with as few requests as possible. A file that cannot be read is left out."""

    def unchanged_since(self, path: str, threshold: datetime) -> datetime | None:  # noqa: ARG002 - for git.py
        """Return when the file was last changed; None: not known.

        A later time is returned too where the search ended early: at a time before `threshold`, or where history ends.
        """
        return None

    def close(self) -> None:
        """Remove temporary files; nothing else is open between two calls."""
        return
