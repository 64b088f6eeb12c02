"""The errors that users see: one sentence each, which says what is wrong, where, and what to do.

A platform's answer is no error but a value (`Outcome` in crosspost.model), since callers branch on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from crosspost.plural import quantity


class CrosspostError(Exception):
    """Something needs a person, or failed: exit 1. `str()` is the sentence that is shown."""

    exit_code = 1


class UsageError(CrosspostError):
    """The command or the configuration is wrong: exit 2."""

    exit_code = 2


class ConfigError(UsageError):
    """All problems of a configuration at once."""

    def __init__(self, where: str, problems: Sequence[str]) -> None:
        self.where = where
        self.problems = tuple(problems)
        super().__init__("\n  ".join([f"{where}: {quantity(len(self.problems), 'problem')}", *self.problems]))


class IssueError(CrosspostError):
    """A file that is not an issue, or that cannot be decoded."""


class SourceError(CrosspostError):
    """A source could not be read. Nothing was changed, and the next pass tries again."""


class RetryLaterError(SourceError):
    """A server wants no request before `until`, which the caller has bounded."""

    def __init__(self, sentence: str, until: datetime) -> None:
        super().__init__(sentence)
        self.until = until


class StoreError(CrosspostError):
    """The database cannot be used: it is locked, full, damaged, or newer than the program."""


class SchemaOutdatedError(StoreError):
    """The database is empty or has an older schema, and a command that only reads does not upgrade it."""


class BackfillError(CrosspostError):
    """The discussion link cannot be put into the issue without a person."""


class ForgeError(BackfillError):
    """The forge refuses a request until a person changes the token, the repository or the command."""


class ClaimLostError(CrosspostError):
    """The claim on a delivery is lost or too old: nothing may be sent."""
