"""How long an issue takes to be understood, relative to markdown-it-py alone on the same text.

On the newsletter's archive where it is at hand (CROSSPOST_SHARED, or `shared` beside the project), else on the samples
of the tests. The archive's 665 issues are stood in for by its 89, read again until there are as many.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

PROJECT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("CROSSPOST_SHARED", PROJECT.parent / "shared"))
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


@dataclass(frozen=True)
class Size:
    rounds: int
    archive: int
    """Issues in one process."""
    hostile: tuple[int, int]
    """Bytes of the short and of the long text."""
    issues: int | None = None
    """At most so many."""


FULL = Size(3, archive=665, hostile=(60_000, 240_000))
QUICK = Size(1, archive=2, hostile=(500, 2_000), issues=1)


def run(size: Size) -> None:
    from markdown_it import MarkdownIt

    from crosspost.parse import parse

    texts = [path.read_text("utf-8") for path in issue_files()[: size.issues]]
    markdown = MarkdownIt("commonmark").enable("table")
    alone, whole = _seconds(markdown.parse, texts, size.rounds), _seconds(parse, texts, size.rounds)
    print(f"{len(texts)} issues, {sum(map(len, texts)) / len(texts) / 1000:.1f} KB each")
    print(f"  markdown-it-py alone  {alone / len(texts) * 1000:6.1f} ms an issue")
    print(f"  parse                 {whole / len(texts) * 1000:6.1f} ms an issue   {whole / alone:.2f} times")

    archive = list(islice(cycle(texts), size.archive))
    started = time.process_time()
    for text in archive:
        parse(text)
    took = time.process_time() - started
    print(f"  {size.archive} issues in one process: {took:.1f} s, {size.archive / took:.0f} a second")

    print(f"Below a header, {size.hostile[0] / 1000:g} kB and {size.hostile[1] / 1000:g} kB of nothing but")
    header = "Title: This Week in Rust 1\nDate: 2013-06-07\n\n"
    for unit in HOSTILE:
        short, long = (
            _seconds(parse, [header + unit * (length // len(unit))], size.rounds) for length in size.hostile
        )
        print(f"  {unit!r:12} {short:6.2f} s {long:6.2f} s   {long / short:.1f} times")


def issue_files() -> list[Path]:
    """The archive's issues, or the samples of the tests."""
    archive = sorted((SHARED / "issues").glob("*.md"))
    return archive or sorted((PROJECT / "tests" / "parse" / "samples").glob("*.m*"))


def _seconds(read: Callable[[str], object], texts: Sequence[str], rounds: int) -> float:
    """The best of a few rounds over all texts."""
    taken = []
    for _ in range(rounds):
        started = time.process_time()
        for text in texts:
            read(text)
        taken.append(time.process_time() - started)
    return min(taken)
