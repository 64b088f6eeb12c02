"""What is remembered of an account from one connection to the next, in the store, for every process.

The limits that its instance named: asked for again once a day, and when the account has moved to another one. And the
notes of its adapter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from crosspost.store.scopes import Scope, text

if TYPE_CHECKING:
    from crosspost.config.schema import AccountConfig
    from crosspost.store import Store

GOOD_FOR = timedelta(days=1)

Limits = Mapping[str, int]
"""As `Platform.limits` gives them and `Form.with_limits` takes them."""


@dataclass(frozen=True, slots=True)
class Said:
    """What an instance said when it was last asked."""

    place: str
    """Its address."""
    asked: datetime
    limits: Limits


def _said(row: Mapping[str, Any]) -> Said:
    limits = {text(name): int(number) for name, number in row["limits"].items()}
    return Said(text(row["place"]), datetime.fromisoformat(row["asked"]), limits)


LIMITS = Scope("limits", _said)
"""By newsletter and account."""
NOTES = Scope("notes", text)


def _last_said(store: Store, account: AccountConfig) -> Said | None:
    said = store.recall(LIMITS, f"{store.newsletter}/{account.name}")
    return said if said is not None and said.place == _place_of(account) else None


def _place_of(account: AccountConfig) -> str:
    return str(getattr(account.settings, "api_base_url", "")).rstrip("/")


def limits(store: Store, account: AccountConfig) -> Limits:
    """Return what the account's instance said when it was last asked; empty when that is not known."""
    said = _last_said(store, account)
    return said.limits if said else {}


def are_fresh(store: Store, account: AccountConfig, now: datetime) -> bool:
    """Whether the instance was asked within a day. A time in the future, from a clock that ran ahead, is not fresh."""
    said = _last_said(store, account)
    return said is not None and timedelta(0) <= now - said.asked < GOOD_FOR


def keep_limits(store: Store, account: AccountConfig, limits: Limits, now: datetime) -> None:
    """Remember them."""
    store.remember(LIMITS, f"{store.newsletter}/{account.name}", Said(_place_of(account), now, limits))


@dataclass(frozen=True, slots=True)
class KeptNotes:
    """Keeps an account's notes (`platforms.Notes`). Raises StoreError where the store cannot be used."""

    store: Store

    def read(self, key: str) -> str | None:
        return self.store.recall(NOTES, key)

    def write(self, key: str, note: str, *, was: str | None) -> bool:
        return self.store.remember_if(NOTES, key, note, was=was)
