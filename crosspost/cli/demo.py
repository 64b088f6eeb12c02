"""`crosspost demo` and `crosspost sandbox`: the whole job against stand-ins, to be seen before it is trusted.

Nothing here is a shortcut: a real git repository, the real pipeline, the real client libraries over real HTTP. Only
the servers are the sandbox's. The demo ends by itself; `--serve` leaves the sandbox's page up.
"""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from importlib import resources
from pathlib import Path
from threading import Event as StopEvent
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from crosspost import parse
from crosspost.accounts import missing_account_extras
from crosspost.app import App, load_config
from crosspost.backfill.push import author_variables
from crosspost.cli import output
from crosspost.cli.issue_argument import read_file
from crosspost.cli.pass_loop import passes, stopped_by_signals
from crosspost.errors import CrosspostError, UsageError
from crosspost.model import Delivery, Issue, utcnow
from crosspost.pages import preview
from crosspost.pipeline import run_pass
from crosspost.status import status
from crosspost.watch import gate
from crosspost.watch._git import Git

if TYPE_CHECKING:
    from crosspost.config.schema import Config
    from crosspost.sandbox import Sandbox

LONGEST = timedelta(seconds=25)
"""After so long the demo gives up waiting for the last step."""

EARLIER = """Title: This Week in Rust {number}
Number: {number}
Date: {date}
Category: This Week in Rust

The issue before, so that the first pass has a baseline to take.
"""

Step = Callable[[str], None]
"""Tells people what comes now."""


def run_demo(path: Path | None, *, serve: bool) -> int:
    """Publish an issue in a scratch repository and let the real pipeline announce it. Returns the exit code."""
    from crosspost.platforms import stand_ins
    from crosspost.sandbox import Sandbox

    console = Console(soft_wrap=True)
    if path is None:
        data = resources.files("crosspost.samples").joinpath("issue.md").read_bytes()
        issue = parse.parse_bytes(data)
    else:
        issue, data = read_file(path, parse.TWIR)
    with tempfile.TemporaryDirectory(prefix="crosspost-demo-") as scratch, Sandbox(stand_ins()) as sandbox:
        stage = Stage(Path(scratch), sandbox, issue, data)
        with console.status(""), stage.build(console.print) as app:
            code = stage.play(app, console.print)
            (found,) = status(app.store, issue.number).issues
        _show(console, stage, found.deliveries)
        if serve and code == 0:
            console.print(
                f"\nThe posts as each platform would show them: [bold]{sandbox.url}[/bold]  (Ctrl-C ends it)"
            )
            with stopped_by_signals() as stop:
                stop.wait()
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
        for folder, *options in ((self.remote, "--bare"), (self.editor,)):
            folder.mkdir()
            self._git(folder, "init", "-q", "-b", "main", *options)
        self._git(self.editor, "remote", "add", "origin", str(self.remote))
        week_before = self.issue.date - timedelta(days=7)
        earlier = EARLIER.format(number=self.issue.number - 1, date=week_before)
        for name, data in ((f"draft/{self.name}", self.data), ("content/earlier.md", earlier.encode())):
            (self.editor / name).parent.mkdir()
            (self.editor / name).write_bytes(data)
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
            f"{account.name} is left out: {why}"
            for account in config.accounts
            for why in missing_account_extras(account)
        ]
        whole = not any(finding.kind in gate.UNFINISHED for finding in self.issue.findings)
        return replace(
            config,
            accounts=tuple(
                account for account in config.accounts if not any(missing_account_extras(account))
            ),
            gate=replace(config.gate, max_age=timedelta(days=100_000), whole=whole),
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
        for done in passes(app, LONGEST, stop=StopEvent()):
            if done.exit_code == 1 or not done.may_go_on:
                return done.exit_code
        raise CrosspostError(
            f"the demo was not finished after {LONGEST.seconds} s; run it again with --debug"
        )

    def _publish(self) -> None:
        self._git(self.editor, "mv", f"draft/{self.name}", f"content/{self.name}")
        path = self.issue.url.removeprefix(parse.TWIR.site)
        self.sandbox.publish_page(
            path, f"<!doctype html><title>{self.issue.title} · This Week in Rust</title>"
        )
        self._commit(f"Publish {self.issue.number}")

    def link_diff(self) -> Sequence[str]:
        """Return the lines that the pipeline changed in the issue, as the repository has it now."""
        after = self._git(self.remote, "show", f"main:content/{self.name}").decode("utf-8", "replace")
        before = self.data.decode("utf-8", "replace")
        changed = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
        return [line for line in changed if line[:1] in "+-" and line[:3] not in ("+++", "---")]

    def _commit(self, message: str) -> None:
        self._git(self.editor, "add", "-A")
        self._git(self.editor, "commit", "-q", "-m", message)
        self._git(self.editor, "push", "-q", "origin", "main")

    @staticmethod
    def _git(where: Path, *arguments: str) -> bytes:
        """Run git as an editor who does not exist, untouched by this user's settings."""
        env = {
            **author_variables({"name": "An Editor", "email": "editor@example.org"}, utcnow()),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        return Git(where).run(*arguments, env=env)


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
    preview.print_posts([row.post for row in deliveries], console)
    console.print(f"\n[bold]content/{escape(stage.name)}[/bold]  the discussion link, filled in by a commit")
    changed = stage.link_diff()
    for line in changed:
        console.print(escape(line), style="green" if line.startswith("+") else "red", highlight=False)
    if not changed:
        console.print(
            "nothing to change: the issue carried the right link already, and that post was adopted"
        )


def serve_sandbox(host: str, port: int, seconds: float | None, config_path: Path | None) -> int:
    """Serve the stand-in platforms alone, until Ctrl-C or for some seconds."""
    from crosspost.config.addresses import is_loopback
    from crosspost.platforms import stand_ins
    from crosspost.sandbox import Sandbox

    if not is_loopback(host):
        raise UsageError(f"--host {host}: the sandbox listens on this machine only; give a loopback address")
    console = Console(stderr=True)
    with stopped_by_signals() as stop, Sandbox(stand_ins(), port=port, host=host) as sandbox:
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
        stop.wait(seconds)
    return 0
