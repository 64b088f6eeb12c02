"""Posts, requests, answers and faults of the sandbox, as plain frozen values. Loads no web server."""

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
"""The purpose of a request. "write" publishes; "upload" brings a picture; "auth" gets or proves a token."""

On = Literal["write", "upload", "read", "auth", "any"]


class Fault(StrEnum):
    """The ways in which one request can go wrong.

    With `stored=True` the platform first does what was requested: the post is there, and only the answer is wrong.
    LATE, BAD_HEADERS and TRUNCATED always store, because they change a real answer.
    """

    EOF = "eof"
    """The connection is closed in good order, without an answer."""
    RESET = "reset"
    """The connection is reset (RST)."""
    HANG = "hang"
    """No answer for `seconds`; then the real one if it was stored, else the connection is closed."""
    LATE = "late"
    """The request is carried out only after `seconds`, whether or not the client still waits."""
    STATUS = "status"
    """The answer has `status`, with the body that the platform sends with it."""
    HTML = "html"
    """An answer with `status` (200) and a web page as its body, as from a proxy in front of the platform."""
    BAD_HEADERS = "bad-headers"
    """The real answer, but its rate limit headers cannot be read."""
    TRUNCATED = "truncated"
    """Half of the real answer, then the connection is closed."""
    RATE_LIMITED = "rate-limited"
    """429; `reset` says in how many seconds it ends, None does not say when."""
    REFUSED = "refused"
    """One of the platform's own refusals, by `reason`: see `refusals` of its stand-in."""


@dataclass(frozen=True, slots=True)
class FaultOrder:
    """One fault that waits for its request."""

    fault: Fault
    on: On = "write"
    times: int | None = 1
    """How many requests get it; None: every one until the faults are cleared."""
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
    """One post as a platform stores it."""

    platform: str
    id: str
    url: str
    """The address that it would have on the real platform: `https://www.reddit.com/r/rust/comments/…`."""
    text: str
    title: str = ""
    """Reddit's title, or that of Discord's first embed or Bluesky's card; else empty."""
    link: str
    """The first address that the post links to."""
    payload: Mapping[str, Any]
    """The payload as it was received."""
    at: datetime
    by: str
    """The name of the account that posted."""
    number: int = 0
    """The 1-based index of the post in this sandbox."""
    picture: Image | None = None
    """The first picture, with its alternative text."""
    edited: datetime | None = None
    deleted: bool = False
    """Its author deleted it, and the platform keeps what is left of it, as Reddit does."""


@dataclass(frozen=True, slots=True)
class SandboxRequest:
    """One request and its result."""

    platform: str
    method: str
    path: str
    status: int | None
    """None while it is under way, and for good when no answer was sent."""
    at: datetime
    kind: Kind
    fault: str = ""
    """The fault that it got, in a few words; empty for none."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name; without the credentials."""


# ── a request and its answer, as the stand-ins see them ──


@dataclass(frozen=True)
class Call:
    """One request, with its whole body."""

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
    """The parts of the path that the route's pattern names in braces."""

    @property
    def base(self) -> str:
        """Return the address that the client used: `http://127.0.0.1:8591`."""
        return f"http://{self.headers.get('host', '127.0.0.1')}"

    @cached_property
    def query(self) -> Mapping[str, str]:
        """Return the parameters in the address; the last of one name wins."""
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    @property
    def parameters(self) -> Mapping[str, str]:
        """Return the parameters in the address and in the form; the form's win."""
        return {**self.query, **self.form}

    @cached_property
    def json(self) -> Any:
        """Return the body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """Return the fields of the body, whether JSON or a form."""
        return self.json if isinstance(self.json, dict) else self.form

    def authorization(self, scheme: str = "bearer") -> str:
        """Return the token behind `Authorization: SCHEME`; empty when there is none."""
        name, _, token = self.headers.get("authorization", "").partition(" ")
        return token if name.lower() == scheme else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. A `str` is sent as a page, everything else as JSON; None is an empty body."""

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
    """The request is refused, with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Route(NamedTuple):
    """One row of a stand-in's table: `POST /api/v1/statuses`, its handler, and the permission that it takes."""

    method: str
    """GET, POST and so on; "*": any."""
    pattern: str
    """In aiohttp's form: `{name}` is one part of the path, `{name:.*}` the rest. A final slash is optional."""
    kind: Kind
    handle: Callable[[Call], Answer]
    needs: str | None = None
    """The permission that the caller must have; empty: credentials alone; None: nothing."""
