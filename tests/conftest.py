"""What the tests share: a clock moved by hand, the newsletter's archive where it is, and no network but loopback."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis
import pytest

pytest_plugins = ["tests.databases"]  # tests/databases.py: `store_url`, `store`

SHARED = Path(os.environ.get("CROSSPOST_SHARED", Path(__file__).parents[2] / "shared"))

MEMORY = Path("/dev/shm")
ROOM = 2 << 30
"""Bytes that are to be free there; a container's may be 64 MB."""

# The tests' files are kept in memory where there is room: no test pulls the plug, and every commit waits for a disk.
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# No test asserts on seconds, and Hypothesis' own deadline would.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")


class MovableClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = datetime(2026, 8, 20, 3, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **kwargs: float) -> datetime:
        self.now += timedelta(**kwargs)
        return self.now


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture(scope="session")
def shared() -> Path:
    return SHARED


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if SHARED.is_dir():
        return
    absent = pytest.mark.skip(reason=f"the newsletter's archive is not at {SHARED}")
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(absent)


@pytest.fixture
def process_as_it_was() -> Iterator[None]:
    """What a command that ran in this process has set up is taken down again."""
    root = logging.getLogger()
    before = (list(root.handlers), root.level, sys.excepthook, threading.excepthook)
    yield
    for handler in set(root.handlers) - set(before[0]):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(before[1])
    sys.excepthook, threading.excepthook = before[2:]
    logging.captureWarnings(False)


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to anything but this machine is a mistake of the test, and says so."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise AssertionError(f"a test tried to connect to {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)  # the outermost border there is


def _is_loopback(host: str) -> bool:
    return host in ("::1", "localhost") or host.startswith("127.")
