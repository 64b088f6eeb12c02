"""git as a child process: argument lists, no prompt, a time limit, plain errors.

git's own client rather than a library: SSH keys, credential helpers, hooks and signing come with it, it
adds no memory, and reading a file costs 3 ms (measured against dulwich and pygit2). Of the settings of
the machine those are overridden that would change an output we read; nothing depends on any being there.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from crosspost.errors import SourceError
from crosspost.redaction import shortened

PATIENCE = timedelta(seconds=120)
"""The longest that one git command may take; the network's own time limits are shorter."""

_SETTINGS = (
    "color.ui=false",
    "core.autocrlf=false",
    "core.fsmonitor=false",
    "core.quotepath=false",
    "fetch.recurseSubmodules=false",
    "gc.autoDetach=false",  # a clean-up in the background would outlive our lock
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=30",
    "log.showSignature=false",
    "protocol.ext.allow=never",  # ext:: runs a command; no newsletter lives there
    "protocol.version=2",  # the server is asked for one branch, not for all of its refs
)

_FIXED = {
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
    "SSH_ASKPASS_REQUIRE": "never",  # and without a terminal (a session of its own) ssh cannot ask, either
}

# What would send git to another repository than the one we name, when crosspost is started from a hook.
_MISLEADING = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)


class GitError(SourceError):
    """git said no. `said` is its own most telling line; the rest is what it wrote to its two outputs."""

    def __init__(self, command: str, said: str, printed: str = "", complained: str = "") -> None:
        self.said = said
        self.printed = printed
        self.complained = complained
        super().__init__(f"git {command}: {said}")


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a git child sees: never a prompt, never another language, never somebody else's repository."""
    kept = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
    return kept | _FIXED | dict(extra or {})


@dataclass(frozen=True, slots=True)
class Git:
    """Commands on one repository, bare or with a working tree."""

    repository: Path
    patience: timedelta = PATIENCE

    def run(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """Run one command and return what it printed. Raises GitError with git's own last line."""
        return run("-C", os.fspath(self.repository), *arguments, stdin=stdin, env=env, patience=self.patience)

    def line(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        """As `run`, for a command that answers with one line."""
        return os.fsdecode(self.run(*arguments, stdin=stdin, env=env)).strip()

    def commit(self, revision: str) -> str | None:
        """The full id of a commit, or None when the repository does not have it."""
        try:
            return self.line("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        except GitError:
            return None

    def entries(self, tree: str, folder: str = "") -> tuple[Entry, ...]:
        """What stands in a folder of a commit or tree, not deeper; nothing when there is no such folder."""
        pathspec = [f"{folder}/"] if folder else []
        listed = self.run("ls-tree", "-z", "--full-tree", tree, "--", *pathspec)
        return tuple(Entry.parse(row) for row in listed.split(b"\0") if row)

    def blobs(self, ids: Iterable[str], *, limit: int) -> Iterator[tuple[str, bytes]]:
        """(id, bytes) of the blobs that are here and have at most `limit` bytes: each id once, in order."""
        asked = list(dict.fromkeys(ids))
        checked = self.run("cat-file", "--batch-check", "--buffer", stdin=_lines(asked)).splitlines()
        small = [id_ for id_, row in zip(asked, checked, strict=True) if _is_small_blob(row, limit)]
        for group in _groups(small, 200):
            yield from _parse_batch(self.run("cat-file", "--batch", "--buffer", stdin=_lines(group)))


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a tree."""

    mode: str
    kind: str
    id: str
    path: bytes

    @classmethod
    def parse(cls, row: bytes) -> Entry:
        head, _, path = row.partition(b"\t")
        mode, kind, id_ = head.decode("ascii").split()
        return cls(mode, kind, id_, path)

    @property
    def is_file(self) -> bool:
        return self.mode in ("100644", "100755", "100664")


def run(
    *arguments: str,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    patience: timedelta = PATIENCE,
) -> bytes:
    """Run git once, outside of any repository unless `-C` says otherwise. Raises GitError."""
    command = ["git", *(part for setting in _SETTINGS for part in ("-c", setting)), *arguments]
    name = _command_name(arguments)
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(env),
            start_new_session=True,  # so that ssh and git-remote-https end with it
        )
    except OSError as error:
        raise GitError(name, f"git cannot be started: {error.strerror}. Is it installed?") from error
    with child:
        try:
            printed, complained = child.communicate(stdin, timeout=patience.total_seconds())
        except subprocess.TimeoutExpired:
            raise GitError(name, f"no end after {patience.total_seconds():.0f} s") from None
        finally:
            if child.returncode is None:
                os.killpg(child.pid, signal.SIGKILL)
    if child.returncode != 0:
        said, why = os.fsdecode(printed), os.fsdecode(complained)
        raise GitError(name, _telling_line(why or said, child.returncode), said, why)
    return printed


def _command_name(arguments: Sequence[str]) -> str:
    return arguments[2] if arguments[:1] == ("-C",) else arguments[0]


def _telling_line(text: str, code: int) -> str:
    """git's most telling line: the first that says fatal or error, else the last there is."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:", "!", "remote: error"))]
    chosen = telling[0] if telling else (lines or [f"exit status {code}"])[-1]
    return shortened(without_password(chosen.removeprefix("fatal: ").removeprefix("error: ")), 300)


def without_password(text: str) -> str:
    """A sentence with the user part of every address taken out: a token may stand there."""
    import re

    return re.sub(r"(\w+://)[^/@\s]*@", r"\1", text)


def _lines(ids: Iterable[str]) -> bytes:
    return "".join(f"{id_}\n" for id_ in ids).encode("ascii")


def _is_small_blob(row: bytes, limit: int) -> bool:
    parts = row.split()
    return len(parts) == 3 and parts[1] == b"blob" and int(parts[2]) <= limit


def _groups(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _parse_batch(printed: bytes) -> Iterator[tuple[str, bytes]]:
    position = 0
    while position < len(printed):
        end = printed.index(b"\n", position)
        id_, _, size = printed[position:end].split()
        start = end + 1
        yield id_.decode("ascii"), printed[start : start + int(size)]
        position = start + int(size) + 1
