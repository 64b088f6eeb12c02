"""Cached values of an account, stored for every process: the limits of its instance, and its adapter's state.

The limits are read again once a day, and when the account has another instance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from crosspost.store.scopes import Scope

if TYPE_CHECKING:
    from crosspost.config.schema import AccountConfig
    from crosspost.store import Store

MAX_AGE = timedelta(days=1)

Limits = Mapping[str, int]
"""Limits by name, as `Platform.limits` returns them and `Form.with_limits` takes them."""


@dataclass(frozen=True, slots=True)
class CachedLimits:
    """The limits of an instance, as it gave them last."""

    place: str
    """The address of the instance."""
    asked: datetime
    limits: Limits


LIMITS = Scope("limits", CachedLimits)
"""The limits, by newsletter and account."""
NOTES = Scope("notes", str)


def _key(store: Store, account: AccountConfig) -> str:
    return f"{store.newsletter}/{account.name}"


def _instance_of(account: AccountConfig) -> str:
    return str(getattr(account.settings, "api_base_url", "")).rstrip("/")


def cached_limits(store: Store, account: AccountConfig) -> CachedLimits | None:
    """Return the limits of the account's instance as they were read last; None when they are not known."""
    cached = store.get_value(LIMITS, _key(store, account))
    return cached if cached is not None and cached.place == _instance_of(account) else None


def is_fresh(store: Store, account: AccountConfig, now: datetime) -> bool:
    """Return whether the limits are less than a day old. A time in the future, from a clock that ran ahead, is not."""
    cached = cached_limits(store, account)
    return cached is not None and timedelta(0) <= now - cached.asked < MAX_AGE


def save_limits(store: Store, account: AccountConfig, limits: Limits, now: datetime) -> None:
    """Store the limits with the time at which they were read."""
    store.set_value(LIMITS, _key(store, account), CachedLimits(_instance_of(account), now, limits))


@dataclass(frozen=True, slots=True)
class StoredState:
    """Implements `platforms.StateStore` in the store. Raises StoreError where that cannot be used."""

    store: Store

    def read(self, key: str) -> str | None:
        return self.store.get_value(NOTES, key)

    def write(self, key: str, text: str, *, expected: str | None) -> bool:
        return self.store.compare_and_set(NOTES, key, text, expected=expected)
