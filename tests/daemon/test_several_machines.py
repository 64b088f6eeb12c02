"""Three daemons on one PostgreSQL: one watches, another takes over, and each issue is posted once."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.request import urlopen

import pytest

from crosspost.model import utcnow
from crosspost.platforms import stand_ins
from crosspost.sandbox import Sandbox
from crosspost.store import Store, open_store
from crosspost.watch.lease import watcher
from tests.daemon.test_daemon_process import LONGEST_WAIT, Daemon, Stage
from tests.databases import new_database

pytestmark = pytest.mark.postgres

MACHINES = 3


def until(holds: Callable[[], object], what: str) -> None:
    end = time.monotonic() + LONGEST_WAIT
    while not holds():
        assert time.monotonic() < end, f"not {what}"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        port: int = it.getsockname()[1]
        return port


class Machine:
    """One of them: a daemon of its own, with a page."""

    def __init__(self, stage: Stage, port: int) -> None:
        self.stage = stage
        self.port = port
        self.daemon = Daemon(stage)

    def get(self, path: str) -> str:
        with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=LONGEST_WAIT) as answer:
            return str(answer.read().decode())

    @property
    def pid(self) -> int:
        return self.daemon.child.pid

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)


class Cluster:
    """All of them, and what the database says."""

    def __init__(self, url: str, folder: Path, sandbox: Sandbox) -> None:
        self._url = url
        self._sandbox = sandbox
        self.folder = folder
        self.machines: list[Machine] = []
        self.store: Store = open_store(url, "This Week in Rust", utcnow)

    def start(self, takeover: str, stack: ExitStack) -> None:
        for n in range(MACHINES):
            folder = self.folder / f"machine-{n}"
            folder.mkdir()
            stage, port = Stage(folder, self._sandbox), free_port()
            stage.configure(more=f'[web]\nlisten = "127.0.0.1:{port}"')
            text = stage.config.read_text().replace(f"sqlite:///{folder}/crosspost.db", self._url)
            text = text.replace(f'path = "{folder}"', f'path = "{self.folder}"')
            stage.config.write_text(text.replace("[store]", f'[store]\ntakeover = "{takeover}"'))
            self.machines.append(Machine(stage, port))
            stack.callback(self.machines[-1].daemon.close)
        for it in self.machines:
            it.daemon.hears("STATUS=last pass", "STATUS=stands by")

    def watching(self) -> Machine | None:
        found = watcher(self.store)
        return next((it for it in self.machines if found and found.machine.endswith(f" {it.pid}")), None)

    def others(self, than: Machine) -> list[Machine]:
        return [it for it in self.machines if it is not than]

    def publish(self, number: int) -> None:
        Stage(self.folder, self._sandbox).publish(number)

    def assert_posted_once(self, number: int) -> None:
        until(lambda: [row.state for row in self.store.deliveries(number)] == ["sent"], f"{number} sent")
        posts = [post for post in self._sandbox.posts("mastodon") if f"rust-{number}/" in str(post.payload)]
        assert len(posts) == 1


@pytest.fixture
def cluster(tmp_path: Path, postgresql: str) -> Iterator[Cluster]:
    with Sandbox(stand_ins(), port=0) as sandbox:
        it = Cluster(new_database(postgresql), tmp_path, sandbox)
        (tmp_path / "content").mkdir()
        it.publish(100)
        yield it
        it.store.close()


def test_one_watches_and_when_it_is_killed_another_does(cluster: Cluster) -> None:
    with ExitStack() as stack:
        cluster.start("6s", stack)
        first = cluster.watching()
        assert first is not None
        standby = cluster.others(first)[0]
        cluster.publish(101)
        cluster.assert_posted_once(101)

        shown = standby.stage.status()["watcher"]
        assert shown["machine"].endswith(f"process {first.pid}")
        assert f"process {first.pid} watches" in standby.get("/")
        assert standby.get("/healthz") == "healthy\n"

        first.signal(signal.SIGKILL)
        until(lambda: cluster.watching() in cluster.others(first), "taken over")
        cluster.publish(102)
        cluster.assert_posted_once(102)


def test_a_frozen_one_is_replaced_and_stands_by_when_it_goes_on(cluster: Cluster) -> None:
    with ExitStack() as stack:
        cluster.start("6s", stack)
        first = cluster.watching()
        assert first is not None
        first.signal(signal.SIGSTOP)

        until(lambda: cluster.watching() in cluster.others(first), "taken over")
        cluster.publish(101)
        cluster.assert_posted_once(101)
        first.signal(signal.SIGCONT)

        until(lambda: "crosspost_watches 0.0" in first.get("/metrics"), "standing by")
        assert first.get("/healthz") == "healthy\n"
        cluster.publish(102)
        cluster.assert_posted_once(102)


def test_one_that_stops_in_good_order_hands_over_without_waiting(cluster: Cluster) -> None:
    with ExitStack() as stack:
        cluster.start("1d", stack)
        first = cluster.watching()
        assert first is not None

        assert first.daemon.end() == 0

        until(lambda: cluster.watching() in cluster.others(first), "handed over")


def test_one_that_is_told_of_news_looks_itself(cluster: Cluster) -> None:
    with ExitStack() as stack:
        cluster.start("1d", stack)
        first = cluster.watching()
        assert first is not None
        asked = cluster.others(first)[0]

        asked.signal(signal.SIGHUP)

        until(lambda: cluster.watching() is asked, "watching")
        cluster.publish(101)
        cluster.assert_posted_once(101)
