"""`make bench`: figures and ratios, no assertions. Each module of this folder prints its own.

Ratios hold on any machine; seconds are this machine's.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys

import bench


def main() -> None:
    known = sorted(
        module.name for module in pkgutil.iter_modules(bench.__path__) if not module.name.startswith("_")
    )
    chosen = sys.argv[1:] or known
    for name in chosen:
        print(f"── {name} " + "─" * max(4, 76 - len(name)), flush=True)
        importlib.import_module(f"bench.{name}").run()


if __name__ == "__main__":
    main()
