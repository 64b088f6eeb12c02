"""`crosspost demo` and `crosspost sandbox`: the whole job against stand-ins, to be seen before it is trusted.

Nothing here is a shortcut: a real git repository, the real pipeline, the real client libraries over real HTTP. Only
the servers are the sandbox's. The demo ends by itself; `--serve` leaves the sandbox's page up.
"""

from __future__ import annotations

import difflib
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn
from rich.table import Column

from crosspost import parse as reading
from crosspost.accounts import lacking
from crosspost.app import App, load_config
from crosspost.backfill.push import identity
from crosspost.cli import output
from crosspost.cli.issue_argument import read_file
from crosspost.errors import CrosspostError, UsageError
from crosspost.model import Delivery, Issue, IssueState, utcnow
from crosspost.pages import preview
from crosspost.pipeline import run_pass
from crosspost.status import status
from crosspost.watch import gate

if TYPE_CHECKING:
    from crosspost.config.schema import Config
    from crosspost.sandbox import Sandbox

LONGEST = 25.0
"""Seconds until the demo gives up waiting for the last step."""

EARLIER = """Title: {newsletter} {number}
Number: {number}
Date: {date}
Category: {newsletter}

The issue before, so that the first pass has a baseline to take.
"""


def run_demo(path: Path | None, *, serve: bool) -> int:
    """Publish an issue in a scratch repository and let the real pipeline announce it. Returns the exit code."""
    from crosspost.platforms import stand_ins
    from crosspost.sandbox import Sandbox

    console = Console(soft_wrap=True)
    data = path.read_bytes() if path and path.is_file() else _sample()
    understood = read_file(path, reading.TWIR) if path else reading.read(data)
    with tempfile.TemporaryDirectory(prefix="crosspost-demo-") as scratch, Sandbox(stand_ins()) as sandbox:
        stage = Stage(Path(scratch), sandbox, understood, data)
        with _steps(console) as step:
            app = stage.build(step)
            with app:
                code = stage.play(app, step)
                (found,) = status(app.store, understood.number).issues
        _show(console, stage, found.deliveries)
        if serve and code == 0:
            _leave_up(console, sandbox)
    return code


