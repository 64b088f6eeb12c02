"""A Mastodon instance, as far as Mastodon.py 2.3.3 and our look-ups use it.

Shapes and texts: docs.joinmastodon.org (2026-07), the server's post_status_service and
status_length_validator. What is checked: token, scope, length (graphemes, 23 for a link), media, and the
Idempotency-Key, which is kept for an hour: a second request with the same key gets the first one's status,
whatever it says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from crosspost.model import Image
from crosspost.pages.brand import Brand
from crosspost.platforms.mastodon.form import BRAND
from crosspost.platforms.mastodon.sandbox_answers import (
    HOST,
    MAX_DESCRIPTION,
    USER,
    account,
    account_id,
    ids,
    instance,
    instance_v1,
    media_entity,
    status_entity,
)
from crosspost.platforms.mastodon.sandbox_dialects import DIALECTS
from crosspost.platforms.mastodon.sandbox_login import SCOPES, Logins, fields_of
from crosspost.sandbox.base import Platform, milliseconds, slice_listing, text_of
from crosspost.sandbox.exchange import Answer, Call, Refused, Route
from crosspost.sandbox.memory import Memory, first_address
from crosspost.sandbox.values import SandboxPost

KEY_LIVES = timedelta(hours=1)
POLLS = 1
"""How often a picture that was uploaded is still being processed when it is asked for."""
YES_OR_NO = ("sensitive", "exclude_reblogs", "exclude_replies", "only_media", "pinned")
_VISIBILITIES = ("public", "unlisted", "private", "direct")
_ERRORS = {
    400: "Bad Request",
    401: "The access token is invalid",
    403: "This action is outside the authorized scopes",
    404: "Record not found",
    410: "Gone",
    422: "Validation failed: Text can't be blank",
    429: "Too many requests",
    500: "An unexpected error occurred",
    503: "Remote data could not be fetched",
}


class Mastodon(Platform):
    """mastodon.social in small."""

    name: ClassVar[str] = "mastodon"
    brand: ClassVar[Brand] = BRAND
    permissions: ClassVar[frozenset[str]] = frozenset(SCOPES)
    bad_headers: ClassVar[Mapping[str, str]] = {"X-RateLimit-Reset": "soon"}

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self._logins = Logins(memory, self.credentials["access_token"])
        self._keys: dict[str, tuple[str, datetime]] = {}
        self._media: dict[str, Image] = {}
        self._polls_left: dict[str, int] = {}
        self._dialect = DIALECTS["mastodon"]

    def speak_as(self, server: str) -> None:
        """Be like another server from now on. Raises ValueError for one that is not known."""
        if server not in DIALECTS:
            raise ValueError(f"there is no server {server!r}; there are: {', '.join(DIALECTS)}")
        self._dialect = DIALECTS[server]

    @property
    def credentials(self) -> Mapping[str, str]:
        return {"access_token": "sandbox-mastodon-access-token"}

    def routes(self) -> Sequence[Route]:
        return (
            Route("POST", "/api/v1/statuses", "write", self._post),
            Route("GET", "/api/v1/statuses/{id}", "read", self._status),
            Route("PUT", "/api/v1/statuses/{id}", "write", self._edit),
            Route("DELETE", "/api/v1/statuses/{id}", "write", self._delete),
            Route("GET", "/api/v1/accounts/verify_credentials", "auth", self._verify),
            Route("GET", "/api/v1/accounts/{id}/statuses", "read", self._statuses),
            Route("POST", "/api/v2/media", "upload", self._upload),
            Route("GET", "/api/v1/media/{id}", "read", self._media_state),
            Route("GET", "/api/v2/instance", "read", self._instance),
            Route("GET", "/api/v1/instance", "read", self._instance_v1),
            Route("GET", "/api/v1/apps/verify_credentials", "auth", self._app_of_token),
            *self._logins.routes(),
        )

    def failure(self, status: int) -> Answer:
        if status in (502, 504):  # the proxy's, in front of the application
            return Answer(status, f"<html><head><title>{status}</title></head><body>nginx</body></html>")
        if status == 404 and not self._dialect.whole:
            return Answer(404, "<h1>404 Not Found</h1>")
        return Answer(status, {"error": _ERRORS.get(status, "Something went wrong")})

    def rate_limited(self, reset: float | None) -> Answer:
        headers = {} if reset is None else self._rate_headers(0, reset)
        return Answer(429, {"error": _ERRORS[429]}, headers)

    def headers(self) -> Mapping[str, str]:
        return {"Date": self.memory.clock().strftime("%a, %d %b %Y %H:%M:%S GMT")}

    def seed(self, *, text: str, title: str, link: str, by: str, at: datetime) -> SandboxPost:
        words = "\n\n".join(
            part for part in (title, text, link) if part and part not in text.replace(part, "", 1)
        )
        return self._store({"status": words or text}, at, by or USER)

    def clear(self) -> None:
        super().clear()
        self._keys.clear()
        self._media.clear()
        self._dialect = DIALECTS["mastodon"]

    # ── statuses ──

    def _post(self, call: Call) -> Answer:
        self._authorise(call, "write:statuses")
        fields = fields_of(call)
        self._understand(fields)
        key = call.headers.get("idempotency-key", "") if self._dialect.keeps_keys and self.keeps_keys else ""
        now = self.memory.clock()
        if key in self._keys and now - self._keys[key][1] < KEY_LIVES:
            first = self.memory.get(self.name, self._keys[key][0])
            return self._answer(self._status_entity(first)) if first else self.failure(404)
        self._check(fields)
        post = self._store(fields, now, USER)
        if key:
            self._keys[key] = (post.id, now)
        return self._answer(self._status_entity(post))

    def _check(self, fields: Mapping[str, Any]) -> None:
        text = text_of(fields.get("status"))
        media = ids(fields, "media_ids")
        if not text.strip() and not media:
            raise _invalid("Validation failed: Text can't be blank")
        spoken = self._dialect
        if spoken.count and spoken.count(text_of(fields.get("spoiler_text")) + text) > spoken.limit:
            raise _invalid(
                f"Validation failed: Text character limit of {spoken.limit} exceeded", spoken.too_long
            )
        if fields.get("visibility") not in (None, *_VISIBILITIES):
            raise _invalid("Validation failed: Visibility is not included in the list")
        unknown = [id_ for id_ in media if id_ not in self._media]
        if unknown:
            raise _invalid(f"Media {', '.join(unknown)} not found or already attached to another post")
        if any(self._polls_left[id_] for id_ in media):
            raise _invalid("Cannot attach files that have not finished processing. Try again in a moment!")

    def _store(self, fields: Mapping[str, Any], at: datetime, by: str) -> SandboxPost:
        text = text_of(fields.get("status"))
        id_ = str((milliseconds(at) << 16) + self.memory.next_number())
        return self.memory.add(
            SandboxPost(
                platform=self.name,
                id=id_,
                url=f"https://{HOST}/@{by}/{id_}",
                text=text,
                link=first_address(text),
                payload=dict(fields),
                by=by,
                at=at,
                picture=next(
                    (self._media[one] for one in ids(fields, "media_ids") if one in self._media), None
                ),
            )
        )

    def _status(self, call: Call) -> Answer:
        post = self.memory.get(self.name, call.parts["id"])
        return self._answer(self._status_entity(post)) if post else self.failure(404)

    def _has(self) -> None:
        """Refuse what smaller servers do not have."""
        if not self._dialect.whole:
            raise Refused(self.failure(404))

    def _delete(self, call: Call) -> Answer:
        self._has()
        self._authorise(call, "write:statuses")
        post = self._own(call)
        self.remove(post.id)
        if call.fields.get("delete_media") or call.query.get("delete_media"):
            for media in ids(post.payload, "media_ids"):
                self._media.pop(media, None)
        return self._answer({**self._status_entity(post), "text": post.text})

    def _edit(self, call: Call) -> Answer:
        """Replace text and pictures: a picture that is not named is taken off, as the server does it."""
        self._authorise(call, "write:statuses")
        post = self._own(call)
        fields = fields_of(call)
        self._understand(fields)
        self._check(fields)
        text = text_of(fields.get("status"))
        kept = {name: post.payload[name] for name in ("visibility", "language") if name in post.payload}
        media = ids(fields, "media_ids")
        picture = next((self._media[one] for one in media if one in self._media), None)
        changed = self.memory.change(
            post,
            text=text,
            link=first_address(text),
            payload={**kept, **fields},
            picture=picture,
            edited=self.memory.clock(),
        )
        return self._answer(self._status_entity(changed))

    def _own(self, call: Call) -> SandboxPost:
        post = self.memory.get(self.name, call.parts["id"])
        if post is None or post.by != USER:
            raise Refused(self.failure(404))
        return post

    def _statuses(self, call: Call) -> Answer:
        name = self._name_of(call.parts["id"])
        if call.bearer():
            self._authorise(call, "read:statuses")
        query = call.query
        self._understand(query)
        bounds = {
            word: int(query[word])
            for word in ("since_id", "min_id", "max_id")
            if query.get(word, "").isdigit()
        }
        floor = max(bounds.get("since_id", 0), bounds.get("min_id", 0))
        meant = [
            post
            for post in self.memory.listed(self.name)
            if post.by == name and int(post.id) > floor and int(post.id) < bounds.get("max_id", 1 << 80)
        ]
        shown = slice_listing(meant, query.get("limit"), 20, 40)
        links = {}
        if shown:
            here = f"{call.base}{call.path}"
            links["Link"] = (
                f'<{here}?max_id={shown[-1].id}>; rel="next", <{here}?min_id={shown[0].id}>; rel="prev"'
            )
        return self._answer([self._status_entity(post) for post in shown], headers=links)

    # ── media ──

    def _upload(self, call: Call) -> Answer:
        self._authorise(call, "write:media")
        file = next((file for file in call.files if file.name == "file"), None)
        if file is None:
            raise _invalid("Validation failed: File can't be blank")
        if len(call.form.get("description", "")) > MAX_DESCRIPTION:
            raise _invalid(
                f"Validation failed: Description is too long (maximum is {MAX_DESCRIPTION} characters)"
            )
        id_ = str((milliseconds(self.memory.clock()) << 16) + self.memory.next_number())
        self._media[id_] = Image(file.data, file.mime_type, call.form.get("description", ""))
        whole = self._dialect.whole
        self._polls_left[id_] = POLLS if whole else 0
        return self._answer(
            media_entity(id_, self._media[id_], ready=not whole), status=202 if whole else 200
        )

    def _media_state(self, call: Call) -> Answer:
        self._authorise(call, "write:media")
        id_ = call.parts["id"]
        if id_ not in self._media:
            return self.failure(404)
        if self._polls_left[id_]:
            self._polls_left[id_] -= 1
            return self._answer(media_entity(id_, self._media[id_], ready=False), status=206)
        return self._answer(media_entity(id_, self._media[id_], ready=True))

    # ── the account and the instance ──

    def _instance(self, call: Call) -> Answer:  # noqa: ARG002 - a handler's form
        self._has()
        return self._answer(self._in_dialect(instance()))

    def _instance_v1(self, call: Call) -> Answer:  # noqa: ARG002 - a handler's form
        return self._answer(self._in_dialect(instance_v1()))

    def _in_dialect(self, said: dict[str, Any]) -> dict[str, Any]:
        said["version"] = self._dialect.version
        said["configuration"]["statuses"]["characters_reserved_per_url"] = self._dialect.announced_per_link
        return said

    def _understand(self, fields: Mapping[str, Any]) -> None:
        """Refuse "1" and "0" for yes and no where they are not understood."""
        digits = [name for name in YES_OR_NO if str(fields.get(name)) in ("0", "1")]
        if digits and not self._dialect.takes_digits:
            issues = [{"code": "invalid_type", "expected": "boolean", "path": [name]} for name in digits]
            raise Refused(Answer(422, {"error": "invalid_request", "zod_error": {"issues": issues}}))

    def _verify(self, call: Call) -> Answer:
        self._authorise(call, "read:accounts")
        source = {"privacy": "public", "sensitive": False, "language": "en", "note": "", "fields": []}
        made = self._named(USER)["created_at"]
        later = {} if self._dialect.whole else {"statuses_count": 0, "last_status_at": made}
        return self._answer({**self._named(USER), **later, "source": source})

    def _name_of(self, wanted: str) -> str:
        known = {
            account_id(name): name for name in (USER, *(post.by for post in self.memory.posts(self.name)))
        }
        if wanted not in known:
            raise Refused(self.failure(404))
        return known[wanted]

    def _named(self, name: str) -> dict[str, Any]:
        return account(name, sum(post.by == name for post in self.memory.posts(self.name)))

    def _status_entity(self, post: SandboxPost) -> dict[str, Any]:
        return status_entity(post, self._media)

    # ── tokens ──

    def _app_of_token(self, call: Call) -> Answer:
        self._has()
        self._authorise(call, None)
        scopes = {"scopes": sorted(self._logins.tokens[call.bearer()])} if self._dialect.names_scopes else {}
        return self._answer({"name": "crosspost", "website": None, **scopes})

    def _authorise(self, call: Call, scope: str | None) -> None:
        granted = self._logins.tokens.get(call.bearer())
        if granted is None:
            silent = Answer(422 if call.path.endswith("/verify_credentials") else 401, "")
            raise Refused(self.failure(401) if self._dialect.whole else silent)
        if scope is None:
            return
        self.require(scope, self.failure(403))
        if scope not in granted and scope.partition(":")[0] not in granted:
            raise Refused(self.failure(403))

    def _answer(self, body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        return Answer(status, body, {**self._rate_headers(299, 300), **(headers or {})})

    def _rate_headers(self, remaining: int, reset: float) -> dict[str, str]:
        at = self.memory.clock().astimezone(UTC) + timedelta(seconds=reset)
        return {
            "X-RateLimit-Limit": "300",
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        }


STAND_IN = Mastodon


def _invalid(message: str, status: int = 422) -> Refused:
    return Refused(Answer(status, {"error": message}))
