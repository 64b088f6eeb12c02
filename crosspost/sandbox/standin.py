"""What every stand-in has: a name, what it accepts, its routes, and its way of saying no."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from crosspost.sandbox.exchange import Answer, Call, Refused, Route
from crosspost.sandbox.values import SandboxPost
from crosspost.sandbox.wall import Wall


class StandIn(ABC):
    """One platform, as far as its client library and our look-ups use it."""

    name: ClassVar[str]
    permissions: ClassVar[frozenset[str]] = frozenset()
    """Scopes or permissions that can be taken away, in the platform's own words."""
    bad_headers: ClassVar[Mapping[str, str]] = {}
    """Rate limit headers that make no sense, in the platform's own names."""

    def __init__(self, wall: Wall) -> None:
        self.wall = wall
        self.revoked: set[str] = set()

    @property
    @abstractmethod
    def credentials(self) -> Mapping[str, str]:
        """Every value that the platform accepts, by the configuration's key."""

    @abstractmethod
    def routes(self) -> Sequence[Route]:
        """Every request that is understood."""

    @abstractmethod
    def failure(self, status: int) -> Answer:
        """The answer with this status and the body that the platform sends with it."""

    def rate_limited(self, reset: float | None) -> Answer:
        """429, with or without a word on when it ends (seconds from now)."""
        return self.failure(429)

    def refusal(self, reason: str) -> Answer:
        """One of the platform's own refusals. Raises ValueError for a reason it does not know."""
        try:
            return self.failure(int(reason))
        except ValueError:
            raise ValueError(f"{self.name} does not refuse with {reason!r}") from None

    @abstractmethod
    def seed(self, *, text: str, title: str, link: str, by: str, at: datetime) -> SandboxPost:
        """A post that somebody made by hand. `by`: empty for the account itself."""

    def remove(self, id: str) -> None:  # noqa: A002 - the platforms' own word
        """Its author deletes a post."""
        self.wall.remove(self.name, id)

    def expire(self) -> None:  # noqa: B027 - most tokens never expire
        """Every access token that can expire has expired."""

    def headers(self) -> Mapping[str, str]:
        """Headers that go with every answer."""
        return {}

    def clear(self) -> None:
        """Forget everything but the wall, which is cleared by itself."""
        self.revoked.clear()

    def require(self, permission: str, answer: Answer) -> None:
        if permission in self.revoked:
            raise Refused(answer)


def slice_listing(
    posts: Sequence[SandboxPost], limit: str | None, default: int, most: int
) -> list[SandboxPost]:
    """As many as were asked for, at most as many as the platform gives."""
    try:
        wanted = int(limit) if limit else default
    except ValueError:
        wanted = default
    return list(posts[: max(1, min(wanted, most))])


def token(*parts: object) -> str:
    """A made-up token, the same for the same parts."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:40]


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def consent_page(who: str, asks: str, call: Call, note: str = "") -> Answer:
    """The page on which a person allows an application to act for them: one button, which posts the query back."""
    from html import escape

    hidden = "".join(
        f'<input type="hidden" name="{escape(k)}" value="{escape(v)}">'
        for k, v in {**call.query, **call.form}.items()
    )
    return Answer(
        200,
        _PAGE.format(
            title=f"{who}: allow access?",
            body=f"<p>{escape(asks)}</p><p>{escape(note)}</p>"
            f'<form method="post" action="{escape(call.path)}">{hidden}<button>Allow</button></form>',
        ),
    )


def code_page(who: str, code: str) -> Answer:
    """The page that shows a code to be copied."""
    return Answer(
        200,
        _PAGE.format(title=f"{who}: your code", body=f"<p>Copy this code:</p><pre><code>{code}</code></pre>"),
    )


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else ""


_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}}
button{{font:inherit;padding:.6rem 1.6rem;border-radius:.5rem;border:0;background:#b7410e;color:#fff;cursor:pointer}}
code{{font-size:1.4rem}}</style>
<h1>{title}</h1>{body}</html>"""
