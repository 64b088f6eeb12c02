"""Open a SQLite database for reading only: nothing is created, changed or left beside it.

Read permission is enough, also in a folder that is not writable. SQLite itself would create missing `-wal` and `-shm`
files, so there are two ways (sqlite.org/wal.html "Read-Only Databases", sqlite.org/uri.html and os_unix.c for
`readonly_shm`, read 2026-11):

- a process has the database open: its `-wal` and `-shm` exist, and are read together with it;
- no process has: the file, and the journal that a killed process left, are copied and read into memory.
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
"""The number of attempts to copy a file that changes meanwhile."""


def connect(path: Path, seconds: float) -> sqlite3.Connection:
    """Return a read-only connection that waits `seconds` for a lock. Raises StoreError."""
    try:
        path.stat()
        if all(file.exists() for file in _journal_files(path)):
            try:
                return _set_query_only(_open_beside_process(path, seconds))
            except sqlite3.OperationalError as error:
                # The last process has just closed the database, or was killed and left a journal to recover.
                if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                    raise
        return _set_query_only(_copy_to_memory(path))
    except PermissionError as error:
        user = user_name(os.geteuid())
        raise StoreError(
            f'the database {path} may not be read by {user}; use sudo, or see "Who may read" in docs/install.md'
        ) from error
    except OSError as error:
        raise StoreError(f"the database {path} cannot be read: {error.strerror}") from error


def is_writable(path: Path) -> bool:
    """Return whether this user could write rows: to the file, and to the folder where SQLite keeps its journal."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK)


def _journal_files(path: Path) -> tuple[Path, Path]:
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


def _open_beside_process(path: Path, seconds: float) -> sqlite3.Connection:
    address = f"file:{quote(str(path.absolute()))}?mode=ro&readonly_shm=1"
    connection = sqlite3.connect(address, uri=True, timeout=seconds, check_same_thread=False)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _copy_to_memory(path: Path) -> sqlite3.Connection:
    """Return a copy of the database with its journal, which nobody has changed meanwhile. Raises StoreError."""
    journal = _journal_files(path)[0]
    for _ in range(TRIES):
        before = _file_states(path, journal)
        with tempfile.TemporaryDirectory(prefix="crosspost-read-") as folder:
            copy = Path(folder) / "copy.db"
            shutil.copyfile(path, copy)
            with suppress(FileNotFoundError):
                shutil.copyfile(journal, _journal_files(copy)[0])
            if _file_states(path, journal) != before:
                continue
            connection = sqlite3.connect(":memory:", check_same_thread=False)
            with closing(sqlite3.connect(copy)) as source:
                source.backup(connection)
            return connection
    raise StoreError(f"the database {path} keeps changing while it is read; try again")


def _file_states(*files: Path) -> list[tuple[int, int, int] | None]:
    """Return inode, size and time of each file; None for one that does not exist."""
    states: list[tuple[int, int, int] | None] = []
    for file in files:
        try:
            stat = file.stat()
            states.append((stat.st_ino, stat.st_size, stat.st_mtime_ns))
        except FileNotFoundError:
            states.append(None)
    return states


def _set_query_only(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.isolation_level = None  # BEGIN is the engine's
    connection.execute("PRAGMA query_only=ON")
    return connection


def user_name(user: int) -> str:
    """Return the name of a user id, or "user 1000" where it has none."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"
