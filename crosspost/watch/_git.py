"""git as a child process: argument lists, no prompt, a time limit, one sentence for an error.

It is git's own client rather than a library: SSH keys, credential helpers, hooks and signing come with it, it needs no
memory here, and reading a file costs 3 ms (measured against dulwich and pygit2). Settings of the machine that would
change an output are overridden; none has to exist.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO

from crosspost.errors import SourceError
from crosspost.log.redaction import shortened

TIMEOUT = timedelta(seconds=120)
"""The time limit of one git command; the limits for the network are shorter."""
FILE_LIMIT = 1024 * 1024 * 1024
"""Bytes of one file that git or a child of it writes: a pack that never ends does not fill the disk."""
OUTPUT_LIMIT = 256 * 1024 * 1024
"""Bytes that one command may print. The most that is ever requested are 100 blobs of 2 MB."""

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
    "protocol.version=2",  # the server lists one branch, not all of its refs
    "safe.bareRepository=all",  # our copy is bare; git.py checks its owner
)

_VARIABLES = {
    "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",  # ext:: and other helpers run a command of the address's
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
    "SSH_ASKPASS_REQUIRE": "never",  # and without a terminal (a session of its own) ssh cannot ask, either
}

# Variables that a git hook sets; with them git would use another repository than the one that is named.
_REMOVED_VARIABLES = (
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

# A pattern that is searched for in git's output → what to do.
_HINTS = {
    r"config --global --add safe\.directory (.+)": r": git config --system --add safe.directory \1",
    r"\.lock': File exists": "; when no git process runs there any more, remove that file",
    "could not read (?:Username|Password)": "; set `token` in [source], or give this user's git a credential helper",
    "Host key verification failed": (
        "; put the host's key into the file that `known_hosts` in [source] names, and compare it with the forge's page"
    ),
    r"Permission denied \(publickey": (
        "; set `ssh_key` in [source], and add its public half to the repository at the forge"
    ),
    "Authentication failed|HTTP Basic: Access denied": "; the remote refuses the name or the token: is it still valid?",
    "Problem with the SSL CA cert|certificate verification failed": (
        "; the certificates are those of GIT_SSL_CAINFO, SSL_CERT_FILE or http.sslCAInfo, where one of them is set"
    ),
    "Could not resolve proxy|Failed to connect to": (
        "; git goes by way of a proxy where https_proxy or http.proxy names one"
    ),
    "died of signal 25": "; a file would have been larger than 1 GB",
    r"failed to sign the data|Couldn't load public key|user\.signing[kK]ey|No private key found": (
        "; give this user the key that user.signingKey names, or set commit.gpgSign to false"
    ),
}


class GitError(SourceError):
    """git failed. `summary`: the main line of what it wrote."""

    def __init__(self, command: str, summary: str, stdout: str = "", stderr: str = "") -> None:
        self.summary = summary
        self.stdout = stdout
        self.stderr = stderr
        super().__init__(f"git {command}: {summary}")


class GitTimeoutError(GitError):
    """git did not end in time, and was killed with every process that it had started."""


@dataclass(frozen=True, slots=True)
class Git:
    """Commands on one repository, bare or with a working tree. `secret_variables` is as for `run`.

    `is_copy`: it is one of our partial copies; where the folder is no repository, git does not search its parents.
    """

    repository: Path
    secret_variables: frozenset[str] = frozenset()
    is_copy: bool = False

    def run(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """Run one command and return its output. Raises GitError."""
        fence = {"GIT_CEILING_DIRECTORIES": os.fspath(self.repository.parent)} if self.is_copy else {}
        return run(
            "-C",
            os.fspath(self.repository.absolute()),
            *arguments,
            stdin=stdin,
            env={**fence, **(env or {})},
            secret_variables=self.secret_variables,
        )

    def output(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        """Run one command and return its output as text, without white space at the ends."""
        return os.fsdecode(self.run(*arguments, stdin=stdin, env=env)).strip()

    def resolve(self, revision: str) -> str | None:
        """Return the full id of a commit; None: the repository does not have it."""
        try:
            return self.output(
                "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
            )
        except GitError:
            return None

    def entries(self, commit: str, folder: str) -> tuple[Entry, ...]:
        """Return the files in a folder of a commit and in all folders below it."""
        pathspec = [f"{folder}/"] if folder else []
        listed = self.run("ls-tree", "-z", "-r", "--full-tree", commit, "--", *pathspec)
        return tuple(Entry.parse(row) for row in listed.split(b"\0") if row)

    def too_large(self, tree: str, limit: int) -> frozenset[str]:
        """Return the blobs of a tree that have `limit` bytes or more; of a partial copy also those that are missing:
        they were not fetched because of their size."""
        options = ("--missing=print", "--no-object-names", f"--filter=blob:limit={limit}")
        printed = self.run("rev-list", "--objects", *options, "--filter-print-omitted", tree)
        marks = (b"~", b"?") if self.is_copy else (b"~",)
        return frozenset(row[1:].decode("ascii") for row in printed.split() if row[:1] in marks)

    def blobs(self, ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Yield (id, bytes) of the blobs that the repository has."""
        for start in range(0, len(ids), 100):
            lines = "".join(f"{id_}\n" for id_ in ids[start : start + 100]).encode("ascii")
            yield from _parse_batch(self.run("cat-file", "--batch", "--buffer", stdin=lines))


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a tree."""

    mode: str
    id: str
    path: bytes

    @classmethod
    def parse(cls, row: bytes) -> Entry:
        head, _, path = row.partition(b"\t")
        mode, _kind, id_ = head.decode("ascii").split()
        return cls(mode, id_, path)

    @property
    def is_file(self) -> bool:
        return self.mode in ("100644", "100755", "100664")


def run(
    *arguments: str,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    timeout: timedelta = TIMEOUT,
    secret_variables: frozenset[str] = frozenset(),
) -> bytes:
    """Run git once, outside of any repository unless `-C` says otherwise. Raises GitError, GitTimeoutError.

    git and its hooks do not see the variables that `secret_variables` names. Standard input and both outputs
    are files: a helper that outlives git (ssh's ControlPersist) keeps no pipe of ours open.
    """
    settings = (part for setting in _SETTINGS for part in ("-c", setting))
    name = arguments[2] if arguments[0] == "-C" else arguments[0]
    removed = secret_variables.union(_REMOVED_VARIABLES)
    inherited = {key: value for key, value in os.environ.items() if key not in removed}
    with (
        tempfile.TemporaryFile() as standard_input,
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as errors,
    ):
        standard_input.write(stdin)
        standard_input.seek(0)
        try:
            child = subprocess.Popen(
                [*_WITH_FILE_LIMIT, "git", *settings, *arguments],
                stdin=standard_input,
                stdout=output,
                stderr=errors,
                cwd="/",  # never the caller's folder: a .git/config there may name commands
                env=inherited | _VARIABLES | dict(env or {}),
                start_new_session=True,  # so that ssh and git-remote-https end with it
            )
        except OSError as error:
            raise GitError(name, f"git cannot be started: {error.strerror}") from error
        code = _exit_status(child, name, timeout)
        if code == 0:
            return _read(output, name)
        stdout, stderr = os.fsdecode(_read(output, name)), os.fsdecode(_read(errors, name))
    if code == _NOT_FOUND:
        raise GitError(name, "git cannot be started. Is it installed?")
    raise GitError(name, _summary(stderr or stdout, code), stdout, stderr)


_WITH_FILE_LIMIT = ("/bin/sh", "-c", f'ulimit -f {FILE_LIMIT // 512} 2>/dev/null; exec "$@"', "sh")
_NOT_FOUND = 127


def _exit_status(child: subprocess.Popen[bytes], name: str, timeout: timedelta) -> int:
    """Wait for the child, and end its whole process group when it takes too long. Raises GitTimeoutError."""
    try:
        return child.wait(timeout.total_seconds())
    except subprocess.TimeoutExpired:
        raise GitTimeoutError(name, f"did not finish within {timeout.total_seconds():.0f} s") from None
    finally:
        if child.returncode is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _read(stream: IO[bytes], name: str) -> bytes:
    if stream.seek(0, os.SEEK_END) > OUTPUT_LIMIT:
        raise GitError(name, f"it printed more than {OUTPUT_LIMIT // 1024 // 1024} MB")
    stream.seek(0)
    return stream.read()


def _summary(text: str, code: int) -> str:
    """Return git's main line with a hint: the first that begins with "fatal" or "error", else the last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or [f"exit status {code}"]
    main = [line for line in lines if line.startswith(("fatal:", "error:", "!", "remote: error"))]
    line = main[0] if main else lines[-1]
    if "Could not read from remote repository" in line:
        line = lines[max(lines.index(line) - 1, 0)]  # ssh's own message is above
    words = without_password(line.removeprefix("fatal: ").removeprefix("error: "))
    advice = without_password(hint(text))
    return shortened(words.rstrip(".") if advice else words, 300) + advice


def hint(text: str) -> str:
    """Return what to do about an error of git, to be appended to its message; empty when nothing is known."""
    for pattern, advice in _HINTS.items():
        if match := re.search(pattern, text):
            return match.expand(advice)
    return ""


def without_password(text: str) -> str:
    """Return a sentence without the user part of any address: it may hold a token."""
    return re.sub(r"(\w+://)[^/@\s]*@", r"\1", text)


def _parse_batch(printed: bytes) -> Iterator[tuple[str, bytes]]:
    position = 0
    while position < len(printed):
        end = printed.index(b"\n", position)
        id_, *rest = printed[position:end].split()
        position = end + 1
        if len(rest) == 2:  # type and size; else the blob is missing
            size = int(rest[1])
            yield id_.decode("ascii"), printed[position : position + size]
            position += size + 1
