"""Do work in a child process, so that what it loads is gone with it."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from typing import TypeVar, cast

T = TypeVar("T")


def in_child_process(work: Callable[[], T]) -> T:
    """Return what `work` returns, from a copy of this process. Only for a process without threads (fork(2)).

    Where that does not succeed, also because `work` raises, it is done here.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with os.fdopen(writer, "wb") as answer:
                pickle.dump(work(), answer)
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        told = answer.read()
    os.waitpid(child, 0)
    try:
        return cast(T, pickle.loads(told))  # noqa: S301 - from this very program
    except (pickle.UnpicklingError, EOFError):
        return work()
