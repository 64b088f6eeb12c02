"""The base classes of the stand-ins: name, credentials, routes and refusals, and what several of them need."""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from crosspost.model import Image, Post
from crosspost.pages import template
from crosspost.pages.brand import Brand
from crosspost.sandbox.faults import Faults
from crosspost.sandbox.state import State
from crosspost.sandbox.values import Answer, Call, Route, SandboxPost


class Service(ABC):
    """A service with a port of its own."""

    name: ClassVar[str]
    refusals: ClassVar[Mapping[str, Answer]] = {}
    """The service's own refusals, by the reasons that `Sandbox.fail` takes."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.faults = Faults(state.lock)

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
        """Return the headers that say how many requests are left, and in how many seconds there are more."""
        del remaining
        return {"Retry-After": str(int(reset) + 1)}

    def rate_limited(self, reset: float | None) -> Answer:
        """Return a 429 that ends `reset` seconds from now; None: it does not say when."""
        headers = self.rate_headers(0, reset or 0)
        return Answer(429, self.failure(429).body, dict.fromkeys(headers, "") if reset is None else headers)

    def refusal(self, reason: str, done: Answer | None = None) -> Answer:
        """Return one of its own refusals, or a bare status. Raises ValueError for an unknown reason.

        done: the answer to the request, when it was carried out all the same.
        """
        del done  # only Reddit's refusal shows something of it
        if reason in self.refusals:
            return self.refusals[reason]
        if reason.isdigit():
            return self.failure(int(reason))
        raise ValueError(f"{self.name} does not refuse with {reason!r}")

    def headers(self) -> Mapping[str, str]:
        """Return the headers of every answer. An answer's own replace them, and an empty one removes one."""
        return {}

    def clear(self) -> None:
        """Forget everything that is not shared with the other services."""
        self.faults.clear()


