"""What the reference pages include, written from the code: options, commands, metrics. Run by conf.py."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, get_args, get_origin, get_type_hints

import click
from prometheus_client.parser import text_string_to_metric_families

from crosspost import platforms
from crosspost.cli import crosspost
from crosspost.config.schema import NO_OPTIONS, AccountConfig, ChannelConfig, Config, SourceConfig
from crosspost.config.secrets import Secret
from crosspost.config.types import TextOption, format_duration
from crosspost.model import ChannelState, DeliveryState, Spending
from crosspost.web import metrics

EXAMPLE = Path(__file__).parents[1] / "config.example.toml"
SCHEMAS = Path(__file__).with_name("schemas")


def write(folder: Path) -> None:
    """Write the parts that the pages include into this folder."""
    folder.mkdir(exist_ok=True)
    for part in (options, commands, documents, measured):
        whole = folder / f"{part.__name__}.{os.getpid()}"  # two builds at one time read no half of it
        whole.write_text("\n".join(part()) + "\n", encoding="utf-8")
        whole.replace(folder / f"{part.__name__}.md")


# ── the configuration ────────────────────────────────────────────────────────────────────────────────


def tables() -> Iterator[tuple[str, type]]:
    """Every table of the file, in the example's order, with the class that it becomes."""
    kept = {field.name: type(field.default) for field in dataclasses.fields(Config)}
    kept |= {"sources": SourceConfig, "channels": ChannelConfig, "accounts": AccountConfig}
    names = {"sources": "[source]", "channels": "[[channels]]", "accounts": "Every account"}
    found = {names.get(name, f"[{name}]"): kind for name, kind in kept.items()}
    found |= {f"[accounts.{name}]": platforms.settings_of(name) for name in platforms.names()}
    text = EXAMPLE.read_text(encoding="utf-8").replace(
        "# The accounts; the names are yours.", "Every account"
    )
    yield from sorted(found.items(), key=lambda table: text.index(table[0]))


def options() -> Iterator[str]:
    """Each table: how the example shows it, then the type and default of each option."""
    example = excerpts()
    for name, kind in tables():
        yield f"## {name}\n"
        if name in example:
            yield f"```toml\n{example[name]}\n```\n"
        hints = get_type_hints(kind, include_extras=True)
        yield "| option | takes | default |\n|---|---|---|"
        for field in dataclasses.fields(kind):
            if kind is not AccountConfig or field.name not in NO_OPTIONS:
                yield f"| `{field.name}` | {_takes(hints[field.name])} | {_default(field)} |"
        yield ""


def excerpts() -> dict[str, str]:
    """Each table as the example has it, with the comment above it."""
    found: dict[str, list[str]] = {}
    name = ""
    for group in EXAMPLE.read_text(encoding="utf-8").strip().split("\n\n")[1:]:
        header = re.search(r"(?m)^(?:# )?(\[\[?[\w.]+\]\]?)(?: |$)", group)
        if header or "The accounts;" in group:
            name = header[1] if header else "Every account"
        found.setdefault(name, []).append(group)
    return {name: "\n\n".join(groups) for name, groups in found.items()}


def _takes(hint: Any) -> str:
    """The type of an option in words."""
    origin, inner = get_origin(hint), get_args(hint)
    wanted = next(
        (each.expected for each in getattr(hint, "__metadata__", ()) if isinstance(each, TextOption)), None
    )
    if wanted:
        return wanted.replace("|", "\\|")
    if origin is Literal:
        return " or ".join(f'`"{each}"`' for each in inner)
    if origin is tuple:
        return f"a list, each {_takes(inner[0])}"
    if inner:
        return " or ".join(_takes(each) for each in inner if each is not type(None))
    if isinstance(hint, type) and issubclass(hint, Secret):
        return "a secret, by its name"
    return {str: "a text", bool: "`true` or `false`", int: "a number"}.get(hint, str(hint))


def _default(field: dataclasses.Field[Any]) -> str:
    value = field.default
    if value is dataclasses.MISSING:
        return "required"
    if isinstance(value, timedelta):
        return f'`"{format_duration(value)}"`'
    if isinstance(value, tuple) and len(value) > 2:
        return "as above"
    match value:
        case None | () | "":
            return "–"
        case str() | bool() | int():
            return f"`{json.dumps(value, ensure_ascii=False)}`"
        case _:
            return f"`{json.dumps(list(value))}`"


# ── the commands ─────────────────────────────────────────────────────────────────────────────────────


def commands() -> Iterator[str]:
    """What `--help` says of each command."""
    for path, command in _each(crosspost, "crosspost"):
        with click.Context(command, info_name=path, max_content_width=100) as context:
            yield f"## {path}\n\n```text\n{command.get_help(context)}\n```\n"


def _each(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            yield from _each(command.commands[name], f"{path} {name}")


# ── the JSON documents ───────────────────────────────────────────────────────────────────────────────


def documents() -> Iterator[str]:
    """Each document by its schema: the path of each key, its type, and what it says."""
    for path in sorted(SCHEMAS.glob("*.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        yield f"## {path.stem}\n\n{schema['title']}. The schema: [{path.name}](schemas/{path.name})\n"
        yield "| key | type | what |\n|---|---|---|"
        for key, part in _keys(schema, ""):
            kinds = part.get("type", "any")
            kinds = [kinds] if isinstance(kinds, str) else kinds
            values = ", ".join(f"`{value}`" for value in part.get("enum", ()) if value)
            yield f"| `{key}` | {' or '.join(kinds)} | {part.get('description', values) or '–'} |"
        yield ""


def _keys(schema: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if "items" in schema:
        yield from _keys(schema["items"], f"{path}[]")
    for name, part in schema.get("properties", {}).items():
        key = f"{path}.{name}" if path else name
        yield key, part
        yield from _keys(part, key)


# ── the metrics ──────────────────────────────────────────────────────────────────────────────────────


def measured() -> Iterator[str]:
    """Each metric that a scrape of a daemon with one of everything gives."""
    page = metrics.exposition(_one_of_everything(), _health, {"refused": 1}).decode()
    yield "| metric | kind | labels | what |\n|---|---|---|---|"
    for family in sorted(text_string_to_metric_families(page), key=lambda each: each.name):
        labels = dict.fromkeys(label for sample in family.samples for label in sample.labels if label != "le")
        yield f"| `{family.name}` | {family.type} | {', '.join(labels) or '–'} | {family.documentation} |"


def _health() -> Any:
    ended = SimpleNamespace(started=_NOW, ended=_NOW, problems=(), needs_person=False)
    return SimpleNamespace(healthy=True, last=ended, next_at=_NOW, watches=True)


def _one_of_everything() -> Any:
    store = SimpleNamespace(
        counts=lambda: {("mastodon", DeliveryState.SENT): 1},
        times_to_post=lambda: [("mastodon", timedelta(seconds=1))],
    )
    return SimpleNamespace(
        store=store,
        next_due=lambda: _NOW,
        spending=lambda: [Spending("x", date(2026, 1, 1), Decimal(0), Decimal(5))],
        channel_states=lambda: [ChannelState("e-mail", 1, _NOW)],
    )


_NOW = datetime(2026, 1, 1, tzinfo=UTC)
