"""Send an alert to one Apprise address, in a child process with a time limit.

Apprise limits each wait for a byte, but not the whole request: an address that answers one byte a second would stop the
pass, and a thread cannot be ended (github.com/caronc/apprise, read 2026-11). Nor does the daemon load Apprise.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

from crosspost.config import extras
from crosspost.config.secrets import Secret
from crosspost.errors import CrosspostError

TIME_LIMIT = 30.0
"""Seconds for one message, with the start of the process."""

SENT, REFUSED, NO_ADDRESS = 0, 1, 3
"""Exit codes of the process. Python's own are 1 for an exception and 2 for a wrong call."""


def channel(secret: Secret, time_limit: float = TIME_LIMIT) -> Callable[[str, str], bool]:
    """Return a function that sends a title and a body, and returns whether the service accepted them.

    It raises CrosspostError for a missing extra, an invalid address, and after `time_limit` seconds.
    """

    def send(title: str, body: str) -> bool:
        message = json.dumps({"address": secret.reveal(), "title": title, "body": body})
        if not extras.is_installed("alerts"):
            raise CrosspostError(extras.install_hint("[alerts] to", "alerts"))
        try:
            done = subprocess.run(
                # -P: nothing is imported from the current folder.
                [sys.executable, "-P", "-m", "crosspost.alerts.channel"],
                input=message,  # arguments are visible to every user of the machine
                capture_output=True,
                text=True,
                timeout=max(0.0, time_limit),
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise CrosspostError(f"the channel did not take the message within {time_limit:.0f} s") from None
        if done.returncode == NO_ADDRESS:
            raise CrosspostError(f"what {secret} names is no Apprise address")
        return done.returncode == SENT

    return send


def main() -> int:
    """Send the message on standard input, and return the exit code."""
    import apprise

    message = json.load(sys.stdin)
    service = apprise.Apprise()
    if not service.add(message["address"]):
        return NO_ADDRESS
    sent = service.notify(title=message["title"], body=message["body"], body_format=apprise.NotifyFormat.TEXT)
    return SENT if sent else REFUSED


if __name__ == "__main__":
    sys.exit(main())
