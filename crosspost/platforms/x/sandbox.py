"""X's API v2, as far as tweepy 4.17 and our look-ups use it.

Shapes: docs.x.com (2026-08) and tweepy's recorded cassettes. What is checked: the OAuth 1.0a signature of
every request (with oauthlib, for whichever of X's hosts the client believed in), the weighted length, a
text that exists already, the media that a post names, and the bounds of a timeline's parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlencode

from crosspost.model import Image
from crosspost.pages.brand import Brand
from crosspost.platforms.x.form import BRAND
from crosspost.platforms.x.sandbox_answers import (
    REFUSALS,
    USER,
    USER_ID,
    addresses,
    entity,
    full_address,
    invalid,
    not_found,
    problem,
    shortened,
    user,
    user_id,
    weighted_length,
)
from crosspost.sandbox.base import (
    Platform,
    code_page,
    consent_page,
    milliseconds,
    slice_listing,
    text_of,
    token,
)
from crosspost.sandbox.exchange import Answer, Call, Refused, Route
from crosspost.sandbox.memory import Memory
from crosspost.sandbox.values import SandboxPost

LIMIT = 280
HOSTS = ("https://api.twitter.com", "https://api.x.com")
DUPLICATES_FOR = timedelta(hours=24)
"""How long an identical text is refused. X does not say; a day is on the careful side."""
_EPOCH = 1288834974657
"""The first millisecond of X's ids."""


