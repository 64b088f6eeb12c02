"""The platforms: one folder for each, found by the name that the configuration gives it.

A folder must have:

    __init__          Settings (_settings.AccountSettings): the keys of its accounts' tables, and what follows from them
    form              FORM: the rules for the platform's posts (compose.Form), with its template, `post.j2`
    adapter           connect(Settings, Clock, HideSecret) → Platform; imports the client library

It may have:

    form              BRAND: its name, its colours, what its page shows of a post
    public            listing(address) → the address that lists any account's posts without credentials; read(answer)
    login             obtain(Settings, Prompts) → the account's secrets
    sandbox           STAND_IN, its class for the sandbox

Other modules of a folder are its own. The folders share:

    _settings         the base class of their Settings
    _account          the base class of their adapters; _http: the one of adapters on `requests`
    _attempt          the bounds of an attempt, and what an answer means for the post; _network: what a failure means
    _matching         whether a listed post announces an issue; _address: when two addresses are the same post's
    _html             the links and the text of HTML
    _login            the parts of a login
    _redacted         hides secrets in what an adapter returns
    _unused           replaces modules of client libraries that are never used

An adapter makes one attempt for one call. It never retries a write, never sleeps and never decides what happens next:
it reports what happened, as an `Outcome`.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from crosspost.errors import UsageError
from crosspost.log import warn
from crosspost.model import Clock, FetchResult, Found, Image, Look, Outcome, Post

if TYPE_CHECKING:
    from crosspost.compose import Form
    from crosspost.config.schema import AccountConfig, DeliveryConfig
    from crosspost.pages.brand import Brand
    from crosspost.sandbox.base import StandIn

HideSecret = Callable[[str], None]
"""Hides a token that the platform hands out, such as a session's, in every text from then on."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to send, as the delivery allows it."""

    key: str
    """The idempotency key: derived from (newsletter, number, account), at most 25 characters, [0-9a-z-]."""
    number: int
    """1 for the first attempt."""
    timeout: float
    """Seconds that the whole call may last, uploads included."""
    before_write: Callable[[], None]
    """Call it at the last moment before the request that publishes leaves this machine.

    Raises ClaimLostError when the attempt has lasted too long or another process has taken the delivery over.
    """
    image: Image | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """The post that a look searches for."""

    url: str
    title: str
    number: int
    key: str
    text: str
    may_exist: bool = False
    """Whether an attempt had no clear answer. Then the post is absent only if the listing is proved complete."""
    first_seen_at: datetime | None = None
    """When the issue was first seen; None: not known. A post from before it does not count by its title alone."""


class Level(StrEnum):
    """The result of one line of `crosspost check`."""

    OK = "ok"
    WARN = "warn"
    """It works, but somebody should know."""
    FAIL = "FAIL"
    """It would not work when an issue appears."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line of `crosspost check`: what was checked, and the result in a sentence."""

    what: str
    level: Level
    sentence: str


class StateStore(Protocol):
    """Short texts by key that outlive the process. All processes read and write the same ones."""

    def read(self, key: str) -> str | None:
        """Return the text that is stored under this key; None: there is none."""

    def write(self, key: str, text: str, *, expected: str | None) -> bool:
        """Store the text if the stored one is still `expected` (None: none). Return whether it was stored.

        Of two that try at once, one gets True.
        """


class Platform(ABC):
    """A connected account. Not thread-safe: the delivery uses one thread for each account."""

    needs_state: ClassVar[bool] = False
    """Whether it stores between processes, for example when one of them last asked. See `use_state`."""

    def __init__(self, settings: Any, clock: Clock, hide_secret: HideSecret) -> None:
        self._settings = settings
        self._clock = clock
        self._hide_secret = hide_secret

    @abstractmethod
    def find(self, query: Query, since: datetime) -> Look:
        """Search for the post among those published since `since`. Never writes, never raises."""

    @abstractmethod
    def send(self, post: Post, attempt: Attempt) -> Outcome:
        """Make one attempt to publish. Never repeats a write; raises only ClaimLostError."""

    @abstractmethod
    def verify(self, url: str, query: Query) -> Look:
        """Read the post at this address. Return Found if it is about the issue, Absent if not. Never raises."""

    @abstractmethod
    def fetch(self, existing: Found) -> FetchResult:
        """Read the post with this id, or without an id at this address. Return NotOurs for another author's.

        Never raises.
        """

    @abstractmethod
    def delete(self, existing: Found, attempt: Attempt) -> Outcome:
        """Make one attempt to delete a post of the account. Like `send`. Return Done also when there is none."""

    @abstractmethod
    def check(self) -> Sequence[CheckResult]:
        """Check token, scopes, permissions and limits by reading only. Never raises."""

    @abstractmethod
    def close(self) -> None:
        """Close the connections."""

    # What only some platforms have:

    def edit(self, existing: Found, post: Post, attempt: Attempt) -> Outcome:  # noqa: ARG002 - most can, and override it
        """Make one attempt to give a post of the account this text and picture. Like `send`.

        Raises UsageError where posts cannot be edited.
        """
        raise UsageError("posts cannot be edited there")

    def limits(self) -> Mapping[str, int]:
        """Return the server's own limits as `Form.with_limits` takes them; empty if it states none."""
        return {}

    def find_hiring_thread(self) -> str | None:
        """Return the address of the newest official hiring thread; None when none was found. Never raises."""
        return None

    def key_lifetime(self) -> timedelta:
        """Return for how long after a write, at least, a second one with the same key makes no second post.

        Zero where the server has no such keys or does not say so. Never raises.
        """
        return timedelta()

    def take_cost(self) -> Decimal:
        """Return the most that the reads since the last call of this cost, in US dollars."""
        return Decimal()

    def use_state(self, store: StateStore) -> None:  # noqa: B027 - see `needs_state`
        """Use this store; without this call no state outlives the connection."""


