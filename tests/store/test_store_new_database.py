"""A new database is made at once, an old one is upgraded step by step; both end the same."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from crosspost import store as store_room
from crosspost.model import utcnow
from crosspost.store import open_store
from crosspost.store.tables import metadata

MIGRATIONS = Path(store_room.__file__).with_name("migrations")


def migrated(path: Path) -> None:
    """A database that went through every migration there is."""
    engine = sa.create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def schema_of(path: Path) -> dict[str, str]:
    """Every table and index as it was declared, without regard to space and quotes."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: "".join(sql.replace('"', "").split()) for name, sql in rows}


def test_the_migrations_lead_to_what_a_new_database_gets(tmp_path: Path) -> None:
    migrated(tmp_path / "old.db")
    open_store(f"sqlite:///{tmp_path}/new.db", "This Week in Rust", utcnow).close()

    assert schema_of(tmp_path / "new.db") == schema_of(tmp_path / "old.db")


def test_a_new_database_is_made_without_alembic(tmp_path: Path) -> None:
    script = f"""
import sys
from crosspost.model import utcnow
from crosspost.store import open_store
open_store("sqlite:///{tmp_path}/new.db", "This Week in Rust", utcnow).close()
print("alembic" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_a_new_database_and_what_sqlite_makes_beside_it_are_for_their_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        store = open_store(f"sqlite:///{tmp_path}/state/new.db", "This Week in Rust", utcnow)
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode)
            for path in [tmp_path / "state", *(tmp_path / "state").iterdir()]
        }
        store.close()
    finally:
        os.umask(before)

    assert modes == {"state": 0o700, "new.db": 0o600, "new.db-wal": 0o600, "new.db-shm": 0o600}
