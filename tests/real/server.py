"""What the suite asks of a real server: to be started and stopped, to have accounts, to be read by another client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NoReturn, Protocol

import pytest

from crosspost.platforms._login import Prompts
from tests.real.cutting_proxy import CuttingProxy


@dataclass(frozen=True)
class ReadPost:
    """A post as another client reads it. None: the server says nothing of it."""

    id: str
    text: str
    language: str | None
    facets: list[Any] | None = None
    card: Mapping[str, str] | None = None
    picture: bytes | None = None
    """As the server keeps it; some make another of it."""
    alt: str | None = None
    url: str | None = None
    """Its address; None: the program makes it of the id."""


class Configured(Protocol):
    """What an account's table in the configuration is made of."""

    @property
    def options(self) -> Mapping[str, Any]:
        """Return the keys, but for those in `secrets`."""

    @property
    def secrets(self) -> Mapping[str, str]:
        """Return what the program must not be told in plain."""


class RealAccount(Configured, Protocol):
    """A new account on the server, with a token for the program."""

    @property
    def name(self) -> str:
        """Return the account as the program names it."""

    def posts(self) -> list[ReadPost]:
        """Return what is on the account, oldest first, read directly from the server."""

    def prompts(self) -> Prompts:
        """Return a maintainer who answers what `login` asks."""

    def revoke(self) -> None:
        """Take the program's token back."""

    def renewed(self) -> Mapping[str, str]:
        """Return the secrets of a new token."""

    def read_only(self) -> Mapping[str, str]:
        """Return the secrets of a token that may only read. Calls `cannot` where there is none."""

    def deactivate(self) -> None:
        """Shut the account, as its owner can. Calls `cannot` where that is not possible."""

    def expired(self) -> Mapping[str, str]:
        """Return the headers of a request with a token whose time is over. Calls `cannot` where none ends."""

    def use_up_the_rate(self) -> None:
        """Make requests until the server refuses the account for now. Calls `cannot` where it never does."""


class RealServer(Protocol):
    """One server, behind the proxy for all tests of it."""

    name: ClassVar[str]
    platform: ClassVar[str]
    needs: ClassVar[tuple[str, ...]]
    """The parts (install.py) without which it cannot run."""
    too_long: ClassVar[str]
    """A text that the server itself refuses; empty where it takes all."""
    deletes: ClassVar[bool]
    """Posts can be deleted."""
    knows_keys: ClassVar[bool]
    """A second write under one key makes no second post."""
    in_words: ClassVar[bool]
    """What is refused is said in the protocol's own format."""
    reads_whole_requests: ClassVar[bool]
    """False: of a request that is cut, what arrived is taken."""
    proxy: CuttingProxy

    def __init__(self, folder: Path) -> None:
        """Start nothing yet."""

    def start(self) -> None:
        """Start it, with what it kept, and wait until it answers."""

    def kill(self) -> None:
        """End it at once."""

    def new_account(self) -> RealAccount:
        """Make an account."""

    def is_write(self, method: str, path: str) -> bool:
        """Say whether a request publishes a post."""

    def is_read(self, method: str, path: str) -> bool:
        """Say whether a request needs the account's token and publishes nothing."""


def cannot(reason: str) -> NoReturn:
    """Leave a claim out that a server has nothing for."""
    pytest.skip(reason)
