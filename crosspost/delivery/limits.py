"""What each account's instance says of its own limits, remembered in the store between two questions.

An instance is asked again once a day, and when the account has moved to another one.
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


KEPT = Scope("limits", _said)
"""By newsletter and account."""


def _key(store: Store, account: str) -> str:
    return f"{store.newsletter}/{account}"


def place_of(account: AccountConfig) -> str:
    """Return the instance that an account is on, by its address."""
    return str(getattr(account.settings, "api_base_url", "")).rstrip("/")


def known(store: Store, account: str, place: str) -> Limits:
    """Return what `place` said when it was last asked; empty when that is not known, or was another place's word."""
    said = store.recall(KEPT, _key(store, account))
    return said.limits if said and said.place == place else {}


def are_fresh(store: Store, account: str, place: str, now: datetime) -> bool:
    """Whether `place` was asked within a day. A time in the future, from a clock that ran ahead, is not fresh."""
    said = store.recall(KEPT, _key(store, account))
    return said is not None and said.place == place and timedelta(0) <= now - said.asked < GOOD_FOR


def keep(store: Store, account: str, place: str, limits: Limits, now: datetime) -> None:
    """Remember them."""
    store.remember(KEPT, _key(store, account), Said(place, now, limits))
