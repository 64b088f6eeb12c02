"""A newsletter, its configuration with one account on a real server, and the program between them."""

from __future__ import annotations

import contextlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

from crosspost.app import load_config
from crosspost.cli import execute
from crosspost.config.schema import Config
from crosspost.platforms import Platform
from tests.real.server import Configured, RealAccount, RealServer

ACCOUNT = "it"
NUMBER = 678
PATIENCE = "2m"
"""What a delivery may need until it has settled, on a busy machine."""

CONFIGURATION = """[newsletter]
name = "This Week in Rust"
site = "https://this-week-in-rust.org"
[store]
url = "sqlite:///rows.db"
[source]
kind = "directory"
path = "content"
[gate]
page_live = false
quiet_for = "0s"
max_age = "36500d"
[delivery]
attempt_limit = "10s"
first_retry = "1s"
longest_retry = "1s"
look_after = ["1s", "1s"]
[backfill]
mode = "off"
"""


class Desk:
    """Commands run in this process, but those that are to be killed."""

    def __init__(self, folder: Path, platform: str, account: Configured, *, card: bool = False) -> None:
        self.folder = folder
        self.said = ""
        (folder / "content").mkdir()
        self.keep(account.secrets)
        table = {"platform": platform, **account.options}
        lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]
        lines += [f"{key} = {{ file = {json.dumps(str(folder / key))} }}" for key in account.secrets]
        lines += ["card = true"] if card else []
        text = CONFIGURATION.replace("rows.db", f"{folder}/rows.db")
        self.path = folder / "config.toml"
        self.path.write_text(text + "\n".join(["", f"[accounts.{ACCOUNT}]", *lines, ""]))

    def keep(self, secrets: Mapping[str, str]) -> None:
        """Put the secrets where the configuration says."""
        for key, value in secrets.items():
            path = self.folder / key
            path.touch(mode=0o600)
            path.write_text(f"{value}\n")

    def publish(self, change: str = "") -> None:
        """Put the sample issue into the newsletter, dated today; `change` is another title for its first link."""
        today = datetime.now(UTC).date()
        text = resources.files("crosspost.samples").joinpath("issue.md").read_text("utf-8")
        text = re.sub(r"^Date: .*$", f"Date: {today}", text, flags=re.MULTILINE)
        if change:
            text = text.replace("A tokenizer in a hundred lines", change)
        (self.folder / "content" / f"{today}-this-week-in-rust.md").write_text(text)

    def run(self, *arguments: str) -> int:
        """Run a command; what it says is in `said`."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = execute(["-c", str(self.path), *arguments])
        self.said = said.getvalue()
        return code

    def started(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command as a process of its own."""
        with (self.folder / "log").open("ab") as log:
            command = [sys.executable, "-m", "crosspost", "-c", str(self.path), *arguments]
            return subprocess.Popen(command, stdout=log, stderr=log)

    def baseline(self) -> None:
        assert self.run("once") == 0, self.said

    def settle(self) -> int:
        """Make passes until nothing goes on by itself."""
        code = self.run("once", "--wait", PATIENCE)
        assert code != 75, f"it did not settle: {self.row()}"
        return code

    def delivered(self) -> None:
        """Announce the sample issue."""
        self.baseline()
        self.publish()
        assert self.settle() == 0, (self.said, self.row())

    def read(self, *arguments: str) -> Any:
        """Return the JSON document of a command."""
        assert self.run(*arguments, "--json") in (0, 1, 75), self.said
        return json.loads(self.said)

    def row(self) -> dict[str, Any]:
        """Return the delivery, as `status` shows it."""
        (issue,) = self.read("status", str(NUMBER))["issues"]
        (row,) = issue["deliveries"]
        found: dict[str, Any] = row
        return found

    def preview(self) -> dict[str, Any]:
        (post,) = self.read("preview", str(NUMBER))["posts"]
        found: dict[str, Any] = post
        return found

    def config(self) -> Config:
        return load_config(self.path, secrets=False)

    def connect(self) -> Platform:
        """Return the account as the delivery sees it."""
        (account,) = self.config().accounts
        connected: Platform = account.settings.connect(lambda: datetime.now(UTC))
        return connected


class RealDesk(Desk):
    """A desk whose account is a new one on a real server."""

    def __init__(self, folder: Path, server: RealServer, *, card: bool = False) -> None:
        self.server = server
        self.account: RealAccount = server.new_account()
        super().__init__(folder, server.platform, self.account, card=card)
