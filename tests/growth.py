"""Whether a function's work grows with its text or with the square of it, on however busy a machine.

What is compared is processor time of this thread: what other processes take is not in it. The figures
themselves are printed by `make bench`.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

TIMES = 16
ATTEMPTS = 8
GRAIN = 0.0005
"""Seconds. What takes less is all clock and cache."""


def in_proportion(work: Callable[[str], object], unit: str, short: int, head: str = "") -> bool:
    """Whether 16 times the text takes about 16 times as long.

    In quadratic time it would take 256 times as long; the line is drawn at 64. Each length counts with the best of
    its attempts, so that a cache that another process has emptied is no verdict.
    """
    brief, lengthy = (head + (unit * (length // len(unit) + 1))[:length] for length in (short, TIMES * short))
    best_brief = best_lengthy = float("inf")
    for _attempt in range(ATTEMPTS):
        best_brief = min(best_brief, _seconds(work, brief))
        best_lengthy = min(best_lengthy, _seconds(work, lengthy))
        if best_lengthy < 4 * TIMES * max(best_brief, GRAIN):
            return True
    return False


def _seconds(work: Callable[[str], object], text: str) -> float:
    gc.disable()
    try:
        began = time.thread_time()
        work(text)
        return time.thread_time() - began
    finally:
        gc.enable()
