"""How long a published issue takes: from the commit that publishes it to the last post, and to the link pushed back.

Everything is real but the far side: a daemon of its own, a git remote, HTTP to a sandbox that answers at once. The
daemon looks every second, which is part of the figure; nothing wakes it earlier.
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

from bench.idle import start
from crosspost.sandbox import Sandbox

ISSUES = 5
LONGEST = 60.0
"""Seconds after which the benchmark gives up."""


def run() -> None:
    with tempfile.TemporaryDirectory(prefix="crosspost-bench-") as scratch, Sandbox(port=0) as sandbox:
        newsletter = Newsletter(Path(scratch), sandbox)
        newsletter.publish(100)
        child = start(newsletter.configured(), newsletter.folder)
        try:
            taken = [newsletter.announced(number) for number in range(101, 101 + ISSUES)]
        finally:
            child.terminate()
            child.wait(15)
        platforms = len(sandbox.credentials)
    print(
        f"{ISSUES} issues, each pushed to a git remote that is looked at every second; {platforms} platforms"
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
        _git(folder, "init", "-q", "--bare", "-b", "main", str(self.remote))
        _git(folder, "clone", "-q", str(self.remote), str(self.checkout))
        _git(self.checkout, "checkout", "-q", "-b", "main")
        self.sample = resources.files("crosspost.samples").joinpath("issue.md").read_text("utf-8")

    def configured(self) -> Path:
        text = self.sandbox.configuration(
            store_url=f"sqlite:///{self.folder}/crosspost.db", source_url=str(self.remote), folder=self.folder
        )
        # The issues are some years apart from today; their pages are nobody's business here.
        text = text.replace("page_live = true", 'page_live = false\nmax_age = "9999d"')
        path = self.folder / "config.toml"
        path.write_text(text)
        return path

    def publish(self, number: int) -> None:
        day = (datetime.now(UTC) - timedelta(weeks=200 - number)).date()
        lines = self.sample.splitlines(keepends=True)
        header = {
            "Title:": f"This Week in Rust {number}",
            "Number:": str(number),
            "Date:": day.isoformat(),
        }
        text = "".join(
            f"{key} {header[key]}\n" if (key := line.partition(" ")[0]) in header else line for line in lines
        )
        path = self.checkout / "content" / f"{day}-this-week-in-rust.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        _git(self.checkout, "pull", "-q", "--rebase", "--autostash", "origin", "main", check=False)
        _git(self.checkout, "add", "-A")
        _git(self.checkout, "commit", "-q", "-m", f"Publish {number}")
        _git(self.checkout, "push", "-q", "origin", "main")

    def announced(self, number: int) -> tuple[float, float]:
        """Seconds from the push to the last post, and to the link in the shared repository."""
        wanted = number - 100
        self.publish(number)
        head = _git(self.remote, "rev-parse", "main")
        begun = time.perf_counter()
        posted = home = 0.0
        while not (posted and home):
            passed = time.perf_counter() - begun
            if passed > LONGEST:
                raise SystemExit("the daemon did not do what it was to do")
            if not posted and all(len(self.sandbox.posts(n)) >= wanted for n in self.sandbox.credentials):
                posted = passed
            if not home and _git(self.remote, "rev-parse", "main") != head:
                home = passed
            time.sleep(0.02)
        return posted, home


def _git(folder: Path, *arguments: str, check: bool = True) -> str:
    who = ("-c", "user.name=Bench", "-c", "user.email=bench@localhost")
    done = subprocess.run(
        ["git", "-C", str(folder), *who, *arguments], check=check, capture_output=True, text=True
    )
    return done.stdout.strip()
