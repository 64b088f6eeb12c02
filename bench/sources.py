"""What an idle look costs, how soon a push is planned for, and how fast history is replayed.

On a clone of the newsletter's year of history where that is at hand, else on a repository of the same shape.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crosspost.config.schema import GateConfig
from crosspost.parse import TWIR
from crosspost.store import Store, open_store
from crosspost.watch.git import GitSource
from crosspost.watch.problems import Problems
from crosspost.watch.replay import replay
from crosspost.watch.sources import Source
from crosspost.watch.watch import last_revisions, poll_sources

SHARED = Path(os.environ.get("CROSSPOST_SHARED", Path(__file__).parents[2] / "shared"))
NEWS = "This Week in Rust"


@dataclass(frozen=True)
class Size:
    rounds: int
    """Of which the median is taken."""
    looks: int
    weeks: int | None = None
    """Of history, generated; None: the newsletter's own where it is at hand."""


FULL = Size(5, looks=20)
QUICK = Size(1, looks=1, weeks=2)


def run(size: Size) -> None:
    with tempfile.TemporaryDirectory(prefix="crosspost-bench-") as scratch:
        folder = Path(scratch)
        remote = archive(folder, size.weeks)
        history(remote, size.rounds)
        idle_and_news(folder, remote, size)


def archive(folder: Path, weeks: int | None) -> Path:
    """A bare repository with history."""
    remote = folder / "newsletter.git"
    bundles = [] if weeks else sorted((SHARED / "history").glob("*.bundle"))
    weeks = weeks or 52
    if bundles:
        git(folder, "clone", "-q", "--bare", "-b", "main", str(bundles[0]), str(remote))
    else:
        generate(folder, remote, weeks)
    git(remote, "config", "uploadpack.allowFilter", "true")
    print(f"{'history':44}{bundles[0].name if bundles else f'generated: {weeks} issues'}")
    return remote


def generate(folder: Path, remote: Path, weeks: int) -> None:
    """Issues of 30 kB, one publication and 16 edits of the draft a week, through one fast-import."""
    git(folder, "init", "-q", "--bare", "-b", "main", str(remote))
    stream = []
    for week in range(weeks):
        for edit in range(17):
            number, last = 600 + week, edit == 16
            place = "content" if last else "draft"
            day = datetime.fromtimestamp(1_700_000_000 + week * 604_800, UTC)
            text = f"Title: This Week in Rust {number}\nNumber: {number}\nDate: {day:%Y-%m-%d}\n\n"
            text += "* [An article](https://example.org/)\n" * (800 + edit)
            stream.append(
                f"commit refs/heads/main\ncommitter B <b@example.org> {int(day.timestamp()) + edit * 3600} +0000\n"
                f"data 1\nx\nM 100644 inline {place}/{number}.md\ndata {len(text)}\n{text}\n"
            )
    subprocess.run(
        ["git", "-C", str(remote), "fast-import", "--quiet"], input="".join(stream).encode(), check=True
    )


def history(remote: Path, rounds: int) -> None:
    commits = int(git(remote, "rev-list", "--count", "main"))
    seconds = timed(lambda: replay(remote, gate=GateConfig(), newsletter=TWIR), rounds)
    events = replay(remote, gate=GateConfig(), newsletter=TWIR)
    print(f"{'replay':44}{commits / seconds:,.0f} commits/s ({commits} commits, {len(events)} events)")


def idle_and_news(folder: Path, remote: Path, size: Size) -> None:
    newest = git(remote, "rev-parse", "main")
    published = git(
        remote, "log", "--first-parent", "--diff-filter=A", "--format=%H", "main", "--", "content"
    ).split()[0]
    git(remote, "update-ref", "refs/heads/main", f"{published}~1")
    stamp = datetime.fromtimestamp(int(git(remote, "show", "-s", "--format=%ct", published)), UTC)
    cache = folder / "cache"
    source = GitSource("git", f"file://{remote}", branch="main", folder="content", cache=cache)
    store = open_store(f"sqlite:///{folder / 'bench.db'}", NEWS, lambda: stamp)

    def look() -> int:
        problems = Problems(store, stamp)
        return len(
            poll_sources([source], store, GateConfig(), lambda: stamp, problems, newsletter=TWIR).candidates
        )

    print(f"{'first look (copy made, baseline taken)':44}{timed(look, 1) * 1000:.0f} ms")
    idle(look, source, store, size.looks)
    git(remote, "update-ref", "refs/heads/main", newest if newest == published else published)
    print(f"{'from push to candidate, when looked at':44}{timed(look, 1) * 1000:.0f} ms")
    print(f"{'looking at a candidate again':44}{timed(look, size.rounds) * 1000:.0f} ms")
    store.close()


def idle(look: Callable[[], int], source: Source, store: Store, looks: int) -> None:
    before, own = cpu(resource.RUSAGE_CHILDREN), cpu(resource.RUSAGE_SELF)
    wall = timed(look, looks)
    own, children = cpu(resource.RUSAGE_SELF) - own, cpu(resource.RUSAGE_CHILDREN) - before
    print(
        f"{'idle look':44}{wall * 1000:.1f} ms; CPU {own / looks * 1000:.1f} ms of ours, "
        f"{children / looks * 1000:.1f} ms of git's and the remote's"
    )
    print(
        f"{'idle look, bytes over the wire':44}{bytes_of_an_idle_look(source, store):,} both ways, of objects 0"
    )


def bytes_of_an_idle_look(source: Source, store: Store) -> int:
    """Counted from git's own trace of every packet."""
    last = store.get_value(last_revisions(NEWS), source.name)
    with tempfile.NamedTemporaryFile(prefix="crosspost-trace-") as trace:
        os.environ["GIT_TRACE_PACKET"] = trace.name
        try:
            assert source.poll(last) is None
        finally:
            del os.environ["GIT_TRACE_PACKET"]
        rows = [
            row
            for row in Path(trace.name).read_text().splitlines()
            if "packet:" in row and "ls-remote" in row
        ]
    return sum(len(row.partition("ls-remote")[2]) + 4 - 2 for row in rows)


def timed(step: Callable[[], object], times: int) -> float:
    """Seconds: the median of some runs."""
    spent = []
    for _ in range(times):
        begun = time.perf_counter()
        step()
        spent.append(time.perf_counter() - begun)
    return statistics.median(spent)


def cpu(whose: int) -> float:
    used = resource.getrusage(whose)
    return used.ru_utime + used.ru_stime


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()
