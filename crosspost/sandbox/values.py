"""Posts, requests, answers and faults of the sandbox, as plain frozen values: no web server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qsl

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
    number: int = 0
    """The 1-based index of the post in this sandbox."""
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
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name; without the credentials."""


# ── a request and its answer, as the stand-ins see them ──


@dataclass(frozen=True)
class Call:
    """One request, read to its end."""

    method: str
    path: str
    headers: Mapping[str, str]
    """By lower-case name."""
    raw_query: str = ""
    body: bytes = b""
    form: Mapping[str, str] = field(default_factory=dict)
    """The fields of a form, urlencoded or multipart."""
    files: Mapping[str, Image] = field(default_factory=dict)
    """The pictures of a multipart form, by the name of their field."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """What stood in the path where the route's pattern has a name in braces."""

    @property
    def base(self) -> str:
        """Return the address that the client used: `http://127.0.0.1:8591`."""
        return f"http://{self.headers.get('host', '127.0.0.1')}"

    @cached_property
    def query(self) -> Mapping[str, str]:
        """Return the parameters in the address; the last one wins."""
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    @cached_property
    def json(self) -> Any:
        """Return the body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """Return what was sent, whether as JSON or as a form."""
        return self.json if isinstance(self.json, dict) else self.form

    def bearer(self, word: str = "bearer") -> str:
        """Return the token behind `Authorization: WORD`; empty when there is none."""
        given, _, token = self.headers.get("authorization", "").partition(" ")
        return token if given.lower() == word else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. A `str` is sent as a page, everything else as JSON; None is an empty body."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    mime_type: str = ""

    def encoded(self) -> tuple[bytes, str]:
        """Return the body's bytes and its content type."""
        if self.body is None or isinstance(self.body, str):
            return (self.body or "").encode(), self.mime_type or "text/html; charset=utf-8"
        # discord.py reads a body as JSON only when the type is exactly this, without a charset.
        return json.dumps(self.body, ensure_ascii=False).encode(), self.mime_type or "application/json"


class RefusedError(Exception):
    """Raised inside a stand-in when the request is answered with a refusal."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Route(NamedTuple):
    """One row of a stand-in's table: `POST /api/v1/statuses`, who answers it, and what that takes.

    The pattern is one of aiohttp's router: `{name}` stands for one step of the path, `{name:.*}` for all that is left.
    A final slash makes no difference.
    """

    method: str
    pattern: str
    kind: Kind
    handle: Callable[[Call], Answer]
    needs: str | None = None
    """The permission that the caller must have; empty: credentials alone; None: anybody may ask."""
