"""`make bench`: figures and ratios, no assertions. Each module of this folder prints its own.

Ratios hold on any machine; seconds are this machine's. `--quick` tries every benchmark with tiny sizes: its figures
say nothing. One that cannot be measured, or is broken, says so and keeps no other from running; a broken one makes the
exit code 1.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import traceback
from collections.abc import Sequence

import bench


def main(arguments: Sequence[str]) -> int:
    quick = "--quick" in arguments
    known = sorted(
        module.name for module in pkgutil.iter_modules(bench.__path__) if not module.name.startswith("_")
    )
    chosen = [name for name in arguments if name != "--quick"] or known
    if unknown := set(chosen) - set(known):
        print(f"there is no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
        return 2
    return max([_run(name, quick) for name in chosen])


def _run(name: str, quick: bool) -> int:
    print(f"── {name} " + "─" * max(4, 76 - len(name)), flush=True)
    try:
        module = importlib.import_module(f"bench.{name}")
        module.run(module.QUICK if quick else module.FULL)
    except Exception:  # noqa: BLE001 - the others go on, and the exit code tells
        print("  broken:")
        traceback.print_exc(file=sys.stdout)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