class StandIn(Service):
    """One platform, as far as its client library and our look-ups use it."""

    brand: ClassVar[Brand]
    user: ClassVar[str]
    """The name of the account whose credentials it accepts."""
    credentials: ClassVar[Mapping[str, str]]
    """Every value that the platform accepts, by the configuration's key."""
    plain_keys: ClassVar[frozenset[str]] = frozenset()
    """The keys of `credentials` that only name the account, and stand in the configuration as they are."""
    settings: ClassVar[Mapping[str, str]] = {}
    """Further settings that an account must have."""
    key_lifetime: ClassVar[timedelta] = timedelta()
    """How long after a write its idempotency key is known."""
    secret_paths: ClassVar[Mapping[str, str]] = {}
    """The paths of addresses on the stand-in that replace the credentials, by the configuration's key."""
    id_bits: ClassVar[int] = 22
    """The bits of a post's id below the milliseconds."""
    id_epoch: ClassVar[int] = 0
    """The start of those milliseconds, in milliseconds since 1970."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.revoked: set[str] = set()
        self.deduplicates = True
        """A second write is recognised, as far as the platform does that: by its key, its text or its link."""
        self._keys: dict[str, tuple[str, datetime]] = {}
        """The id of the post under each idempotency key, and when it was made."""
        self.media: dict[str, Image] = {}
        """The uploads, by their id on the platform."""
        self._posts: list[SandboxPost] = []
        self._lag, self._looks = timedelta(), 0
        """For how long, and from how many listings, a new post is missing."""
        self._looks_left: dict[str, int] = {}
        """From how many more listings each post is missing, by its id."""

    @property
    def permissions(self) -> frozenset[str]:
        """Return the scopes or permissions that can be revoked, in the platform's own words."""
        return frozenset(route.needs for route in self.routes() if route.needs)

    @abstractmethod
    def make_payload(self, *, text: str, title: str, link: str, at: datetime) -> Mapping[str, Any]:
        """Return the payload that a client would send for this post."""

    @abstractmethod
    def visible_fields(self, id_: str, by: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Return `url`, `text`, `link` and, where there are any, `title` and `picture`, as a reader finds them."""

    def new_id(self, at: datetime) -> str:
        """Return a new id for a post of this time, such that ids sort by time."""
        milliseconds = int(at.timestamp() * 1000) - self.id_epoch
        return str((milliseconds << self.id_bits) + self.state.next_number())

    def post_under_key(self, key: str) -> str | None:
        """Return the id of the post that was made under this idempotency key, while that is known."""
        now = self.state.clock()
        id_, at = self._keys.get(key, (None, now))
        return id_ if self.deduplicates and now - at < self.key_lifetime else None

    def add_post(
        self, payload: Mapping[str, Any], by: str, at: datetime, *, id_: str = "", key: str = ""
    ) -> SandboxPost:
        """Store a new post, with this id and idempotency key where it has them. Listings show it, unless they lag."""
        id_ = id_ or self.new_id(at)
        if key:
            self._keys[key] = (id_, at)
        fields = self.visible_fields(id_, by, payload)
        number = self.state.next_post_number()
        post = SandboxPost(platform=self.name, id=id_, payload=payload, by=by, at=at, number=number, **fields)
        with self.state.lock:
            self._posts.append(post)
            self._looks_left[id_] = self._looks
        return post

    def add_own_post(self, payload: Mapping[str, Any], *, id_: str = "", key: str = "") -> SandboxPost:
        """Store a new post of the account itself, made now."""
        return self.add_post(payload, self.user, self.state.clock(), id_=id_, key=key)

    def edit(self, post: SandboxPost, payload: Mapping[str, Any]) -> SandboxPost:
        """Replace a post's payload."""
        fields = self.visible_fields(post.id, post.by, payload)
        return self.update(post, payload=payload, edited=self.state.clock(), **fields)

    def update(self, post: SandboxPost, **changes: Any) -> SandboxPost:
        """Change a post."""
        with self.state.lock:
            changed = replace(post, **changes)
            self._posts = [changed if each is post else each for each in self._posts]
            return changed

    def page_fields(self, post: SandboxPost) -> Mapping[str, Any]:
        """Return the `text` and `fields` that a page draws, where they are not the text that a reader finds alone."""
        del post
        return {}

    def as_post(self, post: SandboxPost) -> Post:
        """Return what was received as the value that a page draws a post from. Its first words name the issue."""
        issue = re.match(r"\D+\s(\d+)\b", post.title or post.text.partition("\n")[0])
        values = {
            "number": int(issue[1]) if issue else 0,
            "title": issue[0] if issue else post.title,
            "text": post.text,
            "alt": post.picture.alt or "a picture" if post.picture else None,
            **self.page_fields(post),
        }
        return Post(account=post.by, platform=post.platform, url=post.link, **values)

    def posts(self) -> tuple[SandboxPost, ...]:
        """Return every post there is, oldest first."""
        with self.state.lock:
            return tuple(self._posts)

    def listing(self) -> list[SandboxPost]:
        """Return what the platform's listings show now, newest first. Counts as one of the looks of `hide`."""
        with self.state.lock:
            newest = self.state.clock() - self._lag if self._lag else None
            listed = [
                post
                for post in reversed(self._posts)
                if not self._looks_left.get(post.id) and (newest is None or post.at <= newest)
            ]
            self._looks_left = {id_: max(looks - 1, 0) for id_, looks in self._looks_left.items()}
            return listed

    def hide(self, seconds: float, looks: int) -> None:
        """Leave a new post out of listings for so many seconds, and out of so many listings."""
        with self.state.lock:
            self._lag, self._looks = timedelta(seconds=seconds), looks
            if not looks:
                self._looks_left.clear()

    def get(self, id_: str) -> SandboxPost | None:
        """Return one post; None when it is not there."""
        return next((post for post in self.posts() if post.id == id_), None)

    def own_post(self, id_: str) -> SandboxPost | None:
        """Return a post of the account itself; None when it is somebody else's, or not there."""
        post = self.get(id_)
        return post if post is not None and post.by == self.user and not post.deleted else None

    def remove(self, id_: str) -> None:
        """Delete a post, as its author would."""
        with self.state.lock:
            self._posts = [post for post in self._posts if post.id != id_]

    def picture(self, ids: Iterable[str]) -> Image | None:
        """Return the first of the pictures with these ids that was uploaded."""
        return next((self.media[id_] for id_ in ids if id_ in self.media), None)

    def new_token(self, use: str) -> str:
        """Return a token that was not handed out before, for this use."""
        return token(self.name, use, self.state.next_number())

    def consent_page(self, call: Call, asks: str = "", code: str = "") -> Answer:
        """Return the page on which a person lets an application act for them: a button that sends the query back.

        code: show this code, to be copied, instead.
        """
        page = template("consent.html").render(
            who=self.brand.name, asks=asks, action=call.path, fields=call.query, code=code
        )
        return Answer(200, page)

    def speak_as(self, server: str) -> None:
        """Behave as another server software of the same protocol does. Raises ValueError for a name that is none."""
        raise ValueError(f"{self.name} cannot be like {server!r}")

    def expire(self) -> None:
        """Let every access token expire that can. Most never do."""
        return

    def clear(self) -> None:
        super().clear()
        self._posts = []
        self.hide(0, 0)
        self.revoked.clear()
        self.media.clear()
        self._keys.clear()
        self.deduplicates = True


# ── small things that several of them need ───────────────────────────────────────────────────────────

_ADDRESS = re.compile(r"https?://[^\s<>\"\])]+")


def first_address(text: str) -> str:
    """Return the first web address in a text, without the punctuation behind it; empty when there is none."""
    match = _ADDRESS.search(text)
    return match[0].rstrip(".,;:!?'") if match else ""


def with_link(text: str, link: str) -> str:
    """Return a text that has the link in it."""
    return text if link in text else f"{text} {link}".strip()


def slice_listing(
    posts: Sequence[SandboxPost], limit: str | None, default: int, maximum: int
) -> list[SandboxPost]:
    """Return as many as were requested, at most as many as the platform gives."""
    requested = int(limit) if limit and limit.isdigit() else default
    return list(posts[: max(1, min(requested, maximum))])


def token(*parts: object) -> str:
    """Return a made-up token, the same for the same parts."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:40]


def numeric_id(*parts: object) -> str:
    """Return a made-up number of up to 15 digits, the same for the same parts."""
    return str(int(token(*parts)[:12], 16))


def iso(at: datetime) -> str:
    """Return a time in UTC, with milliseconds and a Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def text_of(value: Any) -> str:
    """Return the value if it is text, else an empty one: what strangers send may be anything."""
    return value if isinstance(value, str) else ""


def proxy_page(status: int, words: str = "Bad gateway") -> Answer:
    """Return the page of a proxy in front of the platform."""
    return Answer(status, f"<!DOCTYPE html><html><title>{words}</title><body><h1>{words}</h1></body></html>")
