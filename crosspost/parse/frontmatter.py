"""The header of a file: its fields, and where it ends.

    Title: …            Pelican's `Key: value` lines, up to the first empty one
    ---  …  ---         YAML (Jekyll, Hugo, Eleventy), by PyYAML
    +++  …  +++         TOML (Zola, Hugo), by tomllib
    # A title           no header: the first heading is the title

Each value is text as written: `issue: 042` is not octal, and a date that does not exist is no error.
    https://gohugo.io/content-management/front-matter/ and https://jekyllrb.com/docs/front-matter/ (read 2026-11)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MAX_LENGTH = 16_000
"""Characters: what does not end by then is not a header."""
MAX_DEPTH = 10
"""Tables within tables."""


@dataclass(frozen=True, slots=True)
class FrontMatter:
    fields: Mapping[str, str]
    """Lower-case key → value; a table's key is "extra.issue". Lists are left out."""
    end: int
    """The position in the text at which the header ends and the issue begins."""
    fenced: bool = False
    """Whether it stands between `---` or `+++`."""
    error: str = ""
    """The error in the header, as a clause; empty: none."""


def front_matter(text: str) -> FrontMatter:
    """Return the header of a text. Never raise: what is wrong with it is its `error`."""
    begin = len(text) - len(text.removeprefix("\ufeff").lstrip())
    head = text[begin : begin + MAX_LENGTH]
    if opened := _FENCE.match(head):
        end = (_END_OF_YAML if opened[1] == "---" else _END_OF_TOML).search(head, opened.end() - 1)
        if end is not None:
            inner = head[opened.end() : max(opened.end(), end.start())]
            found = _yaml(inner) if opened[1] == "---" else _toml(inner)
            if found is not None:
                fields, error = found
                return FrontMatter(fields, begin + end.end(), fenced=True, error=error)
    return _pelican(head, begin)


def blank_header(text: str, end: int) -> str:
    """Return the text with spaces in place of everything before `end`, so that lines and offsets stay the same."""
    return re.sub(r"[^\r\n]", " ", text[:end]) + text[end:]


_FENCE = re.compile(r"(---|\+\+\+)[ \t]*(?:\r\n|\r|\n)")
_END_OF_YAML = re.compile(r"(?:\r\n|\r|\n)(?:---|\.\.\.)[ \t]*(?=[\r\n]|\Z)")
_END_OF_TOML = re.compile(r"(?:\r\n|\r|\n)\+\+\+[ \t]*(?=[\r\n]|\Z)")


# ── Pelican ──────────────────────────────────────────────────────────────────────────────────────────

_FIELD = re.compile(r" {0,3}([A-Za-z][\w-]*)[ \t]*:[ \t]*(.*)")
"""Up to three spaces may precede a key (python-markdown.github.io/extensions/meta_data, 2026-11)."""
_KNOWN = frozenset({"title", "date", "number"})
"""Keys of which a header has at least one; without, the lines are a paragraph."""
_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|\Z)")


def _pelican(head: str, begin: int) -> FrontMatter:
    fields: dict[str, str] = {}
    end = 0
    for position, line in enumerate(_LINE.finditer(head)):
        if not line[1].strip() or position >= 40:
            break
        if field := _FIELD.match(line[1]):
            fields.setdefault(field[1].lower(), field[2].strip())
        end = line.end()
    return FrontMatter(fields, begin + end if fields.keys() & _KNOWN else 0)


# ── YAML and TOML ────────────────────────────────────────────────────────────────────────────────────


def _yaml(inner: str) -> tuple[Mapping[str, str], str] | None:
    """Return the fields and the error; None: this is text between two rules, and not a header."""
    import yaml

    depth = 0
    try:
        for event in yaml.parse(inner, yaml.BaseLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise yaml.YAMLError("it is nested too deeply")
            if isinstance(event, yaml.AliasEvent):  # with aliases a few lines can expand to millions
                raise yaml.YAMLError("it has an alias (*name)")
        found = yaml.load(inner, yaml.BaseLoader)  # noqa: S506 - makes nothing but texts, lists and tables
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 2}" if error.problem_mark else ""
        colon = error.problem == "mapping values are not allowed here"
        problem = 'a value with ": " in it needs quotes' if colon else error.problem or "it cannot be read"
        return {}, f"between --- is not YAML{line}: {problem}"
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return {}, f"between --- is not YAML: {str(error).splitlines()[0][:100]}"
    if isinstance(found, dict):
        return dict(_flat(found)), ""
    return ({}, "") if found in (None, "") else None


def _toml(inner: str) -> tuple[Mapping[str, str], str]:
    import tomllib

    lines = re.sub(r"\r\n?", "\n", inner)
    try:
        return dict(_flat(tomllib.loads(lines, parse_float=str))), ""
    except (ValueError, RecursionError) as error:
        return {}, f"between +++ is not TOML: {str(error)[:100]}"


def _flat(table: Mapping[Any, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        name = f"{before}{key}".lower()
        if isinstance(value, Mapping) and depth < MAX_DEPTH:
            yield from _flat(value, f"{name}.", depth + 1)
        elif isinstance(value, bool):
            yield name, str(value).lower()
        elif not isinstance(value, Mapping | list):
            yield name, " ".join(str(value).split())
