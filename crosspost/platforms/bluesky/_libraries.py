"""atproto and httpx without what nobody here uses. Loaded when an account is first connected."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from crosspost.config import extras
from crosspost.errors import UsageError
from crosspost.platforms.bluesky import Settings

UNUSED = ("atproto_client.client.async_client", "atproto_crypto.did", "atproto_crypto.verify")
"""Modules of atproto that its client imports and never calls: a second client; a server's checks of signatures, which
bring cryptography, 7 MB."""


class _Unused(ModuleType):
    """Stands for a module of which nothing is used: each name in it is None."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


def libraries() -> tuple[Any, Any]:
    """Return atproto_client and httpx. Raises UsageError when the extra is not installed.

    `import atproto` would bring what else is in the distribution: jetstream, subscriptions, 4 MB. What is done below
    saves 17 MB more, and a third of the time to load it.
    """
    if not extras.installed(*Settings.extra):
        raise UsageError(extras.needs("Bluesky", Settings.extra[0]))
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # its command line: rich, pygments
    for name in UNUSED:
        sys.modules.setdefault(name, _Unused(name))
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
