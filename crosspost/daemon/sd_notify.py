"""Report the service's state to systemd, by the sd_notify protocol (sd_notify(3), "Notes"; systemd 252).

A report is one datagram of KEY=VALUE lines to the socket in $NOTIFY_SOCKET: a path, or "@" and an abstract name.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Mapping
from datetime import timedelta

Notify = Callable[..., None]
"""`notify("READY=1", "STATUS=…")`: each argument is one line."""

logger = logging.getLogger(__name__)


def sd_notify(*lines: str) -> None:
    """Send these lines to systemd; do nothing where there is none. Never raises."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = f"\0{address[1:]}"
    # A line break inside a value would begin another field.
    message = "\n".join(" ".join(line.splitlines()) for line in lines)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as connection:
            connection.settimeout(1)
            connection.sendto(message.encode(), address)
    except OSError as error:
        logger.warning("systemd did not get %s: %s", lines[0].partition("=")[0], error)


def watchdog_interval(environment: Mapping[str, str] = os.environ) -> timedelta | None:
    """Return the time within which systemd expects WATCHDOG=1 from this process; None: it does not expect it."""
    pid = environment.get("WATCHDOG_PID", "")
    if pid and pid != str(os.getpid()):
        return None
    microseconds = environment.get("WATCHDOG_USEC", "")
    if not microseconds.isdecimal() or int(microseconds) == 0:
        return None
    return timedelta(microseconds=int(microseconds))
