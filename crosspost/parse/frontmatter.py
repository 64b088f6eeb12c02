"""The header of a file: which of its first lines are it, and what they say.

    Title: …            Pelican's `Key: value` lines, up to the first empty one
    ---  …  ---         YAML (Jekyll, Hugo, Eleventy), by PyYAML
    +++  …  +++         TOML (Zola, Hugo), by tomllib
    # A title           no header: the first heading is the title

Every value is read as the text that stands there: `issue: 042` is no octal number, and no date makes an error.
    https://gohugo.io/content-management/front-matter/ and https://jekyllrb.com/docs/front-matter/ (read 2026-11)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LIMIT = 16_000
"""Characters. A header that has not ended by then is none."""
DEEPEST = 10
"""Tables within tables."""


@dataclass(frozen=True, slots=True)
class FrontMatter:
    fields: Mapping[str, str]
    """By their keys in small letters; of a table within a table "extra.issue". Lists are left out."""
    end: int
    """Where in the text its lines end and the issue's text begins."""
    fenced: bool = False
    """It stands between `---` or `+++`."""
    trouble: str = ""
    """What is wrong with it, as a clause; empty: nothing."""


def front_matter(text: str) -> FrontMatter:
    """Read the header of a text. Never raises: what is wrong with it is its `trouble`."""
    begin = len(text) - len(text.removeprefix("\ufeff").lstrip())
    head = text[begin : begin + LIMIT]
    if opened := _FENCE.match(head):
        end = (_END_OF_YAML if opened[1] == "---" else _END_OF_TOML).search(head, opened.end() - 1)
        if end is not None:
            inner = head[opened.end() : max(opened.end(), end.start())]
            found = _yaml(inner) if opened[1] == "---" else _toml(inner)
            if found is not None:
                fields, trouble = found
                return FrontMatter(fields, begin + end.end(), fenced=True, trouble=trouble)
    return _lines(head, begin)


def blanked(text: str, end: int) -> str:
    """Return the text with spaces in place of all that stands before `end`: lines and offsets stay as they are."""
    return re.sub(r"[^\r\n]", " ", text[:end]) + text[end:]


_FENCE = re.compile(r"(---|\+\+\+)[ \t]*(?:\r\n|\r|\n)")
_END_OF_YAML = re.compile(r"(?:\r\n|\r|\n)(?:---|\.\.\.)[ \t]*(?=[\r\n]|\Z)")
_END_OF_TOML = re.compile(r"(?:\r\n|\r|\n)\+\+\+[ \t]*(?=[\r\n]|\Z)")


# ── Pelican ──────────────────────────────────────────────────────────────────────────────────────────

_FIELD = re.compile(r" {0,3}([A-Za-z][\w-]*)[ \t]*:[ \t]*(.*)")
"""The site takes up to three spaces before a key (python-markdown.github.io/extensions/meta_data, 2026-11)."""
_KNOWN = frozenset({"title", "date", "number"})
"""One of these is there, or what looks like a header is a paragraph."""
_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|\Z)")


def _lines(head: str, begin: int) -> FrontMatter:
    fields: dict[str, str] = {}
    end = 0
    for place, line in enumerate(_LINE.finditer(head)):
        if not line[1].strip() or place >= 40:
            break
        if field := _FIELD.match(line[1]):
            fields.setdefault(field[1].lower(), field[2].strip())
        end = line.end()
    return FrontMatter(fields, begin + end if fields.keys() & _KNOWN else 0)


# ── YAML and TOML ────────────────────────────────────────────────────────────────────────────────────


def _yaml(inner: str) -> tuple[Mapping[str, str], str] | None:
    """Return its fields and what is wrong with it; None: it is text between two rules, and no header."""
    import yaml

    depth = 0
    try:
        for event in yaml.parse(inner, yaml.BaseLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise yaml.YAMLError("it is nested too deeply")
            if isinstance(event, yaml.AliasEvent):  # with these a few lines would stand for millions
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
        if isinstance(value, Mapping) and depth < DEEPEST:
            yield from _flat(value, f"{name}.", depth + 1)
        elif isinstance(value, bool):
            yield name, str(value).lower()
        elif not isinstance(value, Mapping | list):
            yield name, " ".join(str(value).split())
