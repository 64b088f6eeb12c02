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
from datetime import UTC, datetime
from pathlib import Path

from crosspost.config import GateConfig, NewsletterConfig, SourceConfig
from crosspost.replay import replay
from crosspost.sources import Source, open_source
from crosspost.sources.watch import watch
from crosspost.store import Store, open_store

SITE = "https://this-week-in-rust.org"
SHARED = Path(os.environ.get("CROSSPOST_SHARED", Path(__file__).parents[2] / "shared"))
NEWS = "This Week in Rust"
LOOKS = 20


def run() -> None:
    with tempfile.TemporaryDirectory(prefix="crosspost-bench-") as scratch:
        folder = Path(scratch)
        remote = archive(folder)
        history(remote)
        idle_and_news(folder, remote)


def archive(folder: Path) -> Path:
    """A bare repository with a year of history."""
    remote = folder / "newsletter.git"
    bundles = sorted((SHARED / "history").glob("*.bundle"))
    if bundles:
        git(folder, "clone", "-q", "--bare", "-b", "main", str(bundles[0]), str(remote))
    else:
        generate(folder, remote)
    git(remote, "config", "uploadpack.allowFilter", "true")
    print(f"{'history':44}{bundles[0].name if bundles else 'generated: 52 issues'}")
    return remote


def generate(folder: Path, remote: Path) -> None:
    """52 issues of 30 kB, one publication and 16 edits of the draft a week, through one fast-import."""
    git(folder, "init", "-q", "--bare", "-b", "main", str(remote))
    stream = []
    for week in range(52):
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


def history(remote: Path) -> None:
    commits = int(git(remote, "rev-list", "--count", "main"))
    seconds = timed(lambda: replay(remote, gate=GateConfig(), site=SITE))
    events = replay(remote, gate=GateConfig(), site=SITE)
    print(f"{'replay':44}{commits / seconds:,.0f} commits/s ({commits} commits, {len(events)} events)")


def idle_and_news(folder: Path, remote: Path) -> None:
    newest = git(remote, "rev-parse", "main")
    published = git(
        remote, "log", "--first-parent", "--diff-filter=A", "--format=%H", "main", "--", "content"
    ).split()[0]
    git(remote, "update-ref", "refs/heads/main", f"{published}~1")
    stamp = datetime.fromtimestamp(int(git(remote, "show", "-s", "--format=%ct", published)), UTC)
    source = open_source(
        SourceConfig(kind="git", url=f"file://{remote}"),
        newsletter=NewsletterConfig(),
        cache=folder / "cache",
    )
    store = open_store(f"sqlite:///{folder / 'bench.db'}", lambda: stamp)

    def look() -> int:
        return len(watch(NEWS, [source], store, GateConfig(), lambda: stamp, site=SITE).candidates)

    print(f"{'first look (copy made, baseline taken)':44}{timed(look, 1) * 1000:.0f} ms")
    idle(look, source, store)
    git(remote, "update-ref", "refs/heads/main", newest if newest == published else published)
    print(f"{'from push to candidate, when looked at':44}{timed(look, 1) * 1000:.0f} ms")
    print(f"{'looking at a candidate again':44}{timed(look) * 1000:.0f} ms")
    store.close()


def idle(look: Callable[[], int], source: Source, store: Store) -> None:
    before, own = cpu(resource.RUSAGE_CHILDREN), cpu(resource.RUSAGE_SELF)
    wall = timed(look, LOOKS)
    own, children = cpu(resource.RUSAGE_SELF) - own, cpu(resource.RUSAGE_CHILDREN) - before
    print(
        f"{'idle look':44}{wall * 1000:.1f} ms; CPU {own / LOOKS * 1000:.1f} ms of ours, "
        f"{children / LOOKS * 1000:.1f} ms of git's and the remote's"
    )
    print(
        f"{'idle look, bytes over the wire':44}{bytes_of_an_idle_look(source, store):,} both ways, of objects 0"
    )


def bytes_of_an_idle_look(source: Source, store: Store) -> int:
    """Counted from git's own trace of every packet."""
    last = store.recall(f"source {NEWS}", source.name)
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


def timed(step: Callable[[], object], times: int = 5) -> float:
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