class X(Platform):
    """api.x.com in small."""

    name: ClassVar[str] = "x"
    brand: ClassVar[Brand] = BRAND
    permissions: ClassVar[frozenset[str]] = frozenset({"write"})
    bad_headers: ClassVar[Mapping[str, str]] = {
        "x-rate-limit-reset": "soon",
        "x-rate-limit-remaining": "some",
    }

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self._secrets = {self.credentials["access_token"]: self.credentials["access_token_secret"]}
        self._requested: dict[str, str] = {}
        self._pins: dict[str, str] = {}
        self._nonces: set[tuple[str, str]] = set()
        self._media: dict[str, Image] = {}

    @property
    def credentials(self) -> Mapping[str, str]:
        return {
            "consumer_key": "sandbox-x-consumer-key",
            "consumer_secret": "sandbox-x-consumer-secret",
            "access_token": f"{USER_ID}-sandbox-x-access-token",
            "access_token_secret": "sandbox-x-access-token-secret",
        }

    def routes(self) -> Sequence[Route]:
        return (
            Route("POST", "/2/tweets", "write", self._post),
            Route("GET", "/2/tweets/{id}", "read", self._tweet),
            Route("DELETE", "/2/tweets/{id}", "write", self._delete),
            Route("GET", "/2/users/me", "read", self._me),
            Route("GET", "/2/users/{id}/tweets", "read", self._timeline),
            Route("POST", "/2/media/upload", "upload", self._upload),
            Route("POST", "/2/media/metadata", "upload", self._metadata),
            Route("POST", "/oauth/request_token", "auth", self._request_token),
            Route("GET", "/oauth/authorize", "auth", self._ask),
            Route("POST", "/oauth/authorize", "auth", self._allow),
            Route("POST", "/oauth/access_token", "auth", self._access_token),
        )

    def failure(self, status: int) -> Answer:
        if status == 402:
            return REFUSALS["credits"]
        titles = {
            400: ("Invalid Request", "One or more parameters to your request was invalid."),
            401: ("Unauthorized", "Unauthorized"),
            403: ("Forbidden", "You are not permitted to perform this action."),
            404: ("Not Found", "Not Found"),
            429: ("Too Many Requests", "Too Many Requests"),
            500: ("Internal Server Error", "Something is broken. This is usually a temporary error."),
            503: ("Service Unavailable", "Service Unavailable"),
        }
        return problem(status, *titles.get(status, ("Error", "Something went wrong")))

    def rate_limited(self, reset: float | None) -> Answer:
        answer = self.failure(429)
        return Answer(429, answer.body, {} if reset is None else self._rate_headers(0, reset))

    def refusal(self, reason: str, done: Answer | None = None) -> Answer:
        return REFUSALS[reason] if reason in REFUSALS else super().refusal(reason, done)

    def seed(self, *, text: str, title: str, link: str, by: str, at: datetime) -> SandboxPost:
        words = text or title
        return self._store({"text": words if link in words else f"{words} {link}".strip()}, at, by or USER)

    def clear(self) -> None:
        super().clear()
        self._media.clear()

    # ── posts ──

    def _post(self, call: Call) -> Answer:
        self._authorise(call)
        self.require("write", REFUSALS["read-only"])
        fields = call.json
        if not isinstance(fields, dict):
            raise invalid("Requests with a body must be JSON.")
        text = text_of(fields.get("text"))
        media = _media_ids(fields)
        if not text.strip() and not media:
            raise invalid("You must provide text or media.")
        if weighted_length(text) > LIMIT:
            raise Refused(REFUSALS["too-long"])
        if any(id_ not in self._media for id_ in media):
            raise invalid("Your media IDs are invalid.")
        now = self.memory.clock()
        if self.keeps_keys and any(
            p.text == text and p.by == USER and now - p.at < DUPLICATES_FOR
            for p in self.memory.posts(self.name)
        ):
            raise Refused(REFUSALS["duplicate"])
        post = self._store(fields, now, USER)
        body = {"data": {"edit_history_tweet_ids": [post.id], "id": post.id, "text": shortened(post)}}
        return self._answer(body, 201)

    def _store(self, fields: Mapping[str, Any], at: datetime, by: str) -> SandboxPost:
        text = text_of(fields.get("text"))
        id_ = str((milliseconds(at) - _EPOCH << 22) + self.memory.next_number())
        found = addresses(text)
        return self.memory.add(
            SandboxPost(
                platform=self.name,
                id=id_,
                url=f"https://x.com/{by}/status/{id_}",
                text=text,
                link=full_address(found[0][0]) if found else "",
                payload=dict(fields),
                by=by,
                at=at,
                picture=next((self._media[one] for one in _media_ids(fields) if one in self._media), None),
            )
        )

    def _tweet(self, call: Call) -> Answer:
        self._authorise(call)
        post = self.memory.get(self.name, call.parts["id"])
        if post is None:
            return self._answer({"errors": [not_found(call.parts["id"])]})
        body: dict[str, Any] = {"data": entity(post, call.query)}
        if "author_id" in call.query.get("expansions", ""):
            body["includes"] = {"users": [user(post.by)]}
        return self._answer(body)

    def _delete(self, call: Call) -> Answer:
        self._authorise(call)
        self.require("write", REFUSALS["read-only"])
        post = self.memory.get(self.name, call.parts["id"])
        if post is not None and post.by != USER:
            return self.failure(403)
        self.remove(call.parts["id"])
        return self._answer({"data": {"deleted": True}})

    def _me(self, call: Call) -> Answer:
        self._authorise(call)
        own = [post.id for post in self.memory.posts(self.name) if post.by == USER]
        asked = "most_recent_tweet_id" in call.query.get("user.fields", "")
        newest = {"most_recent_tweet_id": max(own, key=int)} if asked and own else {}
        return self._answer({"data": {**user(USER), **newest}})

    def _timeline(self, call: Call) -> Answer:
        self._authorise(call)
        query = call.query
        most = query.get("max_results", "10")
        if not most.isdigit() or not 5 <= int(most) <= 100:
            raise invalid(
                f"The `max_results` query parameter value [{most}] is not between 5 and 100", "max_results"
            )
        names = {user_id(post.by): post.by for post in self.memory.posts(self.name)} | {USER_ID: USER}
        name = names.get(call.parts["id"])
        if name is None:
            return self._answer({"errors": [not_found(call.parts["id"])]})
        meant = [p for p in self.memory.listed(self.name) if p.by == name and _within(p, query)]
        older = query.get("pagination_token")
        if older:
            meant = [post for post in meant if int(post.id) < int(older)]
        shown = slice_listing(meant, most, 10, 100)
        meta: dict[str, Any] = {"result_count": len(shown)}
        if not shown:
            return self._answer({"meta": meta})
        meta |= {"newest_id": shown[0].id, "oldest_id": shown[-1].id}
        if len(meant) > len(shown):
            meta["next_token"] = shown[-1].id
        return self._answer({"data": [entity(post, query) for post in shown], "meta": meta})

    # ── media ──

    def _upload(self, call: Call) -> Answer:
        self._authorise(call)
        self.require("write", REFUSALS["read-only"])
        file = next((file for file in call.files if file.name == "media"), None)
        if file is None or not file.data:
            raise invalid("The `media` field is missing.")
        id_ = str((milliseconds(self.memory.clock()) - _EPOCH << 22) + self.memory.next_number())
        self._media[id_] = Image(file.data, file.mime_type, "")
        return self._answer(
            {
                "data": {
                    "id": id_,
                    "media_key": f"3_{id_}",
                    "expires_after_secs": 86400,
                    "size": len(file.data),
                    "image": {"image_type": file.mime_type, "w": 1200, "h": 675},
                }
            }
        )

    def _metadata(self, call: Call) -> Answer:
        self._authorise(call)
        fields = call.json if isinstance(call.json, dict) else {}
        id_ = text_of(fields.get("id"))
        alt = text_of(((fields.get("metadata") or {}).get("alt_text") or {}).get("text"))
        if id_ not in self._media or len(alt) > 1000:
            raise invalid("The media id or its alternative text is not valid.", "id")
        self._media[id_] = replace(self._media[id_], alt=alt)
        return self._answer({"data": {"id": id_, "associated_metadata": {"alt_text": {"text": alt}}}})

    # ── signing in ──

    def _request_token(self, call: Call) -> Answer:
        self._authorise(call, {})
        given = token("x-request", self.memory.next_number())
        self._requested[given] = token(given, "secret")
        return _urlencoded(
            oauth_token=given, oauth_token_secret=self._requested[given], oauth_callback_confirmed="true"
        )

    def _ask(self, call: Call) -> Answer:
        if call.query.get("oauth_token") not in self._requested:
            return Answer(401, "<h1>The request token for this page is invalid</h1>")
        return consent_page("X", f"Crosspost wants to read and post as @{USER}.", call)

    def _allow(self, call: Call) -> Answer:
        given = call.form.get("oauth_token", "")
        if given not in self._requested:
            return Answer(401, "<h1>The request token for this page is invalid</h1>")
        pin = str(int(token("x-pin", given)[:12], 16) % 9_000_000 + 1_000_000)
        self._pins[given] = pin
        return code_page("X", pin)

    def _access_token(self, call: Call) -> Answer:
        signed = self._authorise(call, self._requested)
        given = signed["oauth_token"]
        verifier = {**call.form, **call.query, **signed}.get("oauth_verifier", "")
        if not verifier or self._pins.pop(given, None) != verifier:
            raise Refused(
                Answer(401, "Error processing your OAuth request: Invalid oauth_verifier parameter")
            )
        del self._requested[given]
        issued = f"{USER_ID}-{token('x-access', self.memory.next_number())}"
        self._secrets[issued] = token(issued, "secret")
        return _urlencoded(
            oauth_token=issued, oauth_token_secret=self._secrets[issued], user_id=USER_ID, screen_name=USER
        )

    def _authorise(self, call: Call, tokens: Mapping[str, str] | None = None) -> Mapping[str, str]:
        """Verify the OAuth 1.0a signature; returns the parameters of its header.

        tokens: the tokens that will do, when others than the access tokens; empty: none is needed.
        """
        known = self._secrets if tokens is None else tokens
        signed = _header(call.headers.get("authorization", ""))
        once = (signed.get("oauth_nonce", ""), signed.get("oauth_timestamp", ""))
        good = (
            signed.get("oauth_consumer_key") == self.credentials["consumer_key"]
            and (not known or signed.get("oauth_token") in known)
            and (tokens is None or bool(known) or "oauth_token" not in signed)
            and once not in self._nonces
            and _signed(
                call, self.credentials["consumer_secret"], known.get(signed.get("oauth_token", ""), "")
            )
        )
        if not good:
            raise Refused(self.failure(401))
        self._nonces.add(once)
        return signed

    def _answer(self, body: Any, status: int = 200) -> Answer:
        level = "read" if "write" in self.revoked else "read-write"
        return Answer(status, body, {"x-access-level": level, **self._rate_headers(99, 900)})

    def _rate_headers(self, remaining: int, reset: float) -> dict[str, str]:
        return {
            "x-rate-limit-limit": "100",
            "x-rate-limit-remaining": str(remaining),
            "x-rate-limit-reset": str(int(self.memory.clock().timestamp() + reset)),
        }


