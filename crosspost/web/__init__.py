"""Show status and posts in a browser: read-only, without script, off unless `[web] listen` is set.

server.py    aiohttp in a thread of its own: routes, headers
push.py      the push webhook: who may call it
listener.py  connections: how many at once, and for how long
pages.py     the store's rows → HTML (the templates are in crosspost/pages)
metrics.py   for Prometheus
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
    """The daemon's health, which the watchdog, /healthz, the status page and the metrics read."""

    healthy: bool
    """Whether the store answers and passes end in time: the watchdog is fed."""
    reason: str
    """Why it is not healthy, in a sentence; else empty."""
    last: Pass | None
    """The last pass that ended; None before the first."""
    next_at: datetime | None
    """When the next pass is due."""
    watches: bool = True
    """Whether this machine polls the sources; of several on one database one does."""


ReadHealth = Callable[[], Health]
"""Returns the health. Never raises; takes as long as the store takes to answer."""
