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
        with self._reading() as connection:
            return [ChannelState(**row) for row in connection.execute(query).mappings()]

    def keep_channel(self, state: ChannelState) -> None:
        """Keep what a look showed."""
        values = {**asdict(state), "reason": self._clean(state.reason)}
        with self._writing() as connection:
            connection.execute(
                self._insert(tables.channel)
                .values(newsletter=self.newsletter, **values)
                .on_conflict_do_update(index_elements=["newsletter", "name"], set_=values)
            )