STAND_IN = X


def _within(post: SandboxPost, query: Mapping[str, str]) -> bool:
    id_, at = int(post.id), post.at
    return (
        id_ > int(query.get("since_id", 0))
        and id_ < int(query.get("until_id", 1 << 80))
        and at >= _time(query.get("start_time"), at)
        and at <= _time(query.get("end_time"), at)
    )


def _time(text: str | None, otherwise: datetime) -> datetime:
    if text is None:
        return otherwise
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"The time [{text}] is not valid RFC 3339", "start_time") from None


def _urlencoded(**fields: str) -> Answer:
    return Answer(200, urlencode(fields), mime_type="text/html;charset=utf-8")


def _header(value: str) -> dict[str, str]:
    """Return the parameters of `Authorization: OAuth a="b", …`."""
    scheme, _, rest = value.partition(" ")
    if scheme.lower() != "oauth":
        return {}
    pairs = (part.strip().partition("=") for part in rest.split(","))
    return {name: unquote(text.strip('"')) for name, _, text in pairs}


def _signed(call: Call, consumer_secret: str, token_secret: str) -> bool:
    """Whether the signature is right, for one of the hosts that the client may have signed for."""
    from oauthlib.common import Request
    from oauthlib.oauth1.rfc5849 import signature

    forwarded = call.headers.get("x-forwarded-host")
    hosts = [*HOSTS, call.base, *([f"https://{forwarded}"] if forwarded else [])]
    is_form = call.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    params = signature.collect_parameters(
        uri_query=call.raw_query,
        body=parse_qsl(call.body.decode(), keep_blank_values=True) if is_form else [],
        headers={"Authorization": call.headers["authorization"]},
        exclude_oauth_signature=True,
    )
    given = _header(call.headers["authorization"]).get("oauth_signature", "")
    for host in hosts:
        request = Request(f"{host}{call.path}", call.method)
        request.params, request.signature = params, given
        if signature.verify_hmac_sha1(request, consumer_secret, token_secret):
            return True
    return False


def _media_ids(fields: Mapping[str, Any]) -> list[str]:
    return [str(one) for one in (fields.get("media") or {}).get("media_ids") or []]
