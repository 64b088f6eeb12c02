"""Open a database by its URL: create its tables or upgrade them, and turn every driver error into one sentence.

SQLite: WAL, so that `status` reads while the daemon writes; synchronous=FULL, since a claim must be on the
disk before a post leaves; BEGIN IMMEDIATE for writes, since a deferred transaction can fail in its middle
where an immediate one waits its turn (sqlite.org/lang_transaction.html, sqlite.org/wal.html, read 2026-11).
"""

from __future__ import annotations

import math
import os
import select
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from crosspost.config import extras
from crosspost.errors import SchemaOutdatedError, StoreError
from crosspost.store import readonly
from crosspost.store.tables import SCHEMA, metadata, postgresql_metadata

WRITES = "crosspost_writes"
"""Execution option of a connection whose transaction will write."""

READ_ONLY = "crosspost_read_only"
"""Execution option of an engine that was opened to read only."""

MIGRATION_LOCK = 6_650_820
"""PostgreSQL's advisory lock during an upgrade of the schema: any number that nobody else uses."""

PING_AFTER = 1.0
"""Seconds without use after which a connection is tested before it is used again."""

# By default libpq waits without end for a server that does not answer, and two hours for a lost connection.
CLIENT_TIMEOUTS = {
    "connect_timeout": 10,  # seconds
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds
}

SERVER_TIMEOUTS = (
    "idle_in_transaction_session_timeout=30s",
    "tcp_keepalives_idle=30",
    "tcp_keepalives_interval=10",
    "tcp_keepalives_count=3",
    "tcp_user_timeout=30s",
)
"""The server's settings to the same end: otherwise it keeps the locks of a machine that was cut off for hours."""


def open_engine(url: str, *, create: bool, lock_timeout: timedelta) -> sa.Engine:
    """Connect, and create or upgrade the tables; with `create=False` open to read only. Raises StoreError."""
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        _prepare_file(address, create)
    engine = _engine(address, lock_timeout, read_only=not create)
    try:
        with translate_errors(display_name(engine)):
            _upgrade_schema(engine, create)
    except BaseException:
        engine.dispose()
        raise
    return engine


def in_memory_engine() -> sa.Engine:
    """Return an empty SQLite database without a file."""
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    with engine.begin() as connection:
        _create_tables(connection)
    return engine


def display_name(engine: sa.Engine) -> str:
    """Return the database's file, or its host and name, for messages; never a password or the URL's query."""
    address = engine.url
    if address.get_backend_name() == "sqlite":
        return address.database or ":memory:"
    host = address.host or " or ".join(address.normalized_query.get("host", ())) or "localhost"
    return f"{host}/{address.database or ''}"


def file_identity(engine: sa.Engine) -> tuple[int, int] | None:
    """Return device and inode of a SQLite database's file; None when it does not exist."""
    try:
        stat = Path(engine.url.database or "").stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


@contextmanager
def translate_errors(name: str) -> Iterator[None]:
    """Raise StoreError, in one sentence with the database's display name, in place of what the driver raises."""
    try:
        yield
    except exc.DBAPIError as error:
        raise StoreError(_sentence(error.orig, name)) from error
    except exc.TimeoutError as error:
        raise StoreError(f"the database {name} has no free connection") from error


def _address(url: str) -> sa.URL:
    try:
        address = sa.make_url(url)
        backend = address.get_backend_name()
    except (exc.ArgumentError, ValueError):
        raise StoreError(
            "store.url is not a database's address; write sqlite:////path/to/file.db or postgresql+psycopg://host/name"
        ) from None  # SQLAlchemy's own message could show the password
    if backend == "postgresql":
        return address.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise StoreError(f"store.url names {backend!r}; crosspost keeps its rows in sqlite or postgresql")
    return address


