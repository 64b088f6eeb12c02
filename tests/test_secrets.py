"""No secret in anything that is written: every fault of every platform, with tracebacks, down to the database."""

from __future__ import annotations

import base64
import urllib.parse
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crosspost.cli import execute
from crosspost.platforms import names, stand_ins
from crosspost.sandbox import Fault, Sandbox

ISSUE = """Title: This Week in Rust 665
Number: 665
Date: {today}
Category: This Week in Rust

## Updates from Rust Community

### Official
* [Announcing something](https://example.org/announcing)

## Crate of the Week

This week's crate is [lantern](https://example.org/lantern), a debugger front end.

## Updates from the Rust Project

512 pull requests were [merged in the last week](https://example.org/merged)

## Jobs

Please see the latest [Who's Hiring thread on r/rust](https://www.reddit.com/r/rust/comments/1abcde/hiring/)

# Quote of the Week

> It compiles, so it ships.

– [somebody](https://example.org/quote)

<small>[Discuss on r/rust](REDDIT_LINK_HERE)</small>
"""

FAULTS: Mapping[str, Mapping[str, Any]] = {
    "none": {},
    "closed": {"fault": Fault.EOF},
    "reset": {"fault": Fault.RESET},
    "reset after it was stored": {"fault": Fault.RESET, "stored": True},
    "silence": {"fault": Fault.HANG, "seconds": 3},
    "400": {"fault": Fault.STATUS, "status": 400},
    "401": {"fault": Fault.STATUS, "status": 401},
    "403": {"fault": Fault.STATUS, "status": 403},
    "404": {"fault": Fault.STATUS, "status": 404},
    "500": {"fault": Fault.STATUS, "status": 500},
    "503": {"fault": Fault.STATUS, "status": 503},
    "a web page": {"fault": Fault.HTML},
    "odd headers": {"fault": Fault.BAD_HEADERS},
    "half an answer": {"fault": Fault.TRUNCATED},
    "too many requests": {"fault": Fault.RATE_LIMITED, "reset": 60},
}


CASES = [
    *((name, "write") for name in FAULTS),
    *((name, "read") for name in ("reset", "401", "403")),
    *((name, "auth") for name in ("reset", "401", "a web page")),
]
"""When a listing answers 500, discord.py asks again for half a minute: that is left to its own tests."""


pytestmark = pytest.mark.usefixtures("process_as_it_was")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(stand_ins(), port=0) as sandbox:
        yield sandbox


def forms(value: str) -> set[str]:
    """How a secret could be written."""
    return {
        value,
        urllib.parse.quote(value, safe=""),
        base64.b64encode(value.encode()).decode().rstrip("="),
    }


def secrets_of(sandbox: Sandbox) -> set[str]:
    reddit = sandbox.credentials["reddit"]
    basic = base64.b64encode(f"{reddit['client_id']}:{reddit['client_secret']}".encode()).decode()
    return {basic, *(form for value in sandbox.environment.values() for form in forms(value))}


def announce(folder: Path, sandbox: Sandbox) -> None:
    """From nothing to one pass over a new issue, as `crosspost once` from a shell, twice."""
    text = sandbox.configuration(store_url=f"sqlite:///{folder}/x.db", source_path=folder / "content")
    (folder / "config.toml").write_text(text.replace('attempt_limit = "20s"', 'attempt_limit = "1s"'))
    (folder / "content").mkdir()
    command = ["--debug", "--log-level", "debug", "-c", str(folder / "config.toml")]
    execute([*command, "once"])
    today = datetime.now(UTC).date()
    (folder / "content" / f"{today}-this-week-in-rust.md").write_text(ISSUE.format(today=today))
    for last in (["once"], ["check"], ["status"], ["history", "665"], ["status", "--json"]):
        execute([*command, *last])


@pytest.mark.parametrize(("name", "on"), CASES)
def test_no_fault_of_any_platform_brings_a_secret_to_light(
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    name: str,
    on: Any,
) -> None:
    for variable, value in sandbox.environment.items():
        monkeypatch.setenv(variable, value)
    if FAULTS[name]:
        for platform in names():
            sandbox.fail(platform, on=on, times=None, **FAULTS[name])

    announce(tmp_path, sandbox)

    written = "".join(capfd.readouterr()) + "".join(
        path.read_bytes().decode("latin-1") for path in tmp_path.iterdir() if path.is_file()
    )
    assert "issue planned" in written
    assert [form for form in secrets_of(sandbox) if form in written] == []


def test_a_wrong_token_is_not_shown_either(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for variable in sandbox.environment:
        monkeypatch.setenv(variable, f"wrong-{variable.lower()}")

    announce(tmp_path, sandbox)

    written = "".join(capfd.readouterr())
    assert "delivery stuck" in written
    assert "wrong-sandbox" not in written
