"""Stand-ins for modules that a client library imports and that nobody here uses: each saves megabytes."""

from __future__ import annotations

import sys
from types import ModuleType


class _Unused(ModuleType):
    """A module in which each name is None, except those that it was given."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


def stub_module(name: str, **used: object) -> None:
    """Put a stand-in in the place of a module that is not imported yet. `used`: the names in it that are used."""
    module = _Unused(name)
    vars(module).update(used)
    sys.modules.setdefault(name, module)
