"""What a person copies from a page works: commands parse, configurations load, links lead somewhere."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from crosspost import config, platforms
from crosspost.cli import crosspost
from tests.docs.pages import PAGES, PROJECT, Block, blocks

SHELL = blocks("sh", "console")
IN_PROSE = re.compile(r"`((?:sudo )?crosspost [^`\n]+)`")


def calls(line: str) -> Iterator[list[str]]:
    """The words after `crosspost`, of each call of it in a line for the shell."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";|&<>()")
    lexer.whitespace_split = True
    called: list[list[str]] = [[]]
    for word in lexer:
        if word in {";", "|", "&&", "&"}:
            called.append([])
        elif called[-1] or not (word == "sudo" or re.match(r"[A-Z_]+=", word)):
            called[-1].append(word)
    yield from (words[1:] for words in called if words and Path(words[0]).name == "crosspost")


def parsed(words: list[str]) -> tuple[list[str], list[str]]:
    """Parse a command line without carrying it out: which arguments are missing, which words are too many.

    Raises click's UsageError for a command or an option that does not exist.
    """
    command: click.Command = crosspost
    while True:
        with click.Context(command) as context:
            given, words, _ = command.make_parser(context).parse_args(list(words))
        if not isinstance(command, click.Group) or not words:
            missing = [str(each.name) for each in command.params if each.required]
            return [name for name in missing if not isinstance(given.get(name), (str, tuple))], words
        named = command.get_command(click.Context(command), words[0])
        if named is None:
            raise click.UsageError(f"there is no command {words[0]}")
        command, words = named, words[1:]


def sentences() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for found in IN_PROSE.finditer(page.read_text(encoding="utf-8")):
            yield f"{page.name}", found[1]


@pytest.mark.parametrize("block", SHELL, ids=str)
def test_every_block_of_commands_is_what_a_shell_and_the_program_take(block: Block) -> None:
    assert block.commands
    for line in block.commands:
        done = subprocess.run(["bash", "-n", "-c", line], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        for words in calls(line):
            assert parsed(words) == ([], [])


@pytest.mark.parametrize(("page", "command"), list(sentences()))
def test_every_command_in_a_sentence_exists_with_its_options(page: str, command: str) -> None:
    for words in calls(command.replace("…", "")):
        parsed(words)


@pytest.mark.parametrize("block", blocks("toml"), ids=str)
def test_every_configuration_loads(block: Block, tmp_path: Path) -> None:
    assert tomllib.loads(block.text)
    path = tmp_path / "config.toml"
    path.write_text(block.text, encoding="utf-8")

    config.load(path, platforms.settings_of, secrets=False)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_file_that_a_page_links_to_is_there(page: Path) -> None:
    text = re.sub(r"(?s)```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" not in target and not target.startswith(("#", "mailto:")):
            assert (page.parent / target.partition("#")[0]).exists(), target
