"""config.toml → Config: every problem found in one reading, each with its line, its place and what to do.

pydantic judges the types, one table at a time, so that a mistake in one hides none in another. What pydantic
cannot know (what needs what, which addresses are safe, which secrets exist) follows as plain functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast, get_type_hints
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic_core import ErrorDetails

from crosspost import tomlfile, weekly
from crosspost.config import (
    AccountConfig,
    AlertsConfig,
    BackfillConfig,
    Config,
    DeliveryConfig,
    GateConfig,
    SourceConfig,
    WebConfig,
)
from crosspost.credentials import FORMS, MissingSecretError, Secret, SecretError
from crosspost.errors import ConfigError, UsageError
from crosspost.tomlfile import Place, TomlFile

T = TypeVar("T")
Problem = tuple[Place, str]

SettingsOf = Callable[[str], type]
"""The name of a platform → its frozen `Settings`. Raises UsageError for a name that is none."""


def load(path: Path, settings_of: SettingsOf, *, secrets: bool = True) -> Config:
    """The configuration at `path`. `secrets=False` does not look whether the secrets it names are there.

    Raises ConfigError with everything that is wrong.
    """
    reading = _Reading(tomlfile.read(path))
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
            if f.name not in ("sources", "accounts")
        }
        config = Config(**tables, sources=self.sources(top.get("source", ())))
        accounts = self.accounts(top.get("accounts", {}), settings_of, secrets=secrets)
        config = replace(config, accounts=accounts)
        self.problems.extend(_contradictions(config))
        if secrets:
            self.problems.extend(_absent_secrets(("backfill",), config.backfill))
            self.problems.extend(_absent_secrets(("web",), config.web))
            self.problems.extend(_absent_secrets(("alerts",), config.alerts))
        return config

    def sources(self, value: object) -> tuple[SourceConfig, ...]:
        """`[source]` is one table, `[[source]]` several; a source without a name gets its kind's."""
        tables = list(value) if isinstance(value, (list, tuple)) else [value]
        several = isinstance(value, list)
        places: list[Place] = [("source", index) if several else ("source",) for index in range(len(tables))]
        found = [self.table(SourceConfig, place, table) for place, table in zip(places, tables, strict=True)]
        for place, source in zip(places, found, strict=True):
            if not any(wrong == (*place, "kind") for wrong, _ in self.problems):
                self.problems.extend(_source(place, source))
        named = tuple(_named(found))
        for place, source in zip(places, named, strict=True):
            if [other.name for other in named].count(source.name) > 1:
                self.problems.append(
                    ((*place, "name"), f'another source is called "{source.name}" too; rename one')
                )
        return named

    def accounts(self, value: object, settings_of: SettingsOf, *, secrets: bool) -> tuple[AccountConfig, ...]:
        if not isinstance(value, Mapping):
            self.problems.append((("accounts",), "an account is a table of its own: [accounts.NAME]"))
            return ()
        found = (self.account(name, table, settings_of, secrets=secrets) for name, table in value.items())
        return tuple(account for account in found if account is not None)

    def account(
        self, name: str, table: object, settings_of: SettingsOf, *, secrets: bool
    ) -> AccountConfig | None:
        place: Place = ("accounts", name)
        if not re.fullmatch(r"[a-z0-9_-]{1,64}", name):
            self.problems.append((place, "an account's name is made of a-z, 0-9, _ and -"))
        if not isinstance(table, Mapping):
            self.problems.append((place, f"an account is a table of its own: [accounts.{name}]"))
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
        if settings_type is None:
            return None
        own: Mapping[str, Any] = {key: value for key, value in table.items() if key not in common}
        settings: object = self.table(settings_type, place, own, also=common)
        account = replace(account, settings=settings)
        problems, readable = _credentials(place, account, written=own, look=secrets)
        self.problems.extend((*_addresses(place, settings, ("api_base_url",)), *problems))
        return replace(account, has_credentials=readable)

    def table(
        self, shape: type[T], place: Place, value: object, *, also: Iterable[str] = (), **given: object
    ) -> T:
        """The table as a value of its type. A wrong option is noted and its default is taken.

        `also`: options of the same table that are read elsewhere; `given`: fields that are not in the file.
        """
        if not isinstance(value, Mapping):
            self.problems.append((place, f"a table is wanted: [{_dotted(place)}]"))
            value = {}
        model = _model(cast(type, shape), tuple(given))
        self.problems.extend(_unknown(place, value, (*model.model_fields, *also)))
        options = {key: _tuples(option) for key, option in value.items() if key in model.model_fields}
        read = self._validated(model, place, options)
        for name in _without_default(shape) & set(model.model_fields):
            if name not in value:
                self.problems.append(((*place, name), "is needed"))
            read.setdefault(name, None)
        return shape(**read, **given)

    def _validated(self, model: type[BaseModel], place: Place, options: dict[str, Any]) -> dict[str, Any]:
        """The options that are right, as values; those that are wrong are noted."""
        context = {"folder": self.file.path.absolute().parent}
        try:
            read = model.model_validate(options, context=context)
        except ValidationError as error:
            details = error.errors(include_url=False)
            self.problems.extend(_from_pydantic(place, details, options))
            wrong = {detail["loc"][0] for detail in details}
            # Each option is judged by itself, so the others are right.
            right = {key: value for key, value in options.items() if key not in wrong}
            read = model.model_validate(right, context=context)
        return {name: getattr(read, name) for name in read.model_fields_set}

    def sentences(self) -> list[str]:
        """The problems in the order of the file: "config.toml:12: accounts.x.mode: …"."""
        located = [
            (self.file.line(place), place, sentence) for place, sentence in dict.fromkeys(self.problems)
        ]
        located.sort(key=lambda entry: entry[0] or 0)
        return [self._sentence(*entry) for entry in located]

    def _sentence(self, line: int | None, place: Place, sentence: str) -> str:
        where = f"{self.file.path.name}:{line}" if line else self.file.path.name
        return f"{where}: {_dotted(place)}: {sentence}"


