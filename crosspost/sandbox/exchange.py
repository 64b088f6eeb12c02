"""A request and its answer as the stand-ins see them: plain values, and no web server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from crosspost.model import Image
from crosspost.sandbox.values import Kind


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


class Refused(Exception):  # noqa: N818 - it carries an answer, and is an error of the client's only
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
