"""What each account's instance says of its own limits, remembered in the store between two questions.

An instance is asked again once a day, and when the account has moved to another one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crosspost.config.schema import AccountConfig
    from crosspost.store import Store

SCOPE = "limits"
GOOD_FOR = timedelta(days=1)

Limits = Mapping[str, int]
"""As `Platform.limits` gives them and `Form.with_limits` takes them."""


def place_of(account: AccountConfig) -> str:
    """Return the instance that an account is on, by its address."""
    return str(getattr(account.settings, "api_base_url", "")).rstrip("/")


def known(store: Store, account: str, place: str) -> Limits:
    """Return what `place` said when it was last asked; empty when that is not known, or was another place's word."""
    kept = _kept(store, account)
    limits = kept.get("limits")
    if kept.get("place") != place or not isinstance(limits, dict):
        return {}
    return {name: number for name, number in limits.items() if isinstance(number, int)}


def are_fresh(store: Store, account: str, place: str, now: datetime) -> bool:
    """Whether `place` was asked within a day. A time in the future, from a clock that ran ahead, is not fresh."""
    if not known(store, account, place):
        return False
    try:
        asked = datetime.fromisoformat(str(_kept(store, account).get("asked")))
        return timedelta(0) <= now - asked < GOOD_FOR
    except (ValueError, TypeError):
        return False


def keep(store: Store, account: str, place: str, limits: Limits, now: datetime) -> None:
    """Remember them."""
    kept = {"place": place, "asked": now.isoformat(), "limits": dict(limits)}
    store.remember(SCOPE, account, json.dumps(kept))


def _kept(store: Store, account: str) -> Mapping[str, Any]:
    try:
        kept = json.loads(store.recall(SCOPE, account) or "{}")
    except ValueError:
        return {}
    return kept if isinstance(kept, dict) else {}