# ── One table ────────────────────────────────────────────────────────────────────────────────────────


def _without_default(shape: type) -> set[str]:
    return {f.name for f in fields(shape) if f.default is MISSING and f.default_factory is MISSING}


@cache
def _model(shape: type, left_out: tuple[str, ...]) -> type[BaseModel]:
    """A pydantic model with the fields of a dataclass, which itself stays free of pydantic."""
    hints = get_type_hints(shape, include_extras=True)
    options: dict[str, Any] = {
        option.name: (hints[option.name], None if option.default is MISSING else option.default)
        for option in fields(shape)
        if option.name not in left_out and option.default_factory is MISSING
    }
    return create_model(
        shape.__name__, __config__=ConfigDict(strict=True, arbitrary_types_allowed=True), **options
    )


def _tuples(value: Any) -> Any:
    """Lists as tuples: what moves is frozen, and pydantic when strict takes no list for a tuple."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _unknown(place: Place, table: Mapping[str, Any], known: Iterable[str]) -> Iterator[Problem]:
    names = [name for name in known if name]
    for key in table:
        if key not in names:
            close = get_close_matches(key, names, n=1)
            hint = f'did you mean "{close[0]}"?' if close else f"there are: {', '.join(sorted(set(names)))}"
            yield (*place, key), f"unknown option; {hint}"


_WANTED = {
    "string_type": "a text in quotes is wanted",
    "int_type": "a whole number without quotes is wanted",
    "float_type": "a number without quotes is wanted",
    "bool_type": "true or false, without quotes, is wanted",
    "tuple_type": "a list in [brackets] is wanted",
}
_CALLED = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    tuple: "a list",
    dict: "a table",
}


def _from_pydantic(
    place: Place, details: Iterable[ErrorDetails], options: Mapping[str, Any]
) -> Iterator[Problem]:
    """pydantic's findings in our words. A value is repeated only where the choices are few and known."""
    for detail in details:
        within: list[str | int] = [detail["loc"][0]]
        value = options.get(str(within[0]))
        for step in detail["loc"][1:]:
            if isinstance(value, tuple) and isinstance(step, int) and step < len(value):
                within.append(step + 1)
                value = value[step]
        yield (*place, *within), _sentence(detail)


