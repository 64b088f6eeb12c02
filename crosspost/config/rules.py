"""Check what must hold in a configuration beyond the types of its options: one function for each table.

Which options need others, which addresses secrets may be sent to, which secrets exist. Each yields its problems
with their places, and reads nothing but the secrets themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any, get_type_hints
from urllib.parse import urlsplit

from crosspost.config import weektime
from crosspost.config.schema import (
    NEVER,
    AccountConfig,
    AlertsConfig,
    BackfillConfig,
    ChannelConfig,
    Config,
    DeliveryConfig,
    GateConfig,
    NewsletterConfig,
    SourceConfig,
    WebConfig,
)
from crosspost.config.secrets import FORMS, MissingSecretError, Secret, SecretError, secrets_in
from crosspost.config.toml import Place
from crosspost.config.types import listening


@dataclass(frozen=True, slots=True)
class Missing:
    """A secret that is not there; several are told in one sentence."""

    secret: Secret
    sentence: str


Problem = tuple[Place, str | Missing]
"""The place, and a sentence."""

_NEEDS = {"git": ("url",), "directory": ("path",), "feed": ("url",)}


def named(sources: Iterable[SourceConfig]) -> Iterator[SourceConfig]:
    """Yield each source with a name: its own, or its kind's, numbered from the second one of that kind."""
    count: dict[str, int] = {}
    for source in sources:
        count[source.kind] = count.get(source.kind, 0) + 1
        usual = source.kind if count[source.kind] == 1 else f"{source.kind}-{count[source.kind]}"
        yield source if source.name else replace(source, name=usual)


def source_problems(place: Place, source: SourceConfig) -> Iterator[Problem]:
    for option in _NEEDS[source.kind]:
        if not getattr(source, option):
            yield (*place, option), f'is required for a source of kind "{source.kind}"'
    if source.kind == "feed":
        yield from address_problems(place, source, ("url",), plain_http=True)
    elif source.url and _carries_password(source.url):
        yield (*place, "url"), "a secret does not belong here; name it beside the address: token = { … }"
    elif source.kind == "git" and source.url and not _is_git_address(source.url):
        yield (
            (*place, "url"),
            "git takes https://, ssh:// or user@host:path, git://, file:// or a path from / on",
        )
    yield from _git_access(place, source)
    if source.every.total_seconds() <= 0:
        yield (*place, "every"), "must be greater than zero"
    if source.every_in_window is not None:
        if source.every_in_window.total_seconds() <= 0:
            yield (*place, "every_in_window"), "must be greater than zero"
        if source.window is None:
            yield (*place, "every_in_window"), 'needs `window` beside it, such as "Wed 20:00 - Thu 08:00"'
    yield from _readable((*place, "window"), source.window, weektime.window)


_OVER_SSH, _OVER_HTTPS = (("ssh",), "ssh:// or user@host:"), (("https", "http"), "https://")


def _git_access(place: Place, source: SourceConfig) -> Iterator[Problem]:
    """Yield what gives git a right that it could not use at this address."""
    for option, (transports, begins) in (
        ("ssh_key", _OVER_SSH),
        ("known_hosts", _OVER_SSH),
        ("token", _OVER_HTTPS),
    ):
        if getattr(source, option) and source.kind != "git":
            yield (*place, option), f'a source of kind "{source.kind}" has none'
        elif getattr(source, option) and source.url and _transport(source.url) not in transports:
            yield (*place, option), f"is for an address that begins with {begins}"


def _transport(url: str) -> str:
    """Return how git reaches an address: "ssh", "https", "file" …; a path is a file, user@host:path is ssh."""
    scheme, separator, _ = url.partition("://")
    return scheme if separator else "file" if url.startswith("/") else "ssh"


_CHANNEL_NEEDS = {"feed": ("url",), "page": ("url",), "account": ("platform", "address")}


def channel_name(channel: ChannelConfig) -> str:
    """Return its own name, or else its host's or its account's."""
    with suppress(ValueError):
        return channel.name or channel.address or urlsplit(channel.url or "").hostname or channel.kind
    return channel.kind


def channel_problems(
    place: Place, channel: ChannelConfig, others: Iterable[ChannelConfig]
) -> Iterator[Problem]:
    needs = _CHANNEL_NEEDS[channel.kind]
    for option in ("url", "platform", "address"):
        if option in needs and not getattr(channel, option):
            yield (*place, option), f'is required for a channel of kind "{channel.kind}"'
        elif option not in needs and getattr(channel, option):
            yield (*place, option), f'a channel of kind "{channel.kind}" has none; it has: {", ".join(needs)}'
    without_query = replace(channel, url=channel.url and channel.url.partition("?")[0])  # it may have one
    yield from address_problems(place, without_query, ("url",), plain_http=True)
    if channel.alert_after.total_seconds() <= 0:
        yield (*place, "alert_after"), "must be greater than zero"
    name = channel_name(channel)
    if name in map(channel_name, others):
        yield (*place, "name"), f'another channel is called "{name}" too; give one of them a `name`'


