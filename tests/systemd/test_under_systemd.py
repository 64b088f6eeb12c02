"""The service under a real systemd: readiness, credentials, state, stop, watchdog, and a kill in mid-delivery.

A demonstration, and not run by itself: it boots a machine inside this one. To see it:

    CROSSPOST_SYSTEMD=1 .venv/bin/pytest tests/systemd -v
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import resources

import pytest

from tests.systemd import machine as machines
from tests.systemd.machine import Machine

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not os.environ.get("CROSSPOST_SYSTEMD"), reason="boots a machine: asked for with CROSSPOST_SYSTEMD=1"
    ),
]

TOKEN = "sandbox-mastodon-access-token"

FILES = {
    "crosspost/config.toml": """
        [store]
        url = "sqlite:////var/lib/crosspost/crosspost.db"
        [source]
        kind = "directory"
        path = "/srv/newsletter"
        every = "1s"
        [gate]
        page_live = false
        quiet_for = "0s"
        [delivery]
        attempt_limit = "12s"
        first_retry = "1s"
        look_after = ["1s", "1s", "1s"]
        [accounts.mastodon]
        platform = "mastodon"
        api_base_url = "http://127.0.0.1:8593"
        access_token = { credential = "mastodon-token" }
        """,
    "crosspost/engines.toml": """
        [newsletter]
        name = "This Month in Engines"
        site = "https://engines.example.org"
        page = "{site}/{number}/"
        [store]
        url = "sqlite:////var/lib/crosspost-engines/crosspost.db"
        [source]
        kind = "directory"
        path = "/srv/engines"
        every = "1s"
        [gate]
        page_live = false
        quiet_for = "0s"
        [accounts.mastodon]
        platform = "mastodon"
        api_base_url = "http://127.0.0.1:8593"
        access_token = { credential = "mastodon-token" }
        """,
    "credstore/crosspost.mastodon-token": TOKEN + "\n",
    "credstore/crosspost.engines.mastodon-token": TOKEN + "\n",
    "systemd/system/sandbox.service": """
        [Unit]
        Description=the platforms
        [Service]
        ExecStart=/opt/crosspost/bin/crosspost sandbox --port 8590
        """.replace("        ", ""),
    # The same service, only less patient.
    "systemd/system/crosspost.service.d/quick.conf": (
        "[Service]\nWatchdogSec=4s\nRestartSec=1s\nTimeoutAbortSec=2s\n"
    ),
}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine on which the sandbox runs and the service was started, with one issue out already."""
    if reason := machines.why_not():
        pytest.skip(reason)
    with machines.booted(tmp_path_factory.mktemp("machine"), FILES) as booted:
        booted.run("chmod", "-R", "u=rwX,go=", "/etc/credstore")
        booted.run("mkdir", "-p", "/srv/newsletter/content")
        publish(booted, 664)
        booted.run("systemctl", "start", "sandbox.service")
        booted.until(lambda: booted.show("sandbox", "SubState") == "running", "running")
        booted.run("systemctl", "start", "crosspost.service")
        yield booted


def publish(machine: Machine, number: int) -> None:
    text = resources.files("crosspost.samples").joinpath("issue.md").read_text()
    text = re.sub(r"(?m)^Date: .*$", f"Date: {datetime.now(UTC):%Y-%m-%d}", text, count=1)
    text = re.sub(r"(?m)^(Title: .*|Number: )\b\d+$", rf"\g<1>{number}", text, count=2)
    machine.write(f"/srv/newsletter/content/this-week-in-rust-{number}.md", text)


def texts(machine: Machine) -> list[str]:
    said = machine.sandbox("GET", "/_sandbox/posts?platform=mastodon")
    return [str(post["text"]) for post in (said["posts"] if isinstance(said, dict) else said)]


def posts(machine: Machine, number: int) -> int:
    return sum(f"This Week in Rust {number}" in text for text in texts(machine))


def state(machine: Machine, number: int) -> str:
    issues = json.loads(machine.crosspost("status", "--json"))["issues"]
    found = next((issue for issue in issues if issue["number"] == number), None)
    if found is None:
        return ""
    return str(found["deliveries"][0]["state"] if found["deliveries"] else found["state"])


def test_it_is_started_ready_and_says_how_it_is(machine: Machine) -> None:
    assert machine.show("crosspost", "ActiveState") == "active"
    machine.until(lambda: "last pass" in machine.show("crosspost", "StatusText"), "a pass")


def test_it_runs_as_nobody_who_owns_anything_else(machine: Machine) -> None:
    pid = machine.show("crosspost", "MainPID")
    uid = machine.run("stat", "--format=%u", f"/proc/{pid}").strip()

    assert int(uid) >= 61_184  # systemd's range for dynamic users: systemd.io/UIDS-GIDS
    assert machine.run("stat", "--dereference", "--format=%a %u", "/var/lib/crosspost").split() == [
        "700",
        uid,
    ]


