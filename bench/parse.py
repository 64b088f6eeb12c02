"""How long an issue takes to be understood, relative to markdown-it-py alone on the same text.

On the newsletter's archive where it is at hand (CROSSPOST_SHARED, or `shared` beside the project), else on the samples
of the tests. The archive's 665 issues are stood in for by its 89, read again until there are as many.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from pathlib import Path

PROJECT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("CROSSPOST_SHARED", PROJECT.parent / "shared"))
ARCHIVE = 665
ROUNDS = 3
HOSTILE = (
    "[",
    "![",
    "*",
    "*[",
    "<!--",
    "<!--\n",
    "> ",
    "> a\n",
    "- a\n",
    "```a\n",
    "[a]: b\n",
    "[[a](b)",
    "|a",
    "# a\n",
)


def run() -> None:
    from markdown_it import MarkdownIt

    from crosspost.issue import parse

    texts = [path.read_text("utf-8") for path in issue_files()]
    markdown = MarkdownIt("commonmark").enable("table")
    alone, whole = _seconds(markdown.parse, texts), _seconds(parse, texts)
    print(f"{len(texts)} issues, {sum(map(len, texts)) / len(texts) / 1000:.1f} KB each")
    print(f"  markdown-it-py alone  {alone / len(texts) * 1000:6.1f} ms an issue")
    print(f"  parse                 {whole / len(texts) * 1000:6.1f} ms an issue   {whole / alone:.2f} times")

    archive = list(islice(cycle(texts), ARCHIVE))
    started = time.process_time()
    for text in archive:
        parse(text)
    took = time.process_time() - started
    print(f"  {ARCHIVE} issues in one process: {took:.1f} s, {ARCHIVE / took:.0f} a second")

    print("Below a header, 60 KB and 240 KB of nothing but")
    header = "Title: This Week in Rust 1\nDate: 2013-06-07\n\n"
    for unit in HOSTILE:
        short, long = (_seconds(parse, [header + unit * (size // len(unit))]) for size in (60_000, 240_000))
        print(f"  {unit!r:12} {short:6.2f} s {long:6.2f} s   {long / short:.1f} times")


def issue_files() -> list[Path]:
    """The archive's issues, or the samples of the tests."""
    archive = sorted((SHARED / "issues").glob("*.md"))
    return archive or sorted((PROJECT / "tests" / "issue" / "samples").glob("*.m*"))


def _seconds(read: Callable[[str], object], texts: Sequence[str]) -> float:
    """The best of a few rounds over all texts."""
    rounds = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for text in texts:
            read(text)
        rounds.append(time.process_time() - started)
    return min(rounds)
