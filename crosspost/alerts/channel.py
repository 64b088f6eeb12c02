"""One Apprise address as a channel for alerts. Apprise runs in a process of its own, which can be ended.

Apprise limits each wait for a byte, but not the whole: an address that answers a byte a second would hold the pass,
and a thread cannot be ended (github.com/caronc/apprise, read 2026-11). The daemon also stays free of what it loads.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from enum import StrEnum

from crosspost.config import extras
from crosspost.config.secrets import Secret
from crosspost.errors import CrosspostError

TIME_LIMIT = 30.0
"""Seconds for one message, Apprise's own start included."""


class Answer(StrEnum):
    """What the process says of the message."""

    TAKEN = "taken"
    REFUSED = "refused"
    NO_ADDRESS = "no address"


def channel(secret: Secret, time_limit: float = TIME_LIMIT) -> Callable[[str, str], bool]:
    """Title and body → whether the place took the message. That call raises CrosspostError with a sentence."""

    def send(title: str, body: str) -> bool:
        message = json.dumps({"address": secret.reveal(), "title": title, "body": body})
        if not extras.installed("alerts"):
            raise CrosspostError(extras.needs("[alerts] to", "alerts"))
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
        if done.stdout == Answer.NO_ADDRESS:
            raise CrosspostError(f"what {secret} names is no Apprise address")
        return done.stdout == Answer.TAKEN

    return send


def main() -> None:
    """Send the message on standard input; print one Answer. What Apprise says goes to standard error."""
    import apprise

    message = json.load(sys.stdin)
    place = apprise.Apprise()
    if not place.add(message["address"]):
        answer = Answer.NO_ADDRESS
    elif place.notify(title=message["title"], body=message["body"], body_format=apprise.NotifyFormat.TEXT):
        answer = Answer.TAKEN
    else:
        answer = Answer.REFUSED
    sys.stdout.write(answer)


if __name__ == "__main__":
    main()
