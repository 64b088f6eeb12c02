"""What tests of sources and of the discussion link share: issues as editors write them, in real git repositories."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

SITE = "https://this-week-in-rust.org"
PUBLISHED = datetime(2026, 8, 20, 2, 0, tzinfo=UTC)
"""Thursday in UTC: the evening of the issue's Wednesday where its editors live."""


def issue_text(
    number: int = 665,
    *,
    day: str = "2026-08-19",
    link: str = "REDDIT_LINK_HERE",
    hiring: str = "https://www.reddit.com/r/rust/comments/1abc/official_rrust_whos_hiring_thread/",
    crate: bool = True,
) -> str:
    """A whole issue in the newsletter's form of today, as short as one can be."""
    of_the_week = (
        "This week's crate is [gradient](https://example.org/gradient), a hill of colours.\n" if crate else ""
    )
    return f"""Title: This Week in Rust {number}
Number: {number}
Date: {day}
Category: This Week in Rust

Hello and welcome to another issue of *This Week in Rust*!

## Updates from Rust Community

### Project/Tooling Updates
* [Caret {number}: now with curly braces](https://example.org/caret-{number})

## Crate of the Week

{of_the_week}
## Updates from the Rust Project

312 pull requests were [merged in the last week][merged]

[merged]: https://github.com/search?q=is%3Apr+org%3Arust-lang+is%3Amerged

## Jobs

Please see the latest [Who's Hiring thread on r/rust]({hiring})

# Quote of the Week

> "It compiles, so I went home."

– [An editor](https://example.org/quote)

<small>[Discuss on r/rust]({link})</small>
"""


def reddit(number: int = 665, thread: str = "1vabc") -> str:
    """The address of the discussion as Reddit gives it."""
    return f"https://www.reddit.com/r/rust/comments/{thread}/this_week_in_rust_{number}/"


def name_of(day: str = "2026-08-19") -> str:
    return f"{day}-this-week-in-rust.md"


class Checkout:
    """A working tree of somebody who writes the newsletter, and the shared repository that it pushes to."""

    def __init__(self, remote: Path, place: Path) -> None:
        self.remote = remote
        self.place = place

    @classmethod
    def begin(cls, folder: Path) -> Checkout:
        """An empty shared repository with one checkout of it."""
        remote = folder / "newsletter.git"
        git(folder, "init", "-q", "--bare", "-b", "main", str(remote))
        checkout = cls(remote, folder / "editor")
        git(folder, "clone", "-q", str(remote), str(checkout.place))
        checkout.git("checkout", "-q", "-b", "main")
        return checkout

    def another(self, name: str) -> Checkout:
        """A second editor's."""
        other = Checkout(self.remote, self.place.parent / name)
        git(self.place.parent, "clone", "-q", "-b", "main", str(self.remote), str(other.place))
        return other

    def git(self, *arguments: str, at: datetime = PUBLISHED) -> str:
        return git(self.place, *arguments, at=at)

    def write(self, path: str, text: str | bytes) -> None:
        target = self.place / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode())

    def commit(
        self, files: dict[str, str | bytes | None], *, at: datetime = PUBLISHED, push: bool = True
    ) -> str:
        """Write or remove files, commit, push; returns the commit."""
        for path, text in files.items():
            if text is None:
                (self.place / path).unlink()
            else:
                self.write(path, text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "A commit", at=at)
        if push:
            self.git("push", "-q", "origin", "HEAD:refs/heads/main")
        return self.head()

    def head(self) -> str:
        return self.git("rev-parse", "HEAD").strip()

    def shared(self, path: str) -> bytes:
        """A file as the shared repository has it now."""
        return subprocess.run(
            ["git", "-C", str(self.remote), "show", f"main:{path}"], check=True, capture_output=True
        ).stdout


def git(folder: Path, *arguments: str, at: datetime = PUBLISHED) -> str:
    """Plain git as an editor would run it, with that time on its clock."""
    stamp = f"@{int(at.timestamp())} +0000"
    who = {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in _editor(stamp).items()
    }
    done = subprocess.run(
        ["git", "-C", str(folder), "-c", "protocol.file.allow=always", *arguments],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **who, "GIT_CONFIG_NOSYSTEM": "1"},
    )
    return done.stdout


def _editor(stamp: str) -> dict[str, str]:
    return {"NAME": "An Editor", "EMAIL": "editor@example.org", "DATE": stamp}
