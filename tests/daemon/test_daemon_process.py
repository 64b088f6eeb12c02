"""The daemon as a process: real signals, a real notification socket, a real platform library over HTTP."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from crosspost.platforms import stand_ins
from crosspost.sandbox import Fault, Sandbox

LONGEST_WAIT = 180.0
"""Seconds after which a test gives up. Nothing is expected to take this long."""

TIME_TO_LEAVE = 15.0
"""Seconds. Ten are promised; a busy machine may take a little to notice."""


@dataclass(frozen=True)
class Stage:
    """A folder with issues, a sandbox, and a configuration with one account in between."""

    folder: Path
    sandbox: Sandbox

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def configure(self, *, every: str = "1s", more: str = "") -> None:
        (self.folder / "content").mkdir(exist_ok=True)
        token = self.folder / "token"
        token.write_text(self.sandbox.credentials["mastodon"]["access_token"])
        token.chmod(0o600)
        self.config.write_text(f"""
            [store]
            url = "sqlite:///{self.folder}/crosspost.db"
            [source]
            kind = "directory"
            path = "{self.folder}"
            every = "{every}"
            [gate]
            page_live = false
            quiet_for = "0s"
            [delivery]
            attempt_limit = "10s"
            first_retry = "1s"
            look_after = ["1s", "1s", "1s"]
            [backfill]
            mode = "off"
            [accounts.mastodon]
            platform = "mastodon"
            api_base_url = "{self.sandbox.addresses["mastodon"]}"
            access_token = {{ file = "{token}" }}
            {more}
            """)

    def publish(self, number: int) -> None:
        """Put an issue of this number where the source looks, dated today."""
        text = resources.files("crosspost.samples").joinpath("issue.md").read_text()
        text = re.sub(r"(?m)^Date: .*$", f"Date: {datetime.now(UTC):%Y-%m-%d}", text, count=1)
        text = re.sub(r"(?m)^(Title: .*|Number: )\b\d+$", rf"\g<1>{number}", text, count=2)
        unfinished = self.folder / "unfinished"
        unfinished.write_text(text)
        unfinished.rename(self.folder / "content" / f"this-week-in-rust-{number}.md")

    def status(self) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "crosspost", "-c", str(self.config), "status", "--json"],
            capture_output=True,
            check=False,
        )
        document: dict[str, Any] = json.loads(done.stdout or b'{"issues": []}')
        return document

    def state(self, number: int) -> str:
        """Of the delivery, or of the issue while there is none."""
        for issue in self.status()["issues"]:
            if issue["number"] == number:
                return str(issue["deliveries"][0]["state"] if issue["deliveries"] else issue["state"])
        return ""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Sandbox(stand_ins(), port=0) as sandbox:
        it = Stage(tmp_path, sandbox)
        it.configure()
        yield it


class Daemon:
    """`crosspost run` as a child, with what it says."""

    def __init__(self, stage: Stage, descriptors: int | None = None) -> None:
        self._told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        address = f"crosspost-{os.getpid()}-{time.monotonic_ns()}"  # abstract: a path may have 108 bytes only
        self._told.bind(f"\0{address}")
        self.log = stage.folder / "log"
        command = [sys.executable, "-m", "crosspost", "-c", str(stage.config), "run"]
        if descriptors is not None:
            command = ["sh", "-c", f'ulimit -n {descriptors}; exec "$@"', "sh", *command]
        with self.log.open("a") as output:
            self.child = subprocess.Popen(
                command,
                stderr=output,
                env=os.environ | {"NOTIFY_SOCKET": f"@{address}"},
            )

    def hears(self, *lines: str) -> None:
        """Wait until the service manager was told one of these."""
        self._told.settimeout(LONGEST_WAIT)
        while not any(said.startswith(lines) for said in self._told.recv(4096).decode().splitlines()):
            pass

    def logged(self, words: str) -> bool:
        return words in self.log.read_text()

    def end(self) -> int:
        """Say SIGTERM; the exit code."""
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(TIME_TO_LEAVE)

    def close(self) -> None:
        self.child.kill()
        self.child.wait()
        self._told.close()


@contextmanager
def daemon_on(stage: Stage, descriptors: int | None = None) -> Iterator[Daemon]:
    it = Daemon(stage, descriptors)
    try:
        yield it
    finally:
        it.close()


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST_WAIT
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)


def test_it_is_ready_announces_what_comes_out_and_stops_when_told(stage: Stage) -> None:
    stage.publish(664)
    with daemon_on(stage) as daemon:
        daemon.hears("READY=1")
        daemon.hears("STATUS=last pass")
        stage.publish(665)
        until(lambda: len(stage.sandbox.posts("mastodon")) == 1)
        until(lambda: stage.state(665) == "sent")

        assert daemon.end() == 0
        daemon.hears("STOPPING=1")

    (post,) = stage.sandbox.posts("mastodon")
    assert "This Week in Rust 665" in post.text
    assert stage.state(664) == "baseline"


def test_what_read_its_configuration_does_not_stay_in_it(stage: Stage) -> None:
    with daemon_on(stage) as daemon:
        daemon.hears("STATUS=last pass")
        loaded = Path(f"/proc/{daemon.child.pid}/maps").read_text()

    assert "_sqlite3" in loaded
    assert "_pydantic_core" not in loaded


def test_a_hangup_makes_the_next_look_happen_now(stage: Stage) -> None:
    stage.configure(every="1h")
    stage.publish(664)
    with daemon_on(stage) as daemon:
        daemon.hears("STATUS=last pass")
        stage.publish(665)
        daemon.child.send_signal(signal.SIGHUP)

        until(lambda: len(stage.sandbox.posts("mastodon")) == 1)
        assert daemon.end() == 0


@pytest.mark.parametrize("stored", [False, True], ids=["before it arrives", "after it was stored"])
def test_a_stop_while_a_platform_does_not_answer_leaves_in_time_and_posts_once(
    stage: Stage, stored: bool
) -> None:
    stage.publish(664)
    with daemon_on(stage) as daemon:
        daemon.hears("STATUS=last pass")
        stage.sandbox.fail("mastodon", Fault.HANG, on="write", stored=stored, seconds=60)
        stage.publish(665)
        until(lambda: stage.state(665) == "sending")

        assert daemon.end() == 0
    assert stage.state(665) in ("sending", "uncertain")  # the client may have waited long enough by itself

    stage.sandbox.clear_faults()
    with daemon_on(stage) as daemon:
        until(lambda: stage.state(665) == "sent")
        assert daemon.end() == 0

    assert len(stage.sandbox.posts("mastodon")) == 1


def test_ended_by_the_watchdog_it_says_where_each_thread_stood(stage: Stage) -> None:
    with daemon_on(stage) as daemon:
        daemon.hears("STATUS=last pass")
        daemon.child.send_signal(signal.SIGABRT)

        assert daemon.child.wait(TIME_TO_LEAVE) == -signal.SIGABRT
        assert daemon.logged("crosspost/daemon/")


def test_ctrl_c_is_a_stop_too(stage: Stage) -> None:
    with daemon_on(stage) as daemon:
        daemon.hears("READY=1")
        daemon.child.send_signal(signal.SIGINT)

        assert daemon.child.wait(TIME_TO_LEAVE) == 0


def test_hundreds_of_half_open_connections_keep_no_issue_back(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        page = free.getsockname()
    stage.configure(more=f'[web]\nlisten = "127.0.0.1:{page[1]}"')
    stage.publish(664)
    # A hundred descriptors are enough for the work, and would be gone at once if each connection could take one.
    with daemon_on(stage, descriptors=100) as daemon, ExitStack() as held:
        daemon.hears("STATUS=last pass")
        for _ in range(300):
            connection = held.enter_context(socket.create_connection(page, timeout=LONGEST_WAIT))
            with suppress(ConnectionError):
                connection.sendall(b"POST /hooks/push HTTP/1.1\r\n")
        stage.publish(665)

        until(lambda: len(stage.sandbox.posts("mastodon")) == 1)
        assert daemon.end() == 0
        assert not daemon.logged("Too many open files")


def starts(stage: Stage) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "crosspost", "-c", str(stage.config), "run"],
        capture_output=True,
        text=True,
        timeout=LONGEST_WAIT,
        check=False,
    )


def test_a_store_that_is_no_database_is_a_sentence_and_exit_1(stage: Stage) -> None:
    (stage.folder / "crosspost.db").write_bytes(b"this is no database" * 100)

    done = starts(stage)

    assert done.returncode == 1
    assert "crosspost.db" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_of_the_page_that_is_taken_is_a_sentence_and_exit_1(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        stage.configure(more=f'[web]\nlisten = "127.0.0.1:{taken.getsockname()[1]}"')

        done = starts(stage)

    assert done.returncode == 1
    assert "cannot listen on 127.0.0.1" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_idle_daemon_loads_no_platforms_library_and_no_web_server(stage: Stage) -> None:
    stage.publish(664)
    script = f"""
import sys, threading
from pathlib import Path
from crosspost import daemon
from crosspost.app import App, load_config

requests = daemon.RequestQueue()
def notify(*lines):
    if any(line.startswith("STATUS=last pass") for line in lines):
        requests.put(daemon.Request.STOP)
with App(load_config(Path({str(stage.config)!r}), secrets=True)) as app:
    assert daemon.run(app, notify=notify, requests=requests) == 0
heavy = {{"mastodon", "tweepy", "praw", "discord", "atproto", "aiohttp", "PIL", "rich", "feedparser", "apprise"}}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=LONGEST_WAIT, check=False
    )

    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr
