"""What the other channels showed at the last look: the table channel."""

from __future__ import annotations

from dataclasses import asdict

import sqlalchemy as sa

from crosspost.model import ChannelState
from crosspost.store import tables
from crosspost.store.database import Database

CHANNEL = tables.channel.c


class ChannelRows(Database):
    """The table channel."""

    def channels(self) -> list[ChannelState]:
        """Return what is known of each channel that was ever looked at, by its name."""
        kept = [column for column in CHANNEL if column.name != "newsletter"]
        query = sa.select(*kept).where(CHANNEL.newsletter == self.newsletter).order_by(CHANNEL.name)
        return self._rows(query, lambda row: ChannelState(**row))

    def keep_channel(self, state: ChannelState) -> None:
        """Keep what a look showed."""
        values = {**asdict(state), "reason": self._clean(state.reason)}
        key = {"newsletter": self.newsletter, "name": values.pop("name")}
        with self._writing() as connection:
            self._keep(connection, tables.channel, key, values)
