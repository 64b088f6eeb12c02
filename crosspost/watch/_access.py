"""As whom git asks its remote: with the key or the token that `[source]` names, lent to one command at a time.

Neither is ever in an argument list, an environment, an address or a configuration. For as long as the command runs it
is in a file that only this user may read, in memory where the machine has such a place; git's environment says where.

The token is shown to one scheme, host and port, when that asks for one: a redirect to another host does not carry it
along. The machine's own credential helpers are not asked, and not told: some would keep it.

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

NAME = "x-access-token"
"""The name beside a token that has none: GitHub wants it of an app's, GitLab, Gitea and Forgejo take any."""


@dataclass(frozen=True, slots=True)
class Access:
    """What `[source]` says of the right to read and push. Without anything it is this user's git that decides."""

    url: str = ""
    ssh_key: PrivateKey | None = None
    known_hosts: Path | None = None
    token: Secret | None = None

    @contextmanager
    def environment(self) -> Iterator[Mapping[str, str]]:
        """Yield the variables with which one git command may ask the remote. Raises SourceError without a secret."""
        if not (self.ssh_key or self.known_hosts or self.token):
            yield {}
            return
        with _folder_in_memory() as folder:
            yield self._over_ssh(folder) | self._over_https(folder)

    def identity(self) -> str:
        """Return who the remote takes us for. Raises SourceError when the key cannot be read."""
        if self.ssh_key:
            return f"the key {_fingerprint(self.ssh_key)}"
        if self.token:
            return f"the {self.token.kind} {self.token.name}, where it asks for a token"
        return "whoever this user's git is there: no ssh_key and no token is configured"

    def _over_ssh(self, folder: Path) -> dict[str, str]:
        if not (self.ssh_key or self.known_hosts):
            return {}
        options = ["BatchMode=yes", "StrictHostKeyChecking=yes", "ControlMaster=no", "ControlPath=none"]
        identity: list[str] = []
        if self.ssh_key:
            identity = ["-i", _as_ssh_reads(_private(folder / "key", _revealed(self.ssh_key)))]
            options.append("IdentitiesOnly=yes")
        if self.known_hosts:
            if not self.known_hosts.is_file():
                raise SourceError(
                    f"known_hosts: there is no file {self.known_hosts}; make it with ssh-keyscan, and compare its keys "
                    "with those that the forge publishes"
                )
            only = _as_ssh_reads(self.known_hosts)
            options += [f'UserKnownHostsFile="{only}"', "GlobalKnownHostsFile=/dev/null"]
        words = ["ssh", *identity, *(part for option in options for part in ("-o", option))]
        return {"GIT_SSH_COMMAND": shlex.join(words), "GIT_SSH_VARIANT": "ssh"}

    def _over_https(self, folder: Path) -> dict[str, str]:
        """Return a credential helper that answers for this one host, in place of all that the machine has."""
        if self.token is None:
            return {}
        name, _, password = _revealed(self.token).rpartition(":")
        file = _private(folder / "token", f"username={name or NAME}\npassword={password}\n")
        place = urlsplit(self.url)
        helper = f'!f() {{ test "$1" != get || cat {shlex.quote(str(file))}; }}; f'
        # Behind the settings that the environment has already.
        count = os.environ.get("GIT_CONFIG_COUNT", "")
        first = int(count) if count.isdecimal() else 0
        return {
            "GIT_CONFIG_COUNT": str(first + 2),
            f"GIT_CONFIG_KEY_{first}": "credential.helper",
            f"GIT_CONFIG_VALUE_{first}": "",
            f"GIT_CONFIG_KEY_{first + 1}": f"credential.{place.scheme}://{place.netloc}.helper",
            f"GIT_CONFIG_VALUE_{first + 1}": helper,
        }


def _fingerprint(key: PrivateKey) -> str:
    """Return the key's fingerprint and comment, as the forge shows them."""
    with _folder_in_memory() as folder:
        file = _private(folder / "key", _revealed(key))
        try:
            said = subprocess.run(
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
    return shortened(said.partition(" ")[2], 200)


def _revealed(secret: PrivateKey | Secret) -> str:
    try:
        return secret.reveal()
    except SecretError as error:
        raise SourceError(str(error)) from error


@contextmanager
def _folder_in_memory() -> Iterator[Path]:
    """Yield a folder that is gone with the machine's power, where there is such a place."""
    given = (os.environ.get("RUNTIME_DIRECTORY"), os.environ.get("XDG_RUNTIME_DIR"), "/dev/shm")  # noqa: S108
    place = next((place for place in given if place and os.access(place, os.W_OK | os.X_OK)), None)
    with tempfile.TemporaryDirectory(prefix="crosspost-git-", dir=place) as folder:
        yield Path(folder)


def _private(file: Path, text: str) -> Path:
    """Write a file that is new and that nobody else may read."""
    file.touch(0o600, exist_ok=False)
    file.write_text(text, encoding="utf-8")
    return file


def _as_ssh_reads(path: Path) -> str:
    """Return a path without what ssh would replace in it: %h would be the host."""
    return str(path).replace("%", "%%")
