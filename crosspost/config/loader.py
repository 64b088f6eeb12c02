"""Read config.toml into a Config, or raise every problem at once, each with its line and what to do.

pydantic_core, pydantic's engine, reads each option by itself as the type that its dataclass declares; a wrong one has
its default while the others are read. The rest of pydantic would take 3 MB, and as long to load as two Pythons to
start. rules.py then checks what options need of each other, and which secrets exist.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cache
from operator import itemgetter
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from pydantic_core import ErrorDetails, SchemaValidator, ValidationError, core_schema

from crosspost.config import rules, toml
from crosspost.config.addresses import web_address
from crosspost.config.rules import Listed, Problem
from crosspost.config.schema import LISTS, NO_OPTIONS, AccountConfig, ChannelConfig, Config, SourceConfig
from crosspost.config.secrets import Secret, missing_message
from crosspost.config.toml import KeyPath, TomlFile
from crosspost.errors import ConfigError, UsageError
from crosspost.log.redaction import Redaction

T = TypeVar("T")

TWIR_DEFAULTS = ("hashtags", "official", "inside", "releases")
"""Options of `[digest]` whose defaults are words of This Week in Rust; for another newsletter they are empty."""

REPEATED = ("source", "channels")
"""Tables that may be repeated: [[source]]."""

SettingsOf = Callable[[str], type]
"""The name of a platform → its frozen `Settings`. Raises UsageError for a name that is none."""


def load(path: Path, settings_of: SettingsOf, *, secrets: bool = True) -> Config:
    """Read the configuration at `path`. `secrets=False` does not check that the secrets it names exist.

    Raises ConfigError with everything that is wrong.
    """
    loader = _Loader(toml.read(path), secrets)
    config = loader.config(settings_of)
    if loader.problems:
        raise ConfigError(str(path), loader.sentences())
    return config


@dataclass(frozen=True, slots=True)
class _Loader:
    """A file that is being read, and the problems found so far."""

    file: TomlFile
    secrets: bool
    """Whether to check that the secrets exist."""
    problems: list[Problem] = field(default_factory=list)

    def config(self, settings_of: SettingsOf) -> Config:
        top = self.file.document
        self.problems.extend(_unknown((), top, [LISTS.get(f.name, f.name) for f in fields(Config)]))
        tables: dict[str, Any] = {
            f.name: self.table(type(f.default), (f.name,), top.get(f.name, {}))
            for f in fields(Config)
            if f.name not in LISTS
        }
        digest = top.get("digest", {})
        if not tables["newsletter"].is_twir and isinstance(digest, Mapping):
            empty: dict[str, Any] = {option: () for option in TWIR_DEFAULTS if option not in digest}
            tables["digest"] = replace(tables["digest"], **empty)
        config = Config(
            **tables,
            sources=self.table_list("source", SourceConfig, top.get("source", [])),
            channels=self.table_list("channels", ChannelConfig, top.get("channels", [])),
            accounts=self.accounts(top.get("accounts", {}), settings_of),
        )
        self.add(rules.contradictions(config))
        for name, table in tables.items() if self.secrets else ():
            self.problems.extend(rules.missing_secrets((name,), table))
        return config

    def table_list(self, key: str, shape: type[Listed], value: object) -> tuple[Listed, ...]:
        """Return the tables of a key: `[source]` is one, `[[source]]` several."""
        tables: list[Listed] = []
        for index, table in enumerate(value if isinstance(value, list) else [value]):
            location: KeyPath = (key, index) if isinstance(value, list) else (key,)
            each = self.table(shape, location, table)
            if not self.is_wrong(location, (*location, "kind")):
                each = rules.with_name(each, tables)
                self.add(rules.listed_problems(location, each, tables))
            if self.secrets:
                self.problems.extend(rules.missing_secrets(location, each))
            tables.append(each)
        return tuple(tables)

    def accounts(self, value: object, settings_of: SettingsOf) -> tuple[AccountConfig, ...]:
        if not isinstance(value, Mapping):
            self.problems.append((("accounts",), "expected a table for each account: [accounts.NAME]"))
            return ()
        accounts = tuple(
            account
            for name, table in value.items()
            if (account := self.account(name, table, settings_of)) is not None
        )
        self.problems.extend(rules.duplicate_accounts(accounts, reads_secrets=self.secrets))
        return accounts

    def account(self, name: str, table: object, settings_of: SettingsOf) -> AccountConfig | None:
        location: KeyPath = ("accounts", name)
        if not re.fullmatch(r"[a-z0-9_-]{1,64}", name):
            self.problems.append((location, "an account's name is made of a-z, 0-9, _ and -"))
        if not isinstance(table, Mapping):
            self.problems.append((location, f"expected a table: [accounts.{name}]"))
            return None
        settings_type = None
        try:
            if isinstance(platform := table.get("platform"), str):
                settings_type = settings_of(platform)
        except UsageError as error:
            self.problems.append(((*location, "platform"), str(error)))
        common = {f.name for f in fields(AccountConfig)}.difference(NO_OPTIONS)
        shared = {key: value for key, value in table.items() if key in common}
        account = self.table(AccountConfig, location, shared, name=name, settings=None)
        if account.template:
            line = self.file.line((*location, "template"))
            where = f"{self.file.path.name}:{line}: accounts.{name}.template"
            account = replace(account, template=replace(account.template, location=where))
        if settings_type is None:
            return None
        particular = {key: value for key, value in table.items() if key not in common}
        settings: Any = self.table(settings_type, location, particular, also=common)
        if (address := getattr(settings, "api_base_url", None)) is not None:
            self.add(rules.parse_problem((*location, "api_base_url"), address, web_address))
        account = replace(account, settings=settings)
        problems, readable = rules.credential_problems(location, account, reads_secrets=self.secrets)
        self.add(problems)
        return replace(account, has_credentials=readable)

    def table(
        self, shape: type[T], location: KeyPath, value: object, *, also: Iterable[str] = (), **fixed: object
    ) -> T:
        """Return the table as a value of its type. A wrong option is a problem, and its default is taken.

        `also`: options of the same table that are read elsewhere; `fixed`: fields that are no options.
        """
        if not (is_table := isinstance(value, Mapping)):
            form = f"[[{location[0]}]]" if location[0] in REPEATED else f"[{_dotted(location)}]"
            self.problems.append((location, f"expected a table: {form}"))
            value = {}
        hints = get_type_hints(shape, include_extras=True)
        declared = [option for option in fields(shape) if option.name not in fixed]  # type: ignore[arg-type] # a dataclass
        self.problems.extend(_unknown(location, value, [*(option.name for option in declared), *also]))
        values: dict[str, Any] = {}
        for option in declared:
            name = option.name
            if name in value:
                try:
                    values[name] = _validator(hints[name]).validate_python(value[name], context=self.folder)
                except ValidationError as error:
                    for detail in error.errors(include_url=False):
                        self.problems.append(((*location, name, *detail["loc"]), _message(detail)))
            if option.default is option.default_factory is MISSING and name not in values:
                values[name] = None
                if name not in value and is_table:
                    self.problems.append(((*location, name), "is required"))
        return shape(**values, **fixed)

    @property
    def folder(self) -> Path:
        """Return the folder of the file, where relative paths start."""
        return self.file.path.absolute().parent

    def is_wrong(self, *locations: KeyPath) -> bool:
        return any(location in locations for location, _ in self.problems)

    def add(self, problems: Iterable[Problem]) -> None:
        """Add the problems of the rules, except those of an option that is wrong by itself and so has its default."""
        self.problems.extend([problem for problem in problems if not self.is_wrong(problem[0])])

    def sentences(self) -> list[str]:
        """Return the problems in the order of the file: "config.toml:12: accounts.x.mode: …".

        The password of an address is hidden, whichever option the address was given to.
        """
        lines = []
        for location, problem in self._distinct():
            line = self.file.line(location) or 0
            where = f"{self.file.path.name}:{line}" if line else self.file.path.name
            lines.append((line, f"{where}: {_dotted(location)}: {problem}"))
        clean = Redaction().clean
        return [clean(sentence) for _, sentence in sorted(lines, key=itemgetter(0))]

    def _distinct(self) -> Iterator[tuple[KeyPath, str]]:
        """Yield each problem once; all missing secrets of one kind are one problem."""
        absent: dict[str, dict[Secret, KeyPath]] = {}
        for location, problem in dict.fromkeys(self.problems):
            if isinstance(problem, str):
                yield location, problem
            else:
                absent.setdefault(problem.kind, {}).setdefault(problem, location)
        for secrets in absent.values():
            yield next(iter(secrets.values())), missing_message(list(secrets))


# ── One option ───────────────────────────────────────────────────────────────────────────────────────


def _unknown(location: KeyPath, table: Mapping[str, Any], known: Sequence[str]) -> Iterator[Problem]:
    for key in table:
        if key not in known:
            close = _closest(key, known)
            hint = f'did you mean "{close}"?' if close else f"there are: {', '.join(sorted(known))}"
            yield (*location, key), f"unknown option; {hint}"


def _closest(name: str, names: Sequence[str]) -> str | None:
    """Return the most similar name; None where no name is similar."""
    from difflib import get_close_matches  # for mistakes only

    return next(iter(get_close_matches(name, names, n=1)), None)


@cache
def _validator(declared: Any) -> SchemaValidator:
    """Return the validator of an option's type. Nothing is converted, except that a list becomes a tuple."""
    return SchemaValidator(_schema(declared), core_schema.CoreConfig(strict=True))


