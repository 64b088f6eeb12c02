"""Show status and posts in a browser: read-only, without script, off unless `[web] listen` is set.

server.py    aiohttp in a thread of its own: routes, headers
push.py      the push webhook: who may call it
listener.py  connections: how many at once, and for how long
pages.py     the store's rows → HTML (the templates are in crosspost/pages)
metrics.py   for Prometheus

Here is the daemon's health, which the watchdog, /healthz, the status page and the metrics read: the store answers,
and passes come to an end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crosspost.pipeline import Pass


@dataclass(frozen=True, slots=True)
class Health:
    """The daemon's health at one moment."""

    healthy: bool
    """True: the watchdog would be fed now."""
    reason: str
    """Why it is not healthy, in a sentence; empty when it is."""
    last: Pass | None
    """The last pass that came to its end; None before the first."""
    next_at: datetime | None
    """When the next pass is meant to begin."""
    watches: bool = True
    """Whether this machine looks at the sources; of several on one database one does."""


ReadHealth = Callable[[], Health]
"""Asks the store, so it may take as long as the store does. Never raises."""
