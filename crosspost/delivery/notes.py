"""What a connected account remembers from one connection to the next: in the store, for every process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosspost.store.scopes import Scope, text

if TYPE_CHECKING:
    from crosspost.store import Store

NOTES = Scope("notes", text)


@dataclass(frozen=True, slots=True)
class KeptNotes:
    """Keeps an account's notes (`platforms.Notes`). Raises StoreError where the store cannot be used."""

    store: Store

    def read(self, key: str) -> str | None:
        return self.store.recall(NOTES, key)

    def write(self, key: str, note: str, *, was: str | None) -> bool:
        return self.store.remember_if(NOTES, key, note, was=was)
