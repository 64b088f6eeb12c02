"""Cached values of an account, kept in the store for every process.

Its instance's own limits: read again once a day, and when the account has another instance. And its adapter's notes.
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
"""As `Platform.limits` gives them and `Form.with_limits` takes them."""


@dataclass(frozen=True, slots=True)
class CachedLimits:
    """The limits of an instance, as it gave them last."""

    place: str
    """Its address."""
    asked: datetime
    limits: Limits


LIMITS = Scope("limits", CachedLimits)
"""By newsletter and account."""
NOTES = Scope("notes", str)


def _cached(store: Store, account: AccountConfig) -> CachedLimits | None:
    said = store.get_value(LIMITS, f"{store.newsletter}/{account.name}")
    return said if said is not None and said.place == _instance_of(account) else None


def _instance_of(account: AccountConfig) -> str:
    return str(getattr(account.settings, "api_base_url", "")).rstrip("/")


def limits(store: Store, account: AccountConfig) -> Limits:
    """Return the limits of the account's instance; empty when they are not known."""
    said = _cached(store, account)
    return said.limits if said else {}


def is_fresh(store: Store, account: AccountConfig, now: datetime) -> bool:
    """Return whether the limits are less than a day old. A time in the future, from a clock that ran ahead, is not."""
    said = _cached(store, account)
    return said is not None and timedelta(0) <= now - said.asked < MAX_AGE


def keep_limits(store: Store, account: AccountConfig, limits: Limits, now: datetime) -> None:
    """Store the limits with the time at which they were read."""
    store.set_value(
        LIMITS, f"{store.newsletter}/{account.name}", CachedLimits(_instance_of(account), now, limits)
    )


@dataclass(frozen=True, slots=True)
class StoredState:
    """Implements `platforms.Notes` in the store. Raises StoreError where that cannot be used."""

    store: Store

    def read(self, key: str) -> str | None:
        return self.store.get_value(NOTES, key)

    def write(self, key: str, note: str, *, was: str | None) -> bool:
        return self.store.compare_and_set(NOTES, key, note, expected=was)