SHORTEST_TAKEOVER = timedelta(seconds=3)
"""The watcher says six times as often that it is there."""


def contradictions(config: Config) -> Iterator[Problem]:
    if config.store.password is not None and not config.store.serves_several_machines:
        yield ("store", "password"), "only a PostgreSQL server asks for a password"
    if config.store.takeover < SHORTEST_TAKEOVER:
        yield ("store", "takeover"), f"must be at least {SHORTEST_TAKEOVER.total_seconds():.0f}s"
    yield from address_problems(("newsletter",), config.newsletter, ("site",), plain_http=True)
    if not config.newsletter.is_twir and config.newsletter.site == NewsletterConfig().site:
        yield ("newsletter", "site"), f"is required: {config.newsletter.site} is This Week in Rust's"
    yield from address_problems(("gate",), config.gate, ("page_base_url",), plain_http=True)
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
            yield (*place, "language"), 'expected a language tag such as "en" or "pt-BR"'
        if account.look_after == ():
            yield (*place, "look_after"), 'expected at least one duration, such as ["30s", "2m", "10m"]'


def _gate(gate: GateConfig) -> Iterator[Problem]:
    if gate.largest_step < 1:
        yield ("gate", "largest_step"), "must be at least 1"
    if gate.max_age.total_seconds() <= 0:
        yield ("gate", "max_age"), "must be greater than zero, or no issue is ever announced"
    yield from _readable(("gate", "closed"), gate.closed, weektime.window)


def _delivery(delivery: DeliveryConfig) -> Iterator[Problem]:
    for option in ("attempt_limit", "first_retry", "longest_retry", "give_up_after"):
        if getattr(delivery, option).total_seconds() <= 0:
            yield ("delivery", option), "must be greater than zero"
    if delivery.longest_retry < delivery.first_retry:
        yield ("delivery", "longest_retry"), "cannot be shorter than first_retry"
    if delivery.look_after == ():
        yield ("delivery", "look_after"), 'expected at least one duration, such as ["30s", "2m", "10m"]'


def _backfill(backfill: BackfillConfig) -> Iterator[Problem]:
    if backfill.mode == "pull-request":
        for option in ("repository", "token"):
            if getattr(backfill, option) is None:
                yield ("backfill", option), 'is required for mode = "pull-request"'
    if backfill.repository is not None and not re.fullmatch(r"[\w.-]+(/[\w.-]+)+", backfill.repository):
        yield ("backfill", "repository"), 'expected the forge\'s name for it: "owner/name"'
    yield from address_problems(("backfill",), backfill, ("api_base_url",))
    if not re.fullmatch(r"[^<>\n]*[^<>\s][^<>\n]*<[^<>\s]+>", backfill.author):
        yield ("backfill", "author"), 'expected "Name <address>"'
    try:
        backfill.message.format(number=1)
    except (LookupError, ValueError, AttributeError):
        yield ("backfill", "message"), "only {number} is replaced; write other braces twice: {{ }}"


def _web(web: WebConfig) -> Iterator[Problem]:
    yield from _readable(("web", "listen"), web.listen, listening)
    for name in web.hosts:
        if not re.fullmatch(r"[A-Za-z0-9_.-]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*", name):
            yield ("web", "hosts"), 'expected names without https:// and port, such as "status.example.org"'


def _alerts(alerts: AlertsConfig) -> Iterator[Problem]:
    if alerts.no_issue_by != NEVER:
        yield from _readable(("alerts", "no_issue_by"), alerts.no_issue_by, weektime.moment)
    yield from _readable(("alerts", "check_before"), alerts.check_before, weektime.moment)


def _readable(place: Place, text: str | None, read: Callable[[str], object]) -> Iterator[Problem]:
    try:
        if text is not None:
            read(text)
    except ValueError as error:
        yield place, str(error)


def address_problems(
    place: Place, table: object, options: Iterable[str], *, plain_http: bool = False
) -> Iterator[Problem]:
    """Yield problems with the addresses among the options; one over which secrets are sent must be https."""
    for option in options:
        url = getattr(table, option, None)
        if url is not None and (problem := _address_problem(url, plain_http=plain_http)):
            yield (*place, option), problem


