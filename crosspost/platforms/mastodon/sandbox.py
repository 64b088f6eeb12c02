"""A Mastodon instance, as far as Mastodon.py 2.3.3 and our look-ups use it.

Shapes and texts: docs.joinmastodon.org (2026-07), the server's post_status_service and
status_length_validator. What is checked: token, scope, length (graphemes, 23 for a link), media, and the
Idempotency-Key, which is known for an hour: a second request with the same key gets the first one's status,
whatever it says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from http.client import responses
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from crosspost.pages.brand import Brand
from crosspost.platforms.mastodon import sandbox_answers as answers
from crosspost.platforms.mastodon.form import BRAND
from crosspost.sandbox.base import StandIn, first_address, iso, proxy_page, slice_listing, text_of, token
from crosspost.sandbox.state import State
from crosspost.sandbox.values import Answer, Call, RefusedError, Route, SandboxPost

YES_OR_NO = ("sensitive", "exclude_reblogs", "exclude_replies", "only_media", "pinned")
SCOPES = ("read:accounts", "read:statuses", "write:statuses", "write:media")
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
_VISIBILITIES = ("public", "unlisted", "private", "direct")
_ERRORS = {
    401: "The access token is invalid",
    403: "This action is outside the authorized scopes",
    404: "Record not found",
    422: "Validation failed: Text can't be blank",
    429: "Too many requests",
}


class Mastodon(StandIn):
    """A small mastodon.social."""

    name: ClassVar[str] = "mastodon"
    brand: ClassVar[Brand] = BRAND
    user: ClassVar[str] = answers.USER
    credentials: ClassVar[Mapping[str, str]] = {"access_token": "sandbox-mastodon-access-token"}
    key_lifetime: ClassVar[timedelta] = timedelta(hours=1)
    id_bits: ClassVar[int] = 16

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._tokens = {self.credentials["access_token"]: frozenset(SCOPES)}
        """The scopes of each token."""
        self._apps: dict[str, str] = {}
        """The client's id → its secret."""
        self._codes: dict[str, tuple[str, str]] = {}
        """The code → the client's id, and the scopes that were allowed."""
        self._unready: set[str] = set()
        """Pictures that are processed until they have been requested once."""
        self._dialect = answers.DIALECTS["mastodon"]

    def speak_as(self, server: str) -> None:
        if server not in answers.DIALECTS:
            raise ValueError(f"there is no server {server!r}; there are: {', '.join(answers.DIALECTS)}")
        self._dialect = answers.DIALECTS[server]

    def routes(self) -> Sequence[Route]:
        statuses = "/api/v1/statuses"
        return (
            Route("POST", statuses, "write", self._post, "write:statuses"),
            Route("GET", f"{statuses}/{{id}}", "read", lambda call: self._status(call.parts["id"])),
            Route("PUT", f"{statuses}/{{id}}", "write", self._edit, "write:statuses"),
            Route("DELETE", f"{statuses}/{{id}}", "write", self._delete, "write:statuses"),
            Route("GET", "/api/v1/accounts/verify_credentials", "auth", self._verify, "read:accounts"),
            Route("GET", "/api/v1/accounts/{id}/statuses", "read", self._statuses, "read:statuses"),
            Route("POST", "/api/v2/media", "upload", self._upload, "write:media"),
            Route("GET", "/api/v1/media/{id}", "read", self._media_state, "write:media"),
            Route("GET", "/api/v2/instance", "read", self._instance_v2),
            Route("GET", "/api/v1/instance", "read", self._instance),
            Route("GET", "/api/v1/apps/verify_credentials", "auth", self._app_of_token, ""),
            Route("POST", "/api/v1/apps", "auth", self._register),
            Route("GET", "/.well-known/oauth-authorization-server", "auth", self._server),
            Route("*", "/oauth/authorize", "auth", self._consent),
            Route("POST", "/oauth/token", "auth", self._exchange),
        )

    def authorize(self, call: Call, permission: str) -> None:
        granted = self._tokens.get(call.authorization())
        if granted is None:
            empty = Answer(422 if call.path.endswith("/verify_credentials") else 401, "")
            raise RefusedError(self.failure(401) if self._dialect.is_complete else empty)
        is_granted = not permission or granted & {permission, permission.partition(":")[0]}
        if not is_granted or permission in self.revoked:
            raise RefusedError(self.failure(403))

    def failure(self, status: int) -> Answer:
        if status in (502, 504):
            return proxy_page(status)
        if status == 404 and not self._dialect.is_complete:
            return Answer(404, "<h1>404 Not Found</h1>")
        return Answer(status, {"error": _ERRORS.get(status, responses.get(status, "Something went wrong"))})

    def rate_headers(self, remaining: int, reset: float) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": "300",
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": iso(self.state.clock() + timedelta(seconds=reset)),
        }

    def headers(self) -> Mapping[str, str]:
        date = self.state.clock().strftime("%a, %d %b %Y %H:%M:%S GMT")
        return {"Date": date, **self.rate_headers(299, 300)}

    def make_payload(self, *, text: str, title: str, link: str, **_: object) -> Mapping[str, Any]:
        words = [part for part in (title, text, link) if part and part not in text.replace(part, "", 1)]
        return {"status": "\n\n".join(words) or text}

    def visible_fields(self, id_: str, by: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        text, picture = text_of(payload.get("status")), self.picture(answers.media_ids(payload))
        url = f"https://{answers.HOST}/@{by}/{id_}"
        return {"url": url, "text": text, "link": first_address(text), "picture": picture}

    def clear(self) -> None:
        super().clear()
        self._dialect = answers.DIALECTS["mastodon"]

    # ── statuses ──

    def _post(self, call: Call) -> Answer:
        fields = _fields_of(call)
        self._check_booleans(fields)
        key = call.headers.get("idempotency-key", "") if self._dialect.honours_keys else ""
        if (first := self.post_under_key(key)) is not None:
            return self._status(first)
        self._check(fields)
        return self._entity(self.add_own_post(fields, key=key))

    def _check(self, fields: Mapping[str, Any]) -> None:
        text, media = text_of(fields.get("status")), answers.media_ids(fields)
        count, limit = self._dialect.count, answers.MAX_CHARACTERS
        if not text.strip() and not media:
            raise _invalid("Validation failed: Text can't be blank")
        if count and count(text_of(fields.get("spoiler_text")) + text) > limit:
            message = f"Validation failed: Text character limit of {limit} exceeded"
            raise _invalid(message, self._dialect.too_long)
        if fields.get("visibility") not in (None, *_VISIBILITIES):
            raise _invalid("Validation failed: Visibility is not included in the list")
        if unknown := [id_ for id_ in media if id_ not in self.media]:
            raise _invalid(f"Media {', '.join(unknown)} not found or already attached to another post")
        if self._unready.intersection(media):
            raise _invalid("Cannot attach files that have not finished processing. Try again in a moment!")

    def _status(self, id_: str) -> Answer:
        post = self.get(id_)
        return self._entity(post) if post else self.failure(404)

    def _require_complete(self) -> None:
        """Refuse what smaller servers do not have."""
        if not self._dialect.is_complete:
            raise RefusedError(self.failure(404))

    def _delete(self, call: Call) -> Answer:
        self._require_complete()
        post = self._own_post_of(call)
        answer = self._entity(post)
        self.remove(post.id)
        if call.fields.get("delete_media") or call.query.get("delete_media"):
            for media in answers.media_ids(post.payload):
                self.media.pop(media, None)
        return answer

    def _edit(self, call: Call) -> Answer:
        """Replace text and pictures: a picture that is not named is removed, as the server does it."""
        post, fields = self._own_post_of(call), _fields_of(call)
        self._check_booleans(fields)
        self._check(fields)
        unchanged = {name: post.payload[name] for name in ("visibility", "language") if name in post.payload}
        return self._entity(self.edit(post, {**unchanged, **fields}))

    def _own_post_of(self, call: Call) -> SandboxPost:
        post = self.own_post(call.parts["id"])
        if post is None:
            raise RefusedError(self.failure(404))
        return post

    def _statuses(self, call: Call) -> Answer:
        query = call.query
        self._check_booleans(query)
        floor, ceiling = int(query.get("since_id", 0)), int(query.get("max_id", 1 << 80))
        matching = [
            post
            for post in self.listing()
            if answers.account_id(post.by) == call.parts["id"] and floor < int(post.id) < ceiling
        ]
        page = slice_listing(matching, query.get("limit"), 20, 40)
        links = {"Link": f'<{call.base}{call.path}?max_id={page[-1].id}>; rel="next"'} if page else {}
        return Answer(200, [answers.status(post, self.media) for post in page], links)

    def _check_booleans(self, fields: Mapping[str, Any]) -> None:
        """Refuse "1" and "0" for yes and no where they are not understood."""
        digits = [name for name in YES_OR_NO if str(fields.get(name)) in ("0", "1")]
        if digits and not self._dialect.takes_digits:
            issues = [{"code": "invalid_type", "expected": "boolean", "path": [name]} for name in digits]
            raise RefusedError(Answer(422, {"error": "invalid_request", "zod_error": {"issues": issues}}))

    def _entity(self, post: SandboxPost) -> Answer:
        return Answer(200, answers.status(post, self.media))

    # ── media ──

    def _upload(self, call: Call) -> Answer:
        file, alt, limit = call.files.get("file"), call.form.get("description", ""), answers.MAX_DESCRIPTION
        if file is None:
            raise _invalid("Validation failed: File can't be blank")
        if len(alt) > limit:
            raise _invalid(f"Validation failed: Description is too long (maximum is {limit} characters)")
        id_ = self.new_id(self.state.clock())
        self.media[id_] = replace(file, alt=alt)
        is_ready = not self._dialect.is_complete
        if not is_ready:
            self._unready.add(id_)
        return Answer(200 if is_ready else 202, answers.media(id_, self.media[id_], is_ready=is_ready))

    def _media_state(self, call: Call) -> Answer:
        id_ = call.parts["id"]
        if id_ not in self.media:
            return self.failure(404)
        is_ready = id_ not in self._unready
        self._unready.discard(id_)
        return Answer(200 if is_ready else 206, answers.media(id_, self.media[id_], is_ready=is_ready))

    # ── the account, the application and the instance ──

    def _instance(self, _: Call) -> Answer:
        return Answer(200, answers.instance(self._dialect))

    def _instance_v2(self, call: Call) -> Answer:
        self._require_complete()
        return self._instance(call)

    def _verify(self, _: Call) -> Answer:
        account = answers.account(self.user, sum(post.by == self.user for post in self.posts()))
        if not self._dialect.is_complete:
            account |= {"statuses_count": 0, "last_status_at": account["created_at"]}
        return Answer(200, account)

    def _app_of_token(self, call: Call) -> Answer:
        self._require_complete()
        scopes = sorted(self._tokens[call.authorization()])
        named = {"scopes": scopes} if self._dialect.names_scopes else {}
        return Answer(200, {"name": "crosspost", "website": None, **named})

    # ── how an application gets a token (docs.joinmastodon.org/methods/oauth, 2026-07) ──

    def _register(self, _: Call) -> Answer:
        id_ = self.new_token("client")
        self._apps[id_] = token(id_, "secret")
        app = {"id": str(len(self._apps)), "name": "crosspost", "redirect_uri": OUT_OF_BAND}
        return Answer(200, {**app, "client_id": id_, "client_secret": self._apps[id_]})

    def _server(self, call: Call) -> Answer:
        oauth = f"{call.base}/oauth"
        endpoints = {"authorization_endpoint": f"{oauth}/authorize", "token_endpoint": f"{oauth}/token"}
        return Answer(200, {**endpoints, "grant_types_supported": ["authorization_code"]})

    def _consent(self, call: Call) -> Answer:
        client_id, scope = call.parameters.get("client_id", ""), call.parameters.get("scope", "read")
        if client_id not in self._apps:
            return Answer(401, "<h1>Client authentication failed</h1>")
        if call.method == "GET":
            return self.consent_page(call, f"An application asks for: {scope}")
        code = self.new_token("code")
        self._codes[code] = (client_id, scope)
        return self.consent_page(call, code=code)

    def _exchange(self, call: Call) -> Answer:
        fields = _fields_of(call)
        client_id = text_of(fields.get("client_id"))
        if client_id not in self._apps or self._apps[client_id] != fields.get("client_secret"):
            return Answer(401, {"error": "invalid_client"})
        allowed, scope = self._codes.pop(text_of(fields.get("code")), ("", ""))
        if allowed != client_id:
            return Answer(400, {"error": "invalid_grant"})
        issued = self.new_token("access")
        self._tokens[issued] = frozenset(scope.split())
        return Answer(200, {"access_token": issued, "token_type": "Bearer", "scope": scope})


def _invalid(message: str, status: int = 422) -> RefusedError:
    return RefusedError(Answer(status, {"error": message}))


def _fields_of(call: Call) -> dict[str, Any]:
    """Return the fields, a form's `media_ids[]` gathered into a list."""
    if call.fields is not call.form:
        return dict(call.fields)
    fields: dict[str, Any] = {name: value for name, value in call.form.items() if not name.endswith("[]")}
    for name, value in parse_qsl(call.body.decode(errors="replace")):
        if name.endswith("[]"):
            fields.setdefault(name[:-2], []).append(value)
    return fields


STAND_IN = Mastodon
