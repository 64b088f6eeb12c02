"""The optional dependencies (pyproject.toml, `optional-dependencies`): which are installed, and how to install one."""

from __future__ import annotations

import re
import shlex
import sys
from importlib.util import find_spec

MODULES = {"alerts": "apprise", "card": "PIL", "metrics": "prometheus_client", "postgres": "psycopg"}
"""Each extra of the program, and a module that it installs. A platform names its extra in its folder."""


def is_installed(extra: str, module: str | None = None) -> bool:
    """Return whether the extra's module can be imported; `module` is given for a platform's extra."""
    return find_spec(module or MODULES[extra]) is not None


def install_hint(what: str, extra: str) -> str:
    """Return the sentence that `what` needs the extra, with the command that installs its packages."""
    pip = f"{shlex.quote(sys.executable)} -m pip"  # the one of this installation
    return f"{what} needs the extra `{extra}`: {pip} install {' '.join(_packages(extra))}"


def _packages(extra: str) -> list[str]:
    """Return the packages as the program's own metadata names them, quoted for a shell."""
    from importlib import metadata  # takes 8 ms, and is seldom needed

    try:
        required = metadata.requires("crosspost") or []
    except metadata.PackageNotFoundError:  # run from its sources
        required = []
    split = (line.partition(";") for line in required)
    names = [f"'{name.strip()}'" for name, _, marker in split if re.search(rf"extra == .{extra}\b", marker)]
    return names or [MODULES.get(extra, extra)]
