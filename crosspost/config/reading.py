"""Read config.toml into a Config: every problem found in one reading, each with its line, its place and what to do.

pydantic reads each option as the type that its dataclass declares, one by one, so that a mistake in one hides none in
another and its default stands in. The usual types go straight to its engine, pydantic_core: the rest of it takes 3 MB
and as long to load as two Pythons to start. What needs what, and which secrets exist, follows (rules.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic_core import ErrorDetails, SchemaValidator, ValidationError, core_schema

from crosspost.config import toml
from crosspost.config.rules import (
    Missing,
    Problem,
    absent_secrets,
    address_problems,
    channel_name,
    channel_problems,
    contradictions,
    credential_problems,
    doubles,
    named,
    source_problems,
)
from crosspost.config.schema import AccountConfig, ChannelConfig, Config, DigestConfig, SourceConfig
from crosspost.config.secrets import Secret, missing
from crosspost.config.toml import Place, TomlFile
from crosspost.errors import ConfigError, UsageError

T = TypeVar("T")

SettingsOf = Callable[[str], type]
"""The name of a platform → its frozen `Settings`. Raises UsageError for a name that is none."""


def load(path: Path, settings_of: SettingsOf, *, secrets: bool = True) -> Config:
    """Read the configuration at `path`. `secrets=False` does not check that the secrets it names exist.

    Raises ConfigError with everything that is wrong.
    """
    reading = _Reading(toml.read(path))
    config = reading.config(settings_of, secrets=secrets)
    if reading.problems:
        raise ConfigError(str(path), reading.sentences())
    return config


@dataclass(frozen=True, slots=True)
class _Reading:
    """One reading of one file, and what was found wrong so far."""

    file: TomlFile
    problems: list[Problem] = field(default_factory=list)

    def config(self, settings_of: SettingsOf, *, secrets: bool) -> Config:
        top = self.file.document
        self.problems.extend(
            _unknown((), top, ("source", *(f.name for f in fields(Config) if f.name != "sources")))
        )
        tables: dict[str, Any] = {
            f.name: self.table(type(f.default), (f.name,), top.get(f.name, {}))
            for f in fields(Config)
            if f.name not in ("sources", "channels", "accounts")
        }
        if not tables["newsletter"].is_twir:
            tables["digest"] = _without_twirs_own(tables["digest"], top.get("digest", {}))
        channels = self.channels(top.get("channels", ()))
        config = Config(
            **tables, sources=self.sources(top.get("source", ()), secrets=secrets), channels=channels
        )
        accounts = self.accounts(top.get("accounts", {}), settings_of, secrets=secrets)
        config = replace(config, accounts=accounts)
        self.problems.extend(contradictions(config))
        if secrets:
            for name in ("store", "backfill", "web", "alerts"):
                self.problems.extend(absent_secrets((name,), tables[name]))
        return config

    def sources(self, value: object, *, secrets: bool) -> tuple[SourceConfig, ...]:
        """`[source]` is one table, `[[source]]` several; a source without a name gets its kind's."""
        tables = list(value) if isinstance(value, (list, tuple)) else [value]
        several = isinstance(value, list)
        places: list[Place] = [("source", index) if several else ("source",) for index in range(len(tables))]
        found = [self.source(place, table) for place, table in zip(places, tables, strict=True)]
        sources = tuple(named(found))
        for index, source in enumerate(sources):
            if source.name in (other.name for other in sources[:index]):
                problem = f'another source is called "{source.name}" too; rename one'
                self.problems.append(((*places[index], "name"), problem))
            if secrets:
                self.problems.extend(absent_secrets(places[index], source))
        return sources

    def source(self, place: Place, table: object) -> SourceConfig:
        before = len(self.problems)
        source = self.table(SourceConfig, place, table)
        if not any(wrong in (place, (*place, "kind")) for wrong, _ in self.problems[before:]):
            self.problems.extend(source_problems(place, source))
        return source

    def channels(self, value: object) -> tuple[ChannelConfig, ...]:
        """Each is a table of `[[channels]]`; one without a name gets its host's, or its account's."""
        if not isinstance(value, (list, tuple)):
            self.problems.append((("channels",), "expected a table for each channel: [[channels]]"))
            return ()
        found: list[ChannelConfig] = []
        for index, table in enumerate(value):
            place: Place = ("channels", index)
            before = len(self.problems)
            channel = self.table(ChannelConfig, place, table)
            if len(self.problems) == before:
                self.problems.extend(channel_problems(place, channel, found))
            found.append(channel)
        return tuple(replace(channel, name=channel_name(channel)) for channel in found)

    def accounts(self, value: object, settings_of: SettingsOf, *, secrets: bool) -> tuple[AccountConfig, ...]:
        if not isinstance(value, Mapping):
            self.problems.append((("accounts",), "expected a table for each account: [accounts.NAME]"))
            return ()
        found = (self.account(name, table, settings_of, secrets=secrets) for name, table in value.items())
        accounts = tuple(account for account in found if account is not None)
        self.problems.extend(doubles(accounts, look=secrets))
        return accounts

    def account(
        self, name: str, table: object, settings_of: SettingsOf, *, secrets: bool
    ) -> AccountConfig | None:
        place: Place = ("accounts", name)
        if not re.fullmatch(r"[a-z0-9_-]{1,64}", name):
            self.problems.append((place, "an account's name is made of a-z, 0-9, _ and -"))
        if not isinstance(table, Mapping):
            self.problems.append((place, f"expected a table: [accounts.{name}]"))
            return None
        common = tuple(
            f.name for f in fields(AccountConfig) if f.name not in ("name", "settings", "has_credentials")
        )
        try:
            platform = table.get("platform")
            settings_type = settings_of(platform) if isinstance(platform, str) else None
        except UsageError as error:
            self.problems.append(((*place, "platform"), str(error)))
            settings_type = None
        shared = {key: value for key, value in table.items() if key in common}
        account = self.table(AccountConfig, place, shared, name=name, settings=None)
        if account.template:
            named = f"{self.file.path.name}:{self.file.line((*place, 'template'))}: accounts.{name}.template"
            account = replace(account, template=replace(account.template, place=named))
        if settings_type is None:
            return None
        own: Mapping[str, Any] = {key: value for key, value in table.items() if key not in common}
        settings: object = self.table(settings_type, place, own, also=common)
        account = replace(account, settings=settings)
        problems, readable = credential_problems(place, account, written=own, look=secrets)
        self.problems.extend((*address_problems(place, settings, ("api_base_url",)), *problems))
        return replace(account, has_credentials=readable)

    def table(
        self, shape: type[T], place: Place, value: object, *, also: Iterable[str] = (), **given: object
    ) -> T:
        """Return the table as a value of its type. A wrong option is noted and its default is taken.

        `also`: options of the same table that are read elsewhere; `given`: fields that are not in the file.
        """
        if not isinstance(value, Mapping):
            self.problems.append((place, f"expected a table: [{_dotted(place)}]"))
            value = {}
        declared = {name: hint for name, hint in _declared(shape).items() if name not in given}
        self.problems.extend(_unknown(place, value, (*declared, *also)))
        found: dict[str, Any] = {}
        for name in (name for name in declared if name in value):
            try:
                found[name] = self.option(declared[name], value[name])
            except ValidationError as error:
                for detail in error.errors(include_url=False):
                    self.problems.append(((*place, name, *detail["loc"]), _sentence(detail)))
        for name in (name for name in _needed(shape) if name in declared):
            if name not in value:
                self.problems.append(((*place, name), "is required"))
            found.setdefault(name, None)
        return shape(**found, **given)

    def option(self, declared: Any, value: object) -> Any:
        """Return the value as its declared type; nothing is converted. Raises ValidationError."""
        folder = self.file.path.absolute().parent
        return _validator(declared).validate_python(_frozen(value), strict=True, context=folder)

    def sentences(self) -> list[str]:
        """Return the problems in the order of the file: "config.toml:12: accounts.x.mode: …"."""
        located = [(self.file.line(place), place, sentence) for place, sentence in self._told()]
        located.sort(key=lambda entry: entry[0] or 0)
        return [self._sentence(*entry) for entry in located]

    def _told(self) -> Iterator[tuple[Place, str]]:
        """Yield each problem once; secrets of one kind that are missing are one."""
        absent: dict[str, dict[Secret, tuple[Place, Missing]]] = {}
        for place, problem in dict.fromkeys(self.problems):
            if isinstance(problem, str):
                yield place, problem
            else:
                absent.setdefault(problem.secret.kind, {}).setdefault(problem.secret, (place, problem))
        for same in absent.values():
            (place, first), *more = same.values()
            yield place, missing(same) if more else first.sentence

    def _sentence(self, line: int | None, place: Place, sentence: str) -> str:
        where = f"{self.file.path.name}:{line}" if line else self.file.path.name
        return f"{where}: {_dotted(place)}: {sentence}"


