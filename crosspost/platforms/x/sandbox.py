"""X's API v2, as far as tweepy 4.17 and our look-ups use it.

Shapes: docs.x.com (2026-08) and tweepy's recorded cassettes. What is checked: the OAuth 1.0a signature of
every request (with oauthlib, for whichever of X's hosts the client believed in), the weighted length, a
text that exists already, the media that a post names, and the bounds of a timeline's parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from http.client import responses
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode

from crosspost.compose.counting.addresses import addresses
from crosspost.pages.brand import Brand
from crosspost.platforms.x.counting import weighted_length
from crosspost.platforms.x.form import BRAND
from crosspost.sandbox.base import StandIn, iso, numeric_id, slice_listing, text_of, token, with_link
from crosspost.sandbox.state import State
from crosspost.sandbox.values import Answer, Call, RefusedError, Route, SandboxPost

USER = "ThisWeekInRust"
USER_ID = "2283469994"
_PROBLEM = "https://api.x.com/2/problems"
"""Since the document of 2.159; before, they were under api.twitter.com."""


def _problem(status: int, title: str, detail: str, type_: str = "about:blank") -> Answer:
    """Return an error in the form of RFC 9457, as API v2 sends most of them."""
    return Answer(status, {"title": title, "type": type_, "status": status, "detail": detail})


REFUSALS: Mapping[str, Answer] = {
    "duplicate": _problem(403, "Forbidden", "You are not allowed to create a Tweet with duplicate content."),
    "duplicate-187": Answer(403, {"errors": [{"code": 187, "message": "Status is a duplicate."}]}),
    "credits": _problem(
        402,
        "CreditsDepleted",
        "Your enrolled account does not have any credits to fulfill this request.",
        f"{_PROBLEM}/credits",
    ),
    "too-long": _problem(
        403,
        "Forbidden",
        "Your Tweet text is too long. For more information on how Twitter determines text length see …",
    ),
    "read-only": _problem(
        403,
        "Forbidden",
        "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint.",
        f"{_PROBLEM}/oauth1-permissions",
    ),
}
LIMIT = 280
HOSTS = ("https://api.twitter.com", "https://api.x.com")
DUPLICATES_FOR = timedelta(hours=24)
"""How long an identical text is refused. X does not document it; a day is a careful guess."""
_ERRORS = {
    400: ("Invalid Request", "One or more parameters to your request was invalid."),
    403: ("Forbidden", "You are not permitted to perform this action."),
    500: ("Internal Server Error", "Something is broken. This is usually a temporary error."),
}


class X(StandIn):
    """A small api.x.com."""

    name: ClassVar[str] = "x"
    brand: ClassVar[Brand] = BRAND
    user: ClassVar[str] = USER
    credentials: ClassVar[Mapping[str, str]] = {
        "consumer_key": "sandbox-x-consumer-key",
        "consumer_secret": "sandbox-x-consumer-secret",
        "access_token": f"{USER_ID}-sandbox-x-access-token",
        "access_token_secret": "sandbox-x-access-token-secret",
    }
    refusals: ClassVar[Mapping[str, Answer]] = REFUSALS
    id_epoch: ClassVar[int] = 1288834974657

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._secrets = {self.credentials["access_token"]: self.credentials["access_token_secret"]}
        """The secret of each access token."""
        self._requested: dict[str, str] = {}
        """The secret of each request token, which waits for a person's consent."""
        self._pins: dict[str, str] = {}
        """The code that the person got for each request token."""
        self._nonces: set[tuple[str | None, str | None]] = set()

    def routes(self) -> Sequence[Route]:
        return (
            Route("POST", "/2/tweets", "write", self._post, "write"),
            Route("GET", "/2/tweets/{id}", "read", self._tweet, ""),
            Route("DELETE", "/2/tweets/{id}", "write", self._delete, "write"),
            Route("GET", "/2/users/me", "read", self._me, ""),
            Route("GET", "/2/users/{id}/tweets", "read", self._timeline, ""),
            Route("POST", "/2/media/upload", "upload", self._upload, "write"),
            Route("POST", "/2/media/metadata", "upload", self._metadata, "write"),
            Route("POST", "/oauth/request_token", "auth", self._request_token),
            Route("*", "/oauth/authorize", "auth", self._consent),
            Route("POST", "/oauth/access_token", "auth", self._access_token),
        )

    def authorize(self, call: Call, permission: str) -> None:
        self._verify_signature(call, self._secrets)
        if permission in self.revoked:
            raise RefusedError(REFUSALS["read-only"])

    def failure(self, status: int) -> Answer:
        if status == 402:
            return REFUSALS["credits"]
        phrase = responses.get(status, "Error")
        return _problem(status, *_ERRORS.get(status, (phrase, phrase)))

    def rate_headers(self, remaining: int, reset: float) -> dict[str, str]:
        return {
            "x-rate-limit-limit": "100",
            "x-rate-limit-remaining": str(remaining),
            "x-rate-limit-reset": str(int(self.state.clock().timestamp() + reset)),
        }

    def headers(self) -> Mapping[str, str]:
        level = "read" if "write" in self.revoked else "read-write"
        return {"x-access-level": level, **self.rate_headers(99, 900)}

    def make_payload(self, *, text: str, title: str, link: str, **_: object) -> Mapping[str, Any]:
        return {"text": with_link(text or title, link)}

    def visible_fields(self, id_: str, by: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        text = text_of(payload.get("text"))
        link = next((_full_address(found.text) for found in addresses(text)), "")
        picture = self.picture(_media_ids(payload))
        return {"url": f"https://x.com/{by}/status/{id_}", "text": text, "link": link, "picture": picture}

    # ── posts ──

    def _post(self, call: Call) -> Answer:
        fields = call.json
        if not isinstance(fields, dict):
            raise _invalid("Requests with a body must be JSON.")
        text = text_of(fields.get("text"))
        media = _media_ids(fields)
        if not text.strip() and not media:
            raise _invalid("You must provide text or media.")
        if weighted_length(text) > LIMIT:
            raise RefusedError(REFUSALS["too-long"])
        if any(id_ not in self.media for id_ in media):
            raise _invalid("Your media IDs are invalid.")
        now = self.state.clock()
        same = [post for post in self.posts() if post.text == text and post.by == USER]
        if self.deduplicates and any(now - post.at < DUPLICATES_FOR for post in same):
            raise RefusedError(REFUSALS["duplicate"])
        return Answer(201, {"data": _entity(self.add_own_post(fields))})

    def _tweet(self, call: Call) -> Answer:
        post = self.get(call.parts["id"])
        if post is None:  # an error in a 200
            detail = f"Could not find tweet with id: [{call.parts['id']}]."
            error = {"title": "Not Found Error", "detail": detail, "type": f"{_PROBLEM}/resource-not-found"}
            return Answer(200, {"errors": [error]})
        return Answer(200, {"data": _entity(post, call.query)})

    def _delete(self, call: Call) -> Answer:
        post = self.get(call.parts["id"])
        if post is not None and post.by != USER:
            return self.failure(403)
        self.remove(call.parts["id"])
        return Answer(200, {"data": {"deleted": True}})

    def _me(self, call: Call) -> Answer:
        own = [post.id for post in self.posts() if post.by == USER]
        is_requested = "most_recent_tweet_id" in call.query.get("user.fields", "")
        newest = {"most_recent_tweet_id": max(own, key=int)} if is_requested and own else {}
        return Answer(200, {"data": {**_user(USER), **newest}})

    def _timeline(self, call: Call) -> Answer:
        query = call.query
        requested = query.get("max_results", "10")
        if not requested.isdigit() or not 5 <= int(requested) <= 100:
            raise _invalid(
                f"The `max_results` query parameter value [{requested}] is not between 5 and 100",
                "max_results",
            )
        since = datetime.fromisoformat(query.get("start_time", "2006-03-21T00:00:00Z"))
        older = int(query.get("pagination_token", 1 << 80))
        matching = [
            post
            for post in self.listing()
            if _user_id(post.by) == call.parts["id"] and post.at >= since and int(post.id) < older
        ]
        page = slice_listing(matching, requested, 10, 100)
        meta: dict[str, Any] = {"result_count": len(page)}
        if not page:
            return Answer(200, {"meta": meta})
        meta |= {"newest_id": page[0].id, "oldest_id": page[-1].id}
        if len(matching) > len(page):
            meta["next_token"] = page[-1].id
        return Answer(200, {"data": [_entity(post, query) for post in page], "meta": meta})

    # ── media ──

    def _upload(self, call: Call) -> Answer:
        file = call.files.get("media")
        if file is None or not file.data:
            raise _invalid("The `media` field is missing.")
        id_ = self.new_id(self.state.clock())
        self.media[id_] = file
        return Answer(200, {"data": {"id": id_, "media_key": f"3_{id_}", "size": len(file.data)}})

    def _metadata(self, call: Call) -> Answer:
        fields = call.json if isinstance(call.json, dict) else {}
        id_ = text_of(fields.get("id"))
        alt = text_of(((fields.get("metadata") or {}).get("alt_text") or {}).get("text"))
        if id_ not in self.media or len(alt) > 1000:
            raise _invalid("The media id or its alternative text is not valid.", "id")
        self.media[id_] = replace(self.media[id_], alt=alt)
        return Answer(200, {"data": {"id": id_, "associated_metadata": {"alt_text": {"text": alt}}}})

    # ── signing in ──

    def _request_token(self, call: Call) -> Answer:
        self._verify_signature(call, {"": ""})
        issued = self.new_token("request")
        self._requested[issued] = secret = token(issued, "secret")
        return _urlencoded(oauth_token=issued, oauth_token_secret=secret, oauth_callback_confirmed="true")

    def _consent(self, call: Call) -> Answer:
        requested = call.parameters.get("oauth_token", "")
        if requested not in self._requested:
            return Answer(401, "<h1>The request token for this page is invalid</h1>")
        if call.method == "GET":
            return self.consent_page(call, f"Crosspost wants to read and post as @{USER}.")
        self._pins[requested] = str(int(numeric_id("x-pin", requested)) % 9_000_000 + 1_000_000)
        return self.consent_page(call, code=self._pins[requested])

    def _access_token(self, call: Call) -> Answer:
        signed = self._verify_signature(call, self._requested)
        requested = signed["oauth_token"]
        verifier = {**call.form, **call.query, **signed}.get("oauth_verifier", "")
        if not verifier or self._pins.pop(requested, None) != verifier:
            return Answer(401, "Error processing your OAuth request: Invalid oauth_verifier parameter")
        del self._requested[requested]
        issued = f"{USER_ID}-{self.new_token('access')}"
        self._secrets[issued] = secret = token(issued, "secret")
        return _urlencoded(oauth_token=issued, oauth_token_secret=secret, user_id=USER_ID, screen_name=USER)

    def _verify_signature(self, call: Call, tokens: Mapping[str, str]) -> Mapping[str, str]:
        """Verify the OAuth 1.0a signature by the secret of one of these tokens ("": without a token), used once.

        Returns the parameters of its header. Raises RefusedError.
        """
        signed = _header(call)
        token_, nonce = (
            signed.get("oauth_token", ""),
            (signed.get("oauth_nonce"), signed.get("oauth_timestamp")),
        )
        if (
            signed.get("oauth_consumer_key") != self.credentials["consumer_key"]
            or token_ not in tokens
            or nonce in self._nonces
            or not _is_signed(call, self.credentials["consumer_secret"], tokens[token_])
        ):
            raise RefusedError(self.failure(401))
        self._nonces.add(nonce)
        return signed


def _urlencoded(**fields: str) -> Answer:
    return Answer(200, urlencode(fields))


def _header(call: Call) -> dict[str, str]:
    """Return the parameters of `Authorization: OAuth a="b", …`."""
    from oauthlib.oauth1.rfc5849 import signature

    header = call.headers.get("authorization", "")
    if not header.lower().startswith("oauth "):
        return {}
    return dict(
        signature.collect_parameters(headers={"Authorization": header}, exclude_oauth_signature=False)
    )


def _is_signed(call: Call, consumer_secret: str, token_secret: str) -> bool:
    """Return whether the signature is right for one of the hosts that the client may have signed for."""
    from oauthlib.common import Request
    from oauthlib.oauth1.rfc5849 import signature

    forwarded = call.headers.get("x-forwarded-host")
    hosts = [*HOSTS, call.base, *([f"https://{forwarded}"] if forwarded else [])]
    is_form = call.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    params = signature.collect_parameters(
        uri_query=call.raw_query,
        body=parse_qsl(call.body.decode(), keep_blank_values=True) if is_form else [],
        headers={"Authorization": call.headers["authorization"]},
    )
    for host in hosts:
        request = Request(f"{host}{call.path}", call.method)
        request.params, request.signature = params, _header(call).get("oauth_signature", "")
        if signature.verify_hmac_sha1(request, consumer_secret, token_secret):
            return True
    return False


def _media_ids(fields: Mapping[str, Any]) -> list[str]:
    return [str(id_) for id_ in (fields.get("media") or {}).get("media_ids") or []]


def _full_address(address: str) -> str:
    return address if "://" in address else f"http://{address}"


def _links(post: SandboxPost) -> tuple[str, list[dict[str, Any]]]:
    """Return the post's text with t.co in place of every address, and each of them as an entity of that text."""
    text, end, urls = "", 0, list[dict[str, Any]]()
    for index, found in enumerate(addresses(post.text)):
        short = f"https://t.co/{token(post.id, index)[:10]}"
        text += post.text[end : found.start]
        span = {"start": len(text), "end": len(text) + len(short)}
        urls.append({**span, "url": short, "expanded_url": _full_address(found.text)})
        text, end = text + short, found.end
    return text + post.text[end:], urls


def _entity(post: SandboxPost, query: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return a post, with the fields that were requested."""
    text, urls = _links(post)
    fields = (query or {}).get("tweet.fields", "").split(",")
    optional: dict[str, Any] = {"created_at": iso(post.at), "author_id": _user_id(post.by)}
    if urls:
        optional["entities"] = {"urls": urls}
    requested = {name: value for name, value in optional.items() if name in fields}
    return {"edit_history_tweet_ids": [post.id], "id": post.id, "text": text, **requested}


def _user(name: str) -> dict[str, str]:
    return {"id": _user_id(name), "name": "This Week in Rust" if name == USER else name, "username": name}


def _user_id(name: str) -> str:
    return USER_ID if name == USER else numeric_id("x-user", name)


def _invalid(message: str, parameter: str = "text") -> RefusedError:
    title, detail = _ERRORS[400]
    errors = [{"parameters": {parameter: []}, "message": message}]
    body = {"errors": errors, "title": title, "detail": detail, "type": f"{_PROBLEM}/invalid-request"}
    return RefusedError(Answer(400, body))


STAND_IN = X
