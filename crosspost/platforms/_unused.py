"""Empty replacements for modules that client libraries import and crosspost does not use: each saves megabytes."""

from __future__ import annotations

import sys
from types import ModuleType


class _Unused(ModuleType):
    """A module in which each name is None, except those that it was given."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


def stub_module(name: str, **used: object) -> None:
    """Replace a module that is not imported yet by an empty one. `used`: the names in it that are used."""
    module = _Unused(name)
    vars(module).update(used)
    sys.modules.setdefault(name, module)
