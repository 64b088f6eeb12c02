"""What the sources showed at the last look: which newsletters were ever looked at, and which files there were."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from crosspost.store import tables
from crosspost.store.database import Database
from crosspost.store.values import SeenFile


class FileRows(Database):
    """The tables newsletter and file."""

    def baseline_taken(self) -> bool:
        name = tables.newsletter.c.newsletter
        return bool(self._rows(sa.select(name).where(name == self.newsletter), bool))

    def files(self, source: str) -> dict[str, SeenFile]:
        """path → the file as it was at the last look."""
        file = tables.file.c
        query = sa.select(file.path, file.fingerprint, file.number).where(
            file.newsletter == self.newsletter, file.source == source
        )
        return {seen.path: seen for seen in self._rows(query, lambda row: SeenFile(**row))}

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
                key = {"newsletter": self.newsletter, "source": source, "path": each.path}
                values = {"fingerprint": each.fingerprint, "number": each.number}
                self._keep(connection, tables.file, key, values)
