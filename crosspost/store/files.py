"""What the sources showed at the last look: which newsletters were ever looked at, and which files there were."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

import sqlalchemy as sa

from crosspost.store import tables
from crosspost.store.database import Database
from crosspost.store.values import SeenFile


class FileRows(Database):
    """The tables newsletter and file."""

    def baseline_taken(self) -> bool:
        with self._reading() as connection:
            found = connection.execute(
                sa.select(tables.newsletter.c.newsletter).where(
                    tables.newsletter.c.newsletter == self.newsletter
                )
            )
            return found.first() is not None

    def files(self, source: str) -> dict[str, SeenFile]:
        """path → the file as it was at the last look."""
        file = tables.file.c
        query = sa.select(file.path, file.fingerprint, file.number).where(
            file.newsletter == self.newsletter, file.source == source
        )
        with self._reading() as connection:
            return {
                row.path: SeenFile(row.path, row.fingerprint, row.number) for row in connection.execute(query)
            }

    def remember_files(self, source: str, seen: Iterable[SeenFile], gone: Iterable[str] = ()) -> None:
        file = tables.file.c
        with self._writing() as connection:
            for path in gone:
                connection.execute(
                    sa.delete(tables.file).where(
                        file.newsletter == self.newsletter, file.source == source, file.path == path
                    )
                )
            for each in seen:
                insert = self._insert(tables.file).values(
                    newsletter=self.newsletter, source=source, **asdict(each)
                )
                connection.execute(
                    insert.on_conflict_do_update(
                        index_elements=["newsletter", "source", "path"],
                        set_={"fingerprint": each.fingerprint, "number": each.number},
                    )
                )
