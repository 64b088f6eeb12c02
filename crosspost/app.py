"""The one place that builds things: configuration → store, sources, accounts, clock.

Everything with a connection is opened here and closed by `App.close()`. What costs time to import (platform
libraries, the database) is imported when it is first used, so that `crosspost preview` stays quick.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from crosspost import platforms
from crosspost.accounts import account_of, channel_of, default_config, missing_account_extras, target_of
from crosspost.config import extras, load, secret_variables, secrets_of
from crosspost.config.schema import AccountConfig, Config, SourceConfig
from crosspost.config.secrets import secret_values
from crosspost.delivery.account import Account
from crosspost.delivery.account_cache import StoredState, cached_limits
from crosspost.delivery.spending import spending_of
from crosspost.delivery.timing import for_several_machines
from crosspost.errors import ConfigError, StoreError, UsageError
from crosspost.log.redaction import Redaction
from crosspost.model import ChannelState, Clock, Delivery, FindingKind, Hold, Issue, Spending, utcnow
from crosspost.platforms._redacted import ReadOnlyPlatform, RedactedPlatform
from crosspost.store import open_in_memory, open_store
from crosspost.watch import gate
from crosspost.watch._download import Downloader
from crosspost.watch.gate import Wait
from crosspost.watch.sources import Source

if TYPE_CHECKING:
    from crosspost.compose import Target
    from crosspost.platforms import Platform
    from crosspost.status import Status
    from crosspost.store import Store
    from crosspost.watch.channels import Channel
    from crosspost.watch.lease import Lease


def load_config(path: Path, *, secrets: bool) -> Config:
    """Return the configuration file, checked as a whole; `secrets=False` for commands that send nothing."""
    config = load(path, platforms.settings_of, secrets=secrets)
    problems = []
    for index, channel in enumerate(config.channels, 1):
        try:
            channel_of(channel)
        except UsageError as error:  # it names an account that cannot be read
            problems.append(f"{path.name}: channels.{index}: {error}")
    if problems:
        raise ConfigError(str(path), problems)
    return config


class App:
    """The configuration and everything it names, opened when first used. A context manager."""

    def __init__(
        self,
        config: Config,
        clock: Clock = utcnow,
        *,
        read_only: bool = False,
        redaction: Redaction | None = None,
    ) -> None:
        """Open nothing yet. `read_only`: neither create nor upgrade the database. `redaction`: the log's."""
        self.config = config.in_shadow() if config.delivery.shadow else config
        self.clock = clock
        self.redaction = redaction or redaction_for(config)
        self._read_only = read_only
        self.newsletter = config.newsletter.name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what was opened."""
        opened = self.__dict__
        for source in opened.get("sources", ()):
            source.close()
        if "store" in opened:
            self.store.close()

    @cached_property
    def store(self) -> Store:
        """Return the database. Raises StoreError with a sentence when it cannot be used.

        A command that only reads opens it read-only; where there is none yet, it gets an empty one in memory.
        """
        if self._read_only and not self.has_store:
            return open_in_memory(self.newsletter, self.clock)
        return open_store(
            self.config.store.address(),
            self.newsletter,
            self.clock,
            create=not self._read_only,
            redaction=self.redaction,
        )

    @cached_property
    def lease(self) -> Lease:
        """Return the lease that decides which of several machines polls the sources."""
        from crosspost.watch.lease import Lease

        return Lease(self.store, self.config.store.takeover, self.clock)

    @cached_property
    def sources(self) -> Sequence[Source]:
        """Return the sources of issues, in the order of the configuration."""
        return self.open_sources(self.cache)

    def open_sources(self, cache: Path) -> Sequence[Source]:
        """Return the sources, with their clones in this folder. Makes no request."""
        return tuple(self._source(source, cache) for source in self.config.sources)

    def _source(self, config: SourceConfig, cache: Path) -> Source:
        name = config.name or config.kind
        if config.kind == "directory":
            from crosspost.watch.directory import DirectorySource

            assert config.path is not None  # noqa: S101 - config/rules.py has checked it
            return DirectorySource(name, config.path, config.folder, config.files)
        assert config.url is not None  # noqa: S101 - as above
        if config.kind == "feed":
            from crosspost.watch.feed import FeedSource

            return FeedSource(name, config.url, self.clock, config.files, untitled=self.newsletter)
        from crosspost.watch._access import Access
        from crosspost.watch.git import GitSource

        return GitSource(
            name,
            config.url,
            branch=config.branch,
            folder=config.folder,
            cache=cache,
            files=config.files,
            secret_variables=secret_variables(self.config),
            access=Access(config.url, config.ssh_key, config.known_hosts, config.token),
        )

    @cached_property
    def cache(self) -> Path:
        """Return the cache folder: beside the database, else where systemd or the user says."""
        if database := self.config.store.file:
            return database.parent
        folder = os.environ.get("STATE_DIRECTORY") or os.environ.get("XDG_CACHE_HOME")
        return Path(folder) if folder else Path.home() / ".cache" / "crosspost"

    @cached_property
    def accounts(self) -> Mapping[str, Account]:
        """Return the accounts as the delivery needs them; connecting one loads its platform's library."""
        return {
            account.name: account_of(account, self._look_after(account), partial(self._connect, account))
            for account in self.config.accounts
        }

    def _look_after(self, account: AccountConfig) -> tuple[timedelta, ...]:
        times = platforms.look_after(account, self.config.delivery)
        return for_several_machines(times) if self.config.store.serves_several_machines else times

    def discussion_account(self) -> Account:
        """Return the account on which issues are discussed; without one, an account that only validates addresses."""
        accounts = (account for account in self.accounts.values() if account.discussion)
        return next(accounts, None) or App(default_config()[0], self.clock).discussion_account()

    def _connect(self, account: AccountConfig) -> Platform:
        self.refresh_secrets()
        platform = account.settings.connect(self.clock, self.redaction.add_token)
        if platform.needs_state and self.has_store:
            with suppress(StoreError):  # a check that may not upgrade the database
                platform.use_state(StoredState(self.store))
        wrapper = ReadOnlyPlatform if self.config.delivery.shadow else RedactedPlatform
        return wrapper(platform, self.redaction)

    def refresh_secrets(self) -> None:
        """Add the current values of the secrets to the redaction: a file may have got a new token since."""
        self.redaction.add_secrets(secret_values(secrets_of(self.config)))

    def targets(self, names: Sequence[str] = ()) -> tuple[Target, ...]:
        """Return what posts are composed for: all accounts, or those named.

        Raises UsageError for a name that is none.
        """
        chosen = [self.config.account(name) for name in names] or self.config.accounts
        return tuple(target_of(each, self._limits(each)) for each in self.config.accounts if each in chosen)

    def _limits(self, account: AccountConfig) -> Mapping[str, int]:
        """Return the limits of the account's instance as last read; empty without a database."""
        with suppress(StoreError):
            if self.has_store and (cached := cached_limits(self.store, account)):
                return cached.limits
        return {}

    @property
    def has_store(self) -> bool:
        """Return whether there is a database already: a preview makes none."""
        if "store" in self.__dict__:
            return True
        database = self.config.store.file
        try:
            return database.is_file() if database else bool(self.config.store.url)
        except PermissionError:
            return True  # there is one, or may be, where this user cannot look

    def without_backfilled_findings(self, issue: Issue) -> Issue:
        """Return the issue without the finding that the hiring link is missing, where the backfill fills it in."""
        if not self.config.backfill.hiring:
            return issue
        findings = tuple(each for each in issue.findings if each.kind is not FindingKind.HIRING_PLACEHOLDER)
        return replace(issue, findings=findings)

    def page_problem(self, issue: Issue) -> str | None:
        """Return why the issue's page is not live; empty when it is, None when the gate does not ask."""
        from crosspost.watch.page import page_problem

        if not self.config.gate.page_live:
            return None
        address = issue.url
        site = self.config.newsletter.site.rstrip("/")
        if (base := self.config.gate.page_base_url) and address.startswith(f"{site}/"):
            address = base.rstrip("/") + address.removeprefix(site)
        return page_problem(self._page_downloader, address, issue.number, issue.title, issue.newsletter)

    @cached_property
    def _page_downloader(self) -> Downloader:
        """Return the downloader of issues' pages: what a channel's host asks for delays no issue."""
        return Downloader(self.clock)

    def hiring_thread(self) -> str | None:
        """Return the newest official hiring thread, from an account that can read it; None: not known."""
        for account in self.accounts.values():
            if not account.discussion or account.connect is None:
                continue
            with closing(account.connect()) as platform:
                if thread := platform.find_hiring_thread():
                    return thread
        return None

    def holds(self, issue: Issue) -> list[Hold]:
        """Return the holds and releases of an issue: by command, and by the comment in this text of it.

        The database's copy of the comment wins: an editor may have released the issue since.
        """
        holds = self.store.holds(issue.number) if self.has_store else []
        comment = gate.hold_in_comment(issue, self.clock())
        if comment is not None and all(each.wish != comment.wish for each in holds):
            holds.append(comment)
        return holds

    def check_hold(self, row: Delivery) -> Wait | None:
        """Return why a delivery may not go out now, whatever the platform says; None: it may."""
        if row.despite_hold:
            return None
        return gate.hold_wait(row.number, self.store.holds(row.number), self.config.gate, self.clock())

    @cached_property
    def channels(self) -> Sequence[Channel]:
        """Return the channels that are only watched."""
        return tuple(channel_of(channel) for channel in self.config.channels)

    def poll_channels(self) -> None:
        """Poll the channels that are due. Raises StoreError."""
        if self.config.channels:
            from crosspost.watch.channels import check_channels

            check_channels(self.channels, self.store, self.downloader, self.clock())

    @cached_property
    def downloader(self) -> Downloader:
        """Return the downloader of channels. It keeps the pauses that their hosts ask for."""
        return Downloader(self.clock)

    def status(self, number: int | None = None, *, newest: int | None = None) -> Status:
        """Return the state of one issue, or of the newest and every unsettled one; problems; spending; channels."""
        from crosspost.status import NEWEST, status

        stored = status(self.store, number, newest=newest or NEWEST)
        issues = tuple(
            replace(issue, deliveries=self._in_config_order(issue.deliveries)) for issue in stored.issues
        )
        return replace(stored, issues=issues, spending=self.spending(), channels=self.channel_states())

    def rows(self, number: int, accounts: Sequence[str] = ()) -> tuple[Delivery, ...]:
        """Return an issue's deliveries, all or those of the accounts named, in the configuration's order.

        Those of accounts that are no longer configured come last.
        """
        rows = self._in_config_order(self.store.deliveries(number))
        return tuple(row for row in rows if row.account in accounts) if accounts else rows

    def _in_config_order(self, rows: Sequence[Delivery]) -> tuple[Delivery, ...]:
        order = {account.name: index for index, account in enumerate(self.config.accounts)}
        return tuple(sorted(rows, key=lambda row: order.get(row.account, len(order))))

    def channel_states(self) -> tuple[ChannelState, ...]:
        """Return what is known of each configured channel."""
        stored = {state.name: state for state in self.store.channels()} if self.config.channels else {}
        return tuple(stored.get(each.name) or ChannelState(each.name) for each in self.config.channels)

    def spending(self) -> tuple[Spending, ...]:
        """Return what this month has cost on each account that is charged for its calls."""
        now = self.clock()
        return tuple(filter(None, (spending_of(self.store, each, now) for each in self.accounts.values())))

    def next_due(self, after: datetime | None = None) -> datetime | None:
        """Return the earliest time, later than `after`, at which a delivery or a link is due; None: there is none."""
        automatic = [name for name, each in self.accounts.items() if each.mode == "auto" or each.connect]
        return self.store.next_due(accounts=automatic, after=after)


def missing_extras(config: Config) -> Iterator[str]:
    """Yield a message for each optional dependency that the configuration needs and that is not installed."""
    if config.alerts.to and not extras.is_installed("alerts"):
        yield extras.install_hint("[alerts] to", "alerts")
    if config.web.listen and not extras.is_installed("metrics"):
        yield extras.install_hint("[web] /metrics", "metrics")
    for account in config.accounts:
        yield from missing_account_extras(account)


def redaction_for(config: Config) -> Redaction:
    """Return what hides every secret that the configuration names, and the session tokens that adapters add."""
    return Redaction(secret_values(secrets_of(config)))
