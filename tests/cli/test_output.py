"""What people read on a terminal, and what a pipe gets: whole links, no padding, the accounts in their order."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import pytest

from crosspost.cli import execute
from tests.newsroom import issue_text, name_of

SAMPLE = str(resources.files("crosspost.samples").joinpath("issue.md"))
LINK = "https://this-week-in-rust.org/blog/2026/11/18/this-week-in-rust-678/"
COLOUR = re.compile(r"\x1b\[[\d;]*m")
HEAD = """
[store]
url = "sqlite:///crosspost.db"
[source]
kind = "directory"
path = "content"
[gate]
page_live = false
quiet_for = "0s"
max_age = "36500d"
"""
ACCOUNTS = ("zebra", "mastodon", "aardvark")


def configured(folder: Path, names: Sequence[str]) -> Path:
    path = folder / "config.toml"
    accounts = (f'[accounts.{name}]\nplatform = "mastodon"\nmode = "manual"\n' for name in names)
    path.write_text(HEAD + "".join(accounts))
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An issue that waits for an editor on three accounts."""
    (tmp_path / "content").mkdir()
    path = configured(tmp_path, ACCOUNTS)
    (tmp_path / "content" / name_of("2026-08-12")).write_text(issue_text(664, day="2026-08-12"))
    execute(["-c", str(path), "once"])
    (tmp_path / "content" / name_of()).write_text(issue_text())
    execute(["-c", str(path), "once"])
    return path


def on_a_terminal(*arguments: str, columns: int = 60) -> str:
    """What a command writes to a terminal of so many columns."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "crosspost", *arguments],
        stdout=theirs,
        env={**os.environ, "COLUMNS": str(columns), "TERM": "xterm", "NO_COLOR": ""},
    )
    os.close(theirs)
    written = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # so Linux says that nobody holds the other end any more
            break
        if not part:
            break
        written += part
    os.close(ours)
    child.wait()
    return written.decode().replace("\r\n", "\n")


def in_a_pipe(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "crosspost", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TERM": "xterm"},
    )
    return done.stdout


def test_colours_are_for_a_terminal(path: Path) -> None:
    for command in (("status",), ("check",), ("status", "665")):
        assert COLOUR.search(on_a_terminal("-c", str(path), *command))
        assert "\x1b" not in in_a_pipe("-c", str(path), *command)


def test_a_pipe_gets_each_row_on_one_line_without_padding(path: Path) -> None:
    for command in (("parse", SAMPLE), ("-c", str(path), "status"), ("-c", str(path), "check")):
        lines = in_a_pipe(*command).splitlines()
        assert lines
        assert [line for line in lines if line != line.rstrip()] == []
    assert f"  {LONG}\n" in in_a_pipe("audit", archive_with_long_link(path.parent))


LONG = f"https://www.reddit.com/r/rust/comments/1abc/{'a_very_long_title_' * 20}this_week_in_rust_1"


def archive_with_long_link(folder: Path) -> str:
    archive = folder / "archive"
    archive.mkdir()
    (archive / name_of()).write_text(issue_text(link=LONG))
    return str(archive)


@pytest.mark.parametrize("columns", [40, 60, 90])
def test_a_link_is_whole_on_the_narrowest_terminal(path: Path, columns: int) -> None:
    execute(
        ["-c", str(path), "record", "665", "aardvark", f"https://mastodon.social/@editor/{'1' * 60}", "--yes"]
    )

    for command in ("parse", "preview"):
        assert LINK in COLOUR.sub("", on_a_terminal(command, SAMPLE, columns=columns))
    status = COLOUR.sub("", on_a_terminal("-c", str(path), "status", columns=columns))
    assert f"https://mastodon.social/@editor/{'1' * 60}" in status


def test_sentences_are_broken_between_words_under_their_column(path: Path) -> None:
    shown = COLOUR.sub("", on_a_terminal("-c", str(path), "check")).splitlines()

    place = shown[0].index("finding")
    assert max(map(len, shown)) <= 60 or "/" in max(shown, key=len)
    assert any(line.startswith(" " * place) and line[place] != " " for line in shown)


@pytest.mark.parametrize("names", [ACCOUNTS, tuple(reversed(ACCOUNTS))], ids=["as planned", "changed since"])
def test_accounts_stand_in_the_configurations_order(
    path: Path, capsys: pytest.CaptureFixture[str], names: tuple[str, ...]
) -> None:
    configured(path.parent, names)
    capsys.readouterr()

    def said(*arguments: str) -> str:
        execute(["-c", str(path), *arguments])
        return capsys.readouterr().out

    document = json.loads(said("status", "--json"))["issues"][0]
    assert tuple(row["account"] for row in document["deliveries"]) == names
    assert tuple(post["account"] for post in json.loads(said("preview", "665", "--json"))["posts"]) == names
    assert tuple(post["account"] for post in json.loads(said("preview", SAMPLE, "--json"))["posts"]) == names
    for arguments in (
        ["status"],
        ["preview", "665"],
        ["check"],
        ["config", "show"],
        ["post", "665", "--dry-run"],
    ):
        text = said(*arguments)
        assert sorted(names, key=text.index) == list(names), arguments
