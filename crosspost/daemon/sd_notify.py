"""Telling systemd how the service is: the sd_notify protocol.

One datagram of KEY=VALUE lines to the socket named in $NOTIFY_SOCKET (a path, or "@" and an abstract name);
nothing to do where there is none. sd_notify(3), "Notes" on a stand-alone implementation; systemd 252.
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
    """Send these lines to the service manager, if there is one. Never raises."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = f"\0{address[1:]}"
    # A line break inside a value would begin a field of its own.
    message = "\n".join(" ".join(line.splitlines()) for line in lines)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as far:
            far.settimeout(1)
            far.sendto(message.encode(), address)
    except OSError as error:
        logger.warning("the service manager could not be told %s: %s", lines[0].partition("=")[0], error)


def watchdog_interval(environment: Mapping[str, str] = os.environ) -> timedelta | None:
    """Within what time systemd wants to hear WATCHDOG=1 from this process; None: it does not ask."""
    asked_of = environment.get("WATCHDOG_PID", "")
    if asked_of and asked_of != str(os.getpid()):
        return None
    microseconds = environment.get("WATCHDOG_USEC", "")
    if not microseconds.isdecimal() or int(microseconds) == 0:
        return None
    return timedelta(microseconds=int(microseconds))