def test_it_reads_its_credential_and_announces(machine: Machine) -> None:
    publish(machine, 665)

    machine.until(lambda: state(machine, 665) == "sent", "sent")
    assert posts(machine, 665) == 1


def test_an_administrator_checks_it_with_the_services_own_credentials(machine: Machine) -> None:
    """As docs/install.md has it: what needs a secret is run by root while the service runs."""
    given = ("LD_LIBRARY_PATH=/opt/python/lib", "CREDENTIALS_DIRECTORY=/run/credentials/crosspost.service")

    said = machine.run("env", *given, "/opt/crosspost/bin/crosspost", "check")

    assert "the token belongs to" in said


def test_its_state_outlives_a_restart(machine: Machine) -> None:
    machine.run("systemctl", "restart", "crosspost.service")
    machine.until(lambda: "last pass" in machine.show("crosspost", "StatusText"), "a pass")

    assert state(machine, 665) == "sent"
    assert posts(machine, 665) == 1


def test_a_reload_is_a_look_at_the_sources(machine: Machine) -> None:
    machine.run("systemctl", "reload", "crosspost.service")

    machine.until(
        lambda: "look requested" in machine.run("journalctl", "--no-pager", "-u", "crosspost"), "looked"
    )


def test_it_stops_within_its_time_while_a_platform_does_not_answer(machine: Machine) -> None:
    machine.sandbox("POST", "/_sandbox/faults", {"platform": "mastodon", "fault": "hang", "stored": True})
    publish(machine, 666)
    machine.until(lambda: state(machine, 666) == "sending", "sending")

    machine.run("systemctl", "stop", "crosspost.service")

    assert machine.show("crosspost", "Result") == "success"
    assert machine.show("crosspost", "ExecMainStatus") == "0"
    machine.sandbox("DELETE", "/_sandbox/faults")
    machine.run("systemctl", "start", "crosspost.service")
    machine.until(lambda: state(machine, 666) == "sent", "sent")
    assert posts(machine, 666) == 1


def test_killed_in_mid_delivery_it_starts_again_and_finishes_cleanly(machine: Machine) -> None:
    machine.sandbox("POST", "/_sandbox/faults", {"platform": "mastodon", "fault": "hang", "stored": True})
    publish(machine, 667)
    machine.until(lambda: state(machine, 667) == "sending", "sending")
    restarts = int(machine.show("crosspost", "NRestarts"))

    machine.run("systemctl", "kill", "--signal=SIGKILL", "crosspost.service")

    machine.until(lambda: int(machine.show("crosspost", "NRestarts")) == restarts + 1, "started again")
    machine.sandbox("DELETE", "/_sandbox/faults")
    machine.until(lambda: state(machine, 667) == "sent", "sent")
    assert posts(machine, 667) == 1


def test_one_that_hangs_is_started_again_by_the_watchdog(machine: Machine) -> None:
    machine.until(lambda: machine.show("crosspost", "ActiveState") == "active", "active")
    restarts = int(machine.show("crosspost", "NRestarts"))

    machine.run("systemctl", "kill", "--signal=SIGSTOP", "crosspost.service")

    machine.until(lambda: int(machine.show("crosspost", "NRestarts")) > restarts, "started again")
    assert "Watchdog timeout" in machine.run("journalctl", "--no-pager", "-u", "crosspost")
    machine.until(lambda: "last pass" in machine.show("crosspost", "StatusText"), "a pass")


def test_no_secret_is_in_the_journal(machine: Machine) -> None:
    assert TOKEN not in machine.run("journalctl", "--no-pager", "--output=export")


def test_the_timer_makes_passes_in_the_daemons_place(machine: Machine) -> None:
    machine.run("systemctl", "stop", "crosspost.service")
    publish(machine, 668)

    machine.run("systemctl", "start", "crosspost-once.service")

    machine.until(lambda: state(machine, 668) == "sent", "sent")
    assert machine.show("crosspost-once", "Result") == "success"


def test_another_newsletter_runs_beside_it_with_a_user_and_a_folder_of_its_own(machine: Machine) -> None:
    machine.run("mkdir", "-p", "/srv/engines/content")
    machine.run("systemctl", "start", "crosspost.service", "crosspost@engines.service")
    machine.until(lambda: "last pass" in machine.show("crosspost@engines", "StatusText"), "a pass")
    pids = [machine.show(unit, "MainPID") for unit in ("crosspost", "crosspost@engines")]
    users = [machine.run("stat", "--format=%u", f"/proc/{pid}").strip() for pid in pids]
    folder = machine.run("stat", "--dereference", "--format=%a %u", "/var/lib/crosspost-engines").split()

    issue = f"# This Month in Engines 7\n\n{datetime.now(UTC):%Y-%m-%d}\n\n## News\n\n* [An engine](https://example.org/)\n"
    machine.write(f"/srv/engines/content/{datetime.now(UTC):%Y-%m-%d}-7.md", issue)

    machine.until(lambda: any("engines.example.org/7" in text for text in texts(machine)), "sent")
    assert users[0] != users[1]
    assert folder == ["700", users[1]]
