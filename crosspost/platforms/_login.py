"""The parts of a login: prompts for the maintainer, and storage for each new secret.

A file is written whole or not at all, readable by its owner only. A credential goes to systemd's store
(systemd.io/CREDENTIALS, read 2026-08), encrypted to this machine if the maintainer agrees. A secret that cannot be
stored (no permission, an environment variable) is put into a file, with a sentence that says what to do with it; its
value is never shown.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import click

from crosspost.config.secrets import Secret, SecretError
from crosspost.errors import CrosspostError
from crosspost.files import write_atomically


@dataclass(frozen=True, slots=True)
class Prompts:
    """Functions that talk to the maintainer."""

    show: Callable[[str], None]
    ask: Callable[[str], str]
    """Asks with a visible answer, which is stripped."""
    ask_secret: Callable[[str], str]
    """Asks with an answer that is not shown."""
    confirm: Callable[[str], bool]
    """Asks for yes or no; Enter means no."""

    def get_or_ask(self, secret: Secret | None, what: str) -> str:
        """Return the stored value of a secret, else ask for it."""
        with suppress(SecretError):
            if secret is not None:
                value = secret.reveal()
                self.show(f"Using the {what} that is there: {secret}")
                return value
        return self.ask_secret(what)


def terminal_prompts() -> Prompts:
    """Return prompts at the terminal."""
    return Prompts(
        show=click.echo,
        ask=lambda question: str(click.prompt(question, type=str)).strip(),
        ask_secret=lambda question: str(click.prompt(question, type=str, hide_input=True)).strip(),
        confirm=lambda question: click.confirm(question, default=False),
    )


@dataclass(frozen=True, slots=True)
class SecretFiles:
    """The files in which this machine stores secrets."""

    store: Path = Path("/etc/credstore")
    encrypted_store: Path = Path("/etc/credstore.encrypted")
    handover: Path = field(default_factory=lambda: Path.home() / ".config" / "crosspost" / "handover")
    prefix: str = "crosspost."
    """The prefix of the names in the stores, as in systemd/crosspost.service."""

    def keep(self, secret: Secret, value: str, prompts: Prompts) -> None:
        """Store the value where the secret's name says. Raises CrosspostError when it cannot be stored."""
        if secret.kind == "file":
            write_private(Path(secret.name), value)
            prompts.show(f"Written to {secret.name}, readable by its owner only.")
        elif secret.kind == "credential":
            self._keep_credential(secret.name, value, prompts)
        else:
            path = self._hand_over(secret.name, value)
            prompts.show(
                f"The environment variable {secret.name} is for you to set where the service is started, "
                f"from {path}; delete that file then."
            )

    def _keep_credential(self, name: str, value: str, prompts: Prompts) -> None:
        plain = self.store / f"{self.prefix}{name}"
        sealed = self.encrypted_store / f"{self.prefix}{name}"
        tool = shutil.which("systemd-creds")
        try:
            if tool and prompts.confirm(f"Encrypt {name} to this machine with systemd-creds?"):
                _seal(tool, name, value, sealed)
                prompts.show(
                    f"Written to {sealed}. The unit must say so: systemctl edit crosspost, [Service], "
                    f"LoadCredentialEncrypted={name}:{sealed.name}"
                )
            else:
                write_private(plain, value)
                prompts.show(f"Written to {plain}, readable by its owner only; the unit loads it from there.")
        except CrosspostError as error:
            path = self._hand_over(name, value)
            prompts.show(
                f"{error}. It is in {path} for now; as root:\n  install -m 600 {path} {plain} && rm {path}"
            )

    def _hand_over(self, name: str, value: str) -> Path:
        write_private(self.handover / name, value)
        return self.handover / name


def write_private(path: Path, value: str) -> None:
    """Write the value and a newline, whole or not at all, for the owner only. A file that exists keeps its owner."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(path, f"{value}\n".encode(), private=True)
    except OSError as error:
        raise CrosspostError(f"{path} cannot be written: {error.strerror}") from None


def _seal(tool: str, name: str, value: str, path: Path) -> None:
    """Encrypt the value with the machine's key. It goes through a pipe, never through arguments."""
    command = [tool, "encrypt", f"--name={name}", "-", "-"]
    done = subprocess.run(command, input=value.encode(), capture_output=True, timeout=60, check=False)
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
        raise CrosspostError(f"systemd-creds could not encrypt {name}: {reason[0]}")
    write_private(path, done.stdout.decode("ascii", "replace").rstrip("\n"))
