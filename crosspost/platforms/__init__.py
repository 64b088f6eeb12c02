"""How to say it there: one folder for each platform, found by the name that the configuration gives it.

The package of a platform has:

    FORM              what the place asks of a text (compose.Form), with its wording, `post.j2`
    Settings          a frozen dataclass: its fields are the keys of `[accounts.NAME]`
    connect()         Settings → Platform; the client library is imported here, when it is used
    compose_link()    a page on which a person can send the same post with one click, or None
    is_post_address() whether an address can be a post there (no request is made)

and, for the platform whose address goes back into the issue, `DISCUSSION = True`. Beside it may stand:

    brand             BRAND: its name, its colours, what its page shows of a post
    answers           the table of what its answers mean
    text              its escaping of a stranger's text
    login             walk(Settings, Prompts) → the account's secrets
    sandbox           STAND_IN, its class for the sandbox

An adapter makes one attempt for one call. It never retries a write, never sleeps, never decides what happens next:
it says what happened, as an `Outcome`. Modules whose name begins with an underscore are shared by the adapters.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol, cast

from crosspost.compose import Form
from crosspost.errors import UsageError
from crosspost.model import Clock, Image, Look, Outcome, Post
from crosspost.pages.brand import Brand

if TYPE_CHECKING:
    from crosspost.sandbox.base import Platform as StandIn

Hide = Callable[[str], None]
"""Takes a token that the platform hands out, such as a session's, so that no text shows it from then on."""


def hide_nothing(_token: str) -> None:
    """For a connection by itself, of which nothing is kept or shown."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to send, as the delivery allows it."""

    key: str
    """The idempotency key: derived from (newsletter, number, account), at most 25 characters, [0-9a-z-]."""
    number: int
    """1 for the first attempt."""
    timeout: float
    """Seconds the whole call may last, look-ups and uploads included."""
    before_write: Callable[[], None]
    """Call it at the last moment before the request that publishes leaves this machine.

    Raises ClaimLost when the attempt has lasted too long or another process has taken the delivery over.
    """
    image: Image | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a look looks for."""

    url: str
    title: str
    number: int
    key: str
    text: str
    may_be_there: bool = False
    """An attempt had no clear answer: what is not listed counts as absent only where the listing is proved whole."""
    out_since: datetime | None = None
    """When the issue was first seen to be out; None: not known. A title alone counts only after it."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line of `crosspost check`: what was looked at, whether it will do on Wednesday, in a sentence."""

    what: str
    ok: bool
    sentence: str
    warning: bool = False
    """It will do, but deserves a word."""


class Platform(Protocol):
    """A connected account. Not safe for two threads at once: the delivery uses one thread for one account."""

    def find(self, wanted: Wanted, since: datetime) -> Look:
        """Look for the post among what was published since `since`. Never writes, never raises."""

    def send(self, post: Post, attempt: Attempt) -> Outcome:
        """Make one attempt to publish. Never repeats a write; raises only ClaimLost."""

    def verify(self, url: str, wanted: Wanted) -> Look:
        """Read the post at this address: Found when it is about the wanted issue, Absent when it is not."""

    def check(self) -> Sequence[CheckResult]:
        """Token, scopes, permissions, limits. Reads only; never raises."""

    def limits(self) -> Mapping[str, int]:
        """What the place itself says of its limits, in the words of `Form.with_limits`; empty if it says nothing."""

    def close(self) -> None:
        """Let go of connections."""


class PlatformModule(Protocol):
    """What a platform's file has."""

    FORM: Form
    Settings: type[Any]
    WINDOW: timedelta
    """The longest rate limit that the platform documents: so long it may ask us to stay away."""

    def connect(self, settings: Any, clock: Clock, hide: Hide = hide_nothing) -> Platform: ...

    def compose_link(self, post: Post, settings: Any) -> str | None: ...

    def is_post_address(self, url: str, settings: Any) -> bool: ...


def names() -> tuple[str, ...]:
    """Return the platforms there are, by the folders here."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in found if not name.startswith("_")))


def load(name: str) -> PlatformModule:
    """Return the platform's package. Raises UsageError for a name that is no platform."""
    if name not in names():
        raise UsageError(f"there is no platform {name!r}; there are: {', '.join(names())}")
    return cast(PlatformModule, importlib.import_module(f"{__name__}.{name}"))


def part(name: str, what: str) -> ModuleType | None:
    """Return a further module of the platform's folder, such as its `login`; None where it has none.

    Raises UsageError for a name that is no platform.
    """
    package = load(name)
    if importlib.util.find_spec(f"{__name__}.{name}.{what}") is None:
        return None
    del package
    return importlib.import_module(f"{__name__}.{name}.{what}")


def brand(name: str) -> Brand:
    """Return how the platform looks on a page; a plain look for a name that has none."""
    module = part(name, "brand") if name in names() else None
    return module.BRAND if module is not None else Brand(name.title())


def stand_ins() -> Mapping[str, type[StandIn]]:
    """Return the stand-in of each platform that has one, by the platform's name: what a Sandbox is made of."""
    modules = ((name, part(name, "sandbox")) for name in names())
    return {name: module.STAND_IN for name, module in modules if module is not None}
