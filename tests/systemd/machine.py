"""A machine of its own with systemd as PID 1, for as long as a test takes: see boot.sh."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
BOOT = Path(__file__).with_name("boot.sh")
SYSTEMD = Path("/lib/systemd/systemd")
LONGEST_WAIT = 60.0
"""Seconds after which a test gives up. Nothing is expected to take this long."""

JOURNAL = ("systemd-journald.service", "systemd-journald.socket", "systemd-journald-dev-log.socket")
EMPTY_TARGETS = ("sysinit", "basic", "sockets", "timers", "network-online", "multi-user", "shutdown", "test")

CALL = """
import sys, urllib.request
method, path, body = sys.argv[1:]
request = urllib.request.Request("http://127.0.0.1:8590" + path, body.encode() or None, method=method)
request.add_header("Content-Type", "application/json")
sys.stdout.write(urllib.request.urlopen(request, timeout=20).read().decode())
"""


def why_not() -> str | None:
    """Why no such machine can be booted here; None when it can."""
    if os.geteuid() != 0:
        return "only root can make the namespaces"
    if not SYSTEMD.exists():
        return f"there is no {SYSTEMD} (Debian's package systemd has it)"
    for program in ("unshare", "nsenter", "pivot_root"):
        if not shutil.which(program):
            return f"there is no {program} (Debian's package util-linux has it)"
    tried = subprocess.run(
        ["unshare", "--pid", "--fork", "--mount", "--cgroup", "--net", "true"],
        capture_output=True,
        check=False,
    )
    return None if tried.returncode == 0 else "this machine allows no new namespaces"


@dataclass(frozen=True)
class Machine:
    """A booted machine."""

    pid: int
    """Of its PID 1, as seen from outside."""
    console: Path

    def run(self, *command: str, given: str = "") -> str:
        """Run a command inside, as root; what it printed."""
        done = subprocess.run(
            ["nsenter", "--target", str(self.pid), "--all", "--wd=/", *command],
            input=given,
            capture_output=True,
            text=True,
            timeout=LONGEST_WAIT,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def show(self, unit: str, what: str) -> str:
        """One property of a unit."""
        return self.run("systemctl", "show", "--value", "--property", what, unit).strip()

    def write(self, path: str, text: str) -> None:
        """A file that is there as a whole or not at all."""
        self.run("tee", f"{path}.unfinished", given=text)
        self.run("mv", f"{path}.unfinished", path)

    def sandbox(self, method: str, path: str, body: object = None) -> Any:
        """Ask the sandbox that runs inside."""
        text = json.dumps(body) if body is not None else ""
        return json.loads(self.run("/opt/crosspost/bin/python", "-c", CALL, method, path, text) or "null")

    def crosspost(self, *command: str) -> str:
        """What an administrator types inside."""
        return self.run("/opt/crosspost/bin/crosspost", "-c", "/etc/crosspost/config.toml", *command)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + LONGEST_WAIT
        while not condition():
            assert time.monotonic() < end, f"not {what}:\n{self.run('journalctl', '--no-pager', '-n', '40')}"
            time.sleep(0.2)


@contextmanager
def booted(folder: Path, files: dict[str, str]) -> Iterator[Machine]:
    """Boot it with these files in its /etc, besides the project's units, and throw it away at the end."""
    _lay_out(folder, files)
    child = subprocess.Popen(["bash", str(BOOT), str(folder), str(PROJECT), sys.base_prefix])
    try:
        yield _when_up(child, folder / "console")
    finally:
        child.kill()  # with everything inside: boot.sh asked for that
        child.wait()
        _forget_control_group(child.pid)


def _lay_out(folder: Path, files: dict[str, str]) -> None:
    units = folder / "etc/systemd/system"
    units.mkdir(parents=True)
    for unit in (PROJECT / "systemd").iterdir():
        shutil.copy(unit, units)
    for name in JOURNAL:
        shutil.copy(SYSTEMD.parent / "system" / name, units)
    for name in EMPTY_TARGETS:
        wants = "Requires=systemd-journald.service\n" if name == "test" else ""
        (units / f"{name}.target").write_text(f"[Unit]\nDescription={name}\nDefaultDependencies=no\n{wants}")
    for name, text in files.items():
        path = folder / "etc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    # An interpreter under a home directory finds its library by an address that is shut to services.
    (folder / "etc/systemd/system.conf").write_text(
        "[Manager]\nDefaultEnvironment=LD_LIBRARY_PATH=/opt/python/lib\n"
    )
    (folder / "console").touch()
    _install(folder / "programs")


def _install(programs: Path) -> None:
    """An environment in /opt/crosspost that lends this one's packages."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = Path(sys.prefix) / "lib" / version / "site-packages"
    (programs / "bin").mkdir(parents=True)
    (programs / "lib" / version).mkdir(parents=True)
    (programs / "lib" / version / "site-packages").symlink_to(packages)
    (programs / "bin" / "python").symlink_to(f"/opt/python/bin/{version}")
    (programs / "pyvenv.cfg").write_text("home = /opt/python/bin\ninclude-system-site-packages = false\n")
    script = programs / "bin" / "crosspost"
    script.write_text("#!/opt/crosspost/bin/python\nfrom crosspost.cli import main\nmain()\n")
    script.chmod(0o755)


def _when_up(child: subprocess.Popen[bytes], console: Path) -> Machine:
    children = Path(f"/proc/{child.pid}/task/{child.pid}/children")
    end = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < end and child.poll() is None:
        with contextlib.suppress(OSError, ValueError, AssertionError, subprocess.TimeoutExpired):
            machine = Machine(int(children.read_text()), console)
            machine.run("systemctl", "is-active", "test.target")
            return machine
        time.sleep(0.2)
    raise AssertionError(f"the machine did not boot: {console.read_text()}")


def _forget_control_group(pid: int) -> None:
    """It can be removed once the kernel has buried the last process in it."""
    for group in Path("/sys/fs/cgroup").glob(f"**/crosspost-test-{pid}"):
        for _ in range(50):
            folders = sorted(group.rglob("*/"), key=lambda path: -len(path.parts))
            with contextlib.suppress(OSError):
                for path in [path for path in folders if path.is_dir()] + [group]:
                    path.rmdir()
                break
            time.sleep(0.1)
