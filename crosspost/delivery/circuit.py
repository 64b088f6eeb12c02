"""An account without credit is left alone for a while, with all that is due there: asking again costs, or annoys.

It is in the store's memory, so that it outlives a restart and holds for every process.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from crosspost.model import Delivery

if TYPE_CHECKING:
    from crosspost.store import Store

PAUSE = timedelta(hours=1)
"""How long, unless a person says `retry`."""

SCOPE = "circuit"


def break_open(store: Store, row: Delivery, now: datetime) -> None:
    """Leave the row's account alone from now on."""
    store.remember(SCOPE, _name(row), (now + PAUSE).isoformat())


def open_until(store: Store, row: Delivery, now: datetime) -> datetime | None:
    """Until when the row's account is left alone; None: it is not."""
    kept = store.recall(SCOPE, _name(row))
    until = datetime.fromisoformat(kept) if kept else None
    # Further away than the pause is long: it was written before the clock was set back.
    return until if until and now < until <= now + PAUSE else None


def close(store: Store, row: Delivery) -> None:
    """A person has seen to it."""
    store.forget(SCOPE, _name(row))


def _name(row: Delivery) -> str:
    return f"{row.newsletter}/{row.account}"