class Stage:
    """A scratch repository with a draft in it, a sandbox, and a configuration that points at both."""

    def __init__(self, folder: Path, sandbox: Sandbox, issue: Issue, data: bytes) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.issue = issue
        self.data = data
        self.name = f"{issue.date:%Y-%m-%d}-this-week-in-rust.md"
        self.remote = folder / "newsletter.git"
        self.editor = folder / "editor"
        self.left_out: list[str] = []
        """Why an account is not shown, in sentences."""

    def build(self, step: Step) -> App:
        """Make the repository with the issue as a draft, and a program that has seen nothing. The site is empty."""
        step("a git repository with the issue as a draft")
        self._git(self.folder, "init", "-q", "--bare", "-b", "main", str(self.remote))
        self._git(self.folder, "init", "-q", "-b", "main", str(self.editor))
        self._git(self.editor, "remote", "add", "origin", str(self.remote))
        self._write(f"draft/{self.name}", self.data)
        self._write("content/earlier.md", self._earlier())
        self._commit("Draft the next issue")
        return App(self._configured())

    def _configured(self) -> Config:
        """Return a rehearsal's configuration, with the scratch repository as its source and nothing to wait for."""
        path = self.folder / "config.toml"
        path.write_text(
            self.sandbox.configuration(
                store_url=f"sqlite:///{self.folder}/crosspost.db",
                source_url=str(self.remote),
                folder=self.folder,
            )
        )
        config = load_config(path, secrets=True)
        self.left_out = [
            f"{account.name} is left out: {why}" for account in config.accounts for why in lacking(account)
        ]
        whole = not any(finding.kind in gate.UNFINISHED for finding in self.issue.findings)
        return replace(
            config,
            accounts=tuple(account for account in config.accounts if not any(lacking(account))),
            gate=replace(
                config.gate,
                page_live=True,
                quiet_for=timedelta(),
                max_age=timedelta(days=100_000),
                whole=whole,
            ),
        )

    def play(self, app: App, step: Step) -> int:
        """Run a pass for the baseline, publish, run passes until everything is done. Returns the exit code."""
        step("first pass: what is out already is the baseline, and is left alone")
        run_pass(app)
        step(f"the editor publishes {escape(self.issue.title)}: draft/ → content/, and the page goes live")
        self._publish()
        step(
            "the pipeline sees it, composes, posts with the real client libraries, fills in the discussion link"
        )
        deadline = time.monotonic() + LONGEST
        while time.monotonic() < deadline:
            done = run_pass(app)
            record = app.store.issue(self.issue.number)
            if (record and record.state is IssueState.DONE) or done.exit_code == 1:
                return done.exit_code
            time.sleep(0.2)
        raise CrosspostError(f"the demo was not finished after {LONGEST:.0f} s; run it again with --debug")

    def _publish(self) -> None:
        self._git(self.editor, "mv", f"draft/{self.name}", f"content/{self.name}")
        path = self.issue.url.removeprefix(reading.TWIR.site)
        self.sandbox.publish_page(
            path, f"<!doctype html><title>{self.issue.title} · This Week in Rust</title>"
        )
        self._commit(f"Publish {self.issue.number}")

    def link_diff(self) -> str:
        """Return what the pipeline changed in the issue, as the repository has it now."""
        after = self._git(self.remote, "show", f"main:content/{self.name}")
        before = self.data.decode("utf-8", "replace")
        changed = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
        return "\n".join(line for line in changed if line[:1] in "+-" and line[:3] not in ("+++", "---"))

    def _earlier(self) -> bytes:
        before = self.issue.date - timedelta(days=7)
        return EARLIER.format(
            newsletter="This Week in Rust", number=self.issue.number - 1, date=before
        ).encode()

    def _write(self, name: str, data: bytes) -> None:
        target = self.editor / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)

    def _commit(self, message: str) -> None:
        (self.editor / "content").mkdir(exist_ok=True)
        self._git(self.editor, "add", "-A")
        self._git(self.editor, "commit", "-q", "-m", message)
        self._git(self.editor, "push", "-q", "origin", "main")

    @staticmethod
    def _git(where: Path, *arguments: str) -> str:
        """Run git as an editor who does not exist, untouched by this user's settings."""
        environment = {
            **os.environ,
            **identity({"name": "An Editor", "email": "editor@example.org"}, utcnow()),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        try:
            done = subprocess.run(
                ["git", *arguments],
                cwd=where,
                env=environment,
                check=True,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=30,
            )
        except FileNotFoundError as error:
            raise CrosspostError("git is not installed; the demo needs it") from error
        except subprocess.CalledProcessError as error:
            raise CrosspostError(f"git {arguments[0]} failed: {error.stderr.strip()}") from error
        return done.stdout


def _sample() -> bytes:
    return resources.files("crosspost.samples").joinpath("issue.md").read_bytes()


Step = Callable[[str], None]


@contextmanager
def _steps(console: Console) -> Iterator[Step]:
    """Print a line for each step; on a terminal the present one with a spinner."""
    if not console.is_terminal:
        yield console.print
        return
    with Progress(
        SpinnerColumn(finished_text="[green]✓[/green]"),
        TextColumn("{task.description}", table_column=Column()),
        console=console,
    ) as bar:
        tasks: list[TaskID] = []

        def step(words: str) -> None:
            for task in tasks:
                bar.update(task, total=1, completed=1)
            tasks.append(bar.add_task(words, total=None))

        yield step
        for task in tasks:
            bar.update(task, total=1, completed=1)


def _show(console: Console, stage: Stage, deliveries: Sequence[Delivery]) -> None:
    console.print()
    waits_for = [finding.message for finding in stage.issue.findings if finding.kind in gate.UNFINISHED]
    if waits_for:
        console.print(
            f"[yellow]The gate would hold this issue back: {escape('; '.join(waits_for))}[/yellow]\n"
        )
    for sentence in stage.left_out:
        console.print(f"[yellow]{escape(sentence)}[/yellow]\n", soft_wrap=True)
    rows = [
        (row.platform, output.coloured(row.state), escape(output.where_or_why(row))) for row in deliveries
    ]
    output.print_table(("platform", "state", "link"), rows)
    console.print()
    preview.show([row.post for row in deliveries], console)
    console.print(f"\n[bold]content/{escape(stage.name)}[/bold]  the discussion link, filled in by a commit")
    changed = stage.link_diff().splitlines()
    for line in changed:
        console.print(escape(line), style="green" if line.startswith("+") else "red", highlight=False)
    if not changed:
        console.print(
            "nothing to change: the issue carried the right link already, and that post was adopted"
        )


def _leave_up(console: Console, sandbox: Sandbox) -> None:
    console.print(
        f"\nThe posts as each platform would show them: [bold]{sandbox.url}[/bold]  (Ctrl-C ends it)"
    )
    _stop_signal().wait()


def _stop_signal() -> threading.Event:
    """Return what is set by Ctrl-C or SIGTERM."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    return stopped


def serve_sandbox(host: str, port: int, seconds: float | None, config_path: Path | None) -> int:
    """Serve the stand-in platforms alone, until Ctrl-C or for some seconds."""
    from crosspost.config.addresses import is_loopback
    from crosspost.platforms import stand_ins
    from crosspost.sandbox import Sandbox

    if not is_loopback(host):
        raise UsageError(f"--host {host}: the sandbox listens on this machine only; give a loopback address")
    console = Console(stderr=True)
    stopped = _stop_signal()
    with Sandbox(stand_ins(), port=port, host=host) as sandbox:
        if config_path is not None:
            folder = config_path.resolve().parent
            (folder / "content").mkdir(parents=True, exist_ok=True)
            config_path.write_text(
                sandbox.configuration(store_url=f"sqlite:///{folder}/rehearsal.db", folder=folder)
            )
            console.print(f"A configuration for a rehearsal: {config_path}")
        console.print(f"The page: {sandbox.url}")
        for platform, address in sandbox.addresses.items():
            console.print(f"  {platform:10} {address}", highlight=False)
        stopped.wait(seconds)
    return 0
