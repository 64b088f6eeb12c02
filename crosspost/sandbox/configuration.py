"""A configuration for a rehearsal: every account points at its stand-in, every secret is a reference."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

from crosspost.sandbox.base import StandIn

HEAD = """\
# A rehearsal: every account below is a stand-in on this machine, and nothing leaves it.
[newsletter]
name = "This Week in Rust"
site = "https://this-week-in-rust.org"

[store]
url = {store}

[source]
{source}
every = "1s"

[gate]
page_live = {page_live}
page_base_url = {site}
quiet_for = "0s"
max_age = "36500d"  # any issue will do for a rehearsal

[delivery]
attempt_limit = "20s"
first_retry = "1s"
longest_retry = "10s"
look_after = ["1s", "2s", "4s"]

[backfill]
mode = "{backfill}"
"""


def configuration(
    platforms: Mapping[str, StandIn],
    addresses: Mapping[str, str],
    store_url: str,
    source_path: str | Path,
    source_url: str | None,
    folder: Path | None,
) -> str:
    """Return the whole file. The secrets' files in `folder` are readable by their owner only."""
    kind, key, location = ("git", "url", source_url) if source_url else ("directory", "path", source_path)
    head = HEAD.format(
        store=_string(store_url),
        source=f'kind = "{kind}"\n{key} = {_string(location)}',
        page_live="true" if source_url else "false",
        site=_string(addresses["site"]),
        backfill="push" if source_url else "file",
    )
    accounts = (_account(stand_in, addresses[name], folder) for name, stand_in in platforms.items())
    return "\n".join([head, *chain.from_iterable(accounts)])


def environment(platforms: Mapping[str, StandIn], addresses: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets as environment variables, by name."""
    return {
        _variable(name, key): value
        for name, stand_in in platforms.items()
        for key, value in _secrets(stand_in, addresses[name]).items()
    }


def _secrets(stand_in: StandIn, address: str) -> dict[str, str]:
    secrets = {key: value for key, value in stand_in.credentials.items() if key not in stand_in.plain_keys}
    return secrets | {key: address + path for key, path in stand_in.secret_paths.items()}


def _account(stand_in: StandIn, address: str, folder: Path | None) -> Iterator[str]:
    yield f"[accounts.{stand_in.name}]"
    yield f"platform = {_string(stand_in.name)}"
    yield f"api_base_url = {_string(address)}"
    plain = {key: value for key, value in stand_in.credentials.items() if key in stand_in.plain_keys}
    for key, value in {**plain, **stand_in.settings}.items():
        yield f"{key} = {value if value.isdigit() else _string(value)}"
    for key, value in _secrets(stand_in, address).items():
        line = f"{key} = {_reference(stand_in.name, key, value, folder)}"
        if key in stand_in.secret_paths:
            line = f'# In place of the credentials, with mode = "manual":\n# {line}'
        yield line
    yield ""


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
