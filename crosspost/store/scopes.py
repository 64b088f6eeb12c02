"""Typed records in the key-value table: a scope says what type its values have, and reads and writes them as JSON."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from pydantic import TypeAdapter

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class Scope(Generic[T]):
    """One kind of record: its name in the table and the type of its values, which pydantic checks."""

    name: str
    kind: type[T]

    def read(self, text: str | None) -> T | None:
        """Return the value; None when there is none, or none that is understood: each of them can be made again.

        Fields that this version does not know are left aside. Text that is no JSON is taken as 0.1.0 wrote it: a plain
        word or time.
        """
        if text is None:
            return None
        for validate in (self._json.validate_json, self._json.validate_python):
            try:
                return validate(text)
            except ValueError:
                continue
        log.warning("what is kept as %s is not understood, and is made again", self.name)
        return None

    def write(self, value: T) -> str:
        """Return the value as JSON."""
        return self._json.dump_json(value).decode()

    @cached_property
    def _json(self) -> TypeAdapter[T]:
        from pydantic import TypeAdapter  # only when there is something to read or write

        return TypeAdapter(self.kind)
