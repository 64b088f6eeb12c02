"""atproto's client without what nobody here uses, in this module's `atproto`.

`import atproto` would bring what else is in the distribution: jetstream, subscriptions, 4 MB. What is done below
saves 17 MB more, and a third of the time to load it.
"""

from __future__ import annotations

import sys
from types import ModuleType

import pydantic

UNUSED = ("atproto_client.client.async_client", "atproto_crypto.did", "atproto_crypto.verify")
"""Modules of atproto that its client imports and never calls: a second client; a server's checks of signatures, which
bring cryptography, 7 MB."""


class _Unused(ModuleType):
    """Stands for a module of which nothing is used: each name in it is None."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


for name in UNUSED:
    sys.modules.setdefault(name, _Unused(name))
# Of atproto's 657 models a handful is used: each is made ready when it is first used.
pydantic.BaseModel.model_config["defer_build"] = True
try:
    import atproto_client as atproto
finally:
    pydantic.BaseModel.model_config.pop("defer_build", None)

__all__ = ["atproto"]
