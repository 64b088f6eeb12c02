"""The optional dependencies (pyproject.toml, `optional-dependencies`): whether one is there, and how to get it."""

from __future__ import annotations

import re
import shlex
import sys
from importlib.util import find_spec

MODULES = {"alerts": "apprise", "card": "PIL", "metrics": "prometheus_client", "postgres": "psycopg"}
"""Each extra of the program itself, and the module that it brings. A platform's extra stands in its folder."""


def is_installed(extra: str, module: str | None = None) -> bool:
    """Return whether the module that the extra brings can be imported; `module` where it is a platform's extra."""
    return find_spec(module or MODULES[extra]) is not None


def install_hint(what: str, extra: str) -> str:
    """Say in a sentence that `what` needs the extra, with the packages themselves to install."""
    pip = f"{shlex.quote(sys.executable)} -m pip"  # the one of this installation
    return f"{what} needs the extra `{extra}`: {pip} install {' '.join(_packages(extra))}"


def _packages(extra: str) -> list[str]:
    """Return the packages as the program's own metadata names them, quoted for a shell."""
    from importlib import metadata  # 8 ms, for a sentence that is seldom said

    try:
        required = metadata.requires("crosspost") or []
    except metadata.PackageNotFoundError:  # run from its sources
        required = []
    split = (line.partition(";") for line in required)
    named = [f"'{name.strip()}'" for name, _, when in split if re.search(rf"extra == .{extra}\b", when)]
    return named or [MODULES.get(extra, extra)]