def _sentence(detail: ErrorDetails) -> str:
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    if detail["type"] == "literal_error":
        choices = re.findall(r"'([^']*)'", detail["ctx"]["expected"])
        close = get_close_matches(str(detail["input"]), choices, n=1)
        hint = f'; did you mean "{close[0]}"?' if close else ""
        return f'"{str(detail["input"])[:20]}" is not one of: {", ".join(choices)}{hint}'
    wanted = _WANTED.get(detail["type"], detail["msg"])
    called = _CALLED.get(type(detail["input"]))
    return f"{wanted}, not {called}" if called and detail["type"].endswith("_type") else wanted


def _dotted(place: Place) -> str:
    return ".".join(f"{part}" for part in place)


# ── What pydantic cannot know ────────────────────────────────────────────────────────────────────────

_NEEDS = {"git": ("url",), "directory": ("path",), "feed": ("url",)}


def _named(sources: Iterable[SourceConfig]) -> Iterator[SourceConfig]:
    """Each source with a name: its own, or its kind's, numbered from the second one of that kind."""
    count: dict[str, int] = {}
    for source in sources:
        count[source.kind] = count.get(source.kind, 0) + 1
        usual = source.kind if count[source.kind] == 1 else f"{source.kind}-{count[source.kind]}"
        yield source if source.name else replace(source, name=usual)


def _source(place: Place, source: SourceConfig) -> Iterator[Problem]:
    for option in _NEEDS[source.kind]:
        if not getattr(source, option):
            yield (*place, option), f'is needed for a source of kind "{source.kind}"'
    if source.kind == "feed":
        yield from _addresses(place, source, ("url",), plain_http=True)
    elif source.url and _carries_password(source.url):
        yield (*place, "url"), "a secret is not written here; let git use an SSH key or a credential helper"
    if source.every.total_seconds() <= 0:
        yield (*place, "every"), "must be longer than nothing"
    if source.every_in_window is not None:
        if source.every_in_window.total_seconds() <= 0:
            yield (*place, "every_in_window"), "must be longer than nothing"
        if source.window is None:
            yield (*place, "every_in_window"), 'needs `window` beside it, such as "Wed 20:00 - Thu 08:00"'
    yield from _readable((*place, "window"), source.window, weekly.window)


def _contradictions(config: Config) -> Iterator[Problem]:
    yield from _addresses(("newsletter",), config.newsletter, ("site",), plain_http=True)
    yield from _addresses(("gate",), config.gate, ("page_base_url",), plain_http=True)
    yield from _delivery(config.delivery)
    yield from _backfill(config.backfill)
    yield from _gate(config.gate)
    yield from _web(config.web)
    yield from _alerts(config.alerts)
    if config.digest.links < 0:
        yield ("digest", "links"), "cannot be less than 0"
    for account in config.accounts:
        place = ("accounts", account.name)
        if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", account.language):
            yield (*place, "language"), 'a language tag such as "en" or "pt-BR" is wanted'
        if account.look_after == ():
            yield (*place, "look_after"), 'at least one duration is wanted, such as ["30s", "2m", "10m"]'


def _gate(gate: GateConfig) -> Iterator[Problem]:
    if gate.largest_step < 1:
        yield ("gate", "largest_step"), "must be at least 1"
    if gate.max_age.total_seconds() <= 0:
        yield ("gate", "max_age"), "must be longer than nothing, or no issue is ever announced"


def _delivery(delivery: DeliveryConfig) -> Iterator[Problem]:
    for option in ("attempt_limit", "first_retry", "longest_retry", "give_up_after"):
        if getattr(delivery, option).total_seconds() <= 0:
            yield ("delivery", option), "must be longer than nothing"
    if delivery.longest_retry < delivery.first_retry:
        yield ("delivery", "longest_retry"), "cannot be shorter than first_retry"
    if not delivery.look_after:
        yield ("delivery", "look_after"), 'at least one duration is wanted, such as ["30s", "2m", "10m"]'


