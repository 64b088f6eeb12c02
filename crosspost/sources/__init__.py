"""Where an issue comes from, and where its discussion link goes back to.

One file for each kind, found by the name that the configuration gives it: directory, git, feed.
A source says what is there now; what is new, changed or gone follows from what the store has seen (watch.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from crosspost.model import Sighting


@dataclass(frozen=True, slots=True)
class Listing:
    """What a source holds at one moment."""

    revision: str
    """The commit, ETag or digest it was read at."""
    files: Mapping[str, str]
    """path → fingerprint, of everything that could be an issue (regular files *.md, *.markdown in the folder)."""


class Source(Protocol):
    """A place that shows issues. Every method raises SourceError, with a sentence, when it cannot answer."""

    name: str

    def poll(self, last_revision: str | None) -> Listing | None:
        """What is there now; None when certainly nothing changed since `last_revision`."""

    def read(self, path: str) -> Sighting:
        """The file as it is at the revision of the last poll."""

    def close(self) -> None:
        """Let go of connections and locks."""
