"""Write a file atomically."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path


def write_atomically(path: Path, data: bytes, *, private: bool = False) -> None:
    """Replace a file's content. Its owner stays the same where this user may set it, and so do its permissions.

    `private`: only the owner may read and write it. Raises OSError.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".crosspost")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            with suppress(FileNotFoundError):
                before = path.stat()
                if not private:
                    os.fchmod(file.fileno(), stat.S_IMODE(before.st_mode))
                with suppress(PermissionError):
                    os.fchown(file.fileno(), before.st_uid, before.st_gid)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)  # so that the new name survives a power cut
    finally:
        os.close(folder)
