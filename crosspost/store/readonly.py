"""Open a SQLite database to read it and no more: nothing is made, changed or left beside it.

Whoever may read the file may look, whether they may write there or not. SQLite itself wants to make `-wal` and `-shm`
where they are missing, so there are two ways (sqlite.org/wal.html "Read-Only Databases", sqlite.org/uri.html and
os_unix.c for `readonly_shm`, read 2026-11):

- a process has the database open: its `-wal` and `-shm` are there, and are read together with it;
- nobody has: the file alone is the whole database, and is read into memory.
"""

from __future__ import annotations

import os
import pwd
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from crosspost.errors import StoreError

TRIES = 5
"""How often a file that changes while it is read is read again."""

_HEADER = b"SQLite format 3\0"
_VERSIONS = slice(18, 20)
"""Where the header says by which kind of journal the file is written and read: 2 is WAL, 1 is not."""


def connect(path: Path, seconds: float) -> sqlite3.Connection:
    """Return a connection that only reads; `seconds`: how long to wait for a lock. Raises StoreError."""
    try:
        path.stat()
        if all(each.exists() for each in _beside(path)):
            try:
                return _restricted(_opened(path, seconds))
            except sqlite3.OperationalError as error:
                # The last process that had it open has just closed it, or what it left behind needs to be recovered.
                if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                    raise
        return _restricted(_in_memory(_whole(path)))
    except PermissionError as error:
        me = name_of(os.geteuid())
        raise StoreError(
            f'the database {path} may not be read by {me}; use sudo, or see "Who may read" in docs/install.md'
        ) from error
    except OSError as error:
        raise StoreError(f"the database {path} cannot be read: {error.strerror}") from error


def may_write(path: Path) -> bool:
    """Return whether this user could write rows: to the file, and to the folder where SQLite keeps its journal."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK)


def _beside(path: Path) -> tuple[Path, Path]:
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


def _opened(path: Path, seconds: float) -> sqlite3.Connection:
    address = f"file:{quote(str(path.absolute()))}?mode=ro&readonly_shm=1"
    connection = sqlite3.connect(address, uri=True, timeout=seconds, check_same_thread=False)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _whole(path: Path) -> bytes:
    """Return the database as one file, as nobody has changed it meanwhile."""
    for _ in range(TRIES):
        before = _stamps(path)
        data = _merged(path) if _beside(path)[0].exists() else path.read_bytes()
        if _stamps(path) == before:
            return data
    raise StoreError(f"the database {path} keeps changing while it is read; try again")


def _stamps(path: Path) -> tuple[tuple[int, int, int] | None, ...]:
    """Return what changes when the file or its journal does."""
    found: list[tuple[int, int, int] | None] = []
    for each in (path, _beside(path)[0]):
        try:
            seen = each.stat()
        except FileNotFoundError:
            found.append(None)
        else:
            found.append((seen.st_ino, seen.st_size, seen.st_mtime_ns))
    return tuple(found)


def _merged(path: Path) -> bytes:
    """Return the database with the journal that a process left behind when it died, both from a private copy."""
    with tempfile.TemporaryDirectory(prefix="crosspost-read-") as folder:
        copy = Path(folder) / "copy.db"
        shutil.copyfile(path, copy)
        shutil.copyfile(_beside(path)[0], _beside(copy)[0])
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return copy.read_bytes()


def _in_memory(data: bytes) -> sqlite3.Connection:
    if data.startswith(_HEADER):  # a database in memory has no journal beside it
        changed = bytearray(data)
        changed[_VERSIONS] = b"\1\1"
        data = bytes(changed)
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    if data:
        connection.deserialize(data)
    return connection


def _restricted(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.isolation_level = None  # BEGIN is said by the engine
    connection.execute("PRAGMA query_only=ON")
    return connection


def name_of(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"
