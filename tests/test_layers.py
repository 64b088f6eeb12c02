"""Imports point one way: from a line of the house to its own line or further down (README, "Map of the code")."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import crosspost

PACKAGE = Path(crosspost.__file__).parent

LINES = (
    {"cli", "daemon", "web", "pulse", "metrics", "demo", "login", "show"},
    {"app", "pipeline", "planning", "resolve", "by_hand", "concerns", "preflight", "status", "replay"},
    {"delivery", "backfill", "gate", "audit", "alerts", "alertchannel", "limits"},
    {"sources", "platforms", "store"},
    {"issue", "digest", "compose", "fit", "postcards", "card", "preview"},
    {"config", "configfile", "configrules", "configtypes", "credentials", "log", "redaction"},
    {"model", "errors", "extras", "tomlfile", "weekly", "hypertext"},
)
# Not part of the flow: a stand-in for the far side, and a protocol of the machine.
ALONGSIDE = {"sandbox": {"model", "errors", "postcards", "fit"}, "notify": set(), "samples": set()}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def rooms_imported_by(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("crosspost"):
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {name.name.split(".")[1] for name in node.names if name.name.startswith("crosspost.")}
    return found - {"__version__"}


def allowed_for(room: str) -> set[str]:
    if room in ALONGSIDE:
        return {room, *ALONGSIDE[room]}
    line = next(number for number, rooms in enumerate(LINES) if room in rooms)
    below: set[str] = set().union(*LINES[line:])
    return below | set(ALONGSIDE) if line == 0 else below


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_a_module_imports_only_from_its_own_line_or_from_below(path: Path) -> None:
    room = room_of(path)
    if room in ("__init__", "__main__"):
        return

    assert rooms_imported_by(path) <= allowed_for(room)


def test_every_room_of_the_package_has_its_place() -> None:
    rooms = {room_of(path) for path in PACKAGE.rglob("*.py")} - {"__init__", "__main__"}

    assert rooms <= set().union(*LINES) | set(ALONGSIDE)
