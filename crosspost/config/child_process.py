"""Do work in a child process, so that the modules it loads do not stay in memory."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from typing import TypeVar, cast

T = TypeVar("T")


def in_child_process(work: Callable[[], T]) -> T:
    """Return what `work` returns in a fork of this process, which must have no threads yet (fork(2)).

    Where that fails, also because `work` raises, the work is done in this process.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with os.fdopen(writer, "wb") as pipe:
                pickle.dump(work(), pipe)
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    try:
        return cast(T, pickle.loads(data))  # noqa: S301 - from this very program
    except (pickle.UnpicklingError, EOFError):
        return work()
