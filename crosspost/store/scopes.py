"""Typed values stored as JSON, and the kinds of record in the key-value table."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, Generic, TypeVar, cast, get_args, get_origin, get_type_hints

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class Scope(Generic[T]):
    """One kind of record."""

    name: str
    """The value of the column `scope`."""
    value_type: type[T] | UnionType
    """str, datetime or a dataclass; a tuple of one of these, or None beside it."""

    def read(self, text: str | None) -> T | None:
        """Return the value; None when there is none, or none that is valid: each of them can be made again.

        Fields that this version does not know are ignored. 0.1.0 wrote some values as plain text and not as JSON.
        """
        if text is None:
            return None
        for parse in (json.loads, str):
            try:
                value: T = from_json(parse(text), self.value_type)
            except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
                continue
            return value
        log.warning("the stored record %s is not valid, and is made again", self.name)
        return None

    def write(self, value: T) -> str:
        return to_json(value)


_field_types = cache(get_type_hints)


def to_json(value: Any) -> str:
    """Return a value as JSON: a dataclass as an object, a time as ISO 8601."""
    return json.dumps(
        value, default=lambda each: each.isoformat() if isinstance(each, datetime) else asdict(each)
    )


def from_json(value: Any, expected: Any) -> Any:
    """Return decoded JSON as a value of the expected type. Raise TypeError or ValueError when it has another type.

    Not by pydantic, which takes longer to load than a pass without news lasts.
    """
    if expected is Any:
        return value
    kind, parts = get_origin(expected), get_args(expected)
    if kind is UnionType:
        return None if value is None else from_json(value, parts[0])
    if kind is tuple and isinstance(value, list):
        return tuple(from_json(each, parts[0]) for each in value)
    if kind is Mapping:
        return {from_json(key, parts[0]): from_json(each, parts[1]) for key, each in value.items()}
    if isinstance(value, dict) and is_dataclass(expected):
        record = cast(Any, expected)
        hints = _field_types(record)
        return record(**{name: from_json(value[name], hints[name]) for name in hints if name in value})
    if isinstance(value, str) and expected is datetime:
        return datetime.fromisoformat(value)
    if isinstance(value, str) and kind is None and issubclass(expected, str):
        return expected(value)
    if type(value) is expected:
        return value
    raise TypeError(f"{type(value).__name__} is no {expected}")
