"""The package stays one that a stranger can read: short files, short functions, and no silent growth."""

from __future__ import annotations

import ast
from pathlib import Path

import crosspost

PACKAGE = Path(crosspost.__file__).parent
FILES = {path.relative_to(PACKAGE): path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}

LONGEST_FILE = 400
LONGEST_FUNCTION = 50
LARGEST_PACKAGE = 33_100
"""Lines. Lower it when the package has shrunk; raise it only for a feature that is worth being read."""


def test_no_file_is_too_long() -> None:
    lengths = {str(path): len(text.splitlines()) for path, text in FILES.items()}

    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_too_long() -> None:
    lengths = {
        f"{path}: {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path, text in FILES.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert len(lengths) > 1000
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_the_package_does_not_grow_unnoticed() -> None:
    assert sum(len(text.splitlines()) for text in FILES.values()) <= LARGEST_PACKAGE
