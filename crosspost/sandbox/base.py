"""The base classes of the stand-ins: name, credentials, routes, and how each refuses."""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, ClassVar

from crosspost.model import Post
from crosspost.pages.brand import Brand
from crosspost.sandbox.exchange import Answer, Call, Refused, Route
from crosspost.sandbox.memory import Memory
from crosspost.sandbox.values import SandboxPost


class StandIn(ABC):
    """Something that answers on a port of its own."""

    name: ClassVar[str]
    bad_headers: ClassVar[Mapping[str, str]] = {"Retry-After": "soon"}
    """Rate limit headers that make no sense, under the names that clients look at."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    @abstractmethod
    def routes(self) -> Sequence[Route]:
        """Return every request that is understood; the first that matches answers."""

    @abstractmethod
    def failure(self, status: int) -> Answer:
        """Return the answer with this status, and the body that the real platform sends with it."""

    def rate_limited(self, reset: float | None) -> Answer:
        """Return a 429, with or without when it ends (`reset`, in seconds from now)."""
        headers = {} if reset is None else {"Retry-After": str(int(reset) + 1)}
        return Answer(429, self.failure(429).body, headers)

    def refusal(self, reason: str, done: Answer | None = None) -> Answer:
        """Return one of its own refusals, or a bare status. Raises ValueError for an unknown reason.

        done: the answer that the request would have got, when it was carried out all the same.
        """
        del done  # only Reddit gives a hint of it
        if reason.isdigit():
            return self.failure(int(reason))
        raise ValueError(f"{self.name} does not refuse with {reason!r}")

    def headers(self) -> Mapping[str, str]:
        """Return the headers that go with every answer."""
        return {}

    def clear(self) -> None:  # noqa: B027 - one without a state has nothing to forget
        """Forget everything but the memory, which is cleared by itself."""


class Platform(StandIn):
    """One platform, as far as its client library and our look-ups use it."""

    brand: ClassVar[Brand]
    permissions: ClassVar[frozenset[str]]
    """Scopes or permissions that can be taken away, in the platform's own words."""
    plain: ClassVar[frozenset[str]] = frozenset()
    """The keys of `credentials` that only name the account, and stand in the configuration as they are."""
    settings: ClassVar[Mapping[str, str]] = {}
    """What else an account must be configured with."""
    secret_paths: ClassVar[Mapping[str, str]] = {}
    """Keys whose value is an address of the stand-in's own, in place of the credentials: what stands after its host."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self.revoked: set[str] = set()
        self.keeps_keys = True
        """A second write is recognised, as far as the platform does that: by its key, its text or its link."""

    @property
    @abstractmethod
    def credentials(self) -> Mapping[str, str]:
        """Return every value that the platform accepts, by the configuration's key."""

    @abstractmethod
    def seed(self, *, text: str, title: str, link: str, by: str, at: datetime) -> SandboxPost:
        """Keep a post that somebody made by hand. `by`: empty for the account itself."""

    def shown(self, post: SandboxPost) -> Post:
        """Return what was received as the value that a page draws a post from."""
        return as_post(post)

    def remove(self, id: str) -> None:  # noqa: A002 - the platforms' own word
        """Delete a post, as its author would."""
        self.memory.remove(self.name, id)

    def speak_as(self, server: str) -> None:
        """Be like another server software of the same protocol. Raises ValueError for a name that is none."""
        raise ValueError(f"{self.name} cannot be like {server!r}")

    def filter(self, id: str) -> None:  # noqa: A002 - the platforms' own word
        """Let the platform's spam filter catch a post. Raises ValueError where there is no such thing."""
        raise ValueError(f"{self.name} does not filter {id}")

    def expire(self) -> None:
        """Let every access token expire that can. Most never do."""
        return

    def clear(self) -> None:
        super().clear()
        self.revoked.clear()
        self.keeps_keys = True

    def require(self, permission: str, answer: Answer) -> None:
        """Refuse with this answer when the permission was taken away."""
        if permission in self.revoked:
            raise Refused(answer)


# ── small things that several of them need ───────────────────────────────────────────────────────────


def as_post(post: SandboxPost, text: str | None = None, fields: Mapping[str, Any] | None = None) -> Post:
    """Return the post that was received, with `text` in place of its own; its first words name the issue."""
    issue = re.match(r"\D+\s(\d+)\b", post.title or post.text.partition("\n")[0])
    return Post(
        account=post.by,
        platform=post.platform,
        number=int(issue[1]) if issue else 0,
        url=post.link,
        title=issue[0] if issue else post.title,
        text=post.text if text is None else text,
        fields=fields or {},
        alt=post.picture.alt or "a picture" if post.picture else None,
    )


def slice_listing(
    posts: Sequence[SandboxPost], limit: str | None, default: int, most: int
) -> list[SandboxPost]:
    """Return as many as were asked for, at most as many as the platform gives."""
    wanted = int(limit) if limit and limit.isdigit() else default
    return list(posts[: max(1, min(wanted, most))])


def token(*parts: object) -> str:
    """Return a made-up token, the same for the same parts."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:40]


def milliseconds(at: datetime) -> int:
    """Return the milliseconds since 1970: the high bits of every id that sorts by time."""
    return int(at.timestamp() * 1000)


def text_of(value: Any) -> str:
    """Return the value if it is text; what strangers send may be anything."""
    return value if isinstance(value, str) else ""


def consent_page(who: str, asks: str, call: Call) -> Answer:
    """Return the page on which a person lets an application act for them: one button that sends the query back."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in call.query.items()
    )
    form = f'<form method="post" action="{escape(call.path)}">{hidden}<button>Allow</button></form>'
    return Answer(200, _PAGE.format(title=f"{who}: allow access?", body=f"<p>{escape(asks)}</p>{form}"))


def code_page(who: str, code: str) -> Answer:
    """Return the page that shows a code to be copied."""
    shown = f"<p>Copy this code:</p><pre><code>{escape(code)}</code></pre>"
    return Answer(200, _PAGE.format(title=f"{who}: your code", body=shown))


_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem;
color-scheme:light dark}} button{{font:inherit;padding:.6rem 1.6rem;border-radius:.5rem;border:0;
background:#b7410e;color:#fff;cursor:pointer}} code{{font-size:1.4rem}}</style>
<h1>{title}</h1>{body}</html>"""
