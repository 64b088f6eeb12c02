"""Show status and posts in a browser: read-only, without script, off unless `[web] listen` is set.

server.py    aiohttp in a thread of its own: routes, headers
push.py      the push webhook: who may call it
listener.py  connections: how many at once, and for how long
pages.py     the store's rows → HTML (the templates are in crosspost/pages)
health.py    whether the daemon works
metrics.py   for Prometheus
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crosspost.app import App
    from crosspost.web.health import TakeHealth
    from crosspost.web.listener import Limits


@contextmanager
def serving(
    app: App, take_health: TakeHealth, look_now: Callable[[], None], limits: Limits | None = None
) -> Iterator[str]:
    """Serve on `[web] listen` until the block ends, and yield the address for a browser.

    `look_now` is called from the server's thread when the forge reports a push with the right secret.
    Raises CrosspostError when the address cannot be bound.
    """
    from crosspost.web.listener import Limits  # with aiohttp: 13 MB that only pages need
    from crosspost.web.server import Server

    server = Server(app, take_health, look_now, limits or Limits())
    address = server.start()
    try:
        yield address
    finally:
        server.stop()
