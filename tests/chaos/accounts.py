"""The accounts, connected to the sandbox by the real adapters, and the posts that they are asked to send."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from crosspost import platforms
from crosspost.compose import Target, compose
from crosspost.compose.digest import digest
from crosspost.config.schema import DeliveryConfig
from crosspost.config.secrets import Secret
from crosspost.delivery.account import Account
from crosspost.model import Clock, Issue, Post

NEWSLETTER = "This Week in Rust"
DAY = date(2026, 8, 19)
START = datetime(2026, 8, 20, 3, tzinfo=UTC)
LOOK_AFTER = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))


def policy(attempt_limit: float = 60) -> DeliveryConfig:
    """`attempt_limit` in seconds of the real world: a hanging platform costs as much."""
    return DeliveryConfig(
        attempt_limit=timedelta(seconds=attempt_limit),
        look_after=LOOK_AFTER,
        give_up_after=timedelta(days=3650),
    )


class SharedClock:
    """A clock in a file: every process that opens it has the same time, and it moves only when it is moved."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(struct.pack("d", START.timestamp()))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 8)

    def __call__(self) -> datetime:
        (seconds,) = struct.unpack("d", self._memory[:8])
        return datetime.fromtimestamp(seconds, UTC)

    def move_to(self, moment: datetime) -> None:
        self._memory[:8] = struct.pack("d", moment.timestamp())


def issue(number: int) -> Issue:
    return Issue(
        number,
        f"{NEWSLETTER} {number}",
        DAY,
        f"https://this-week-in-rust.org/blog/{DAY:%Y/%m/%d}/this-week-in-rust-{number}/",
    )


def posts(number: int, names: Sequence[str]) -> list[Post]:
    """What the composer makes of an issue for these platforms; each account is named like its platform."""
    told = digest(issue(number))
    return [compose(told, Target(name, platforms.form_of(name))) for name in names]


def accounts(
    addresses: Mapping[str, str], credentials: Mapping[str, Mapping[str, Any]], folder: Path, clock: Clock
) -> dict[str, Account]:
    """Automatic accounts on these addresses. The secrets are put into files in the folder."""
    return {
        name: _account(name, address, credentials[name], folder, clock) for name, address in addresses.items()
    }


def _account(name: str, address: str, credentials: Mapping[str, Any], folder: Path, clock: Clock) -> Account:
    settings_class = platforms.settings_of(name)
    given: dict[str, Any] = {"api_base_url": address}
    for field in fields(settings_class):
        if field.name not in credentials or field.name == "api_base_url":
            continue
        value = credentials[field.name]
        if "Secret" in str(field.type):
            given[field.name] = _secret(folder / f"{name}-{field.name}", str(value))
        else:
            given[field.name] = int(value) if "int" in str(field.type) else value
    settings = settings_class(**given)
    return Account(
        name=name,
        platform=name,
        mode="auto",
        look_after=LOOK_AFTER,
        connect=lambda: settings.connect(clock),
        image=lambda _post: None,
        settings=settings,
    )


def _secret(path: Path, value: str) -> Secret:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(value)
    return Secret("file", str(path))
