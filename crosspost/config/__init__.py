"""Where the configuration's file is, and how it is read: schema.py holds it, loader.py reads it.

Every option is in config.example.toml.
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
    """None was named, and none is in the usual places."""


def find(explicit: str | Path | None, environ: Mapping[str, str]) -> Path:
    """Find the configuration: what -c says, $CROSSPOST_CONFIG, ~/.config/crosspost, /etc/crosspost.

    Never the working directory: a planted file there would send the credentials elsewhere.
    Raises MissingConfigError when it is in none of these places.
    """
    if named := explicit or environ.get("CROSSPOST_CONFIG"):
        return Path(named)
    personal = Path(environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "/nonexistent")) / ".config")
    places = (personal / "crosspost" / "config.toml", Path("/etc/crosspost/config.toml"))
    for place in places:
        with suppress(PermissionError):
            if place.is_file():
                return place
    looked = " and ".join(map(str, places))
    raise MissingConfigError(
        "no configuration",
        [
            f"looked in {looked}; name one with -c or $CROSSPOST_CONFIG, begin one with: crosspost config example"
        ],
    )


def load(path: Path, settings_of: Callable[[str], type], *, secrets: bool = True) -> Config:
    """Read and check the file: `loader.load`, which knows these types and so is imported here."""
    from crosspost.config import loader

    return loader.load(path, settings_of, secrets=secrets)


def secrets_of(config: Config) -> tuple[Secret, ...]:
    """Return every secret that the configuration names, each once, for the log to hide."""
    own = (config.store, config.backfill, config.web, config.alerts, *config.sources)
    tables = (*own, *(account.settings for account in config.accounts))
    named = (getattr(table, option.name) for table in tables for option in fields(table))
    return tuple(dict.fromkeys(secret for value in named for secret in secrets_in(value)))


def secret_variables(config: Config) -> frozenset[str]:
    """Return the environment variables that hold its secrets, which no other program is to inherit."""
    return frozenset(secret.name for secret in secrets_of(config) if secret.kind == "env")
