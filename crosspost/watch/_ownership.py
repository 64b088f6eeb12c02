"""Which folder of the cache this user may keep a copy in, beside other users who run crosspost on the same files.

The service's copy is its own: a command that root or another user runs reads through a temporary copy. What another
user left in the cache all the same (git writes folders that only their owner can change) is not touched; the service
makes a copy beside it.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)

MOST_FOLDERS = 9
"""git, git-2, … git-9. Who left as many behind gets a temporary copy each time."""


def folder_for(cache: Path, identity: str) -> Path | None:
    """Return the folder for the copy `identity`; None: the cache is another user's, or cannot be read."""
    try:
        nearest = next(folder for folder in (cache, *cache.parents) if folder.exists())
        if not _may_write(nearest):
            return None
        for turn in range(1, MOST_FOLDERS + 1):
            folder = cache / ("git" if turn == 1 else f"git-{turn}")
            copy, *beside = (folder / f"{identity}{suffix}" for suffix in (".git", ".new", ".lock"))
            if all(_is_ours(each) for each in (folder, copy, *beside)):
                if turn > 1 and not copy.exists():
                    log.warning(
                        "%s holds files of another user and is not changed; the copy is made in %s. "
                        "Remove the old one when it is not needed any more",
                        cache / "git",
                        folder,
                    )
                return folder
    except OSError:
        return None
    return None


def _may_write(folder: Path) -> bool:
    """Return whether this user may write here. Root may not: it would leave files that the owner cannot change."""
    me, owner = os.geteuid(), folder.stat().st_uid
    return me == owner or (me != 0 and os.access(folder, os.W_OK | os.X_OK))


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