def _prepare_file(address: sa.URL, create: bool) -> None:
    if not address.database or address.database == ":memory:":
        raise StoreError("store.url names no file; a database in memory would forget what was posted")
    if address.database.startswith("file:"):
        return  # a URI of SQLite, whose options decide what is created
    path = Path(address.database)
    if not create:
        with suppress(PermissionError):  # whether the file exists is reported when it is opened
            if not path.is_file():
                raise StoreError(
                    f"there is no database at {path} yet; `crosspost once` or `crosspost run` makes it"
                )
        return
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Only for its owner. SQLite gives its journal files the same mode (sqlite.org/src, findCreateFileMode,
        # read 2026-11).
        if not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            if os.geteuid() == 0:
                # The folder may be a service's, which must be able to use the file. SQLite's journal files follow.
                folder = path.parent.stat()
                os.chown(path, folder.st_uid, folder.st_gid)
    except OSError as error:
        raise StoreError(f"the database's folder {path.parent} cannot be used: {error.strerror}") from error


def _engine(address: sa.URL, lock_timeout: timedelta, *, read_only: bool) -> sa.Engine:
    options: dict[str, Any] = {"max_overflow": -1, "execution_options": {READ_ONLY: read_only}}
    file, seconds = address.database or "", lock_timeout.total_seconds()
    if address.get_backend_name() == "sqlite":
        if read_only and not file.startswith("file:"):
            creator = partial(readonly.connect, Path(file), seconds)
            engine = sa.create_engine(address, creator=creator, **options)
        else:
            engine = sa.create_engine(address, connect_args={"timeout": seconds}, **options)
            event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
        return engine
    settings = [f"lock_timeout={int(seconds * 1000)}", "synchronous_commit=on", *SERVER_TIMEOUTS]
    if read_only:
        settings.append("default_transaction_read_only=on")
        if address.query.get("target_session_attrs") == "read-write":
            # With the setting above no server counts as read-write for libpq.
            address = address.update_query_dict({"target_session_attrs": "primary"})
    # The URL's own options, such as a search_path, come first.
    server_options = [
        *address.normalized_query.get("options", ()),
        *(f"-c {setting}" for setting in settings),
    ]
    arguments = {**CLIENT_TIMEOUTS, "options": " ".join(server_options), "application_name": "crosspost"}
    try:
        engine = sa.create_engine(address, connect_args=arguments, **options)
    except ModuleNotFoundError as error:
        raise StoreError(extras.install_hint("a database of PostgreSQL", "postgres")) from error
    _ping_idle_connections(engine)
    return engine


def _ping_idle_connections(engine: sa.Engine) -> None:
    """Test a connection before it is used again, if it was idle, or if the server has sent something unasked.

    A server sends a message when it closes a connection. `pool_pre_ping` would test the connection before each
    statement of a delivery, for a quarter more round trips.
    """

    @event.listens_for(engine, "checkin")
    def on_checkin(_connection: Any, record: Any) -> None:
        record.info["idle_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def on_checkout(connection: Any, record: Any, _proxy: Any) -> None:
        try:
            poll = select.poll()
            poll.register(connection.fileno(), select.POLLIN)
            if poll.poll(0) or time.monotonic() - record.info.get("idle_since", math.inf) > PING_AFTER:
                engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise exc.DisconnectionError from error  # the pool opens another one


def _set_pragmas(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # BEGIN is in _begin
    cursor = connection.cursor()
    try:
        cursor.execute("PRAGMA journal_mode=WAL")  # stored in the file
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        # Of two processes that open a new file at once, one gets SQLITE_BUSY, and the other has set it.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _upgrade_schema(engine: sa.Engine, create: bool) -> None:
    with engine.connect() as connection:
        schema = _schema_of(connection)
    if schema == SCHEMA:
        return
    if schema is not None and schema > SCHEMA:
        raise StoreError(
            f"the database {display_name(engine)} has schema {schema}, and this older program has schema {SCHEMA}; "
            "update crosspost"
        )
    if not create:
        name, upgrade = display_name(engine), "`crosspost once` or `crosspost run`"
        if schema is None:
            raise SchemaOutdatedError(f"the database {name} has no tables yet; {upgrade} creates them")
        raise SchemaOutdatedError(
            f"the database {name} has schema {schema}, and this program needs {SCHEMA}; {upgrade} upgrades it"
        )
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        schema = _schema_of(connection)  # another process may have been quicker
        if schema is None:
            _create_tables(connection)
        elif schema != SCHEMA:
            _migrate(connection)


def _schema_of(connection: sa.Connection) -> str | None:
    """Return the schema's revision; None for an empty database. Does not import Alembic."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def _create_tables(connection: sa.Connection) -> None:
    """Create the newest tables in an empty database. A test compares them with the result of the migrations."""
    tables = postgresql_metadata() if connection.dialect.name == "postgresql" else metadata
    tables.create_all(connection)
    connection.execute(
        sa.text(
            "CREATE TABLE IF NOT EXISTS alembic_version "
            "(version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
        )
    )
    connection.execute(sa.text("INSERT INTO alembic_version VALUES (:schema)"), {"schema": SCHEMA})


def _migrate(connection: sa.Connection) -> None:
    from alembic import command  # 60 ms, and 9 MB for as long as the process lives
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, SCHEMA)


# By error code: sqlite.org/rescode.html, appendix A of PostgreSQL's manual, read 2026-11.
_LOCKED = "the database {name} is locked by another process; it is tried again with the next pass"
_FULL = "the disk that holds the database {name} is full; make room, nothing was lost"
_FORBIDDEN = "the database {name} may not be used by this user; run the command with sudo"
_DAMAGED = "the database {name} is damaged; restore a copy: posts made since then are found on the platforms"

_SQLITE_SENTENCES = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_READONLY: "the database {name} is read-only for this user; run the command with sudo",
    sqlite3.SQLITE_PERM: _FORBIDDEN,
    sqlite3.SQLITE_AUTH: _FORBIDDEN,
    sqlite3.SQLITE_CANTOPEN: "the database {name} cannot be opened; check that its folder is writable",
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: "the disk that holds the database {name} failed to read or write; check the disk",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: "the file {name} is not a database; move it away or restore a copy of the database",
}

_POSTGRESQL_SENTENCES = {
    "25006": "the database {name} is read-only; point store.url at the primary server",
    "28": "the database {name} refuses this user or password; check store.url",
    "3D000": "there is no database {name}; create it, or check store.url",
    "42501": "this user may not use the tables of {name}; grant it the rights",
    "42P01": "tables are missing from the database {name}; restore a copy of it",
    "53100": _FULL,
    "53300": "the database {name} has too many connections; it is tried again with the next pass",
    "55P03": _LOCKED,
    "40": "another process changed the same rows of {name}; it is tried again with the next pass",
    "57": "the database {name} is shutting down; it is tried again with the next pass",
    "XX001": _DAMAGED,
}


def _sentence(error: BaseException | None, name: str) -> str:
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        known = _SQLITE_SENTENCES.get(code & 0xFF)  # the rest is the extended code
    else:
        state = getattr(error, "sqlstate", None)
        if state is None:  # psycopg has no code where the server never answered
            return f"the database {name} does not answer; check that it runs and that store.url is right"
        known = _POSTGRESQL_SENTENCES.get(state) or _POSTGRESQL_SENTENCES.get(state[:2])
    if known is None:
        first_line = str(error).strip().partition("\n")[0]
        return f"the database {name} refuses a statement ({type(error).__name__}: {first_line})"
    return known.format(name=name)
