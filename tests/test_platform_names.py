"""Nothing outside a platform's folder names a platform, but for what people read in comments and docstrings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import crosspost
from crosspost import platforms

PACKAGE = Path(crosspost.__file__).parent
NAMES = "|".join(platforms.names())
WORD = re.compile(rf"(?<![a-z])(?:{NAMES}|twitter|tweepy|praw|atproto)(?![a-z])", re.IGNORECASE)
QUOTED = re.compile(rf"""["'](?:{NAMES})["']""", re.IGNORECASE)
"""A name of one letter counts only where it is all of a text."""

EXEMPT = ("parse/discussion.py", "compose/text.py", "store/migrations", "samples", "fonts")
"""The newsletter's own link, which leads to one platform; sites that a link's title ends with; what old databases hold;
data."""


def files() -> Iterator[Path]:
    for path in sorted(PACKAGE.rglob("*")):
        inside = path.relative_to(PACKAGE).as_posix()
        of_a_platform = inside.startswith(tuple(f"platforms/{name}/" for name in platforms.names()))
        if (
            path.suffix in {".py", ".j2", ".html", ".css"}
            and not of_a_platform
            and not inside.startswith(EXEMPT)
        ):
            yield path


def words_of(path: Path) -> Iterator[str]:
    """The names and the quoted texts in a program, without comments and docstrings; every line of another file."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield from re.sub(r"\{#.*?#\}|/\*.*?\*/|<!--.*?-->", "", text, flags=re.DOTALL).splitlines()
        return
    tree = ast.parse(text)
    documents = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str) and node not in documents:
                yield f'"{node.value}"'
        else:
            yield from (value for value in vars(node).values() if isinstance(value, str))


def named_in(path: Path) -> list[str]:
    return [
        word
        for word in words_of(path)
        if QUOTED.search(word) or any(len(found) > 1 for found in WORD.findall(word))
    ]


@pytest.mark.parametrize("path", list(files()), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_file_outside_a_platforms_folder_names_one(path: Path) -> None:
    assert named_in(path) == []


def test_a_name_would_be_seen(tmp_path: Path) -> None:
    path = tmp_path / "page.py"
    path.write_text(
        '"""For Reddit."""\n# Discord\nif name == "x" or on_mastodon(post):\n    size = x * 3\n    import tweepy\n'
    )

    assert sorted(named_in(path)) == ['"x"', "on_mastodon", "tweepy"]
