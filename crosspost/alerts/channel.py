"""One Apprise address as a channel for alerts. Apprise runs in a process of its own, which can be ended.

Apprise limits each wait for a byte, but not the whole: an address that answers a byte a second would hold the pass,
and a thread cannot be ended (github.com/caronc/apprise, read 2026-11). The daemon also stays free of what it loads.
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
"""Seconds for one message, Apprise's own start included."""


TAKEN, REFUSED, NO_ADDRESS = 0, 1, 3
"""Exit codes of the process. Python's own are 1 for an exception and 2 for a wrong call."""


def channel(secret: Secret, time_limit: float = TIME_LIMIT) -> Callable[[str, str], bool]:
    """Title and body → whether the place took the message. That call raises CrosspostError with a sentence."""

    def send(title: str, body: str) -> bool:
        message = json.dumps({"address": secret.reveal(), "title": title, "body": body})
        if not extras.is_installed("alerts"):
            raise CrosspostError(extras.install_hint("[alerts] to", "alerts"))
        try:
            done = subprocess.run(
                # -P: the folder it is started in must not stand in for what it imports.
                [sys.executable, "-P", "-m", "crosspost.alerts.channel"],
                input=message,  # not an argument, which every user of the machine can read
                capture_output=True,
                text=True,
                timeout=max(0.0, time_limit),
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise CrosspostError(f"the channel did not take the message within {time_limit:.0f} s") from None
        if done.returncode == NO_ADDRESS:
            raise CrosspostError(f"what {secret} names is no Apprise address")
        return done.returncode == TAKEN

    return send


def main() -> int:
    """Send the message on standard input, and return the exit code. What Apprise says goes to standard error."""
    import apprise

    message = json.load(sys.stdin)
    place = apprise.Apprise()
    if not place.add(message["address"]):
        return NO_ADDRESS
    taken = place.notify(title=message["title"], body=message["body"], body_format=apprise.NotifyFormat.TEXT)
    return TAKEN if taken else REFUSED


if __name__ == "__main__":
    sys.exit(main())
