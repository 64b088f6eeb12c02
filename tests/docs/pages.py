"""The pages of the documentation, and the blocks of code in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
DOCS = PROJECT / "docs"
PAGES = sorted((*PROJECT.glob("*.md"), *DOCS.glob("*.md"), *PROJECT.glob(".github/**/*.md")))


@dataclass(frozen=True, slots=True)
class Block:
    """One block of code, with its language."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(PROJECT)}:{self.line}"

    @property
    def commands(self) -> tuple[str, ...]:
        """What is typed: each line of `sh`, and of `console` what follows a prompt."""
        text = self.text.replace("\\\n", "")
        if self.language == "console":
            return tuple(re.findall(r"(?m)^[$#] (.*)$", text))
        return tuple(line for line in text.splitlines() if line.strip() and not line.startswith("#"))


def blocks(*languages: str) -> tuple[Block, ...]:
    """Every block of these languages in any page."""
    return tuple(block for page in PAGES for block in blocks_of(page) if block.language in languages)


def blocks_of(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in re.finditer(r"(?ms)^( *)```(\w+)\n(.*?)^\1```$", text):
        body = re.sub(rf"(?m)^{found[1]}", "", found[3])
        yield Block(page, text.count("\n", 0, found.start()) + 1, found[2], body)
