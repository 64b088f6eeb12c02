"""A newsletter in a folder, a sandbox, and the real program between them: the front door of the end-to-end tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from crosspost import platforms
from crosspost.app import App, load_config
from crosspost.config.schema import Config
from crosspost.model import Clock, DeliveryState
from crosspost.pipeline import Pass, run_pass
from crosspost.sandbox import Sandbox
from tests.conftest import MovableClock

WEDNESDAY = date(2026, 8, 19)
NIGHT = datetime(2026, 8, 20, 3, 0, tzinfo=UTC)

ISSUE = """Title: This Week in Rust {number}
Number: {number}
Date: {date}
Category: This Week in Rust

Hello and welcome to another issue of *This Week in Rust*!

## Updates from Rust Community

### Official
* [Announcing something]({base}/announcing)

### Observations/Thoughts
* [Reading code aloud]({base}/aloud)

## Crate of the Week

This week's crate is [lantern]({base}/lantern), a debugger front end.

## Updates from the Rust Project

512 pull requests were [merged in the last week]({base}/merged)

## Jobs

Please see the latest [Who's Hiring thread on r/rust](https://www.reddit.com/r/rust/comments/1abcde/hiring/)

# Quote of the Week

> It compiles, so it ships.

– [somebody]({base}/quote)

This Week in Rust is edited by:

* [an editor]({base}/editor)

<small>[Discuss on r/rust]({link})</small>
"""

PLACEHOLDER = "REDDIT_LINK_HERE"


def issue_text(number: int, *, link: str = PLACEHOLDER, day: date = WEDNESDAY) -> str:
    return ISSUE.format(number=number, date=day, link=link, base="https://example.org")


class Resting(threading.Event):
    """A stop that nobody asks for, whose waiting takes no time: `rest` lets the clock go on."""

    def __init__(self, rest: Callable[[timedelta], None]) -> None:
        super().__init__()
        self._rest = rest

    def wait(self, timeout: float | None = None) -> bool:
        self._rest(timedelta(seconds=timeout or 0))
        return False


class Rehearsal:
    """One newsletter, one store, one sandbox."""

    def __init__(self, folder: Path, sandbox: Sandbox, clock: MovableClock) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.clock = clock
        self.content = folder / "content"
        self.content.mkdir(parents=True, exist_ok=True)
        self.path = folder / "config.toml"
        self.path.write_text(
            sandbox.configuration(
                store_url=f"sqlite:///{folder}/crosspost.db", source_path=self.content, folder=folder
            )
        )

    def configured(
        self,
        *,
        only: tuple[str, ...] = platforms.names(),
        modes: Mapping[str, Literal["auto", "manual"]] = {},
        **gate: Any,
    ) -> Config:
        config = load_config(self.path, secrets=True)
        accounts = tuple(
            replace(account, mode=modes.get(account.name, account.mode))
            for account in config.accounts
            if account.name in only
        )
        return replace(config, accounts=accounts, gate=replace(config.gate, **gate))

    @contextmanager
    def app(self, config: Config | None = None, clock: Clock | None = None) -> Iterator[App]:
        with App(config or self.configured(), clock or self.clock) as app:
            yield app

    def publish(self, number: int, text: str | None = None, *, day: date = WEDNESDAY) -> Path:
        path = self.content / f"{day + timedelta(weeks=number - 665)}-this-week-in-rust.md"
        path.write_text(text or issue_text(number, day=day))
        return path

    def passes(self, app: App, *, most: int = 12) -> Pass:
        """Passes until nothing is left to do by itself, moving the clock to whatever is waited for."""
        done = run_pass(app)
        for _ in range(most):
            if not done.unfinished:
                return done
            due = app.next_due()
            if due is not None and due > self.clock():
                self.clock.now = due
            done = run_pass(app)
        return done

    def counts(self) -> dict[str, int]:
        return {platform: len(self.sandbox.posts(platform)) for platform in platforms.names()}

    def states(self, app: App, number: int) -> dict[str, DeliveryState]:
        return {row.account: row.state for row in app.store.deliveries(number)}
