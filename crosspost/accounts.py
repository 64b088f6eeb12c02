"""The accounts and channels of the configuration, as delivery, composing and watching need them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from crosspost import platforms
from crosspost.config import extras
from crosspost.config.schema import AccountConfig, BackfillConfig, ChannelConfig, Config, StoreConfig
from crosspost.delivery.account import Account
from crosspost.errors import UsageError
from crosspost.model import Image, Post

if TYPE_CHECKING:
    from crosspost.compose import Target
    from crosspost.platforms import Platform
    from crosspost.watch.channels import Channel


def target_of(account: AccountConfig, limits: Mapping[str, int]) -> Target:
    """Return what the posts of an account are composed for. `limits`: those of its instance, as last read."""
    from crosspost.compose import Target

    return Target(
        account=account.name,
        form=platforms.form_of(account.platform).with_limits(limits),
        language=account.language,
        template=account.template,
        card=account.card,
        options={name: getattr(account.settings, name) for name in account.settings.text_options},
    )


def account_of(
    account: AccountConfig, look_after: tuple[timedelta, ...], connect: Callable[[], Platform]
) -> Account:
    """Return an account as the delivery needs it. `connect` is called when it is first needed."""
    return Account(
        name=account.name,
        platform=account.platform,
        mode=account.mode,
        look_after=look_after,
        connect=connect if account.has_credentials else None,
        image=_picture if account.card else lambda _post: None,
        settings=account.settings,
        window=platforms.settings_of(account.platform).rate_limit_window,
    )


def missing_account_extras(account: AccountConfig) -> Iterator[str]:
    """Yield a message for each optional dependency that an account needs and that is not installed."""
    extra, module = account.settings.extra
    if extra and account.has_credentials and not extras.is_installed(extra, module):
        yield extras.install_hint(f"[accounts.{account.name}]", extra)
    if account.card and not extras.is_installed("card"):
        yield extras.install_hint(f"[accounts.{account.name}] card = true", "card")


def with_defaults(config: Config) -> Config:
    """Return the configuration with the defaults filled in that depend on another table or on a platform."""
    newsletter = config.newsletter
    return replace(
        config,
        newsletter=replace(newsletter, page=newsletter.page_pattern, grammar=newsletter.sections),
        accounts=tuple(
            replace(account, look_after=platforms.look_after(account, config.delivery))
            for account in config.accounts
        ),
    )


def default_config() -> tuple[Config, tuple[str, ...]]:
    """Return the configuration for commands that need no file: an account for each platform, and no database.

    Also a message for each platform whose folder cannot be used.
    """
    accounts, problems = [], []
    for name in platforms.names():
        try:
            platforms.form_of(name)
            settings = platforms.settings_of(name)()
            accounts.append(AccountConfig(name, name, settings, has_credentials=False))
        except UsageError as error:
            problems.append(f"no post for {name}: {error}")
    config = Config(store=StoreConfig(url=""), backfill=BackfillConfig(author=""), accounts=tuple(accounts))
    return config, tuple(problems)


def channel_of(config: ChannelConfig) -> Channel:
    """Return a configured channel, with its address and the function that reads the answer."""
    from crosspost.watch.channels import Channel, read_feed, read_page

    if config.kind == "account":
        url, read = platforms.public(config.platform or "", config.address or "")
    else:
        url, read = config.url or "", read_feed if config.kind == "feed" else read_page
    return Channel(config.name, url, read)


def _picture(post: Post) -> Image | None:
    from crosspost.compose.card import draw_post_picture

    return draw_post_picture(post)
