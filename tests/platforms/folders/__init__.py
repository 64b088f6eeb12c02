"""Platforms of the tests' own: put into `crosspost.platforms.__path__`, they are found as the built-in ones are.

Loaded as a plugin (`pytest -p tests.platforms.folders`), they are there before a suite asks for the platforms' names.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from crosspost import platforms

HERE = Path(__file__).parent


def pytest_load_initial_conftests() -> None:
    add(HERE)


def add(folder: Path) -> None:
    platforms.__path__.append(str(folder))
    importlib.invalidate_caches()


def take_away(folder: Path) -> None:
    """Forget the folder, and what was imported from it."""
    platforms.__path__.remove(str(folder))
    for name in [each.name for each in folder.iterdir()]:
        vars(platforms).pop(name, None)
        for module in [m for m in sys.modules if f"{m}.".startswith(f"crosspost.platforms.{name}.")]:
            del sys.modules[module]