def _backfill(backfill: BackfillConfig) -> Iterator[Problem]:
    if backfill.mode == "pull-request":
        for option in ("repository", "token"):
            if getattr(backfill, option) is None:
                yield ("backfill", option), 'is needed for mode = "pull-request"'
    if backfill.repository is not None and not re.fullmatch(r"[\w.-]+(/[\w.-]+)+", backfill.repository):
        yield ("backfill", "repository"), 'the forge\'s name for it is wanted: "owner/name"'
    yield from _addresses(("backfill",), backfill, ("api_base_url",))
    if not re.fullmatch(r"[^<>\n]*[^<>\s][^<>\n]*<[^<>\s]+>", backfill.author):
        yield ("backfill", "author"), '"Name <address>" is wanted'
    try:
        backfill.message.format(number=1)
    except (LookupError, ValueError, AttributeError):
        yield ("backfill", "message"), "only {number} stands for something; write other braces twice: {{ }}"


def _web(web: WebConfig) -> Iterator[Problem]:
    if web.listen is not None:
        host, _, port = web.listen.rpartition(":")
        if not host or not port.isdecimal() or int(port) > 65535:
            yield ("web", "listen"), 'an address and a port are wanted, such as "127.0.0.1:8593"'


def _alerts(alerts: AlertsConfig) -> Iterator[Problem]:
    yield from _readable(("alerts", "no_issue_by"), alerts.no_issue_by, weekly.moment)
    yield from _readable(("alerts", "check_before"), alerts.check_before, weekly.moment)


def _readable(place: Place, text: str | None, read: Callable[[str], object]) -> Iterator[Problem]:
    try:
        if text is not None:
            read(text)
    except ValueError as error:
        yield place, str(error)


def _addresses(
    place: Place, table: object, options: Iterable[str], *, plain_http: bool = False
) -> Iterator[Problem]:
    """Problems with the addresses among the options; one over which secrets travel must be https."""
    for option in options:
        url = getattr(table, option, None)
        if url is not None and (problem := _address_problem(url, plain_http=plain_http)):
            yield (*place, option), problem


def _address_problem(url: str, *, plain_http: bool) -> str | None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "this is no address; it begins with https://"
    if parts.scheme not in ("http", "https") or not host or re.search(r"\s", url):
        return "a full address is wanted, such as https://example.org"
    if _carries_password(url):
        return "a secret is not written here; take the name and password out of the address"
    if parts.query or parts.fragment:
        return "an address ends before ? and #; take the rest away"
    if parts.scheme == "http" and not plain_http and not _is_loopback(host):
        return "secrets travel here, so it must be https:// (http:// is for 127.0.0.1 only)"
    return None


def _is_loopback(host: str) -> bool:
    return (
        host in ("localhost", "::1")
        or host.endswith(".localhost")
        or bool(re.fullmatch(r"127(\.\d+){3}", host))
    )


def _carries_password(url: str) -> bool:
    """Whether a name or password stands in a web address: many forges take a token for the name."""
    try:
        parts = urlsplit(url)
        return bool(parts.password) or (parts.scheme in ("http", "https") and bool(parts.username))
    except ValueError:
        return False


# ── Secrets ──────────────────────────────────────────────────────────────────────────────────────────


def _credentials(
    place: Place, account: AccountConfig, *, written: Iterable[str], look: bool
) -> tuple[list[Problem], bool]:
    """What an account lacks, and whether it can be read. A manual one may lack everything."""
    problems: list[Problem] = []
    readable = True
    written = set(written)
    for option in getattr(account.settings, "required", ()):
        if getattr(account.settings, option) is None:
            readable = False
            if account.mode == "auto" and option not in written:
                problems.append(((*place, option), _needed(account, option)))
    for option, secret in _secrets(account.settings) if look else ():
        try:
            secret.reveal()
        except MissingSecretError as error:
            readable = False
            if account.mode == "auto":
                problems.append(((*place, option), str(error)))
        except SecretError as error:
            readable = False
            problems.append(((*place, option), str(error)))
    return problems, readable


def _needed(account: AccountConfig, option: str) -> str:
    is_secret = "Secret" in str(get_type_hints(type(account.settings)).get(option))
    form = f": {FORMS}" if is_secret else ""
    return f'is needed{form}; without it the account can only have mode = "manual"'


def _secrets(table: Any) -> Iterator[tuple[str, Secret]]:
    for option in fields(table):
        value = getattr(table, option.name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Secret):
                yield option.name, part


def _absent_secrets(place: Place, table: object) -> Iterator[Problem]:
    for option, secret in _secrets(table):
        try:
            secret.reveal()
        except SecretError as error:
            yield (*place, option), str(error)
