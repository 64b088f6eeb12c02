"""Posts, requests and faults of the sandbox, as plain frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from crosspost.model import Image

Kind = Literal["write", "upload", "read", "auth", "other"]
"""What a request is for. "write" publishes; "upload" brings a picture; "auth" gets or proves a token."""

On = Literal["write", "upload", "read", "auth", "any"]


class Fault(StrEnum):
    """What can go wrong with one request.

    With `stored=True` the platform first does what it was asked, as if nothing were wrong: the post is
    there, and only the answer suffers. LATE, BAD_HEADERS and TRUNCATED always store, because they spoil a
    real answer.
    """

    EOF = "eof"
    """The connection is closed in good order, without an answer."""
    RESET = "reset"
    """The connection is reset (RST)."""
    HANG = "hang"
    """Nothing for `seconds`; then the real answer if it was stored, else the connection is closed."""
    LATE = "late"
    """Nothing for `seconds`; only then the request is carried out, whether or not somebody still waits."""
    STATUS = "status"
    """The answer has `status`, with the body that the platform sends with it."""
    HTML = "html"
    """An answer with `status` (200) whose body is a web page: a proxy has spoken."""
    BAD_HEADERS = "bad-headers"
    """The real answer, but its rate limit headers make no sense."""
    TRUNCATED = "truncated"
    """Half of the real answer, then the connection is closed."""
    RATE_LIMITED = "rate-limited"
    """429; `reset` says in how many seconds it ends, None leaves the client without a hint."""
    REFUSED = "refused"
    """One of the platform's own refusals, by `reason`: see `refusals` of its stand-in."""


@dataclass(frozen=True, slots=True)
class FaultOrder:
    """One fault that waits for its request."""

    fault: Fault
    on: On = "write"
    times: int | None = 1
    """How many requests it meets; None: every one until the faults are cleared."""
    stored: bool = False
    status: int | None = None
    seconds: float = 60.0
    reset: float | None = None
    reason: str = ""

    def __str__(self) -> str:
        detail = self.reason or (str(self.status) if self.status else "")
        return " ".join(word for word in (self.fault.value, detail, "stored" if self.stored else "") if word)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxPost:
    """One post as a platform keeps it."""

    platform: str
    id: str
    url: str
    """Where it would be on the real platform: `https://www.reddit.com/r/rust/comments/…`."""
    text: str
    title: str = ""
    """Reddit's title, or that of Discord's first embed or Bluesky's card; else empty."""
    link: str
    """The first address that the post links to."""
    payload: Mapping[str, Any]
    """What was received, as it was received."""
    at: datetime
    by: str
    """The name of the account that posted."""
    picture: Image | None = None
    """The first picture, with its alternative text."""
    edited: datetime | None = None
    deleted: bool = False
    """Its author took it down, and the platform keeps what is left of it, as Reddit does."""


@dataclass(frozen=True, slots=True)
class SandboxRequest:
    """One request, with what became of it."""

    platform: str
    method: str
    path: str
    status: int | None
    """None while it is under way, and for ever when no answer was sent."""
    at: datetime
    kind: Kind
    fault: str = ""
    """The fault that met it, in a few words; empty for none."""
