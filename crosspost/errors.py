"""The errors a person may meet: one sentence each, which says what is wrong, where, and what to do.

What a platform answers is never an error but an `Outcome` (model): there a caller has to branch.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from crosspost.plural import quantity


class CrosspostError(Exception):
    """Something needs a person, or failed: exit 1. `str()` is the sentence that is shown."""

    exit_code = 1


class UsageError(CrosspostError):
    """The command cannot be carried out as it was written: exit 2."""

    exit_code = 2


class ConfigError(UsageError):
    """Everything that is wrong with a configuration, found in one reading."""

    def __init__(self, where: str, problems: Sequence[str]) -> None:
        self.where = where
        self.problems = tuple(problems)
        super().__init__("\n  ".join([f"{where}: {quantity(len(self.problems), 'problem')}", *self.problems]))


class IssueError(CrosspostError):
    """A text that is no issue of a newsletter, or whose bytes are no text."""


class SourceError(CrosspostError):
    """A source could not be read. Nothing was changed by it, and the next pass looks again."""


class RetryLaterError(SourceError):
    """A host does not want to be asked for now. `until` is bounded already."""

    def __init__(self, sentence: str, until: datetime) -> None:
        super().__init__(sentence)
        self.until = until


class StoreError(CrosspostError):
    """The database is locked, full, newer than the program, or broken."""


class SchemaOutdatedError(StoreError):
    """The database is empty or older than the program, and a command that only looks leaves it so."""


class BackfillError(CrosspostError):
    """The discussion link cannot be put into the issue unless a person decides."""


class ForgeError(BackfillError):
    """The forge refuses until a person changes something: the token, the repository, or what was asked."""


class ClaimLostError(CrosspostError):
    """Another process took over the delivery that this one was about to send: send nothing."""
