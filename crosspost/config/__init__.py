"""The configuration: where its file is, and which secrets it names. Every option is in config.example.toml.

schema.py         the configuration as frozen values, one class for each table
types.py          the types of options that need more than a str, int or bool
loader.py         the file → the values, with every problem at once
rules.py          what options need of each other, and which secrets must exist
toml.py           the file's values, and the line of each key
secrets.py        secrets by name: an environment variable, a file, a systemd credential
addresses.py      web and git addresses, the address to listen on
weektime.py       times of the week
effective.py      `config show`: every option with its value and where that comes from
extras.py         the optional dependencies
child_process.py  reads the file in a child process, for the daemon
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from crosspost.config.schema import Config
from crosspost.config.secrets import Secret, secrets_in
from crosspost.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable


class MissingConfigError(ConfigError):
    """No configuration was named, and none is in the usual places."""


def find(explicit: str | Path | None, environ: Mapping[str, str]) -> Path:
    """Return the configuration's path: from -c, $CROSSPOST_CONFIG, ~/.config/crosspost or /etc/crosspost.

    The working directory is not searched: a file planted there could send the credentials elsewhere.
    Raises MissingConfigError when there is none.
    """
    if named := explicit or environ.get("CROSSPOST_CONFIG"):
        return Path(named)
    personal = Path(environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "/nonexistent")) / ".config")
    candidates = (personal / "crosspost" / "config.toml", Path("/etc/crosspost/config.toml"))
    for path in candidates:
        with suppress(PermissionError):
            if path.is_file():
                return path
    searched = " and ".join(map(str, candidates))
    raise MissingConfigError(
        "no configuration",
        [
            f"looked in {searched}; name one with -c or $CROSSPOST_CONFIG, begin one with: crosspost config example"
        ],
    )


def load(path: Path, settings_of: Callable[[str], type], *, secrets: bool = True) -> Config:
    """Read and check the file (`loader.load`, which imports pydantic_core)."""
    from crosspost.config import loader

    return loader.load(path, settings_of, secrets=secrets)


def secrets_of(config: Config) -> tuple[Secret, ...]:
    """Return every secret that the configuration names, each once, for the log to hide."""
    tables = (config.store, config.backfill, config.web, config.alerts, *config.sources)
    settings = (account.settings for account in config.accounts)
    values = (getattr(table, option.name) for table in (*tables, *settings) for option in fields(table))
    return tuple(dict.fromkeys(secret for value in values for secret in secrets_in(value)))


def secret_variables(config: Config) -> frozenset[str]:
    """Return the environment variables that hold its secrets, which no other program is to inherit."""
    return frozenset(secret.name for secret in secrets_of(config) if secret.kind == "env")
