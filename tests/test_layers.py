"""Imports point one way: from a layer to itself or further down (README, "Map of the code"), and never in a circle."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import crosspost

PACKAGE = Path(crosspost.__file__).parent
MAP = (
    (PACKAGE.parent / "README.md")
    .read_text(encoding="utf-8")
    .partition("## Map of the code")[2]
    .partition("\n## ")[0]
)

LAYERS = tuple(
    frozenset(re.findall(r"`(\w+)`", line.partition(":")[0])) for line in re.findall(r"(?m)^\d+\. (.*)$", MAP)
)
DATA = frozenset(
    re.findall(r"`(\w+)`", next(line for line in MAP.splitlines() if line.endswith("are data.")))
)
OUTSIDE = {"__init__", "__main__"}
"""The version, and `python -m crosspost`, which calls the command line."""


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imported_by(path: Path) -> Iterator[str]:
    """Every module of the package that a file imports, also within a function or for its types only."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "crosspost":
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else str(node.module)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)


IMPORTS = {module: set(imported_by(path)) - {module} for module, path in MODULES.items()}


def entry(module: str) -> str:
    """The part of the package that a module belongs to; the package itself is its version only."""
    return (*module.split("."), "__init__")[1]


def layer(module: str) -> int:
    return next(number for number, entries in enumerate(LAYERS) if entry(module) in entries)


def test_every_entry_of_the_package_is_on_the_map_once() -> None:
    there = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    on_the_map = [name for entries in (*LAYERS, DATA) for name in entries]

    assert len(LAYERS) == 9
    assert sorted(on_the_map) == sorted(there - OUTSIDE - {"__pycache__"})


@pytest.mark.parametrize("module", [module for module in MODULES if entry(module) not in OUTSIDE | DATA])
def test_a_module_imports_only_from_its_own_layer_or_from_below(module: str) -> None:
    targets = {target for target in IMPORTS[module] if entry(target) not in OUTSIDE}

    assert {target for target in targets if layer(target) < layer(module)} == set()


def test_no_module_imports_itself_by_a_detour() -> None:
    left = dict(IMPORTS)
    while ends := [module for module, targets in left.items() if not targets & left.keys()]:
        for module in ends:
            del left[module]

    assert {module: sorted(targets & left.keys()) for module, targets in left.items()} == {}
