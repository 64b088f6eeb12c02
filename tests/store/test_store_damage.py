"""Everything that can be wrong with a database is one sentence: what, where, what to do; never a password."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect

from crosspost.errors import StoreError
from crosspost.model import BackfillState, Clock, Issue, Post
from crosspost.store import Store, open_store
from crosspost.store.scopes import Scope
from crosspost.store.tables import SCHEMA, metadata
from crosspost.store.values import key_for
from tests.conftest import MovableClock

N = "This Week in Rust"
NOTES = Scope("a", str)
ISSUE = Issue(665, "This Week in Rust 665", date(2026, 8, 19), "https://this-week-in-rust.org/")
IMPATIENT = timedelta(milliseconds=100)


def sentence(error: pytest.ExceptionInfo[StoreError]) -> str:
    words = str(error.value)
    assert "\n" not in words
    assert "Traceback" not in words
    assert "sqlalchemy" not in words.lower()
    return words


def address(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def database(tmp_path: Path, clock: MovableClock) -> Path:
    open_store(address(tmp_path / "rows.db"), N, clock).close()
    return tmp_path / "rows.db"


# ── schema ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_database_of_a_newer_program_is_left_alone(database: Path, clock: MovableClock) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0999'")
    connection.close()
    before = database.read_bytes()
    with pytest.raises(StoreError) as error:
        open_store(address(database), N, clock)
    assert "0999" in sentence(error)
    assert SCHEMA in sentence(error)
    assert database.read_bytes() == before


def test_the_migrations_end_where_the_program_begins(store: Store) -> None:
    """Every table and column of tables.py, and nothing else, on both databases."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with store._engine.connect() as connection:  # the schema itself is what is looked at
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    kinds = {difference[0] for difference in differences if isinstance(difference, tuple)}
    assert not kinds, differences


def test_the_index_of_what_is_to_be_done_holds_nothing_else(store: Store) -> None:
    with store._engine.connect() as connection:
        indexes = {index["name"]: index for index in inspect(connection).get_indexes("delivery")}
        condition = indexes["delivery_to_do"]["dialect_options"][f"{connection.dialect.name}_where"]

    assert "not_before IS NOT NULL" in str(condition)


def test_only_a_new_database_loads_alembic(database: Path) -> None:
    code = (
        "import sys; from datetime import datetime, UTC; from crosspost.store import open_store;"
        f"open_store({address(database)!r}, {N!r}, lambda: datetime.now(UTC)).close();"
        "sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_importing_the_store_loads_no_database_library() -> None:
    code = "import sys, crosspost.store, crosspost.delivery; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _open(url: str, ready: object, done: object) -> None:
    from crosspost.model import utcnow

    ready.wait()  # type: ignore[attr-defined]  # multiprocessing's primitives have no common public type
    open_store(url, N, utcnow).close()
    done.release()  # type: ignore[attr-defined]  # the same


def test_processes_that_make_the_database_at_once_all_succeed(store_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    ready, done = spawn.Event(), spawn.Semaphore(0)
    processes = [spawn.Process(target=_open, args=(store_url, ready, done)) for _ in range(3)]
    for process in processes:
        process.start()
    ready.set()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]


# ── looking only ─────────────────────────────────────────────────────────────────────────────────────


def test_looking_makes_no_database(tmp_path: Path, clock: MovableClock) -> None:
    with pytest.raises(StoreError) as error:
        open_store(address(tmp_path / "none.db"), N, clock, create=False)
    assert "there is no database" in sentence(error)
    assert list(tmp_path.iterdir()) == []


def test_looking_needs_no_right_to_write(database: Path, clock: MovableClock) -> None:
    store = open_store(address(database), N, clock, create=False)
    assert store.issues() == []
    store.close()


# ── damage ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_locked_database(database: Path, clock: MovableClock) -> None:
    store = open_store(address(database), N, clock, lock_timeout=IMPATIENT)
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError) as error:
        store.set_value(NOTES, "b", "c")
    assert "is locked by another process" in sentence(error)
    other.execute("ROLLBACK")
    other.close()
    store.set_value(NOTES, "b", "c")
    store.close()


def test_readers_do_not_wait_for_a_writer(database: Path, clock: MovableClock) -> None:
    store = open_store(address(database), N, clock, lock_timeout=IMPATIENT)
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert store.issues() == []
    other.close()
    store.close()


def test_a_file_that_is_no_database(tmp_path: Path, clock: MovableClock) -> None:
    (tmp_path / "rows.db").write_text("a letter to the editors\n" * 100)
    with pytest.raises(StoreError) as error:
        open_store(address(tmp_path / "rows.db"), N, clock)
    assert "is not a database" in sentence(error)


def test_a_damaged_database(database: Path, clock: MovableClock) -> None:
    store = open_store(address(database), N, clock)
    posts = [Post(f"a{n}", "x", 665, ISSUE.url, ISSUE.title, "text" * 500) for n in range(50)]
    store.plan(ISSUE, posts, backfill=BackfillState.OFF, now=clock())
    store.close()
    content = bytearray(database.read_bytes())
    content[4096:] = b"\x55" * (len(content) - 4096)
    database.write_bytes(bytes(content))
    with pytest.raises(StoreError) as error:
        open_store(address(database), N, clock).deliveries()
    assert "is damaged" in sentence(error)


def overwritten(database: Path) -> None:
    with database.open("r+b") as file:
        file.write(b"\x55" * database.stat().st_size)


def cut(database: Path) -> None:
    with database.open("r+b") as file:
        file.truncate(100)


