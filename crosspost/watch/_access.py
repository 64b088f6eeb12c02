"""The credentials with which git talks to a remote: the SSH key or the token of `[source]`.

A secret is never in an argument list, an environment variable, an address or a git configuration. While a command runs,
the secret is in a file that only this user can read, in memory where the machine has such a folder; variables name it.

git gets the token for one scheme, host and port, when the remote asks for a password: a redirect to another host does
not get it. The machine's own credential helpers are neither asked nor given it: some would store it.

    git-scm.com/docs/gitcredentials, ssh_config(5) (read 2026-11)
"""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from crosspost.config.secrets import PrivateKey, Secret, SecretError
from crosspost.errors import SourceError
from crosspost.log.redaction import shortened

DEFAULT_USER = "x-access-token"
"""The user beside a token without one: GitHub requires it for an app's token; GitLab, Gitea and Forgejo take any."""


@dataclass(frozen=True, slots=True)
class Access:
    """The credentials of `[source]` for reading and pushing. Without any, this user's own git decides."""

    url: str = ""
    ssh_key: PrivateKey | None = None
    known_hosts: Path | None = None
    token: Secret | None = None

    @contextmanager
    def environment(self) -> Iterator[Mapping[str, str]]:
        """Yield the variables for one git command that talks to the remote. Raises SourceError without a secret."""
        if not (self.ssh_key or self.known_hosts or self.token):
            yield {}
            return
        with _folder_in_memory() as folder:
            yield self._for_ssh(folder) | self._for_https(folder)

    def identity(self) -> str:
        """Return which key or token is used, for people. Raises SourceError when the key cannot be read."""
        if self.ssh_key:
            return f"the key {_fingerprint(self.ssh_key)}"
        if self.token:
            return f"the {self.token.kind} {self.token.name}, where it asks for a token"
        return "whoever this user's git is there: no ssh_key and no token is configured"

    def _for_ssh(self, folder: Path) -> dict[str, str]:
        if not (self.ssh_key or self.known_hosts):
            return {}
        options = ["BatchMode=yes", "StrictHostKeyChecking=yes", "ControlMaster=no", "ControlPath=none"]
        identity: list[str] = []
        if self.ssh_key:
            identity = ["-i", _without_tokens(_write_private(folder / "key", _reveal(self.ssh_key)))]
            options.append("IdentitiesOnly=yes")
        if self.known_hosts:
            if not self.known_hosts.is_file():
                raise SourceError(
                    f"known_hosts: there is no file {self.known_hosts}; make it with ssh-keyscan, and compare its keys "
                    "with those that the forge publishes"
                )
            file = _without_tokens(self.known_hosts)
            options += [f'UserKnownHostsFile="{file}"', "GlobalKnownHostsFile=/dev/null"]
        words = ["ssh", *identity, *(part for option in options for part in ("-o", option))]
        return {"GIT_SSH_COMMAND": shlex.join(words), "GIT_SSH_VARIANT": "ssh"}

    def _for_https(self, folder: Path) -> dict[str, str]:
        """Return a credential helper for this one host, in place of all helpers of the machine."""
        if self.token is None:
            return {}
        user, _, password = _reveal(self.token).rpartition(":")
        credentials = f"username={user or DEFAULT_USER}\npassword={password}\n"
        file = shlex.quote(str(_write_private(folder / "token", credentials)))
        parts = urlsplit(self.url)
        settings = {
            "credential.helper": "",
            f"credential.{parts.scheme}://{parts.netloc}.helper": f'!f() {{ test "$1" != get || cat {file}; }}; f',
        }
        # After the settings that the environment has already.
        count = os.environ.get("GIT_CONFIG_COUNT", "")
        first = int(count) if count.isdecimal() else 0
        variables = {"GIT_CONFIG_COUNT": str(first + len(settings))}
        for number, (key, value) in enumerate(settings.items(), first):
            variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        return variables


def _fingerprint(key: PrivateKey) -> str:
    """Return the key's fingerprint and comment, as the forge shows them."""
    with _folder_in_memory() as folder:
        file = _write_private(folder / "key", _reveal(key))
        try:
            output = subprocess.run(
                ["ssh-keygen", "-l", "-f", file],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=10,
                check=True,
            ).stdout
        except OSError as error:
            raise SourceError(f"ssh-keygen cannot be started: {error.strerror}; is OpenSSH there?") from error
        except subprocess.SubprocessError as error:
            raise SourceError(f"ssh-keygen cannot read the key that {key} names: make a new one") from error
    return shortened(output.partition(" ")[2], 200)


def _reveal(secret: PrivateKey | Secret) -> str:
    try:
        return secret.reveal()
    except SecretError as error:
        raise SourceError(str(error)) from error


@contextmanager
def _folder_in_memory() -> Iterator[Path]:
    """Yield a temporary folder, on a file system in memory where the machine has one that this user can write."""
    shared = "/dev/shm"  # noqa: S108 - the folder that is made in it has a random name, and is this user's alone
    candidates = (os.environ.get("RUNTIME_DIRECTORY"), os.environ.get("XDG_RUNTIME_DIR"), shared)
    parent = next((path for path in candidates if path and os.access(path, os.W_OK | os.X_OK)), None)
    with tempfile.TemporaryDirectory(prefix="crosspost-git-", dir=parent) as folder:
        yield Path(folder)


def _write_private(file: Path, text: str) -> Path:
    """Write a file that is new and that nobody else may read."""
    file.touch(0o600, exist_ok=False)
    file.write_text(text, encoding="utf-8")
    return file


def _without_tokens(path: Path) -> str:
    """Return a path in which ssh replaces nothing: %h would become the host."""
    return str(path).replace("%", "%%")
