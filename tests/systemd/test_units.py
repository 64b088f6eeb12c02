"""The units: what they start exists, what they read is what the configuration names, and they are shut."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from crosspost.cli import crosspost

PROJECT = Path(__file__).parents[2]
UNITS = PROJECT / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
DAEMON, ONCE, EACH = (
    UNITS / name for name in ("crosspost.service", "crosspost-once.service", "crosspost@.service")
)

LARGEST_EXPOSURE = 1.5


def settings_in(text: str) -> list[tuple[str, str]]:
    """Every `Key=Value` of a unit's text, in order."""
    lines = (line for line in text.splitlines() if line and line[0] not in "#;[")
    return [(key, value) for key, _, value in (line.partition("=") for line in lines)]


def values(unit: Path, key: str) -> list[str]:
    return [value for name, value in settings_in(unit.read_text()) if name == key]


def credentials_named_in(text: str) -> set[str]:
    """Every { credential = … } of a configuration, also those in its comments."""
    return set(re.findall(r'\{ *credential *= *"([a-z0-9-]+)" *\}', text))


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_what_a_unit_starts_is_a_real_command(unit: Path) -> None:
    (line,) = values(unit, "ExecStart")
    program, command, *options = shlex.split(line.replace(" -c /etc/crosspost/%i.toml", ""))

    assert Path(program).name == "crosspost"
    with click.Context(crosspost) as context:
        found = crosspost.get_command(context, command)
        assert found is not None
        found.make_context(command, options, parent=context)


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_unit_loads_exactly_the_credentials_that_the_example_names(unit: Path) -> None:
    loaded = [value.partition(":") for value in values(unit, "LoadCredential")]

    assert {name for name, _, _ in loaded} == credentials_named_in(
        (PROJECT / "config.example.toml").read_text()
    )
    owner = "crosspost.%i" if unit == EACH else "crosspost"
    assert all(place == f"{owner}.{name}" for name, _, place in loaded)


def test_each_credential_of_an_account_of_the_example_is_loaded() -> None:
    def secrets(value: Any) -> Iterator[str]:
        if isinstance(value, dict) and set(value) == {"credential"}:
            yield value["credential"]
        elif isinstance(value, dict | list):
            for part in value.values() if isinstance(value, dict) else value:
                yield from secrets(part)

    example = tomllib.loads((PROJECT / "config.example.toml").read_text())
    loaded = {value.partition(":")[0] for value in values(DAEMON, "LoadCredential")}

    assert set(secrets(example["accounts"])) <= loaded


def test_both_services_are_equally_shut() -> None:
    def confinement(unit: Path) -> list[tuple[str, str]]:
        service = unit.read_text().partition("[Service]")[2].partition("[Install]")[0]
        return settings_in(service.partition("DynamicUser=yes")[2])

    assert confinement(DAEMON) == confinement(ONCE)


def test_the_unit_of_each_newsletter_is_the_daemons_with_a_place_of_its_own() -> None:
    own = {
        "crosspost: announces": "crosspost for %i: announces",
        "/crosspost run": "/crosspost -c /etc/crosspost/%i.toml run",
        "User=crosspost\n": "User=crosspost-%i\n",
        "StateDirectory=crosspost\n": "StateDirectory=crosspost-%i\n",
        "HOME=/var/lib/crosspost\n": "HOME=/var/lib/crosspost-%i\n",
        ":crosspost.": ":crosspost.%i.",
    }
    text = DAEMON.read_text()
    for common, its_own in own.items():
        text = text.replace(common, its_own)

    assert settings_in(EACH.read_text()) == settings_in(text)


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_waits_for_a_clock_that_is_set(unit: Path) -> None:
    (after,) = values(unit, "After")

    assert "time-sync.target" in after.split()


def test_every_hardening_line_of_the_daemon_follows_a_reason() -> None:
    explained = False
    for line in DAEMON.read_text().partition("[Service]")[2].partition("[Install]")[0].splitlines():
        if line.startswith("#"):
            explained = True
        elif not line:
            explained = False
        elif line not in ("Type=notify", "NotifyAccess=main") and not line.startswith("ExecStart="):
            assert explained, f"{line} has no reason beside it"


def test_a_stop_is_given_more_time_than_the_daemon_takes() -> None:
    from crosspost import daemon

    (seconds,) = values(DAEMON, "TimeoutStopSec")

    assert float(seconds.removesuffix("s")) > daemon.GRACE.total_seconds()


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units as installed: with a program that is there."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not on this machine (Debian's package systemd has it)")
    program = Path(sys.executable).with_name("crosspost")
    for unit in UNITS.iterdir():
        (tmp_path / unit.name).write_text(
            unit.read_text().replace("/opt/crosspost/bin/crosspost", str(program))
        )
    return tmp_path


def test_systemd_finds_no_fault_with_the_units(installed: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", *sorted(map(str, installed.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("name", [unit.name for unit in SERVICES])
def test_systemd_counts_a_service_as_hardly_exposed(installed: Path, name: str) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(installed / name)],
        capture_output=True,
        text=True,
        check=False,
    )
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)

    assert level, done.stderr
    assert float(level[1]) <= LARGEST_EXPOSURE