def replaced(database: Path) -> None:
    other = database.with_name("other")
    other.write_bytes(database.read_bytes())
    other.replace(database)


@pytest.mark.parametrize("harm", [overwritten, cut, replaced, Path.unlink])
def test_a_database_that_is_lost_while_it_is_open_is_noticed(
    database: Path, clock: MovableClock, harm: Callable[[Path], object]
) -> None:
    store = open_store(address(database), N, clock)
    store.plan(ISSUE, [], backfill=BackfillState.OFF, now=clock())
    with closing(sqlite3.connect(database)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.ping()

    harm(database)

    with pytest.raises(StoreError) as error:
        store.ping()
    assert str(database) in sentence(error)
    store.close()


def test_a_full_disk_loses_nothing_that_was_kept(database: Path, clock: MovableClock) -> None:
    store = open_store(address(database), N, clock)
    store.set_value(NOTES, "b", "kept")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
        with pytest.raises(StoreError) as error:
            store.set_value(NOTES, "c", "x" * 1_000_000)
        assert "disk" in sentence(error)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert store.get_value(NOTES, "b") == "kept"
    store.set_value(NOTES, "b", "and on it goes")
    store.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_database_that_may_not_be_written(database: Path, clock: MovableClock) -> None:
    database.chmod(0o400)
    with pytest.raises(StoreError) as error:
        open_store(address(database), N, clock).set_value(NOTES, "b", "c")
    assert "read-only" in sentence(error)


def test_a_database_that_is_read_only(database: Path, clock: MovableClock) -> None:
    store = open_store(f"sqlite:///file:{database}?mode=ro&uri=true", N, clock)
    with pytest.raises(StoreError) as error:
        store.set_value(NOTES, "b", "c")
    assert "is read-only" in sentence(error)
    store.close()


def test_a_folder_that_cannot_be(tmp_path: Path, clock: MovableClock) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as error:
        open_store(address(tmp_path / "file" / "rows.db"), N, clock)
    assert str(tmp_path / "file") in sentence(error)


def test_a_database_that_is_a_folder(tmp_path: Path, clock: MovableClock) -> None:
    with pytest.raises(StoreError) as error:
        open_store(address(tmp_path), N, clock)
    assert "cannot be opened" in sentence(error)


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://me:s3cret@host/db",
        "sqlite://",
        "sqlite:///:memory:",
        "",
        "postgresql://me:s3cret@host:port/",
    ],
)
def test_an_address_that_names_no_database(url: str, clock: MovableClock) -> None:
    with pytest.raises(StoreError) as error:
        open_store(url, N, clock)
    assert "store.url" in sentence(error)
    assert "s3cret" not in sentence(error)


def test_a_server_that_does_not_answer(clock: MovableClock) -> None:
    with pytest.raises(StoreError) as error:
        open_store("postgresql+psycopg://me:s3cret@127.0.0.1:1/db?password=s3cret", N, clock)
    assert "127.0.0.1/db does not answer" in sentence(error)
    assert "s3cret" not in sentence(error)


@pytest.mark.postgres
def test_a_server_without_the_database(postgresql: str, clock: MovableClock) -> None:
    with pytest.raises(StoreError) as error:
        open_store(postgresql.format(name="nowhere"), N, clock)
    assert "nowhere" in sentence(error)


@pytest.mark.postgres
def test_the_addresss_own_wishes_are_heard(postgresql: str, clock: MovableClock) -> None:
    import sqlalchemy as sa

    from tests.databases import new_database

    url = new_database(postgresql)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE SCHEMA announcements"))
    open_store(f"{url}&options=-csearch_path%3Dannouncements", N, clock).close()
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM announcements.delivery")).scalar() == 0
    engine.dispose()


@pytest.mark.postgres
def test_a_locked_server(postgresql: str, clock: MovableClock) -> None:
    import sqlalchemy as sa

    from tests.databases import new_database

    url = new_database(postgresql)
    store = open_store(url, N, clock, lock_timeout=IMPATIENT)
    engine = sa.create_engine(url)
    with engine.connect() as other:
        other.execute(sa.text("LOCK TABLE memory IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(StoreError) as error:
            store.set_value(NOTES, "b", "c")
        assert "is locked by another process" in sentence(error)
        other.rollback()
    store.set_value(NOTES, "b", "c")
    store.close()
    engine.dispose()


@pytest.mark.postgres
def test_a_server_that_dropped_the_connection_is_asked_again(
    postgresql: str, clock: MovableClock, opened: Callable[[str, Clock], Store]
) -> None:
    import sqlalchemy as sa

    from tests.databases import new_database

    store = opened(new_database(postgresql), clock)
    store.set_value(NOTES, "b", "c")
    engine = sa.create_engine(postgresql.format(name="postgres"))
    with engine.connect() as other:
        query = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'crosspost'"
        assert other.execute(sa.text(query)).all()
    engine.dispose()
    assert store.get_value(NOTES, "b") == "c"


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_key_is_the_same_for_ever_and_fits_everywhere() -> None:
    assert key_for(N, 665, "mastodon") == key_for(N, 665, "mastodon") == "665-iu2yqfjgnwfn"
    keys = {key_for(N, number, account) for number in range(100) for account in ("a", "b")}
    assert len(keys) == 200
    for number in (1, 10**6, 10**18):
        key = key_for("n" * 200, number, "ä" * 50)
        assert len(key) <= 25
        assert set(key) <= set("0123456789abcdefghijklmnopqrstuvwxyz-")


def test_a_post_made_again_has_another_key() -> None:
    assert key_for(N, 665, "mastodon", 2) != key_for(N, 665, "mastodon")
