"""Carry out `demo` and `sandbox`: the whole job against stand-ins for the platforms.

Only the servers are stand-ins: the git repository, the pipeline, the client libraries and the HTTP are real.
"""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Sequence
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
from crosspost.cli.pass_loop import run_passes, stopped_by_signals
from crosspost.errors import CrosspostError, UsageError
from crosspost.model import Delivery, Issue, utcnow
from crosspost.pages import preview
from crosspost.pipeline import run_pass
from crosspost.status import status
from crosspost.watch._git import Git
from crosspost.watch.gate import UNFINISHED

if TYPE_CHECKING:
    from crosspost.config.schema import Config
    from crosspost.sandbox import Sandbox

LONGEST = timedelta(seconds=25)
"""The time limit of the passes; after it the demo fails."""

EARLIER = """Title: This Week in Rust {number}
Number: {number}
Date: {date}
Category: This Week in Rust

The issue before, so that the first pass has a baseline to take.
"""


def run_demo(path: Path | None, *, serve: bool) -> int:
    """Publish an issue in a scratch repository and let the real pipeline announce it. Return the exit code."""
    from crosspost.platforms import stand_ins
    from crosspost.sandbox import Sandbox

    console = Console(soft_wrap=True)
    if path is None:
        data = resources.files("crosspost.samples").joinpath("issue.md").read_bytes()
        issue = parse.parse_bytes(data)
    else:
        issue, data = read_file(path, parse.TWIR)
    with tempfile.TemporaryDirectory(prefix="crosspost-demo-") as scratch, Sandbox(stand_ins()) as sandbox:
        rehearsal = Rehearsal(Path(scratch), sandbox, issue, data)
        with console.status(""):
            console.print("a git repository with the issue as a draft")
            with rehearsal.build() as app:
                code = rehearsal.run(app, console)
                (result,) = status(app.store, issue.number).issues
        _show(console, rehearsal, result.deliveries)
        if serve and code == 0:
            console.print(
                f"\nThe posts as each platform would show them: [bold]{sandbox.url}[/bold]  (Ctrl-C ends it)"
            )
            with stopped_by_signals() as stop:
                stop.wait()
    return code


class Rehearsal:
    """A scratch repository with the issue as a draft, a sandbox, and a configuration that points at both."""

    def __init__(self, folder: Path, sandbox: Sandbox, issue: Issue, data: bytes) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.issue = issue
        self.data = data
        self.name = f"{issue.date:%Y-%m-%d}-this-week-in-rust.md"
        self.remote = folder / "newsletter.git"
        self.editor = folder / "editor"
        self.missing: list[str] = []
        """Why an account is left out, in sentences."""

    def build(self) -> App:
        """Make the repository, and the program with an empty database. The issue's page is not there yet."""
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
        return App(self._configure())

    def _configure(self) -> Config:
        """Return the sandbox's configuration with the scratch repository as its source, and a gate that is open."""
        path = self.folder / "config.toml"
        path.write_text(
            self.sandbox.configuration(
                store_url=f"sqlite:///{self.folder}/crosspost.db",
                source_url=str(self.remote),
                folder=self.folder,
            )
        )
        config = load_config(path, secrets=True)
        accounts = []
        for account in config.accounts:
            if missing := list(missing_account_extras(account)):
                self.missing += [f"{account.name} is left out: {why}" for why in missing]
            else:
                accounts.append(account)
        whole = not unfinished(self.issue)
        gate = replace(config.gate, max_age=timedelta(days=100_000), whole=whole)
        return replace(config, accounts=tuple(accounts), gate=gate)

    def run(self, app: App, console: Console) -> int:
        """Run a pass for the baseline, publish, run passes until everything is done. Return the exit code."""
        console.print("first pass: issues that are published already are the baseline, and are not announced")
        run_pass(app)
        console.print(
            f"the editor publishes {escape(self.issue.title)}: draft/ → content/, and the page goes live"
        )
        self._publish()
        console.print(
            "the pipeline sees it, composes, posts with the real client libraries, fills in the discussion link"
        )
        for result in run_passes(app, LONGEST, stop=StopEvent()):
            if result.exit_code == 1 or not result.may_go_on:
                return result.exit_code
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
        """Return the lines of the issue that the pipeline changed, as a diff without its header."""
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
        """Run git as an invented editor, without this user's settings."""
        env = {
            **author_variables({"name": "An Editor", "email": "editor@example.org"}, utcnow()),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        return Git(where).run(*arguments, env=env)


def unfinished(issue: Issue) -> list[str]:
    """Return what the gate would wait for in the text of the issue."""
    return [finding.message for finding in issue.findings if finding.kind in UNFINISHED]


def _show(console: Console, rehearsal: Rehearsal, deliveries: Sequence[Delivery]) -> None:
    console.print()
    if reasons := unfinished(rehearsal.issue):
        console.print(f"[yellow]The gate would hold this issue back: {escape('; '.join(reasons))}[/yellow]\n")
    for sentence in rehearsal.missing:
        console.print(f"[yellow]{escape(sentence)}[/yellow]\n", soft_wrap=True)
    rows = [
        (row.platform, output.coloured(row.state), escape(output.where_or_why(row))) for row in deliveries
    ]
    output.print_table(("platform", "state", "link"), rows)
    console.print()
    preview.print_posts([row.post for row in deliveries], console)
    console.print(
        f"\n[bold]content/{escape(rehearsal.name)}[/bold]  the discussion link, filled in by a commit"
    )
    changed = rehearsal.link_diff()
    for line in changed:
        console.print(escape(line), style="green" if line.startswith("+") else "red", highlight=False)
    if not changed:
        console.print(
            "nothing to change: the issue carried the right link already, and that post was adopted"
        )


def serve_sandbox(host: str, port: int, seconds: float | None, config_path: Path | None) -> int:
    """Serve the stand-in platforms alone, until Ctrl-C or for `seconds`. Return the exit code."""
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
