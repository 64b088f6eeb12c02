"""Whether this user may keep a copy in the cache, beside other users who run crosspost on the same files.

The service's copy is its own: a command that root or another user runs reads through a temporary one. So does the
service where another user left files in the cache all the same: git writes folders that only their owner can change.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)


def is_for_us(folder: Path, name: str) -> bool:
    """Return whether the copy of that name in the folder is this user's, or can be made."""
    try:
        nearest = next(each for each in folder.parents if each.exists())
        me, owner = os.geteuid(), nearest.stat().st_uid
        # Root may write anywhere, but would leave files that the owner cannot change.
        if me == owner or (me != 0 and os.access(nearest, os.W_OK | os.X_OK)):
            if all(map(_is_ours, (folder, *(folder / f"{name}{end}" for end in (".git", ".new", ".lock"))))):
                return True
            log.warning("%s holds files of another user: each process makes its own copy; remove it", folder)
            return False
    except OSError:
        pass  # this user may not even look into it
    log.info("%s belongs to another user: the branch is read through a temporary copy", folder)
    return False


def _is_ours(path: Path) -> bool:
    """Return whether it does not exist, or it and all folders in it belong to this user."""
    try:
        if path.lstat().st_uid != os.geteuid():
            return False
    except (FileNotFoundError, NotADirectoryError):
        return True
    return all(
        Path(where, name).lstat().st_uid == os.geteuid()
        for where, names, _ in os.walk(path)
        for name in names
    )
