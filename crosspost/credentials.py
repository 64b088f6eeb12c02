"""Secrets: named in the configuration, read when used, never shown.

    { credential = "NAME" }   a file of that name in $CREDENTIALS_DIRECTORY (systemd's LoadCredential)
    { env = "NAME" }          an environment variable
    { file = "/path" }        a file that only its owner may read
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Secret:
    """A named secret. Its `repr` and `str` show the name only."""

    kind: Literal["credential", "env", "file"]
    name: str

    def __str__(self) -> str:
        return f"<secret {self.kind} {self.name}>"

    __repr__ = __str__

    def reveal(self) -> str:
        """The value, without a final newline. Raises ConfigError when it is not there."""
        raise NotImplementedError
