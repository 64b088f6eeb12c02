"""A platform that asks for more time than there is: kept until it says something else, so that a person hears of it.

In the store's memory, like the circuit: it outlives a restart and holds for every process.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from crosspost.model import Delivery

if TYPE_CHECKING:
    from crosspost.store import Store

SCOPE = "asked"


def note(store: Store, row: Delivery, until: datetime | None) -> None:
    """The platform asks to come back at `until`, after the row is given up; None: it no longer does."""
    if until is not None:
        store.remember(SCOPE, _name(row), until.isoformat())
    elif store.recall(SCOPE, _name(row)) is not None:
        store.forget(SCOPE, _name(row))


def too_late(store: Store, row: Delivery) -> datetime | None:
    """When the platform asks to come back, if that is after the row is given up."""
    kept = store.recall(SCOPE, _name(row))
    return datetime.fromisoformat(kept) if kept else None


def _name(row: Delivery) -> str:
    return f"{row.newsletter}/{row.number}/{row.account}"
