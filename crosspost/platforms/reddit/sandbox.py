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
from crosspost.platforms.reddit import sandbox_answers as answers
from crosspost.platforms.reddit.form import BRAND
from crosspost.sandbox.base import StandIn, first_address, proxy_page, slice_listing
from crosspost.sandbox.state import State
from crosspost.sandbox.values import Answer, Call, RefusedError, Route, SandboxPost

SCOPES = ("identity", "submit", "read", "history", "flair", "edit")
MAX_TITLE = 300
MAX_TEXT = 40_000


class Reddit(StandIn):
    """A small Reddit: r/rust alone."""

    name: ClassVar[str] = "reddit"
    brand: ClassVar[Brand] = BRAND
    user: ClassVar[str] = answers.USER
    credentials: ClassVar[Mapping[str, str]] = {
        "client_id": "sandbox-reddit-client-id",
        "client_secret": "sandbox-reddit-client-secret",
        "refresh_token": "sandbox-reddit-refresh-token",
        "subreddit": answers.SUBREDDIT,
    }
    plain_keys: ClassVar[frozenset[str]] = frozenset({"subreddit"})
    settings: ClassVar[Mapping[str, str]] = {"user_agent": "linux:crosspost-rehearsal:1.0 (by /u/nobody)"}
    secret_paths: ClassVar[Mapping[str, str]] = {"feed": answers.FEED_PATH}
    refusals: ClassVar[Mapping[str, Answer]] = answers.REFUSALS

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._refresh = {self.credentials["refresh_token"]: frozenset(SCOPES)}
        """The scopes of each refresh token, and below those of each access token and each code."""
        self._access: dict[str, frozenset[str]] = {}
        self._codes: dict[str, frozenset[str]] = {}
        self._last_feed: datetime | None = None
        """When a feed was last answered."""

    def routes(self) -> Sequence[Route]:
        return (
            Route("POST", "/api/v1/access_token", "auth", self._token),
            Route("*", "/api/v1/authorize", "auth", self._consent),
            Route("GET", "/api/v1/me", "read", self._me, "identity"),
            Route("POST", "/api/submit", "write", self._submit, "submit"),
            Route("GET", "/user/{name}/submitted", "read", self._submitted, "history"),
            Route("GET", "/r/{subreddit}/new", "read", self._new, "read"),
            Route("GET", "/api/info", "read", self._info, "read"),
            Route("POST", "/r/{subreddit}/api/flairselector", "read", self._flairs, "flair"),
            Route("GET", "/api/v1/{subreddit}/post_requirements", "read", self._rules, "submit"),
            Route("HEAD", "/comments/{id}", "read", self._redirect),
            Route("HEAD", "/r/{subreddit}/s/{id}", "read", self._redirect),
            Route("POST", "/api/del", "write", self._delete, "edit"),
            Route("POST", "/api/editusertext", "write", self._edit, "edit"),
            Route("GET", "/r/{subreddit}/new/.rss", "read", self._feed),
            Route("GET", "/r/{subreddit}/search.rss", "read", self._feed),
            Route("GET", "/domain/{domain}/.rss", "read", self._feed),
        )

    def authorize(self, call: Call, permission: str) -> None:
        granted = self._access.get(call.authorization())
        if granted is None:
            raise RefusedError(self.failure(401))
        if permission in self.revoked or permission not in granted:
            raise RefusedError(answers.INSUFFICIENT)

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
        if reason == "RATELIMIT" and done is not None:  # it may come with the id of a post that was created
            return Answer(200, {"json": {**refused.body["json"], "data": done.body["json"]["data"]}})
        return refused

    def new_id(self, at: datetime) -> str:  # noqa: ARG002 - Reddit counts
        return f"1vk{self.state.next_number():05}"  # base 36, in which digits are digits

    def make_payload(self, *, text: str, title: str, link: str, **_: object) -> Mapping[str, Any]:
        kind = "link" if link else "self"
        return {"kind": kind, "sr": answers.SUBREDDIT, "title": title, "url": link, "text": text}

    def visible_fields(self, id_: str, by: str, payload: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        title, text = " ".join(payload.get("title", "").split()), payload.get("text", "")
        url = f"{answers.HOST}/r/{answers.SUBREDDIT}/comments/{id_}/{answers.slug(title)}/"
        return {"url": url, "title": title, "text": text, "link": payload.get("url") or first_address(text)}

    def remove(self, id_: str) -> None:
        """Delete a post for its author: it leaves every listing, and is marked as deleted."""
        if (post := self.get(id_)) is not None:
            self.update(post, deleted=True)

    def expire(self) -> None:
        self._access.clear()

    def clear(self) -> None:
        super().clear()
        self._last_feed = None

    # ── tokens ──

    def _token(self, call: Call) -> Answer:
        expected = f"{self.credentials['client_id']}:{self.credentials['client_secret']}".encode()
        if call.authorization("basic") != base64.b64encode(expected).decode():
            return Answer(401, {"message": "Unauthorized", "error": 401})
        refresh = call.form.get("refresh_token", "")
        if call.form.get("grant_type") == "authorization_code":
            scopes = self._codes.pop(call.form.get("code", ""), None)
            if scopes is None:
                return Answer(200, {"error": "invalid_grant"})
            refresh = self.new_token("refresh")
            self._refresh[refresh] = scopes
        if refresh not in self._refresh:
            return self.failure(400)
        access = self.new_token("access")
        self._access[access] = self._refresh[refresh]
        body = {"access_token": access, "token_type": "bearer", "expires_in": 86400}
        scope = " ".join(sorted(self._access[access]))
        return Answer(200, {**body, "scope": scope, "refresh_token": refresh})

    def _consent(self, call: Call) -> Answer:
        query = call.parameters
        scope = query.get("scope", "")
        if query.get("client_id") != self.credentials["client_id"]:
            return Answer(400, "<h1>bad request: you sent an invalid request — invalid client id.</h1>")
        if call.method == "GET":
            return self.consent_page(call, f"crosspost asks to: {scope}, for u/{answers.USER}")
        code = self.new_token("code")
        self._codes[code] = frozenset(scope.replace(",", " ").split())
        answer = urlencode({"state": query.get("state", ""), "code": code})
        return Answer(302, None, {"Location": f"{query.get('redirect_uri', '/')}?{answer}#_"})

    # ── submissions ──

    def _submit(self, call: Call) -> Answer:
        form = dict(call.form)
        if code := self._problem(form):
            return self._answer(answers.errors(code))
        post = self.add_own_post(form)
        data = {"url": post.url, "drafts_count": 0, "id": post.id, "name": f"t3_{post.id}"}
        return self._answer({"json": {"errors": [], "data": data}})

    def _problem(self, form: Mapping[str, str]) -> str | None:
        """Return the code of the first error that Reddit finds in a post."""
        title, url = " ".join(form.get("title", "").split()), form.get("url", "")
        is_link = form.get("kind") == "link"
        must_be_new = is_link and self.deduplicates and form.get("resubmit", "").lower() == "false"
        problems = (
            ("SUBREDDIT_NOEXIST", form.get("sr", "").lower() != answers.SUBREDDIT),
            ("INVALID_OPTION", form.get("kind") not in ("link", "self")),
            ("NO_TEXT", not title),
            ("TOO_LONG", len(title) > MAX_TITLE or len(form.get("text", "")) > MAX_TEXT),
            ("NO_URL", is_link and not url),
            ("BAD_URL", is_link and not _is_address(url)),
            ("BAD_FLAIR_TEMPLATE_ID", form.get("flair_id", "") not in ("", *answers.FLAIRS.values())),
            ("ALREADY_SUB", must_be_new and bool(_with_url(url, self.posts()))),
        )
        return next((code for code, is_wrong in problems if is_wrong), None)

    def _delete(self, call: Call) -> Answer:
        """Delete the account's own post. Another's, or a missing one, gets the same answer and stays as it is."""
        post = self.own_post(_id_of(call.form.get("id", "")))
        if post is not None:
            self.remove(post.id)
        return self._answer({})

    def _edit(self, call: Call) -> Answer:
        post = self.own_post(_id_of(call.form.get("thing_id", "")))
        text = call.form.get("text", "")
        if post is None or len(text) > MAX_TEXT:
            return self._answer(answers.errors("NOT_AUTHOR" if post is None else "TOO_LONG"))
        thing = {"kind": "t3", "data": answers.submission(self.edit(post, {**post.payload, "text": text}))}
        return self._answer({"json": {"errors": [], "data": {"things": [thing]}}})

    # ── the account, the subreddit and listings ──

    def _me(self, _: Call) -> Answer:
        return self._answer(answers.ACCOUNT)

    def _flairs(self, _: Call) -> Answer:
        return self._answer(answers.CHOICES)

    def _rules(self, _: Call) -> Answer:
        return self._answer(answers.RULES)

    def _submitted(self, call: Call) -> Answer:
        name = call.parts["name"].lower()
        return self._listing([post for post in self._listed() if post.by.lower() == name], call)

    def _new(self, call: Call) -> Answer:
        return self._listing(self._listed(call.parts["subreddit"]), call)

    def _feed(self, call: Call) -> Answer:
        """Answer a private feed of the subreddit, of its search by site, or of a site."""
        if any(call.query.get(name) != value for name, value in answers.PAIR.items()):
            return answers.BLOCKED
        now = self.state.clock()
        left = answers.PACE - (now - self._last_feed) if self._last_feed else timedelta()
        if timedelta() < left <= answers.PACE:
            return answers.too_soon(left)
        self._last_feed = now
        posts = self._listed(call.parts.get("subreddit", answers.SUBREDDIT))
        site = call.parts.get("domain") or call.query.get("q", "").partition("site:")[2].partition(" ")[0]
        return answers.feed(call, [post for post in posts if answers.leads_to(post, site)])

    def _listed(self, subreddit: str = answers.SUBREDDIT) -> list[SandboxPost]:
        if subreddit.lower() != answers.SUBREDDIT:
            return []
        return [post for post in self.listing() if not post.deleted]

    def _info(self, call: Call) -> Answer:
        if call.query.get("url"):
            return self._listing(_with_url(call.query["url"], self._listed()), call)
        ids = map(_id_of, call.query.get("id", "").split(","))
        return self._listing([post for post in map(self.get, ids) if post], call)

    def _redirect(self, call: Call) -> Answer:
        """Redirect a shortened address to its thread. Here the key of a shared one is the thread's id."""
        post = self.get(call.parts["id"])
        if post is None:
            return Answer(404, "<!doctype html><title>not found</title>")
        return Answer(301, None, {"Location": f"{post.url}?share_id=sandbox&utm_medium=ios_app"})

    def _listing(self, posts: Sequence[SandboxPost], call: Call) -> Answer:
        ids, after = [post.id for post in posts], _id_of(call.query.get("after", ""))
        if after in ids:
            posts = posts[ids.index(after) + 1 :]
        page = slice_listing(posts, call.query.get("limit"), 25, 100)
        more = f"t3_{page[-1].id}" if len(page) < len(posts) else None
        return self._answer(answers.listing_of(list(map(answers.submission, page)), more))

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
