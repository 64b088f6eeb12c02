"""`crosspost once` itself is ended with SIGKILL at moments of its whole flow, the link's way home included.

Every life is a new process, as systemd would start it: git repository, gate, five platforms, push.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import pytest

from crosspost import platforms
from crosspost.platforms import stand_ins
from crosspost.sandbox import Sandbox

NUMBER = 678
TODAY = datetime.now(UTC).date()
NAME = f"{TODAY:%Y-%m-%d}-this-week-in-rust.md"
AGES = 600.0  # seconds that the whole may take at most


class Newsroom:
    """An editor's repository with a published issue, and a configuration that points at it and at a sandbox."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.remote = folder / "remote.git"
        self.editor = folder / "editor"
        _git(folder, "init", "-q", "--bare", "-b", "main", str(self.remote))
        _git(folder, "init", "-q", "-b", "main", str(self.editor))
        _git(self.editor, "remote", "add", "origin", str(self.remote))
        earlier = (
            f"Title: This Week in Rust {NUMBER - 1}\nNumber: {NUMBER - 1}\nDate: 2026-01-01\n\nBefore.\n"
        )
        self.publish("earlier.md", earlier)
        text = sandbox.configuration(
            store_url=f"sqlite:///{folder / 'rows.db'}", source_url=str(self.remote), folder=folder
        )
        for key, value in (("attempt_limit", '"3s"'), ("look_after", '["1s"]')):
            text = re.sub(rf"^{key} = .*$", f"{key} = {value}", text, flags=re.MULTILINE)
        (folder / "config.toml").write_text(text)

    def publish(self, name: str, text: str) -> None:
        (self.editor / "content").mkdir(exist_ok=True)
        (self.editor / "content" / name).write_text(text)
        _git(self.editor, "add", "-A")
        _git(self.editor, "-c", "user.name=e", "-c", "user.email=e@example.org", "commit", "-qm", name)
        _git(self.editor, "push", "-q", "origin", "main")

    def once(self) -> subprocess.Popen[bytes]:
        log = (self.folder / "log").open("ab")
        command = [sys.executable, "-m", "crosspost", "-c", str(self.folder / "config.toml"), "once"]
        with log:
            return subprocess.Popen(command, stdout=log, stderr=log)

    def status(self) -> dict[str, object]:
        command = [
            sys.executable,
            "-m",
            "crosspost",
            "-c",
            str(self.folder / "config.toml"),
            "status",
            "--json",
        ]
        found: dict[str, object] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        return found

    @property
    def head(self) -> str:
        return _git(self.remote, "rev-parse", "main")


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    with Sandbox(stand_ins()) as sandbox:
        yield Newsroom(tmp_path, sandbox)


@pytest.mark.slow
def test_a_program_killed_again_and_again_announces_once_and_links_once(newsroom: Newsroom) -> None:
    assert newsroom.once().wait() == 0
    sample = resources.files("crosspost.samples").joinpath("issue.md").read_text("utf-8")
    page = f"/blog/{TODAY:%Y/%m/%d}/this-week-in-rust-{NUMBER}/"
    newsroom.sandbox.publish_page(page, f"<title>This Week in Rust {NUMBER}</title>")
    newsroom.publish(NAME, re.sub(r"^Date: .*$", f"Date: {TODAY}", sample, flags=re.MULTILINE))
    published = newsroom.head
    moments: list[Callable[[], bool]] = [
        lambda: len(newsroom.sandbox.requests()) > 3,
        lambda: len(newsroom.sandbox.posts()) > 0,
        lambda: len(newsroom.sandbox.posts()) > 2,
        lambda: len(newsroom.sandbox.posts("reddit")) > 0,
        lambda: newsroom.head != published,
    ]
    for moment in moments:
        _kill_when(moment, newsroom.once())
    end = time.monotonic() + AGES
    while newsroom.once().wait() != 0:
        assert time.monotonic() < end, (newsroom.folder / "log").read_text()[-3000:]
        time.sleep(0.5)
    assert {
        platform: len(newsroom.sandbox.posts(platform)) for platform in platforms.names()
    } == dict.fromkeys(platforms.names(), 1), newsroom.status()
    (post,) = newsroom.sandbox.posts("reddit")
    text = _git(newsroom.remote, "show", f"main:content/{NAME}")
    assert text.count(post.url) == 1
    assert _git(newsroom.remote, "rev-list", "--count", f"{published}..main") == "1"


def _kill_when(moment: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        if moment():
            os.kill(process.pid, signal.SIGKILL)
            break
        time.sleep(0.005)
    process.wait()


def _git(where: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(where), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()
