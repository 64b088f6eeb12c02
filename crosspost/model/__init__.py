"""The values that move through the flow, in this order: Sighting → Issue → Digest → Post → Delivery → Receipt.

    issue.py    an issue as a source shows it, and what was parsed
    post.py     a post as it is sent, and what a platform answers
    record.py   what the database stores: the rows, the history

All are frozen. Times are aware and in UTC. (Digest is in crosspost.compose.digest.)
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from crosspost.model.issue import *
from crosspost.model.post import *
from crosspost.model.record import *

Clock = Callable[[], datetime]
"""The present time, aware and in UTC. Passed in, so that a test can move it."""


def utcnow() -> datetime:
    """Return the present time. Only app.py and the entry points use it."""
    return datetime.now(UTC)
