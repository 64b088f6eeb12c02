"""Check what the type of one option cannot: options that need others, accounts that are the same, secrets that exist.

Each function yields problems with their locations. Nothing is read but the secrets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

from crosspost.config.addresses import git_address, git_transport, has_password, web_address
from crosspost.config.schema import AccountConfig, ChannelConfig, Config, NewsletterConfig, SourceConfig
from crosspost.config.secrets import FORMS, MissingSecretError, Secret, SecretError, is_secret, secrets_in
from crosspost.config.toml import KeyPath

Problem = tuple[KeyPath, str | Secret]
"""The location, and a sentence; or a secret that is missing: several of them become one sentence."""
Listed = TypeVar("Listed", SourceConfig, ChannelConfig)

_NEEDS: dict[type, dict[str, tuple[str, ...]]] = {
    SourceConfig: {"git": ("url",), "directory": ("path",), "feed": ("url",)},
    ChannelConfig: {"feed": ("url",), "page": ("url",), "account": ("platform", "address")},
}
_SSH = (("ssh",), "ssh:// or user@host:")
_GIT_ACCESS = {"ssh_key": _SSH, "known_hosts": _SSH, "token": (("https", "http"), "https://")}
"""Options that give git access: for which transports, and how such an address begins."""


def with_name(table: Listed, others: Sequence[Listed]) -> Listed:
    """Return the table with a name: its own, its account's or host's, else its kind with a number from the second."""
    if table.name:
        return table
    if isinstance(table, ChannelConfig):
        return replace(table, name=table.address or urlsplit(table.url or "").hostname or table.kind)
    count = sum(other.kind == table.kind for other in others) + 1
    return replace(table, name=table.kind if count == 1 else f"{table.kind}-{count}")


def listed_problems(location: KeyPath, table: Listed, others: Iterable[Listed]) -> Iterator[Problem]:
    """Yield what is wrong with one source or channel; `others`: those before it."""
    what = "source" if isinstance(table, SourceConfig) else "channel"
    needs = _NEEDS[type(table)][table.kind]
    for option in needs:
        if not getattr(table, option):
            yield (*location, option), f'is required for a {what} of kind "{table.kind}"'
    if table.name in (other.name for other in others):
        yield (*location, "name"), f'another {what} is called "{table.name}" too; give one of them a `name`'
    if isinstance(table, SourceConfig):
        yield from _source_problems(location, table)
        return
    for option in ("url", "platform", "address"):
        if option not in needs and getattr(table, option):
            yield (
                (*location, option),
                f'a channel of kind "{table.kind}" has none; it has: {", ".join(needs)}',
            )


def _source_problems(location: KeyPath, source: SourceConfig) -> Iterator[Problem]:
    url = source.url or ""
    if url and source.kind == "feed":
        yield from parse_problem((*location, "url"), url, partial(web_address, plain_http=True))
    elif url and (source.kind == "git" or has_password(url)):
        yield from parse_problem((*location, "url"), url, git_address)
    for option, (transports, begins) in _GIT_ACCESS.items():
        if getattr(source, option) and source.kind != "git":
            yield (*location, option), f'a source of kind "{source.kind}" has none'
        elif getattr(source, option) and url and git_transport(url) not in transports:
            yield (*location, option), f"is for an address that begins with {begins}"
    if source.every_in_window is not None and source.window is None:
        yield (*location, "window"), 'is required for every_in_window, such as "Wed 20:00 - Thu 08:00"'


SHORTEST_TAKEOVER = timedelta(seconds=3)
"""The machine that watches reports six times as often."""


def contradictions(config: Config) -> Iterator[Problem]:
    """Yield what is wrong between options of the same or of several tables."""
    newsletter, store, delivery, backfill = config.newsletter, config.store, config.delivery, config.backfill
    if not newsletter.is_twir and newsletter.site == NewsletterConfig().site:
        yield ("newsletter", "site"), f"is required: {newsletter.site} is This Week in Rust's"
    if store.password is not None and not store.serves_several_machines:
        yield ("store", "password"), "only a PostgreSQL server asks for a password"
    if store.takeover < SHORTEST_TAKEOVER:
        yield ("store", "takeover"), f"must be at least {SHORTEST_TAKEOVER.total_seconds():.0f}s"
    if config.gate.largest_step < 1:
        yield ("gate", "largest_step"), "must be at least 1"
    if delivery.longest_retry < delivery.first_retry:
        yield ("delivery", "longest_retry"), "cannot be shorter than first_retry"
    if config.digest.links < 0:
        yield ("digest", "links"), "cannot be less than 0"
    for option in ("repository", "token"):
        if backfill.mode == "pull-request" and getattr(backfill, option) is None:
            yield ("backfill", option), 'is required for mode = "pull-request"'
    looking = ((("accounts", account.name), account.look_after) for account in config.accounts)
    for location, look_after in ((("delivery",), delivery.look_after), *looking):
        if look_after == ():
            yield (*location, "look_after"), 'expected at least one duration, such as ["30s", "2m", "10m"]'


def parse_problem(location: KeyPath, text: str, read: Callable[[str], object]) -> Iterator[Problem]:
    """Yield why a text cannot be read by `read`, if it cannot."""
    try:
        read(text)
    except ValueError as error:
        yield location, str(error)


# ── Secrets ──────────────────────────────────────────────────────────────────────────────────────────


def credential_problems(
    location: KeyPath, account: AccountConfig, *, reads_secrets: bool
) -> tuple[list[Problem], bool]:
    """Return what an account lacks, and whether its posts can be read. A manual one may lack everything.

    `reads_secrets`: whether to check that its secrets exist. An account with an option of `readable_with` counts as
    readable: where that secret is missing, a look says so.
    """
    settings, problems, readable = account.settings, list[Problem](), True
    for option in getattr(settings, "required", ()):
        if getattr(settings, option) is None:
            readable = False
            if account.mode == "auto":
                problems.append(((*location, option), _required_message(settings, option)))
    for secret_location, problem in missing_secrets(location, settings) if reads_secrets else ():
        readable = False
        if account.mode == "auto" or isinstance(problem, str):
            problems.append((secret_location, problem))
    for option in getattr(settings, "readable_with", ()):
        if getattr(settings, option) is not None:
            readable = True
            if account.mode == "auto":
                sentence = 'is only read and posts nothing: set mode = "manual" beside it, or remove it'
                problems.append(((*location, option), sentence))
    return problems, readable


def duplicate_accounts(accounts: Iterable[AccountConfig], *, reads_secrets: bool) -> Iterator[Problem]:
    """Yield accounts that are the same account on their platform: each issue would be posted there twice."""
    names: dict[tuple[str, ...], str] = {}
    for account in accounts:
        options = (*getattr(account.settings, "required", ()), *getattr(account.settings, "distinct_by", ()))
        values = [getattr(account.settings, option) for option in options]
        if not values or None in values:
            continue  # a manual account without credentials cannot be told from another
        address = str(getattr(account.settings, "api_base_url", "")).rstrip("/").lower()
        identity = (
            account.platform,
            address,
            *(_identity(value, reads_secrets=reads_secrets) for value in values),
        )
        if (other := names.setdefault(identity, account.name)) != account.name:
            yield (
                ("accounts", account.name),
                f'this is the account of "{other}" once more, and every issue would be posted there twice; '
                "remove one of them",
            )


def _identity(value: object, *, reads_secrets: bool) -> str:
    if reads_secrets and isinstance(value, Secret):
        with suppress(SecretError):
            return value.reveal()
    return str(value).casefold()


def _required_message(settings: Any, option: str) -> str:
    form = f": {FORMS}" if is_secret(settings, option) else ""
    return f'is required{form}; without it the account can only have mode = "manual"'


def missing_secrets(location: KeyPath, table: Any) -> Iterator[Problem]:
    """Yield each secret of a table that cannot be used: the secret itself where it is missing, else a sentence."""
    for option in fields(table):
        for secret in secrets_in(getattr(table, option.name)):
            try:
                secret.reveal()
            except MissingSecretError:
                yield (*location, option.name), secret
            except SecretError as error:
                yield (*location, option.name), str(error)