# ── One table, one option ────────────────────────────────────────────────────────────────────────────


def _declared(shape: type) -> dict[str, Any]:
    """Return the fields of a dataclass with their declared types."""
    hints = get_type_hints(shape, include_extras=True)
    return {option.name: hints[option.name] for option in fields(shape)}


def _needed(shape: type) -> tuple[str, ...]:
    """Return the fields without a default."""
    return tuple(f.name for f in fields(shape) if f.default is MISSING and f.default_factory is MISSING)


def _unknown(place: Place, table: Mapping[str, Any], known: Iterable[str]) -> Iterator[Problem]:
    names = [name for name in known if name]
    for key in table:
        if key not in names:
            close = _closest(key, names)
            hint = f'did you mean "{close}"?' if close else f"there are: {', '.join(sorted(set(names)))}"
            yield (*place, key), f"unknown option; {hint}"


def _closest(word: str, names: Sequence[str]) -> str | None:
    """Return the name that was probably meant; None where none is like the word."""
    from difflib import get_close_matches  # for mistakes only

    return next(iter(get_close_matches(word, names, n=1)), None)


@cache
def _validator(declared: Any) -> SchemaValidator:
    return SchemaValidator(_schema(declared))


_PLAIN = {
    str: core_schema.str_schema(),
    int: core_schema.int_schema(),
    float: core_schema.float_schema(),
    bool: core_schema.bool_schema(),
}


