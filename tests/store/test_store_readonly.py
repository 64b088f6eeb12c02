"""Who only looks makes nothing, changes nothing, and needs no more than the right to read."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from crosspost.errors import SchemaOutdatedError, StoreError
from crosspost.store import Store, open_store
from crosspost.store.scopes import Scope
from tests.conftest import MovableClock
from tests.databases import new_database

N = "This Week in Rust"
NOBODY = 65534
WORDS = Scope("words", str)

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")

DIES = """
import os, sys
from crosspost.model import utcnow
from crosspost.store import open_store
from crosspost.store.scopes import Scope

WORDS = Scope("words", str)
open_store(sys.argv[1], "This Week in Rust", utcnow).set_value(WORDS, "etag", "two")
os._exit(0)
"""

READS = """
import os, sys
from crosspost.errors import StoreError
from crosspost.model import utcnow
from crosspost.store import open_store
from crosspost.store.scopes import Scope

WORDS = Scope("words", str)

def read():
    return open_store(sys.argv[1], "This Week in Rust", utcnow, create=False).get_value(WORDS, "etag")

read()  # so that everything is imported: the interpreter itself may be readable by root alone
os.setgroups([])
os.setgid(int(sys.argv[2]))
os.setuid(65534)
try:
    print(read())
except StoreError as error:
    print(error)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "rows.db"


@pytest.fixture
def shared() -> Iterator[Path]:
    """A database in a folder that another user can reach."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "state" / "rows.db"


def opened(path: Path, clock: MovableClock, *, create: bool = True) -> Store:
    return open_store(f"sqlite:///{path}", N, clock, create=create)


def read_by_somebody(path: Path, *, group: int) -> str:
    done = subprocess.run(
        [sys.executable, "-c", READS, f"sqlite:///{path}", str(group)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


def everything_in(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {each.name: (each.read_bytes(), each.stat().st_mtime_ns) for each in folder.iterdir()}


def test_it_reads_beside_a_process_that_writes(path: Path, clock: MovableClock) -> None:
    with closing(opened(path, clock)) as daemon:
        daemon.set_value(WORDS, "etag", "one")
        before = everything_in(path.parent)
        assert set(before) == {"rows.db", "rows.db-wal", "rows.db-shm"}

        with closing(opened(path, clock, create=False)) as reader:
            assert reader.get_value(WORDS, "etag") == "one"
            # Within one process SQLite shares the index of the journal; what the files hold is the same.
            assert {**everything_in(path.parent), "rows.db-shm": before["rows.db-shm"]} == before
            daemon.set_value(WORDS, "etag", "two")
            assert reader.get_value(WORDS, "etag") == "two", "the reader keeps nobody from writing"


def test_where_nobody_has_it_open_nothing_is_made_beside_it(path: Path, clock: MovableClock) -> None:
    with closing(opened(path, clock)) as daemon:
        daemon.set_value(WORDS, "etag", "one")
    before = everything_in(path.parent)
    assert set(before) == {"rows.db"}

    with closing(opened(path, clock, create=False)) as reader:
        assert reader.get_value(WORDS, "etag") == "one"
        assert everything_in(path.parent) == before
        reader.ping()
        assert "SQLite" in reader.version()
    assert everything_in(path.parent) == before


@pytest.mark.parametrize("lost", [(), ("-shm",)])
def test_what_a_process_left_that_died_is_read_and_left(
    path: Path, clock: MovableClock, lost: tuple[str, ...]
) -> None:
    with closing(opened(path, clock)) as daemon:
        daemon.set_value(WORDS, "etag", "one")
    subprocess.run([sys.executable, "-c", DIES, f"sqlite:///{path}"], check=True, timeout=60)
    for suffix in lost:
        path.with_name(path.name + suffix).unlink()
    before = everything_in(path.parent)
    assert "rows.db-wal" in before

    with closing(opened(path, clock, create=False)) as reader:
        assert reader.get_value(WORDS, "etag") == "two"
        assert everything_in(path.parent) == before


def test_nothing_is_written_through_it(store_url: str, clock: MovableClock) -> None:
    open_store(store_url, N, clock).close()
    with closing(open_store(store_url, N, clock, create=False)) as reader:
        reader.check_writable()
        with pytest.raises(StoreError, match="is read-only"):
            reader.set_value(WORDS, "etag", "one")
        assert reader.get_value(WORDS, "etag") is None


@pytest.mark.postgres
def test_of_several_servers_the_one_that_takes_writes_is_read(postgresql: str, clock: MovableClock) -> None:
    url = f"{new_database(postgresql)}&target_session_attrs=read-write"
    open_store(url, N, clock).close()

    with closing(open_store(url, N, clock, create=False)) as reader:
        assert reader.deliveries() == []


def test_an_older_database_is_left_as_it_is(path: Path, clock: MovableClock) -> None:
    opened(path, clock).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    before = everything_in(path.parent)

    with pytest.raises(SchemaOutdatedError, match="has schema 0001, and this program needs"):
        opened(path, clock, create=False)
    assert everything_in(path.parent) == before


@pytest.mark.parametrize("content", [b"", b"something else" * 400])
def test_what_is_no_database_says_so(path: Path, clock: MovableClock, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"is not a database|has no tables yet"):
        opened(path, clock, create=False)


@root_only
@pytest.mark.parametrize("running", [True, False])
def test_a_group_that_may_read_reads_and_nobody_else(
    shared: Path, clock: MovableClock, running: bool
) -> None:
    group = 12345
    with closing(opened(shared, clock)) as daemon:
        daemon.set_value(WORDS, "etag", "one")
    shared.chmod(0o640)
    shared.parent.chmod(0o750)
    os.chown(shared, 1000, group)
    os.chown(shared.parent, 1000, group)
    daemon = opened(shared, clock)
    daemon.set_value(WORDS, "etag", "two")
    if not running:
        daemon.close()
    before = everything_in(shared.parent)
    assert ("rows.db-wal" in before) is running

    assert read_by_somebody(shared, group=group) == "two"
    assert "may not be read by nobody; use sudo" in read_by_somebody(shared, group=NOBODY)
    assert everything_in(shared.parent) == before
    daemon.close()
