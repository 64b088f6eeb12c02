"""The values that move through the flow, in the order in which they appear.

    Sighting → Issue → Digest → Post → Delivery → Receipt

All are frozen. A name says where in the flow one is; none of them does anything. Times are aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from crosspost.model.answer import *
from crosspost.model.issue import *
from crosspost.model.post import *
from crosspost.model.record import *

Clock = Callable[[], datetime]
"""The present time, aware and in UTC. Passed in, so that a test can move it."""


def utcnow() -> datetime:
    """The real clock. Only app.py and the entry points name it."""
    return datetime.now(UTC)
