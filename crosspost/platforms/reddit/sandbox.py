"""Reddit's API, as far as PRAW 8 and our look-ups use it; `www.` and `oauth.` are one address here.

Shapes: PRAW's recorded cassettes, the archived server (controllers/api.py, lib/errors.py, lib/utils for the
slug). What is checked: the client's and the user's credentials, scopes, lengths, the subreddit, the flair,
and, with resubmit=false, whether somebody has posted the link there already.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from crosspost.pages.brand import Brand
from crosspost.platforms.reddit.form import BRAND
from crosspost.platforms.reddit.sandbox_answers import (
    FIRST_ID,
    FLAIRS,
    HOST,
    MESSAGES,
    SENTENCES,
    SUBREDDIT,
    USER,
    account,
    base36,
    errors,
    flair_choices,
    insufficient,
    is_false,
    listing_of,
    post_requirements,
    slug,
    submission,
    validation,
)
from crosspost.platforms.reddit.sandbox_feed import FEED_PATH, PrivateFeed, blocked
from crosspost.sandbox.base import Platform, consent_page, slice_listing, token
from crosspost.sandbox.exchange import Answer, Call, Refused, Route
from crosspost.sandbox.memory import Memory, first_address
from crosspost.sandbox.values import SandboxPost

SCOPES = ("identity", "submit", "read", "history", "flair", "edit")
MAX_TITLE = 300
MAX_TEXT = 40_000


class Reddit(Platform):
    """r/rust in small."""

    name: ClassVar[str] = "reddit"
    brand: ClassVar[Brand] = BRAND
    permissions: ClassVar[frozenset[str]] = frozenset(SCOPES)
    plain: ClassVar[frozenset[str]] = frozenset({"subreddit"})
    settings: ClassVar[Mapping[str, str]] = {"user_agent": "linux:crosspost-rehearsal:1.0 (by /u/nobody)"}
    secret_paths: ClassVar[Mapping[str, str]] = {"feed": FEED_PATH}
    bad_headers: ClassVar[Mapping[str, str]] = {"x-ratelimit-remaining": "many"}

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self._refresh = {self.credentials["refresh_token"]: frozenset(SCOPES)}
        self._access: dict[str, frozenset[str]] = {}
        self._codes: dict[str, frozenset[str]] = {}
        self._gone: dict[str, str] = {}
        self._asked = 0
        self._feed = PrivateFeed(memory)

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
            Route("GET", "/api/v1/authorize", "auth", self._ask),
            Route("POST", "/api/v1/authorize", "auth", self._allow),
            Route("GET", "/api/v1/me", "read", self._me),
            Route("POST", "/api/submit", "write", self._submit),
            Route("GET", "/user/{name}/submitted", "read", self._submitted),
            Route("GET", "/r/{subreddit}/new", "read", self._new),
            Route("GET", "/api/info", "read", self._info),
            Route("POST", "/r/{subreddit}/api/flairselector", "read", self._flairs),
            Route("GET", "/api/v1/{subreddit}/post_requirements", "read", self._requirements),
            Route("HEAD", "/comments/{id}", "read", self._lead),
            Route("HEAD", "/r/{subreddit}/s/{id}", "read", self._lead),
            Route("POST", "/api/del", "write", self._delete),
            Route("POST", "/api/editusertext", "write", self._edit),
            Route("GET", "/r/{subreddit}/.rss", "read", self._feed_of_all),
            Route("GET", "/r/{subreddit}/new/.rss", "read", self._feed_of_all),
            Route("GET", "/r/{subreddit}/search.rss", "read", self._feed_of_all),
            Route("GET", "/domain/{domain}/.rss", "read", self._feed_of_domain),
        )

    def failure(self, status: int) -> Answer:
        if status in (502, 503, 504, 520, 522):  # the content network's, in front of Reddit
            return Answer(
                status,
                "<!doctype html><html><title>Ow! -- reddit.com</title><body>we took too long</body></html>",
            )
        headers = (
            {"www-authenticate": 'Bearer realm="reddit", error="invalid_token"'} if status == 401 else {}
        )
        return Answer(status, {"message": MESSAGES.get(status, "Error"), "error": status}, headers)

    def rate_limited(self, reset: float | None) -> Answer:
        headers = (
            {} if reset is None else {"retry-after": str(int(reset)), **self._rate_headers(0, int(reset))}
        )
        return Answer(429, {"message": "Too Many Requests", "error": 429}, headers)

    def refusal(self, reason: str, done: Answer | None = None) -> Answer:
        """Return a code of `json.errors`, SUBMIT_VALIDATION_…, insufficient_scope, 401-without-header, a status, or
        network-security: the block page that data centres get."""
        if reason in SENTENCES:
            refused = errors(reason)
            if (
                done is not None and reason == "RATELIMIT"
            ):  # it is known to say so of a post that it has created
                refused.body["json"]["data"] = done.body["json"]["data"]
            return refused
        if reason.startswith("SUBMIT_VALIDATION_"):
            return validation(reason, "This community has rules, and the post breaks one of them.")
        if reason == "insufficient_scope":
            return insufficient()
        if reason == "network-security":
            return blocked()
        if reason == "401-without-header":
            return Answer(401, {"message": "Unauthorized", "error": 401})
        return super().refusal(reason, done)

    def seed(self, *, text: str, title: str, link: str, by: str, at: datetime) -> SandboxPost:
        kind = "link" if link else "self"
        return self._store(
            {"kind": kind, "sr": SUBREDDIT, "title": title, "url": link, "text": text}, at, by or USER
        )

    def remove(self, id: str) -> None:  # noqa: A002 - the platforms' own word
        """Delete a post for its author: it leaves every listing, and what is left of it says so."""
        self._gone[id] = "deleted"
        if (post := self.memory.get(self.name, id)) is not None:
            self.memory.change(post, deleted=True)

    def filter(self, id: str) -> None:  # noqa: A002 - the platforms' own word
        """Let the spam filter catch a post: it leaves /new, and stays in its author's own listing."""
        self._gone[id] = "reddit"

    def expire(self) -> None:
        self._access.clear()

    def headers(self) -> Mapping[str, str]:
        return {
            "Via": "1.1 varnish",
            "cache-control": "private, s-maxage=0, max-age=0, must-revalidate, no-store",
        }

    def clear(self) -> None:
        super().clear()
        self._gone.clear()
        self._feed.clear()

    # ── tokens ──

    def _token(self, call: Call) -> Answer:
        expected = f"{self.credentials['client_id']}:{self.credentials['client_secret']}".encode()
        if call.bearer("basic") != base64.b64encode(expected).decode():
            return Answer(401, {"message": "Unauthorized", "error": 401})
        form = call.form
        grants: Mapping[str, Callable[[Mapping[str, str]], Answer]] = {
            "refresh_token": self._by_refresh,
            "authorization_code": self._by_code,
        }
        grant = grants.get(form.get("grant_type", ""))
        return grant(form) if grant else Answer(200, {"error": "unsupported_grant_type"})

    def _by_refresh(self, form: Mapping[str, str]) -> Answer:
        given = form.get("refresh_token", "")
        if given not in self._refresh:
            return Answer(400, {"message": "Bad Request", "error": 400})
        return self._issue(self._refresh[given], given)

    def _by_code(self, form: Mapping[str, str]) -> Answer:
        scopes = self._codes.pop(form.get("code", ""), None)
        if scopes is None:
            return Answer(200, {"error": "invalid_grant"})
        refresh = token("reddit-refresh", self.memory.next_number())
        self._refresh[refresh] = scopes
        return self._issue(scopes, refresh)

    def _issue(self, scopes: frozenset[str], refresh: str | None = None) -> Answer:
        access = token("reddit-access", self.memory.next_number())
        self._access[access] = scopes
        body = {
            "access_token": access,
            "token_type": "bearer",
            "expires_in": 86400,
            "scope": " ".join(sorted(scopes)),
        }
        return Answer(200, body | ({"refresh_token": refresh} if refresh else {}))

    def _ask(self, call: Call) -> Answer:
        if call.query.get("client_id") != self.credentials["client_id"]:
            return Answer(400, "<h1>bad request: you sent an invalid request — invalid client id.</h1>")
        return consent_page("Reddit", f"crosspost asks to: {call.query.get('scope', '')}, for u/{USER}", call)

    def _allow(self, call: Call) -> Answer:
        code = token("reddit-code", self.memory.next_number())
        self._codes[code] = frozenset(call.form.get("scope", "").replace(",", " ").split())
        query = urlencode({"state": call.form.get("state", ""), "code": code})
        return Answer(302, None, {"Location": f"{call.form.get('redirect_uri', '/')}?{query}#_"})

    def _authorise(self, call: Call, scope: str) -> None:
        granted = self._access.get(call.bearer())
        if granted is None:
            raise Refused(self.failure(401))
        self.require(scope, insufficient())
        if scope not in granted:
            raise Refused(insufficient())

    # ── submissions ──

    def _submit(self, call: Call) -> Answer:
        self._authorise(call, "submit")
        form = dict(call.form)
        self._check(form)
        post = self._store(form, self.memory.clock(), USER)
        data = {"url": post.url, "drafts_count": 0, "id": post.id, "name": f"t3_{post.id}"}
        return self._answer({"json": {"errors": [], "data": data}})

    def _check(self, form: Mapping[str, str]) -> None:
        title = " ".join(form.get("title", "").split())
        url = form.get("url", "")
        link = form.get("kind") == "link"
        again = link and self.keeps_keys and is_false(form.get("resubmit")) and bool(self._with_url(url))
        problems = (
            ("SUBREDDIT_NOEXIST", form.get("sr", "").lower() != SUBREDDIT),
            ("INVALID_OPTION", form.get("kind") not in ("link", "self")),
            ("NO_TEXT", not title),
            ("TOO_LONG", len(title) > MAX_TITLE or len(form.get("text", "")) > MAX_TEXT),
            ("NO_URL", link and not url),
            ("BAD_URL", link and not _is_address(url)),
            ("BAD_FLAIR_TEMPLATE_ID", form.get("flair_id", "") not in ("", *FLAIRS.values())),
            ("ALREADY_SUB", again),
        )
        for code, wrong in problems:
            if wrong:
                raise Refused(self._answer(errors(code).body))

    def _store(self, form: Mapping[str, str], at: datetime, by: str) -> SandboxPost:
        title = " ".join(form.get("title", "").split())
        id_ = base36(FIRST_ID + self.memory.next_number() * 1009)
        text = form.get("text", "")
        return self.memory.add(
            SandboxPost(
                platform=self.name,
                id=id_,
                url=f"{HOST}/r/{SUBREDDIT}/comments/{id_}/{slug(title)}/",
                text=text,
                title=title,
                link=form.get("url") or first_address(text),
                payload=dict(form),
                by=by,
                at=at,
            )
        )

    def _delete(self, call: Call) -> Answer:
        """Delete the account's own; what is somebody else's, or gone, gets the same answer and stays as it is."""
        self._authorise(call, "edit")
        post = self._own(call.form.get("id", ""))
        if post is not None:
            self.remove(post.id)
        return self._answer({})

    def _edit(self, call: Call) -> Answer:
        self._authorise(call, "edit")
        post = self._own(call.form.get("thing_id", ""))
        text = call.form.get("text", "")
        if post is None:
            return self._answer(errors("NOT_AUTHOR").body)
        if len(text) > MAX_TEXT:
            return self._answer(errors("TOO_LONG").body)
        payload = {**post.payload, "text": text}
        changed = self.memory.change(post, text=text, payload=payload, edited=self.memory.clock())
        thing = {"kind": "t3", "data": submission(changed, self._gone.get(post.id))}
        return self._answer({"json": {"errors": [], "data": {"things": [thing]}}})

    def _own(self, name: str) -> SandboxPost | None:
        post = self.memory.get(self.name, name.removeprefix("t3_"))
        return None if post is None or post.deleted or post.by != USER else post

    # ── listings ──

    def _me(self, call: Call) -> Answer:
        self._authorise(call, "identity")
        return self._answer(account(USER) | {"inbox_count": 0, "has_mail": False})

    def _submitted(self, call: Call) -> Answer:
        self._authorise(call, "history")
        name = call.parts["name"].lower()
        mine = [
            p
            for p in self.memory.listed(self.name)
            if p.by.lower() == name and self._gone.get(p.id) != "deleted"
        ]
        return self._listing(mine, call)

    def _new(self, call: Call) -> Answer:
        self._authorise(call, "read")
        if call.parts["subreddit"].lower() != SUBREDDIT:
            return self._listing([], call)
        return self._listing(self._shown(), call)

    def _feed_of_all(self, call: Call) -> Answer:
        """Answer a private feed of the subreddit, or of its search by site."""
        right = call.parts["subreddit"].lower() == SUBREDDIT
        return self._feed.answer(call, self._shown() if right else [], call.query.get("q", ""))

    def _feed_of_domain(self, call: Call) -> Answer:
        return self._feed.answer(call, self._shown(), f"site:{call.parts['domain']}")

    def _shown(self) -> list[SandboxPost]:
        return [post for post in self.memory.listed(self.name) if post.id not in self._gone]

    def _info(self, call: Call) -> Answer:
        self._authorise(call, "read")
        if call.query.get("url"):
            return self._listing(self._with_url(call.query["url"], self.memory.listed(self.name)), call)
        return self._named(call.query.get("id", ""), call)

    def _named(self, names: str, call: Call) -> Answer:
        ids = [name.removeprefix("t3_") for name in names.split(",")]
        found = [post for post in (self.memory.get(self.name, id_) for id_ in ids) if post]
        return self._listing(found, call)

    def _lead(self, call: Call) -> Answer:
        """Send a shortened address to its thread; here the key of a shared one is the thread's id."""
        post = self.memory.get(self.name, call.parts["id"])
        if post is None:
            return Answer(404, "<!doctype html><title>not found</title>")
        return Answer(301, None, {"Location": f"{post.url}?share_id=sandbox&utm_medium=ios_app"})

    def _with_url(self, url: str, among: Sequence[SandboxPost] | None = None) -> list[SandboxPost]:
        """Return link posts of exactly this address, compared letter for letter as Reddit does."""
        posts = self.memory.posts(self.name) if among is None else among
        return [p for p in posts if p.payload.get("url") == url and self._gone.get(p.id) != "deleted"]

    def _listing(self, posts: Sequence[SandboxPost], call: Call) -> Answer:
        after = call.query.get("after", "")
        names = [f"t3_{post.id}" for post in posts]
        if after in names:
            posts = posts[names.index(after) + 1 :]
        shown = slice_listing(posts, call.query.get("limit"), 25, 100)
        more = f"t3_{shown[-1].id}" if len(shown) < len(posts) else None
        return self._answer(listing_of([submission(post, self._gone.get(post.id)) for post in shown], more))

    # ── the subreddit ──

    def _flairs(self, call: Call) -> Answer:
        self._authorise(call, "flair")
        return self._answer(flair_choices())

    def _requirements(self, call: Call) -> Answer:
        self._authorise(call, "submit")
        return self._answer(post_requirements())

    def _answer(self, body: Any) -> Answer:
        # PRAW spreads its requests over the window when the budget shrinks; this one never does.
        self._asked = self._asked % 100 + 1
        return Answer(200, body, self._rate_headers(1000 - self._asked, 300))

    def _rate_headers(self, remaining: int, reset: int) -> dict[str, str]:
        return {
            "x-ratelimit-used": str(self._asked),
            "x-ratelimit-remaining": f"{remaining}.0",
            "x-ratelimit-reset": str(reset),
        }


STAND_IN = Reddit


def _is_address(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and "." in parts.netloc
