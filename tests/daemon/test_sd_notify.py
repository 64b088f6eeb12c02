"""The sd_notify protocol, spoken to a real socket."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from crosspost.daemon.sd_notify import sd_notify, watchdog_interval


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket on which a service manager listens."""
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(path))
        listening.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        yield listening


def test_the_manager_hears_every_line_in_one_datagram(manager: socket.socket) -> None:
    sd_notify("READY=1", "STATUS=looking")

    assert manager.recv(1024) == b"READY=1\nSTATUS=looking"


def test_an_abstract_socket_is_spoken_to_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"crosspost-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0" + name)
        listening.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + name)

        sd_notify("WATCHDOG=1")

        assert listening.recv(1024) == b"WATCHDOG=1"


def test_a_status_with_a_line_break_stays_one_field(manager: socket.socket) -> None:
    sd_notify("STATUS=two problems:\nWATCHDOG=1")

    assert manager.recv(1024) == b"STATUS=two problems: WATCHDOG=1"


def test_without_a_manager_nothing_is_sent_and_nothing_raised(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET")

    sd_notify("READY=1")

    manager.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.recv(1024)


def test_a_manager_that_has_gone_is_a_line_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))

    with caplog.at_level(logging.WARNING):
        sd_notify("WATCHDOG=1")

    assert "systemd did not get WATCHDOG" in caplog.text


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "30000000"}, timedelta(seconds=30)),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": str(os.getpid())}, timedelta(seconds=0.5)),
    ],
)
def test_the_watchdog_is_fed_only_when_this_process_is_asked(
    environment: dict[str, str], expected: timedelta | None
) -> None:
    assert watchdog_interval(environment) == expected