def _address_problem(url: str, *, plain_http: bool) -> str | None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "not an address; it must begin with https://"
    if parts.scheme not in ("http", "https") or not host or re.search(r"\s", url):
        return "expected a full address, such as https://example.org"
    if _carries_password(url):
        return "a secret does not belong here; remove the name and password from the address"
    if parts.query or parts.fragment:
        return "an address ends before ? and #; remove the rest"
    if parts.scheme == "http" and not plain_http and not _is_loopback(host):
        return "secrets are sent here, so it must be https:// (http:// is for 127.0.0.1 only)"
    return None


def _is_loopback(host: str) -> bool:
    return (
        host in ("localhost", "::1")
        or host.endswith(".localhost")
        or bool(re.fullmatch(r"127(\.\d+){3}", host))
    )


def _carries_password(url: str) -> bool:
    """Return whether a name or password is part of a web address: many forges take a token for the name."""
    try:
        parts = urlsplit(url)
        return bool(parts.password) or (parts.scheme in ("http", "https") and bool(parts.username))
    except ValueError:
        return False


_SCP_LIKE = re.compile(r"(?:[\w.][\w.-]*@)?(?:[A-Za-z0-9][\w.-]*|\[[0-9A-Fa-f:.]+\]):(?!:)\S+")


def _is_git_address(url: str) -> bool:
    """Return whether git reaches it without a helper: `ext::` and `fd::` would run what the address says."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if "://" not in url:
        return url.startswith("/") or _SCP_LIKE.fullmatch(url) is not None
    if parts.scheme == "file":
        return True
    if not host or host.startswith("-") or (parts.username or "").startswith("-"):
        return False  # ssh would take "-oProxyCommand=…" for an option
    return parts.scheme in ("https", "ssh", "git") or (parts.scheme == "http" and _is_loopback(host))


# ── Secrets ──────────────────────────────────────────────────────────────────────────────────────────


def credential_problems(
    place: Place, account: AccountConfig, *, written: Iterable[str], look: bool
) -> tuple[list[Problem], bool]:
    """Return what an account lacks, and whether it can be read. A manual one may lack everything.

    One that is read by something else (`read_by`) counts as readable while that is named: where it is missing, the look
    says so.
    """
    problems: list[Problem] = []
    readable = True
    written = set(written)
    for option in getattr(account.settings, "required", ()):
        if getattr(account.settings, option) is None:
            readable = False
            if account.mode == "auto" and option not in written:
                problems.append(((*place, option), _needed(account, option)))
    for option, secret in _secrets(account.settings) if look else ():
        if (wrong := _unusable(secret)) is not None:
            readable = False
            if account.mode == "auto" or not isinstance(wrong, Missing):
                problems.append(((*place, option), wrong))
    for option in getattr(account.settings, "read_by", ()):
        if getattr(account.settings, option) is not None:
            readable = True
            if account.mode == "auto":
                sentence = 'is only read and posts nothing: set mode = "manual" beside it, or remove it'
                problems.append(((*place, option), sentence))
    return problems, readable


def doubles(accounts: Iterable[AccountConfig], *, look: bool) -> Iterator[Problem]:
    """Yield accounts that are the same account on their platform: each issue would be posted there twice."""
    found: dict[tuple[str, ...], str] = {}
    for account in accounts:
        options = (*getattr(account.settings, "required", ()), *getattr(account.settings, "place", ()))
        values = [getattr(account.settings, option) for option in options]
        if not values or None in values:
            continue  # a manual account without credentials cannot be told from another
        address = str(getattr(account.settings, "api_base_url", "")).rstrip("/").lower()
        same = (account.platform, address, *(_identity(value, look=look) for value in values))
        if (other := found.setdefault(same, account.name)) != account.name:
            yield (
                ("accounts", account.name),
                f'this is the account of "{other}" once more, and every issue would be posted there twice; '
                "remove one of them",
            )


def _identity(value: object, *, look: bool) -> str:
    if look and isinstance(value, Secret):
        with suppress(SecretError):
            return value.reveal()
    return str(value).casefold()


def _needed(account: AccountConfig, option: str) -> str:
    is_secret = "Secret" in str(get_type_hints(type(account.settings)).get(option))
    form = f": {FORMS}" if is_secret else ""
    return f'is required{form}; without it the account can only have mode = "manual"'


def _secrets(table: Any) -> Iterator[tuple[str, Secret]]:
    for option in fields(table):
        yield from ((option.name, secret) for secret in secrets_in(getattr(table, option.name)))


def absent_secrets(place: Place, table: object) -> Iterator[Problem]:
    for option, secret in _secrets(table):
        if (wrong := _unusable(secret)) is not None:
            yield (*place, option), wrong


def _unusable(secret: Secret) -> str | Missing | None:
    """Return why a secret cannot be used; None: it can."""
    try:
        secret.reveal()
    except MissingSecretError as error:
        return Missing(secret, str(error))
    except SecretError as error:
        return str(error)
    return None