@dataclass(frozen=True, slots=True)
class Pricing:
    """The prices of a platform's calls, in US dollars, and an account's budget."""

    post: Callable[[Post], Decimal]
    look: Decimal
    """The usual price of one look."""
    budget: Decimal | None
    """The most that may be spent in a calendar month (UTC); None: no limit."""


REQUIRED = ("required", "look_schedule", "rate_limit_window")
"""The attributes that a platform's Settings must have; AccountSettings has no default for them."""


def names() -> tuple[str, ...]:
    """Return the names of the platforms: those of the folders here."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in found if not name.startswith("_")))


def settings_of(name: str) -> type[Any]:
    """Return the platform's Settings. Raises UsageError where there is no such platform, or its folder lacks a part."""
    if name not in names():
        raise UsageError(f"there is no platform {name!r}; there are: {', '.join(names())}")
    settings: type[Any] | None = getattr(_imported(name), "Settings", None)
    if settings is None:
        raise UsageError(f"the platform {name!r} is not complete: its __init__.py has no Settings")
    if missing := [each for each in REQUIRED if not hasattr(settings, each)]:
        raise UsageError(
            f"the platform {name!r} is not complete: its Settings has no {', no '.join(missing)}"
        )
    return settings


def form_of(name: str) -> Form:
    """Return the platform's Form. Raises UsageError where there is no such platform, or its folder lacks a part."""
    settings_of(name)
    found: Form | None = part(name, "form", "FORM")
    if found is None:
        raise UsageError(f"the platform {name!r} is not complete: it has no form.py")
    if isinstance(found.template, Path) and not found.template.is_file():
        raise UsageError(f"the platform {name!r} is not complete: it has no {found.template.name}")
    return found


def part(name: str, what: str, value: str = "") -> Any:
    """Return a further module of the platform's folder, such as its `login`; None where it has none.

    With `value`, return that of the module instead. Raises UsageError for a name that is no platform, and for a module
    that cannot be imported or lacks the value.
    """
    if name not in names():
        settings_of(name)
    _imported(name)
    if importlib.util.find_spec(f"{__name__}.{name}.{what}") is None:
        return None
    module = _imported(f"{name}.{what}")
    if value and not hasattr(module, value):
        raise UsageError(f"the platform {name!r} is not complete: its {what}.py has no {value}")
    return getattr(module, value) if value else module


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except Exception as error:
        raise UsageError(
            f"the platform {name!r} cannot be loaded: {type(error).__name__}: {error}"
        ) from error


def look_after(account: AccountConfig, delivery: DeliveryConfig) -> tuple[timedelta, ...]:
    """Return how long after an unclear attempt to look for a post, each time.

    The account's own value comes first, then that of `[delivery]`, then the platform's.
    """
    schedule: tuple[timedelta, ...] = settings_of(account.platform).look_schedule
    return account.look_after or delivery.look_after or schedule


def public(name: str, address: str) -> tuple[str, Callable[[Any], Any]]:
    """Return the address that lists an account's public posts, and what reads the answer. Raises UsageError."""
    module = part(name, "public")
    if module is None:
        readable = ", ".join(each for each in names() if part(each, "public") is not None)
        raise UsageError(f"accounts on {name} cannot be read without credentials; those on {readable} can")
    return module.listing(address), module.read


def brand(name: str) -> Brand:
    """Return how the platform looks on a page; a plain brand for a name that has none."""
    from crosspost.pages.brand import Brand

    found: Brand | None = None
    with suppress(UsageError):
        found = getattr(part(name, "form"), "BRAND", None)
    return found or Brand(name.title())


def stand_ins() -> Mapping[str, type[StandIn]]:
    """Return the stand-in of each platform that has one, by the platform's name, for a Sandbox.

    A platform whose folder cannot be used is left out, with a warning in the log.
    """
    found: dict[str, type[StandIn]] = {}
    for name in names():
        try:
            settings_of(name)  # a stand-in alone has no account to be configured with
            stand_in = part(name, "sandbox", "STAND_IN")
        except UsageError as error:
            warn([str(error)])
        else:
            found |= {name: stand_in} if stand_in is not None else {}
    return found
