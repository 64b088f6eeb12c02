"""How long a published issue takes: from the commit that publishes it to the last post, and to the link pushed back.

Everything is real but the servers: a daemon of its own, a git remote, HTTP to a sandbox that answers at once. The
daemon looks every second, which is part of the figure; nothing wakes it earlier.
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench._machine import git, issue, row, start, stop, wait_until
from crosspost.platforms import stand_ins
from crosspost.sandbox import Sandbox


@dataclass(frozen=True)
class Size:
    issues: int


FULL = Size(5)
QUICK = Size(1)


def run(size: Size) -> None:
    row(lambda: measure(size.issues))


def measure(issues: int) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="crosspost-bench-") as scratch,
        Sandbox(stand_ins(), port=0) as sandbox,
    ):
        newsletter = Newsletter(Path(scratch), sandbox)
        newsletter.publish(100)
        child = start(newsletter.configured(), newsletter.folder)
        try:
            taken = [newsletter.announced(number, child) for number in range(101, 101 + issues)]
        finally:
            stop(child)
        platforms = len(sandbox.credentials)
    print(
        f"{issues} issues, each pushed to a git remote that is looked at every second; {platforms} platforms"
    )
    posted, home = ([each[n] for each in taken] for n in (0, 1))
    print(
        f"  from push to last post    median {statistics.median(posted):5.2f} s   longest {max(posted):.2f} s"
    )
    print(
        f"  … to the link pushed back median {statistics.median(home):5.2f} s   longest {max(home):.2f} s"
        "   (less than 5)"
    )


class Newsletter:
    """A shared repository with a checkout, and a sandbox to announce on."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.remote = folder / "newsletter.git"
        self.checkout = folder / "checkout"
        git(folder, "init", "-q", "--bare", "-b", "main", str(self.remote))
        git(folder, "clone", "-q", str(self.remote), str(self.checkout))
        git(self.checkout, "checkout", "-q", "-b", "main")

    def configured(self) -> Path:
        text = self.sandbox.configuration(
            store_url=f"sqlite:///{self.folder}/crosspost.db", source_url=str(self.remote), folder=self.folder
        )
        # The issues' pages are nobody's business here.
        text = text.replace("page_live = true", "page_live = false")
        path = self.folder / "config.toml"
        path.write_text(text)
        return path

    def publish(self, number: int) -> None:
        day = (datetime.now(UTC) - timedelta(weeks=200 - number)).date()
        path = self.checkout / "content" / f"{day}-this-week-in-rust.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(issue(number, day), encoding="utf-8")
        git(self.checkout, "pull", "-q", "--rebase", "--autostash", "origin", "main", check=False)
        git(self.checkout, "add", "-A")
        git(self.checkout, "commit", "-q", "-m", f"Publish {number}")
        git(self.checkout, "push", "-q", "origin", "main")

    def announced(self, number: int, child: subprocess.Popen[bytes]) -> tuple[float, float]:
        """Seconds from the push to the last post, and to the link in the shared repository."""
        wanted = number - 100
        self.publish(number)
        head = git(self.remote, "rev-parse", "main")
        begun = time.perf_counter()
        reached: dict[str, float] = {}

        def both() -> bool:
            passed = time.perf_counter() - begun
            if all(len(self.sandbox.posts(name)) >= wanted for name in self.sandbox.credentials):
                reached.setdefault("posted", passed)
            if git(self.remote, "rev-parse", "main") != head:
                reached.setdefault("home", passed)
            return len(reached) == 2

        wait_until(both, child)
        return reached["posted"], reached["home"]
