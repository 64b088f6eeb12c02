"""A configuration for a rehearsal: every account points at its stand-in, every secret is a reference."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crosspost.sandbox.base import Platform


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a configuration is made of."""

    addresses: Mapping[str, str]
    platforms: Mapping[str, Platform]
    store_url: str
    source_path: str | Path
    source_url: str | None
    """A git repository; with it `source_path` is not used."""
    folder: Path | None
    """Where the secrets go as files; None: they are environment variables."""


def environment(platforms: Mapping[str, Platform], addresses: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets as environment variables, by name."""
    secrets = {
        _variable(platform, key): value
        for platform, stand_in in platforms.items()
        for key, value in stand_in.credentials.items()
        if key not in stand_in.plain
    }
    return secrets | {
        _variable(platform, key): addresses[platform] + path
        for platform, stand_in in platforms.items()
        for key, path in stand_in.secret_paths.items()
    }


def configuration(rehearsal: Rehearsal) -> str:
    """Return the whole file. Secrets that go into files are readable by their owner only."""
    return "\n".join([*_head(rehearsal), *_accounts(rehearsal), ""])


def _head(rehearsal: Rehearsal) -> Iterator[str]:
    from_git = rehearsal.source_url is not None
    yield "# A rehearsal: every account below is a stand-in on this machine, and nothing leaves it."
    yield "[newsletter]"
    yield 'name = "This Week in Rust"'
    yield 'site = "https://this-week-in-rust.org"'
    yield ""
    yield "[store]"
    yield f"url = {_string(rehearsal.store_url)}"
    yield ""
    yield "[source]"
    if from_git:
        yield 'kind = "git"'
        yield f"url = {_string(rehearsal.source_url)}"
    else:
        yield 'kind = "directory"'
        yield f"path = {_string(rehearsal.source_path)}"
    yield 'every = "1s"'
    yield ""
    yield "[gate]"
    yield f"page_live = {'true' if from_git else 'false'}"
    yield f"page_base_url = {_string(rehearsal.addresses['site'])}"
    yield 'quiet_for = "0s"'
    yield 'max_age = "36500d"  # any issue will do for a rehearsal'
    yield ""
    yield "[delivery]"
    yield 'attempt_limit = "20s"'
    yield 'first_retry = "1s"'
    yield 'longest_retry = "10s"'
    yield 'look_after = ["1s", "2s", "4s"]'
    yield ""
    yield "[backfill]"
    yield f"mode = {_string('push' if from_git else 'file')}"


def _accounts(rehearsal: Rehearsal) -> Iterator[str]:
    for platform, stand_in in rehearsal.platforms.items():
        yield ""
        yield f"[accounts.{platform}]"
        yield f"platform = {_string(platform)}"
        yield f"api_base_url = {_string(rehearsal.addresses[platform])}"
        for key, value in stand_in.credentials.items():
            if key in stand_in.plain:
                yield f"{key} = {value if value.isdigit() else _string(value)}"
            else:
                yield f"{key} = {_reference(platform, key, value, rehearsal.folder)}"
        for key, value in stand_in.settings.items():
            yield f"{key} = {_string(value)}"
        for key, path in stand_in.secret_paths.items():
            reference = _reference(platform, key, rehearsal.addresses[platform] + path, rehearsal.folder)
            yield '# In place of the credentials, with mode = "manual":'
            yield f"# {key} = {reference}"


def _reference(platform: str, key: str, value: str, folder: Path | None) -> str:
    if folder is None:
        return f"{{ env = {_string(_variable(platform, key))} }}"
    secrets = folder / "secrets"
    secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = secrets / f"{platform}-{key.replace('_', '-')}"
    path.touch(mode=0o600)
    path.write_text(f"{value}\n", encoding="utf-8")
    return f"{{ file = {_string(path)} }}"


def _variable(platform: str, key: str) -> str:
    return f"SANDBOX_{platform}_{key}".upper()


def _string(value: object) -> str:
    """Return a TOML basic string; JSON's escapes are TOML's."""
    return json.dumps(str(value), ensure_ascii=False)
