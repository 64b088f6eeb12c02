"""Reddit's API, as far as PRAW 8 and our look-ups use it; `www.` and `oauth.` are one address here.

Shapes: PRAW's recorded cassettes, the archived server (controllers/api.py, lib/errors.py, lib/utils for the
slug). What is checked: the client's and the user's credentials, scopes, lengths, the subreddit, the flair,
and, with resubmit=false, whether somebody has posted the link there already.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from http.client import responses
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from crosspost.pages.brand import Brand
from crosspost.platforms.reddit.form import BRAND
from crosspost.platforms.reddit.sandbox_answers import (
    ACCOUNT,
    BLOCKED,
    CHOICES,
    FEED_PATH,
    FLAIRS,
    HOST,
    INSUFFICIENT,
    PACE,
    PAIR,
    REFUSALS,
    RULES,
    SUBREDDIT,
    USER,
    errors,
    feed,
    leads_to,
    listing_of,
    slug,
    submission,
    too_soon,
)
from crosspost.sandbox.base import (
    StandIn,
    consent_page,
    first_address,
    proxy_page,
    slice_listing,
    token,
)
from crosspost.sandbox.state import State
from crosspost.sandbox.values import Answer, Call, RefusedError, Route, SandboxPost

SCOPES = ("identity", "submit", "read", "history", "flair", "edit")
MAX_TITLE = 300
MAX_TEXT = 40_000


class Reddit(StandIn):
    """r/rust in small."""

    name: ClassVar[str] = "reddit"
    brand: ClassVar[Brand] = BRAND
    user: ClassVar[str] = USER
    plain_keys: ClassVar[frozenset[str]] = frozenset({"subreddit"})
    settings: ClassVar[Mapping[str, str]] = {"user_agent": "linux:crosspost-rehearsal:1.0 (by /u/nobody)"}
    secret_paths: ClassVar[Mapping[str, str]] = {"feed": FEED_PATH}
    refusals: ClassVar[Mapping[str, Answer]] = REFUSALS

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._refresh = {self.credentials["refresh_token"]: frozenset(SCOPES)}
        self._access: dict[str, frozenset[str]] = {}
        self._codes: dict[str, frozenset[str]] = {}
        self._fed: datetime | None = None
        """When a feed was last answered."""

    @property
    def credentials(self) -> Mapping[str, str]:
        return {
            "client_id": "sandbox-reddit-client-id",
            "client_secret": "sandbox-reddit-client-secret",
            "refresh_token": "sandbox-reddit-refresh-token",
            "subreddit": SUBREDDIT,
        }

    def routes(self) -> Sequence[Route]:
        return (
            Route("POST", "/api/v1/access_token", "auth", self._token),
            Route("GET", "/api/v1/authorize", "auth", self._consent),
            Route("POST", "/api/v1/authorize", "auth", self._consent),
            Route("GET", "/api/v1/me", "read", lambda _: self._answer(ACCOUNT), "identity"),
            Route("POST", "/api/submit", "write", self._submit, "submit"),
            Route("GET", "/user/{name}/submitted", "read", self._submitted, "history"),
            Route("GET", "/r/{subreddit}/new", "read", self._new, "read"),
            Route("GET", "/api/info", "read", self._info, "read"),
            Route(
                "POST", "/r/{subreddit}/api/flairselector", "read", lambda _: self._answer(CHOICES), "flair"
            ),
            Route(
                "GET",
                "/api/v1/{subreddit}/post_requirements",
                "read",
                lambda _: self._answer(RULES),
                "submit",
            ),
            Route("HEAD", "/comments/{id}", "read", self._lead),
            Route("HEAD", "/r/{subreddit}/s/{id}", "read", self._lead),
            Route("POST", "/api/del", "write", self._delete, "edit"),
            Route("POST", "/api/editusertext", "write", self._edit, "edit"),
            Route("GET", "/r/{subreddit}/new/.rss", "read", self._feed),
            Route("GET", "/r/{subreddit}/search.rss", "read", self._feed),
            Route("GET", "/domain/{domain}/.rss", "read", self._feed),
        )

    def authorize(self, call: Call, permission: str) -> None:
        granted = self._access.get(call.bearer())
        if granted is None:
            raise RefusedError(self.failure(401))
        if permission in self.revoked or permission not in granted:
            raise RefusedError(INSUFFICIENT)

    def failure(self, status: int) -> Answer:
        if status in (502, 503, 504, 520, 522):  # the content network's, in front of Reddit
            return proxy_page(status)
        invalid = {"www-authenticate": 'Bearer realm="reddit", error="invalid_token"'}
        body = {"message": responses.get(status, "Error"), "error": status}
        return Answer(status, body, invalid if status == 401 else {})

    def rate_headers(self, remaining: int, reset: float) -> dict[str, str]:
        left = {"x-ratelimit-used": "1", "x-ratelimit-remaining": f"{remaining}.0"}
        wait = str(int(reset))
        return {**left, "x-ratelimit-reset": wait, **({} if remaining else {"retry-after": wait})}

    def refusal(self, reason: str, done: Answer | None = None) -> Answer:
        refused = super().refusal(reason)
        if reason == "RATELIMIT" and done is not None:  # it is known to say so of a post that it has created
            return Answer(200, {"json": {**refused.body["json"], "data": done.body["json"]["data"]}})
        return refused

    def new_id(self, at: datetime) -> str:
        del at
        return f"1vk{self.state.next_number():05}"  # base 36, in which digits are digits

    def make_payload(self, *, text: str, title: str, link: str, at: datetime) -> Mapping[str, Any]:
        del at
        kind = "link" if link else "self"
        return {"kind": kind, "sr": SUBREDDIT, "title": title, "url": link, "text": text}

    def visible_fields(self, id_: str, by: str, payload: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        title, text = " ".join(payload.get("title", "").split()), payload.get("text", "")
        url = f"{HOST}/r/{SUBREDDIT}/comments/{id_}/{slug(title)}/"
        return {"url": url, "title": title, "text": text, "link": payload.get("url") or first_address(text)}

    def remove(self, id: str) -> None:  # noqa: A002 - the platforms' own word
        """Delete a post for its author: it leaves every listing, and what is left of it says so."""
        if (post := self.state.get(self.name, id)) is not None:
            self.state.update(post, deleted=True)

    def expire(self) -> None:
        self._access.clear()

    def clear(self) -> None:
        super().clear()
        self._fed = None

    # ── tokens ──

    def _token(self, call: Call) -> Answer:
        expected = f"{self.credentials['client_id']}:{self.credentials['client_secret']}".encode()
        if call.bearer("basic") != base64.b64encode(expected).decode():
            return Answer(401, {"message": "Unauthorized", "error": 401})
        refresh = call.form.get("refresh_token", "")
        if call.form.get("grant_type") == "authorization_code":
            scopes = self._codes.pop(call.form.get("code", ""), None)
            if scopes is None:
                return Answer(200, {"error": "invalid_grant"})
            refresh = token("reddit-refresh", self.state.next_number())
            self._refresh[refresh] = scopes
        if refresh not in self._refresh:
            return self.failure(400)
        access = token("reddit-access", self.state.next_number())
        self._access[access] = self._refresh[refresh]
        body = {"access_token": access, "token_type": "bearer", "expires_in": 86400}
        scope = " ".join(sorted(self._access[access]))
        return Answer(200, {**body, "scope": scope, "refresh_token": refresh})

    def _consent(self, call: Call) -> Answer:
        given = {**call.query, **call.form}
        scope = given.get("scope", "")
        if given.get("client_id") != self.credentials["client_id"]:
            return Answer(400, "<h1>bad request: you sent an invalid request — invalid client id.</h1>")
        if call.method == "GET":
            return consent_page("Reddit", f"crosspost asks to: {scope}, for u/{USER}", call)
        code = token("reddit-code", self.state.next_number())
        self._codes[code] = frozenset(scope.replace(",", " ").split())
        query = urlencode({"state": given.get("state", ""), "code": code})
        return Answer(302, None, {"Location": f"{given.get('redirect_uri', '/')}?{query}#_"})

    # ── submissions ──

    def _submit(self, call: Call) -> Answer:
        form = dict(call.form)
        if code := self._problem(form):
            return self._answer(errors(code))
        post = self.add_post(form, USER, self.state.clock())
        data = {"url": post.url, "drafts_count": 0, "id": post.id, "name": f"t3_{post.id}"}
        return self._answer({"json": {"errors": [], "data": data}})

    def _problem(self, form: Mapping[str, str]) -> str | None:
        """Return the code of the first thing that Reddit finds wrong with a post."""
        title = " ".join(form.get("title", "").split())
        url = form.get("url", "")
        link = form.get("kind") == "link"
        again = link and self.deduplicates and form.get("resubmit", "").lower() == "false"
        problems = (
            ("SUBREDDIT_NOEXIST", form.get("sr", "").lower() != SUBREDDIT),
            ("INVALID_OPTION", form.get("kind") not in ("link", "self")),
            ("NO_TEXT", not title),
            ("TOO_LONG", len(title) > MAX_TITLE or len(form.get("text", "")) > MAX_TEXT),
            ("NO_URL", link and not url),
            ("BAD_URL", link and not _is_address(url)),
            ("BAD_FLAIR_TEMPLATE_ID", form.get("flair_id", "") not in ("", *FLAIRS.values())),
            ("ALREADY_SUB", again and bool(_with_url(url, self.state.posts(self.name)))),
        )
        return next((code for code, wrong in problems if wrong), None)

    def _delete(self, call: Call) -> Answer:
        """Delete the account's own; what is somebody else's, or gone, gets the same answer and stays as it is."""
        post = self.own_post(_id_of(call.form.get("id", "")))
        if post is not None:
            self.remove(post.id)
        return self._answer({})

    def _edit(self, call: Call) -> Answer:
        post = self.own_post(_id_of(call.form.get("thing_id", "")))
        text = call.form.get("text", "")
        if post is None or len(text) > MAX_TEXT:
            return self._answer(errors("NOT_AUTHOR" if post is None else "TOO_LONG"))
        thing = {"kind": "t3", "data": submission(self.edit(post, {**post.payload, "text": text}))}
        return self._answer({"json": {"errors": [], "data": {"things": [thing]}}})

    # ── listings ──

    def _submitted(self, call: Call) -> Answer:
        name = call.parts["name"].lower()
        return self._listing([post for post in self._there() if post.by.lower() == name], call)

    def _new(self, call: Call) -> Answer:
        return self._listing(self._there() if call.parts["subreddit"].lower() == SUBREDDIT else [], call)

    def _feed(self, call: Call) -> Answer:
        """Answer a private feed of the subreddit, of its search by site, or of a site."""
        if any(call.query.get(name) != value for name, value in PAIR.items()):
            return BLOCKED
        now = self.state.clock()
        left = PACE - (now - self._fed) if self._fed else timedelta()
        if timedelta() < left <= PACE:
            return too_soon(left)
        self._fed = now
        posts = self._there() if call.parts.get("subreddit", SUBREDDIT).lower() == SUBREDDIT else []
        site = call.parts.get("domain") or call.query.get("q", "").partition("site:")[2].partition(" ")[0]
        return feed(call, [post for post in posts if leads_to(post, site)])

    def _there(self) -> list[SandboxPost]:
        return [post for post in self.state.listing(self.name) if not post.deleted]

    def _info(self, call: Call) -> Answer:
        if call.query.get("url"):
            return self._listing(_with_url(call.query["url"], self._there()), call)
        asked = map(_id_of, call.query.get("id", "").split(","))
        found = [post for post in (self.state.get(self.name, id_) for id_ in asked) if post]
        return self._listing(found, call)

    def _lead(self, call: Call) -> Answer:
        """Send a shortened address to its thread; here the key of a shared one is the thread's id."""
        post = self.state.get(self.name, call.parts["id"])
        if post is None:
            return Answer(404, "<!doctype html><title>not found</title>")
        return Answer(301, None, {"Location": f"{post.url}?share_id=sandbox&utm_medium=ios_app"})

    def _listing(self, posts: Sequence[SandboxPost], call: Call) -> Answer:
        ids, after = [post.id for post in posts], _id_of(call.query.get("after", ""))
        if after in ids:
            posts = posts[ids.index(after) + 1 :]
        shown = slice_listing(posts, call.query.get("limit"), 25, 100)
        more = f"t3_{shown[-1].id}" if len(shown) < len(posts) else None
        return self._answer(listing_of(list(map(submission, shown)), more))

    def _answer(self, body: Any) -> Answer:
        return Answer(200, body, self.rate_headers(999, 300))


STAND_IN = Reddit


def _is_address(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and "." in parts.netloc


def _id_of(name: str) -> str:
    return name.removeprefix("t3_")


def _with_url(url: str, posts: Sequence[SandboxPost]) -> list[SandboxPost]:
    """Return link posts of exactly this address, compared letter for letter as Reddit does."""
    return [post for post in posts if post.payload.get("url") == url and not post.deleted]