def _schema(declared: Any) -> core_schema.CoreSchema:
    """Return what pydantic's engine checks for a type. One that is not listed here is left to the whole of pydantic."""
    kind, parts = get_origin(declared), get_args(declared)
    own = parts[1] if kind is Annotated else declared
    if declared in _PLAIN:
        return _PLAIN[declared]
    if read := getattr(own, "__get_pydantic_core_schema__", None):
        found: core_schema.CoreSchema = read(declared, _schema)
        return found
    if kind is Literal:
        return core_schema.literal_schema(list(parts))
    if kind is tuple and parts[1:] == (...,):
        return core_schema.tuple_schema([_schema(parts[0])], variadic_item_index=0)
    if kind in (Union, UnionType) and len(parts) == 2 and parts[1] is NoneType:
        return core_schema.nullable_schema(_schema(parts[0]))
    from pydantic import TypeAdapter

    return TypeAdapter(declared).core_schema


def _frozen(value: object) -> object:
    """Return lists as tuples: values are frozen, and strict pydantic takes no list for a tuple."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


_EXPECTED = {
    "string_type": "a string in quotes",
    "int_type": "an integer without quotes",
    "float_type": "a number without quotes",
    "bool_type": "true or false without quotes",
    "tuple_type": "a list in [brackets]",
}
_CALLED = {
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    str: "a string",
    tuple: "a list",
    dict: "a table",
}


def _sentence(detail: ErrorDetails) -> str:
    """Say what pydantic found wrong, in our words. A value is repeated only where the choices are few and known."""
    kind, value = detail["type"], detail["input"]
    if kind == "value_error":
        return str(detail["ctx"]["error"])
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", detail["ctx"]["expected"])
        close = _closest(str(value), choices)
        hint = f'; did you mean "{close}"?' if close else ""
        return f'"{str(value)[:20]}" is not one of: {", ".join(choices)}{hint}'
    if kind not in _EXPECTED:
        return detail["msg"]
    return f"expected {_EXPECTED[kind]}, got {_CALLED.get(type(value), 'a date')}"


TWIRS_OWN = ("hashtags", "official", "inside", "releases")
"""Options of `[digest]` whose defaults are words of This Week in Rust: of another newsletter they are empty."""


def _without_twirs_own(digest: DigestConfig, written: object) -> DigestConfig:
    own: dict[str, Any] = {
        option: () for option in TWIRS_OWN if not isinstance(written, Mapping) or option not in written
    }
    return replace(digest, **own)


def _dotted(place: Place) -> str:
    """Return the place for people, who count from 1."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in place)
