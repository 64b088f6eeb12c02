"""What the documents say is so: commands exist, options have their real defaults."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest

from crosspost import config, platforms
from crosspost.cli import crosspost
from crosspost.config.schema import AccountConfig, ChannelConfig, Config, SourceConfig
from crosspost.config.types import parse_duration

PROJECT = Path(__file__).parents[1]
EXAMPLE = (PROJECT / "config.example.toml").read_text(encoding="utf-8")

NOT_THE_DEFAULT = {
    "backfill.mode", "accounts.reddit.mode", "accounts.discord.channel_id", "accounts.bluesky.handle", "source.url",
}  # fmt: skip
"""Options whose value in the example is a choice, and says so in its comment."""

NOT_IN_THE_FILE = {"name", "settings", "has_credentials"}
"""Fields of an account that are no options."""


@pytest.mark.parametrize("name", crosspost.list_commands(click.Context(crosspost)))
def test_every_command_says_what_it_does(name: str) -> None:
    with click.Context(crosspost) as context:
        assert len(crosspost.commands[name].get_help(context)) > 40
        assert crosspost.commands[name].get_short_help_str()


# ── The example ──────────────────────────────────────────────────────────────────────────────────────


def uncommented(text: str) -> str:
    """The example with every option switched on that stands in a comment."""
    return re.sub(r"(?m)^# (\[\[[a-z]+\]\]$|[a-z_]+ = )", r"\1", text)


def load(folder: Path, text: str) -> Config:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return config.load(path, platforms.settings_of, secrets=False)


def tables() -> Iterator[tuple[str, type]]:
    """Every table that a configuration can have, with the dataclass that it becomes."""
    yield "source", SourceConfig
    for option in dataclasses.fields(Config):
        if option.name not in ("sources", "channels", "accounts"):
            yield option.name, type(option.default)
    for platform in platforms.names():
        yield f"accounts.{platform}", platforms.settings_of(platform)


def table_of(document: dict[str, Any], name: str) -> dict[str, Any]:
    for part in name.split("."):
        document = document[part]
    return document


def as_written(value: object) -> object:
    """A default as the example writes it."""
    return list(value) if isinstance(value, tuple) else value


def test_the_example_is_right_as_it_stands_and_with_every_option_switched_on(tmp_path: Path) -> None:
    assert load(tmp_path, EXAMPLE).accounts
    everything = uncommented(EXAMPLE).replace(
        '"sqlite:////', '"postgresql+psycopg://h/'
    )  # which has a password
    over_https = re.sub("(?m)^(ssh_key|known_hosts) = .*", "", everything)
    over_ssh = everything.replace("https://github.com", "ssh://git@github.com").replace(
        "token = ", "# token = ", 1
    )
    assert load(tmp_path, over_https).web.listen
    assert load(tmp_path, over_ssh).sources[0].ssh_key


@pytest.mark.parametrize(("name", "shape"), list(tables()))
def test_every_option_is_in_the_example(name: str, shape: type) -> None:
    shown = table_of(tomllib.loads(uncommented(EXAMPLE)), name)
    options = {option.name for option in dataclasses.fields(shape)}

    assert options <= set(shown), "missing in config.example.toml"


def test_every_option_of_a_channel_is_in_the_example() -> None:
    shown = [set(table) for table in tomllib.loads(uncommented(EXAMPLE))["channels"]]

    assert set().union(*shown) == {option.name for option in dataclasses.fields(ChannelConfig)}


def test_every_option_that_all_accounts_have_is_in_the_example() -> None:
    shown = table_of(tomllib.loads(uncommented(EXAMPLE)), "accounts.mastodon")

    assert {option.name for option in dataclasses.fields(AccountConfig)} - NOT_IN_THE_FILE <= set(shown)


@pytest.mark.parametrize(("name", "shape"), list(tables()))
def test_what_the_example_sets_is_the_default(name: str, shape: type) -> None:
    shown = table_of(tomllib.loads(EXAMPLE), name)

    for option in dataclasses.fields(shape):
        written = shown.get(option.name)
        if option.name not in shown or f"{name}.{option.name}" in NOT_THE_DEFAULT or _names_a_secret(written):
            continue
        default = as_written(option.default)
        if isinstance(default, timedelta):
            written = parse_duration(str(written))
        elif isinstance(default, list) and default and isinstance(default[0], timedelta):
            written = [parse_duration(part) for part in shown[option.name]]
        assert written == default, f"{name}.{option.name}"


def _names_a_secret(written: object) -> bool:
    return isinstance(written, dict) and set(written) <= {"credential", "env", "file"}


def test_every_option_of_the_example_has_a_word_of_explanation() -> None:
    """In its line, above its group, or because its name and value say everything."""
    groups = EXAMPLE.split("\n\n")

    for group in groups:
        assert "#" in group or group.lstrip().startswith(("[newsletter]", "[accounts."))
