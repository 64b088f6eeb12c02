"""A configuration for a rehearsal: every account points at its stand-in, every secret is named as in life."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

_NO_SECRETS = frozenset({"client_id", "channel_id", "handle", "subreddit"})
_NOT_CONFIGURED = frozenset({"username", "password"})
"""Reddit's password grant is understood by the stand-in, but no account is configured with it."""
_NAMED_BY_SECRET = frozenset({"client_id"})

Credentials = Mapping[str, Mapping[str, str]]


def environment(credentials: Credentials) -> dict[str, str]:
    """The secrets as environment variables, by name."""
    return {
        _variable(platform, key): value
        for platform, keys in credentials.items()
        for key, value in keys.items()
        if _is_secret(key)
    }


def configuration(
    addresses: Mapping[str, str],
    credentials: Credentials,
    store_url: str,
    source_path: str | Path,
    secrets: Path | None,
    backfill: str,
) -> str:
    """The whole file. With a folder for the secrets they are written there, readable by their owner only."""
    return "\n".join(
        [*_head(addresses, store_url, source_path, backfill), *_accounts(addresses, credentials, secrets)]
    )


def _head(
    addresses: Mapping[str, str], store_url: str, source_path: str | Path, backfill: str
) -> Iterator[str]:
    yield "# A rehearsal: every account below is a stand-in on this machine, and nothing leaves it."
    yield "[newsletter]"
    yield 'name = "This Week in Rust"'
    yield 'site = "https://this-week-in-rust.org"'
    yield ""
    yield "[store]"
    yield f"url = {_string(store_url)}"
    yield ""
    yield "[source]"
    yield 'kind = "directory"'
    yield f"path = {_string(source_path)}"
    yield 'every = "1s"'
    yield ""
    yield "[gate]"
    yield "page_live = false"
    yield f"page_base_url = {_string(addresses['site'])}"
    yield 'quiet_for = "0s"'
    yield 'max_age = "3650d"'
    yield ""
    yield "[delivery]"
    yield 'attempt_limit = "20s"'
    yield 'first_retry = "1s"'
    yield 'longest_retry = "10s"'
    yield 'look_after = ["1s", "2s", "4s"]'
    yield ""
    yield "[backfill]"
    yield f"mode = {_string(backfill)}"


def _accounts(addresses: Mapping[str, str], credentials: Credentials, secrets: Path | None) -> Iterator[str]:
    for platform, keys in credentials.items():
        yield ""
        yield f"[accounts.{platform}]"
        yield f"platform = {_string(platform)}"
        yield f"api_base_url = {_string(addresses[platform])}"
        for key, value in keys.items():
            if key in _NOT_CONFIGURED:
                continue
            if _is_secret(key):
                yield f"{key} = {_reference(platform, key, value, secrets)}"
            else:
                yield f"{key} = {value if value.isdigit() else _string(value)}"
        if platform == "reddit":
            yield 'user_agent = "linux:crosspost-rehearsal:1.0 (by /u/nobody)"'
    yield ""


def _reference(platform: str, key: str, value: str, secrets: Path | None) -> str:
    if secrets is None:
        return f"{{ env = {_string(_variable(platform, key))} }}"
    secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = secrets / f"{platform}-{key.replace('_', '-')}"
    path.touch(mode=0o600)
    path.write_text(f"{value}\n", encoding="utf-8")
    return f"{{ file = {_string(path)} }}"


def _variable(platform: str, key: str) -> str:
    return f"SANDBOX_{platform}_{key}".upper()


def _is_secret(key: str) -> bool:
    return key in _NAMED_BY_SECRET or key not in _NO_SECRETS | _NOT_CONFIGURED


def _string(value: object) -> str:
    """A TOML basic string; JSON's escapes are TOML's."""
    return json.dumps(str(value), ensure_ascii=False)
