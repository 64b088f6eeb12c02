"""atproto and httpx without what nobody here uses. Loaded when an account is first connected."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from crosspost.config import extras
from crosspost.errors import UsageError
from crosspost.platforms.bluesky.settings import EXTRA


def libraries() -> tuple[Any, Any]:
    """Return atproto_client and httpx. Raises UsageError when the extra is not installed.

    `import atproto` would bring what else is in the distribution: jetstream, subscriptions, 4 MB. What is done below
    saves 10 MB more, and a third of the time to load it.
    """
    if not extras.installed(*EXTRA):
        raise UsageError(extras.needs("Bluesky", EXTRA[0]))
    # Neither is used, and both are done without: httpx's command line (rich, pygments) and atproto's second client.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
    asynchronous = ModuleType("atproto_client.client.async_client")
    asynchronous.__dict__["AsyncClient"] = None
    sys.modules.setdefault(asynchronous.__name__, asynchronous)
    import httpx
    import pydantic

    # Of atproto's 657 models a handful is used: each is made ready when it is first used.
    pydantic.BaseModel.model_config["defer_build"] = True
    try:
        import atproto_client
        import atproto_client.exceptions
    finally:
        pydantic.BaseModel.model_config.pop("defer_build", None)
    return atproto_client, httpx
