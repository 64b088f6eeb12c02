"""The base classes of the stand-ins: name, credentials, routes, and how each refuses."""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from crosspost.model import Image, Post
from crosspost.pages import template
from crosspost.pages.brand import Brand
from crosspost.sandbox.state import State
from crosspost.sandbox.values import Answer, Call, Route, SandboxPost


class Service(ABC):
    """Something that answers on a port of its own."""

    name: ClassVar[str]
    refusals: ClassVar[Mapping[str, Answer]] = {}
    """Its own refusals, by the reasons that `Sandbox.fail` takes."""

    def __init__(self, state: State) -> None:
        self.state = state

    @abstractmethod
    def routes(self) -> Sequence[Route]:
        """Return every request that is understood; the first that matches answers."""

    @abstractmethod
    def failure(self, status: int) -> Answer:
        """Return the answer with this status, and the body that the real platform sends with it."""

    def authorize(self, call: Call, permission: str) -> None:
        """Raise RefusedError for wrong credentials or a revoked `permission`; empty: credentials are enough."""
        raise NotImplementedError

    def rate_headers(self, remaining: int, reset: float) -> dict[str, str]:
        """Return how many requests are left, and in how many seconds there are more, as its clients read it."""
        del remaining
        return {"Retry-After": str(int(reset) + 1)}

    def rate_limited(self, reset: float | None) -> Answer:
        """Return a 429, with or without when it ends (`reset`, in seconds from now)."""
        headers = self.rate_headers(0, reset or 0)
        return Answer(429, self.failure(429).body, dict.fromkeys(headers, "") if reset is None else headers)

    def refusal(self, reason: str, done: Answer | None = None) -> Answer:
        """Return one of its own refusals, or a bare status. Raises ValueError for an unknown reason.

        done: the answer that the request would have got, when it was carried out all the same.
        """
        del done  # only Reddit gives a hint of it
        if reason in self.refusals:
            return self.refusals[reason]
        if reason.isdigit():
            return self.failure(int(reason))
        raise ValueError(f"{self.name} does not refuse with {reason!r}")

    def headers(self) -> Mapping[str, str]:
        """Return the headers that go with every answer; an answer's own come first, and an empty one takes one out."""
        return {}

    def clear(self) -> None:  # noqa: B027 - one without a state has nothing to forget
        """Forget everything but the state, which is cleared by itself."""


class StandIn(Service):
    """One platform, as far as its client library and our look-ups use it."""

    brand: ClassVar[Brand]
    user: ClassVar[str]
    """The name of the account whose credentials it accepts."""
    plain_keys: ClassVar[frozenset[str]] = frozenset()
    """The keys of `credentials` that only name the account, and stand in the configuration as they are."""
    settings: ClassVar[Mapping[str, str]] = {}
    """What else an account must be configured with."""
    key_lifetime: ClassVar[timedelta] = timedelta()
    """How long after a write its idempotency key is known."""
    secret_paths: ClassVar[Mapping[str, str]] = {}
    """Keys whose value is an address of the stand-in's own, in place of the credentials: what stands after its host."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.revoked: set[str] = set()
        self.deduplicates = True
        """A second write is recognised, as far as the platform does that: by its key, its text or its link."""
        self._keys: dict[str, tuple[str, datetime]] = {}
        """The id of the post that was made under each key, and when."""
        self.media: dict[str, Image] = {}
        """What was uploaded, by its id there."""

    @property
    @abstractmethod
    def credentials(self) -> Mapping[str, str]:
        """Return every value that the platform accepts, by the configuration's key."""

    @property
    def permissions(self) -> frozenset[str]:
        """Return the scopes or permissions that can be taken away, in the platform's own words."""
        return frozenset(route.needs for route in self.routes() if route.needs)

    @abstractmethod
    def new_id(self, at: datetime) -> str:
        """Return the id of a post that is made at this moment."""

    @abstractmethod
    def make_payload(self, *, text: str, title: str, link: str, at: datetime) -> Mapping[str, Any]:
        """Return what somebody's client would send for this post."""

    @abstractmethod
    def visible_fields(self, id_: str, by: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Return `url`, `text`, `link` and where there are any `title` and `picture`, as a reader finds them."""

    def post_under_key(self, key: str) -> str | None:
        """Return the id of the post that was made under this idempotency key, while that is known."""
        now = self.state.clock()
        id_, at = self._keys.get(key, (None, now))
        return id_ if self.deduplicates and now - at < self.key_lifetime else None

    def add_post(
        self, payload: Mapping[str, Any], by: str, at: datetime, *, id_: str = "", key: str = ""
    ) -> SandboxPost:
        """Keep a new post, with this id and idempotency key where it has them."""
        id_ = id_ or self.new_id(at)
        if key:
            self._keys[key] = (id_, at)
        read = self.visible_fields(id_, by, payload)
        return self.state.add(SandboxPost(platform=self.name, id=id_, payload=payload, by=by, at=at, **read))

    def edit(self, post: SandboxPost, payload: Mapping[str, Any]) -> SandboxPost:
        """Keep a post with this payload in place of its own."""
        read = self.visible_fields(post.id, post.by, payload)
        return self.state.update(post, payload=payload, edited=self.state.clock(), **read)

    def as_post(self, post: SandboxPost) -> Post:
        """Return what was received as the value that a page draws a post from."""
        return as_post(post)

    def own_post(self, id: str) -> SandboxPost | None:  # noqa: A002 - the platforms' own word
        """Return a post of the account itself; None when it is somebody else's, or not there."""
        post = self.state.get(self.name, id)
        return post if post is not None and post.by == self.user and not post.deleted else None

    def remove(self, id: str) -> None:  # noqa: A002 - the platforms' own word
        """Delete a post, as its author would."""
        self.state.remove(self.name, id)

    def picture(self, ids: Iterable[str]) -> Image | None:
        """Return the first of the pictures with these ids that was uploaded."""
        return next((self.media[id_] for id_ in ids if id_ in self.media), None)

    def speak_as(self, server: str) -> None:
        """Be like another server software of the same protocol. Raises ValueError for a name that is none."""
        raise ValueError(f"{self.name} cannot be like {server!r}")

    def expire(self) -> None:
        """Let every access token expire that can. Most never do."""
        return

    def clear(self) -> None:
        super().clear()
        self.revoked.clear()
        self.media.clear()
        self._keys.clear()
        self.deduplicates = True


# ── small things that several of them need ───────────────────────────────────────────────────────────

_ADDRESS = re.compile(r"https?://[^\s<>\"\])]+")


def first_address(text: str) -> str:
    """Return the first web address in a text, without the punctuation behind it; empty when there is none."""
    found = _ADDRESS.search(text)
    return found[0].rstrip(".,;:!?'") if found else ""


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


def iso(at: datetime) -> str:
    """Return a time in UTC, with milliseconds and a Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def text_of(value: Any) -> str:
    """Return the value if it is text; what strangers send may be anything."""
    return value if isinstance(value, str) else ""


def proxy_page(status: int, words: str = "Bad gateway") -> Answer:
    """Return the page of a proxy in front of the platform."""
    return Answer(status, f"<!DOCTYPE html><html><title>{words}</title><body><h1>{words}</h1></body></html>")


def consent_page(who: str, asks: str, call: Call) -> Answer:
    """Return the page on which a person lets an application act for them: one button that sends the query back."""
    page = template("consent.html")
    return Answer(200, page.render(who=who, asks=asks, action=call.path, fields=call.query, code=""))


def code_page(who: str, code: str) -> Answer:
    """Return the page that shows a code to be copied."""
    return Answer(200, template("consent.html").render(who=who, code=code))
