"""Open a SQLite database to read it and no more: nothing is made, changed or left beside it.

Whoever may read the file may look, whether they may write there or not. SQLite itself wants to make `-wal` and `-shm`
where they are missing, so there are two ways (sqlite.org/wal.html "Read-Only Databases", sqlite.org/uri.html and
os_unix.c for `readonly_shm`, read 2026-11):

- a process has the database open: its `-wal` and `-shm` are there, and are read together with it;
- nobody has: the file, and the journal that a process left behind when it died, are read into memory by a copy.
"""

from __future__ import annotations

import os
import pwd
import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from crosspost.errors import StoreError

TRIES = 5
"""How often a file that changes while it is read is read again."""


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
        return _restricted(_in_memory(path))
    except PermissionError as error:
        me = user_name(os.geteuid())
        raise StoreError(
            f'the database {path} may not be read by {me}; use sudo, or see "Who may read" in docs/install.md'
        ) from error
    except OSError as error:
        raise StoreError(f"the database {path} cannot be read: {error.strerror}") from error


def is_writable(path: Path) -> bool:
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


def _in_memory(path: Path) -> sqlite3.Connection:
    """Return a copy of the database, as nobody has changed it meanwhile. What is there may have a journal."""
    journal = _beside(path)[0]
    for _ in range(TRIES):
        before = _stamps(path, journal)
        with tempfile.TemporaryDirectory(prefix="crosspost-read-") as folder:
            copy = Path(folder) / "copy.db"
            shutil.copyfile(path, copy)
            with suppress(FileNotFoundError):
                shutil.copyfile(journal, _beside(copy)[0])
            if _stamps(path, journal) != before:
                continue
            connection = sqlite3.connect(":memory:", check_same_thread=False)
            with closing(sqlite3.connect(copy)) as whole:
                whole.backup(connection)
            return connection
    raise StoreError(f"the database {path} keeps changing while it is read; try again")


def _stamps(*files: Path) -> list[tuple[int, int, int] | None]:
    """Return what changes when one of the files does."""
    found: list[tuple[int, int, int] | None] = []
    for each in files:
        try:
            seen = each.stat()
            found.append((seen.st_ino, seen.st_size, seen.st_mtime_ns))
        except FileNotFoundError:
            found.append(None)
    return found


def _restricted(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.isolation_level = None  # BEGIN is said by the engine
    connection.execute("PRAGMA query_only=ON")
    return connection


def user_name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"
