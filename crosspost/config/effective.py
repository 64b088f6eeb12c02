"""The effective configuration: every option with its value and where that comes from. Of a secret only its name.

Printed as TOML it is a configuration that means the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from crosspost.config.schema import LISTS, NO_OPTIONS, AccountConfig, Config
from crosspost.config.secrets import MissingSecretError, Secret, SecretError, secrets_in
from crosspost.config.toml import KeyPath, TomlFile
from crosspost.config.types import Template, format_duration

INHERITED: dict[str, KeyPath] = {"look_after": ("delivery", "look_after")}
"""Options of an account that may be set for all accounts, and where."""
COLUMN = 60
"""The column of the comment that says where a value comes from."""


@dataclass(frozen=True, slots=True)
class EffectiveOption:
    """One option of the configuration."""

    location: KeyPath
    value: Any
    """The value as in TOML and JSON; None: not set."""
    line: int | None
    """The line of the file; None: the value is the default."""
    secret: str = ""
    """Whether the secret that it names exists; empty: it names none."""

    def as_json(self) -> dict[str, Any]:
        return {
            "option": ".".join(map(str, self.location)),
            "value": self.value,
            "origin": "file" if self.line else "default",
            "line": self.line,
            "secret": self.secret or None,
        }


def options(config: Config, file: TomlFile) -> Iterator[EffectiveOption]:
    """Yield every option of every table, in the order of config.example.toml."""
    for location, table in _tables(config, file.document):
        for option in fields(table):
            if isinstance(table, AccountConfig) and option.name in NO_OPTIONS:
                continue
            key = origin = (*location, option.name)
            if not _is_set(file.document, key):
                origin = INHERITED.get(option.name, key)
            line = file.line(origin) if _is_set(file.document, origin) else None
            value = getattr(table, option.name)
            yield EffectiveOption(
                key, _toml_value(value), line, ", ".join(map(_secret_status, secrets_in(value)))
            )


def toml(options: Iterable[EffectiveOption], name: str) -> Iterator[str]:
    """Yield the lines of a configuration file, with a comment on where each value comes from. `name`: the file's."""
    table: KeyPath = ()
    for each in options:
        if each.location[:-1] != table:
            table = each.location[:-1]
            yield ""
            yield f"[[{table[0]}]]" if isinstance(table[-1], int) else f"[{'.'.join(map(str, table))}]"
        origin = f"{name}:{each.line}" if each.line else "default"
        comment = f"{origin}; {each.secret}" if each.secret else origin
        if each.value is None:
            yield f"# {each.location[-1]} = {'':<{COLUMN - len(str(each.location[-1])) - 5}} # not set"
            continue
        first, *rest = _toml_lines(each.value)
        yield f"{f'{each.location[-1]} = {first}':<{COLUMN}} # {comment}"
        yield from rest


def _tables(config: Config, document: Mapping[str, Any]) -> Iterator[tuple[KeyPath, Any]]:
    for field in fields(config):
        if field.name in ("sources", "channels"):
            key = LISTS[field.name]
            for index, table in enumerate(getattr(config, field.name)):
                yield (key, index) if isinstance(document.get(key), list) else (key,), table
        elif field.name == "accounts":
            for account in config.accounts:
                yield ("accounts", account.name), account
                yield ("accounts", account.name), account.settings
        else:
            yield (field.name,), getattr(config, field.name)


def _is_set(document: Any, location: KeyPath) -> bool:
    for part in location:
        if not (part < len(document) if isinstance(part, int) else part in document):
            return False
        document = document[part]
    return True


def _secret_status(secret: Secret) -> str:
    try:
        secret.reveal()
    except MissingSecretError:
        return "the secret is not there"
    except SecretError:
        return "the secret cannot be used: crosspost check says why"
    return "the secret is there"


def _toml_value(value: object) -> Any:
    """Return a value as it is in TOML and JSON."""
    if isinstance(value, tuple):
        return [_toml_value(part) for part in value]
    if isinstance(value, Secret):
        return {value.kind: value.name}
    if isinstance(value, Template):
        return str(value.file) if value.file else value.text
    if isinstance(value, timedelta):
        return format_duration(value)
    return str(value) if isinstance(value, Path | Decimal) else value


def _toml_lines(value: Any) -> list[str]:
    """Return a value as TOML; a long list has a line for each part. A JSON string is a TOML string."""
    if isinstance(value, dict):
        ((kind, name),) = value.items()
        return [f"{{ {kind} = {_toml_lines(name)[0]} }}"]
    if not isinstance(value, list):
        return [json.dumps(value, ensure_ascii=False)]
    parts = [line for part in value for line in _toml_lines(part)]
    if sum(map(len, parts)) < COLUMN:
        return [f"[{', '.join(parts)}]"]
    return ["[", *(f"    {part}," for part in parts), "]"]
