"""Secrets: named in the configuration, read when used, never shown.

    { credential = "NAME" }   a file of that name in $CREDENTIALS_DIRECTORY (systemd's LoadCredential)
    { env = "NAME" }          an environment variable
    { file = "/path" }        a file, better one that only its owner may read; a relative path starts at
                              the configuration's folder

Credentials as systemd gives them: systemd.io/CREDENTIALS, read 2026-08.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from crosspost.errors import ConfigError, CrosspostError

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core.core_schema import CoreSchema

Kind = Literal["credential", "env", "file"]

LARGEST = 64 * 1024
"""Bytes. A larger file is no secret and was named by mistake."""

FORMS = '{ credential = "…" }, { env = "…" } or { file = "…" }'

_NAMES = {
    "credential": re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._@:-]{1,255}"),
    "env": re.compile(r"[A-Za-z_][A-Za-z0-9_]*"),
    "file": re.compile(r"[^\0\n]+"),
}


class SecretError(ConfigError):
    """A named secret cannot be used. `str()` is one sentence without the value."""

    def __init__(self, sentence: str) -> None:
        CrosspostError.__init__(self, sentence)
        self.where = ""
        self.problems = (sentence,)


class MissingSecretError(SecretError):
    """A named secret does not exist or is empty."""


@dataclass(frozen=True, slots=True)
class Secret:
    """The name of a secret. Its `repr` and `str` show only that."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"<secret {self.kind} {self.name}>"

    __repr__ = __str__

    def reveal(self) -> str:
        """Return the value, without a final newline. It is read at each call, so that a rotated file is noticed.

        Raises MissingSecretError when there is none, SecretError when it cannot be used.
        """
        if self.kind == "env":
            return self._line(os.environ.get(self.name, ""), f"the environment variable {self.name}")
        if self.kind == "file":
            return self._line(_read(Path(self.name)), f"the file {self.name}")
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        if not folder:
            raise MissingSecretError(
                f"there is no credential {self.name}, because $CREDENTIALS_DIRECTORY is not set; under systemd "
                f"add LoadCredential={self.name}:/path, elsewhere use {{ env = … }} or {{ file = … }}"
            )
        path = Path(folder) / self.name
        return self._line(_read(path), f"the credential {self.name} ({path})")

    def permission_warning(self) -> str | None:
        """Return a warning when the secret is in a file that others may read; None otherwise, or when it is unknown.

        It is no error: containers mount their secrets so.
        """
        path, folder = Path(self.name), os.environ.get("CREDENTIALS_DIRECTORY")
        if self.kind != "file" or (folder and path.resolve().is_relative_to(Path(folder).resolve())):
            return None  # systemd sets the permissions of what it hands over
        with suppress(OSError):
            if path.stat().st_mode & 0o077:
                return f"{path} holds a secret and others may read it; run: chmod 600 {path}"
        return None

    def _line(self, text: str, what: str) -> str:
        value = text.removesuffix("\n").removesuffix("\r")
        if not value.strip():
            raise MissingSecretError(
                f"{what} is not set or is empty" if self.kind == "env" else f"{what} is empty"
            )
        if any(ord(character) < 32 or ord(character) == 127 for character in value):
            raise SecretError(
                f"{what} holds more than one line or control characters; expected one plain line"
            )
        return value

    @classmethod
    def named(cls, table: object, folder: Path) -> Secret:
        """Return the secret that a value of the configuration names. Raises ValueError without the value."""
        if isinstance(table, str):
            raise ValueError(f"a secret does not belong here; name where it is: {FORMS}")
        if not isinstance(table, Mapping) or len(table) != 1 or not set(table) <= set(_NAMES):
            raise ValueError(f"a secret is {FORMS}")
        ((kind, name),) = table.items()
        if not isinstance(name, str) or not _NAMES[kind].fullmatch(name):
            raise ValueError(f"not the name of a secret; a secret is {FORMS}")
        if kind == "file":
            name = str(folder / Path(name).expanduser())
        return cls(cast(Kind, kind), name)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return how pydantic reads one; the validation's context is the configuration's folder."""
        from pydantic_core import core_schema

        return core_schema.with_info_plain_validator_function(
            lambda value, info: cls.named(value, info.context)
        )


@dataclass(frozen=True, slots=True, repr=False)
class PrivateKey(Secret):
    """A private key for ssh, of several lines. It has no passphrase, as nobody can type one."""

    def _line(self, text: str, what: str) -> str:
        """Return the key with the line ends that ssh expects."""
        lines = text.replace("\r\n", "\n").strip()
        if not lines:
            raise MissingSecretError(f"{what} is not set or is empty")
        match = _PRIVATE_KEY.fullmatch(lines)
        if match is None:
            raise SecretError(f"{what} is no private key; expected the file that ssh-keygen -t ed25519 makes")
        if _has_passphrase(match[1], match[2]):
            raise SecretError(
                f"{what} has a passphrase, and nobody can type it here; remove it: ssh-keygen -p -f FILE"
            )
        return lines + "\n"


_PRIVATE_KEY = re.compile(r"-----BEGIN ([A-Z ]*)PRIVATE KEY-----\n([ -~\n]+)\n-----END \1PRIVATE KEY-----")


def _has_passphrase(kind: str, body: str) -> bool:
    """Return whether the key is encrypted, by its beginning (PROTOCOL.key of OpenSSH; RFC 1421)."""
    if kind != "OPENSSH ":
        return "ENCRYPTED" in kind + body
    return not body.replace("\n", "").startswith("b3BlbnNzaC1rZXktdjEAAAAABG5vbmU")  # …v1, cipher "none"


def secrets_in(value: object) -> list[Secret]:
    """Return the secrets that an option names: one, several or none."""
    return [part for part in (value if isinstance(value, tuple) else (value,)) if isinstance(part, Secret)]


def is_secret(settings: Any, option: str) -> bool:
    """Return whether an option of this table is declared as a secret."""
    return any(field.name == option and "Secret" in str(field.type) for field in fields(settings))


def missing_message(secrets: Sequence[Secret]) -> str:
    """Return one sentence for missing secrets of one kind, with what to do."""
    kind, listed = secrets[0].kind, ", ".join(secret.name for secret in secrets)
    if len(secrets) == 1:
        try:
            secrets[0].reveal()
        except SecretError as error:
            return str(error)
    if kind == "env":
        return f"these environment variables are not set or are empty: {listed}"
    if kind == "file":
        return f"these files of secrets do not exist or are empty: {listed}"
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    why = (
        f"they are not in {folder}, or empty; under systemd add LoadCredential=NAME:/path for each"
        if folder
        else "$CREDENTIALS_DIRECTORY is not set; beside the service begin with sudo "
        "CREDENTIALS_DIRECTORY=/run/credentials/crosspost.service, elsewhere use { env = … } or { file = … }"
    )
    return f"there are no credentials {listed}: {why}"


def secret_values(secrets: Iterable[Secret]) -> Iterator[str]:
    """Yield the values that exist now. Private keys are left out: no answer repeats one."""
    for secret in secrets:
        with suppress(SecretError):
            value = secret.reveal()
            if not isinstance(secret, PrivateKey):
                yield value


def _read(path: Path) -> str:
    """Return the file's text."""
    try:
        # O_NONBLOCK: a named pipe without a writer must not block.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise SecretError(f"{path} is not a plain file; a secret's file holds the secret on one line")
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise MissingSecretError(f"the secret's file {path} does not exist") from None
    except OSError as error:
        raise SecretError(f"the secret's file {path} cannot be read: {error.strerror}") from None
    if len(data) > LARGEST:
        raise SecretError(
            f"{path} is larger than {LARGEST // 1024} KiB and so no secret; name the right file"
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise SecretError(f"{path} is not UTF-8 text; a secret's file holds the secret on one line") from None
