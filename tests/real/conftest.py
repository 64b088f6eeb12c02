"""Real servers that speak the platforms' protocols; `make test-real` installs them and runs these tests alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.bluesky import BlueskyPds
from tests.real.desk import RealDesk
from tests.real.install import PARTS
from tests.real.server import RealServer
from tests.real.snac import Snac

SERVERS = (BlueskyPds, Snac)


@pytest.fixture(scope="module", params=SERVERS, ids=lambda kind: kind.name)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    kind = request.param
    reasons = [PARTS[part].missing() for part in kind.needs]
    if any(reasons):
        pytest.skip(f"{kind.name}: {next(filter(None, reasons))}")
    running = kind(tmp_path_factory.mktemp(kind.name))
    try:
        running.start()
        yield running
    finally:
        running.close()


@pytest.fixture
def desk(server: RealServer, tmp_path: Path) -> RealDesk:
    """A newsletter with a new account."""
    server.proxy.clear()
    return RealDesk(tmp_path, server)