_PLAIN = {str: core_schema.str_schema(), int: core_schema.int_schema(), bool: core_schema.bool_schema()}


def _schema(declared: Any) -> core_schema.CoreSchema:
    """Return pydantic_core's schema of a type. Raises TypeError for a type that no option has."""
    kind, parts = get_origin(declared), get_args(declared)
    if declared in _PLAIN:
        return _PLAIN[declared]
    custom = parts[1] if kind is Annotated else declared
    if read := getattr(custom, "__get_pydantic_core_schema__", None):
        schema: core_schema.CoreSchema = read(declared, _schema)
        return schema
    if kind is Literal:
        return core_schema.literal_schema(list(parts))
    if kind is tuple and parts[1:] == (...,):
        return core_schema.tuple_schema([_schema(parts[0])], variadic_item_index=0, strict=False)
    if len(parts) == 2 and parts[1] is NoneType:
        return core_schema.nullable_schema(_schema(parts[0]))
    raise TypeError(f"no option can be of type {declared}")


_EXPECTED = {
    "string_type": "a string in quotes",
    "int_type": "an integer without quotes",
    "bool_type": "true or false without quotes",
    "tuple_type": "a list in [brackets]",
}
_TYPE_NAMES = {
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "a table",
}


def _message(detail: ErrorDetails) -> str:
    """Return pydantic's problem as our sentence. It repeats a value only where the choices are few and known."""
    kind, value = detail["type"], detail["input"]
    if kind == "value_error":
        return str(detail["ctx"]["error"])
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", detail["ctx"]["expected"])
        close = _closest(str(value), choices)
        hint = f'; did you mean "{close}"?' if close else ""
        return f'"{Redaction().clean(str(value))[:20]}" is not one of: {", ".join(choices)}{hint}'
    if kind not in _EXPECTED:
        return detail["msg"]
    return f"expected {_EXPECTED[kind]}, got {_TYPE_NAMES.get(type(value), 'a date')}"


def _dotted(location: KeyPath) -> str:
    """Return the location for people: tables are counted from 1."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in location)
