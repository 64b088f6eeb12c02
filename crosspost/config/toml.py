"""A TOML file together with the line on which each key stands, so that a problem can name its line.

`tomllib` reads the values (toml.io/en/v1.0.0) and does not tell their lines. These are found by looking at headers and
keys only; for a key inside an inline table the line of the table around it is taken.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosspost.errors import ConfigError

KeyPath = tuple[str | int, ...]
"""The keys that lead to a value: ("accounts", "x", "mode"); a number is the index in an array of tables."""

_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]\]?\s*(?:#.*)?$")
_ASSIGNMENT = re.compile(rf"\s*({_DOTTED})\s*=")
_FENCE = re.compile(r'"""|' r"'''")


@dataclass(frozen=True, slots=True)
class TomlFile:
    path: Path
    document: Mapping[str, Any]
    lines: Mapping[KeyPath, int]

    def line(self, location: KeyPath) -> int | None:
        """Return the 1-based line of the key, or of the nearest table around it."""
        for length in range(len(location), 0, -1):
            if location[:length] in self.lines:
                return self.lines[location[:length]]
        return None


def read(path: Path) -> TomlFile:
    """Read the file. Raises ConfigError when there is no such file, it cannot be read, or it is not TOML."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return TomlFile(path, tomllib.loads(text), dict(_lines(text)))
    except FileNotFoundError:
        problem = "there is no such file; to begin one: crosspost config example"
    except IsADirectoryError:
        problem = "this is a folder; name the configuration file in it"
    except OSError as error:
        problem = f"the file cannot be read: {error.strerror}"
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problem = f"line {line}: not UTF-8 text; save the file as UTF-8"
    except tomllib.TOMLDecodeError as error:
        problem = f"not valid TOML: {error}"
    except RecursionError:
        problem = "not valid TOML: nested too deeply"
    raise ConfigError(str(path), [problem])


def _lines(text: str) -> Iterator[tuple[KeyPath, int]]:
    """Yield each key and header with its line, in the file's order."""
    table: KeyPath = ()
    tables: dict[KeyPath, int] = {}
    fence: str | None = None  # the delimiter of the multi-line string that is open
    for number, line in enumerate(text.splitlines(), start=1):
        if fence is None:
            if header := _HEADER.match(line):
                table = _parts(header[2])
                if header[1] == "[[":
                    tables[table] = tables.get(table, -1) + 1
                    table = (*table, tables[table])
                yield table, number
                continue
            if assignment := _ASSIGNMENT.match(line):
                yield (*table, *_parts(assignment[1])), number
        for mark in _FENCE.findall(line):
            if fence is None:
                fence = mark
            elif mark == fence:
                fence = None


def _parts(dotted: str) -> KeyPath:
    return tuple(part.strip("\"'") for part in re.findall(_KEY, dotted))
