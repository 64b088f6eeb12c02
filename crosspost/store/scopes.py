"""Typed records in the key-value table: a scope says how its values are made of JSON, and writes them as JSON."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class Scope(Generic[T]):
    """One kind of record."""

    name: str
    """In the table."""
    of: Callable[[Any], T]
    """What JSON holds → the value. Fields that this version does not know are to be left aside."""

    def read(self, text: str | None) -> T | None:
        """Return the value; None when there is none, or none that is understood: each of them can be made again.

        0.1.0 wrote some as plain text and not as JSON.
        """
        if text is None:
            return None
        for parse in (json.loads, str):
            try:
                return self.of(parse(text))
            except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
                continue
        log.warning("what is kept as %s is not understood, and is made again", self.name)
        return None

    def write(self, value: T) -> str:
        """Return the value as JSON: a dataclass as an object, a time as ISO 8601."""
        return json.dumps(
            value, default=lambda each: str(each) if isinstance(each, datetime) else asdict(each)
        )


def text(value: Any) -> str:
    """Return what is a text. Raise TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} is no text")
    return value


def time_or_none(value: Any) -> datetime | None:
    """Return the time, or None as it is kept. Raise TypeError or ValueError for anything else."""
    return None if value is None else datetime.fromisoformat(value)
