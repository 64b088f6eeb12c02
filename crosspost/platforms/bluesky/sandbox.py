"""A Bluesky PDS, as far as atproto 0.0.73 and our look-ups use it.

Behaviour: the PDS's source in bluesky-social/atproto (2026-08). What is checked: the session, a post's
lengths (300 graphemes, 3,000 bytes), its facets and blobs, and putRecord's conditions: the same record
again is no commit and a success; another one under the same key is InvalidSwap when `swapRecord` is null,
and overwrites when it is absent.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from crosspost.model import Image, Post, utcnow
from crosspost.pages.brand import Brand
from crosspost.platforms.bluesky.form import BRAND
from crosspost.platforms.bluesky.sandbox_answers import (
    DID,
    HANDLE,
    POSTS,
    RAW,
    REFUSALS,
    account,
    blob_link,
    cid,
    error,
    invalid,
    iso,
    links,
    multihash,
    problems,
    record_entity,
    tid,
    uri_of,
)
from crosspost.sandbox.base import Platform, as_post, slice_listing, text_of
from crosspost.sandbox.exchange import Answer, Call, Refused, Route
from crosspost.sandbox.memory import Memory, first_address
from crosspost.sandbox.values import SandboxPost

ACCESS_LIVES = timedelta(hours=2)
REFRESH_LIVES = timedelta(days=90)
_RECORD_KEY = re.compile(r"[A-Za-z0-9._:~-]{1,512}")


class Bluesky(Platform):
    """bsky.social in small: one account, one repository."""

    name: ClassVar[str] = "bluesky"
    brand: ClassVar[Brand] = BRAND
    permissions: ClassVar[frozenset[str]] = frozenset({"write"})
    plain: ClassVar[frozenset[str]] = frozenset({"handle"})
    bad_headers: ClassVar[Mapping[str, str]] = {"ratelimit-reset": "soon", "ratelimit-remaining": "some"}

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self._access: set[str] = set()
        self._expired: set[str] = set()
        self._refresh: set[str] = set()
        self._blobs: dict[str, Image] = {}

    @property
    def credentials(self) -> Mapping[str, str]:
        return {"handle": HANDLE, "app_password": "sand-boxb-lues-kyap"}

    def routes(self) -> Sequence[Route]:
        server, repo = "/xrpc/com.atproto.server", "/xrpc/com.atproto.repo"
        return (
            Route("POST", f"{server}.createSession", "auth", self._create_session),
            Route("POST", f"{server}.refreshSession", "auth", self._refresh_session),
            Route("POST", f"{repo}.putRecord", "write", self._put),
            Route("GET", f"{repo}.getRecord", "read", self._get),
            Route("GET", f"{repo}.listRecords", "read", self._list),
            Route("POST", f"{repo}.deleteRecord", "write", self._delete),
            Route("POST", f"{repo}.uploadBlob", "upload", self._upload),
        )

    def failure(self, status: int) -> Answer:
        known = {
            400: ("InvalidRequest", "Invalid request"),
            401: ("AuthenticationRequired", "Authentication Required"),
            403: ("Forbidden", "Forbidden"),
            404: ("XRPCNotSupported", "XRPCNotSupported"),
            413: ("PayloadTooLarge", "request entity too large"),
            429: ("RateLimitExceeded", "Rate Limit Exceeded"),
            500: ("InternalServerError", "Internal Server Error"),
            502: ("UpstreamFailure", "Upstream Failure"),
            503: ("ServiceUnavailable", "Service Unavailable"),
        }
        return error(status, *known.get(status, ("Unknown", "Something went wrong")))

    def rate_limited(self, reset: float | None) -> Answer:
        return Answer(429, self.failure(429).body, {} if reset is None else self._rate_headers(0, reset))

    def refusal(self, reason: str, done: Answer | None = None) -> Answer:
        return REFUSALS[reason] if reason in REFUSALS else super().refusal(reason, done)

    def headers(self) -> Mapping[str, str]:
        return self._rate_headers(4990, 3600)

    def seed(self, *, text: str, title: str, link: str, by: str, at: datetime) -> SandboxPost:
        words = " ".join(part for part in (text or title, "" if link in text else link) if part)
        start = len(words.encode()) - len(link.encode())
        record: dict[str, Any] = {"$type": POSTS, "text": words, "createdAt": iso(at), "langs": ["en"]}
        if link:
            feature = {"$type": "app.bsky.richtext.facet#link", "uri": link}
            index = {"byteStart": start, "byteEnd": start + len(link.encode())}
            record["facets"] = [{"index": index, "features": [feature]}]
        return self._store(self._new_key(at), record, at, by or HANDLE)

    def shown(self, post: SandboxPost) -> Post:
        card = (post.payload.get("embed") or {}).get("external") or {}
        named = {word: card.get(word) for word in ("uri", "title", "description")}
        fields = {"facets": post.payload.get("facets") or [], **({"card": named} if card else {})}
        return as_post(post, fields=fields)

    def expire(self) -> None:
        self._expired |= self._access
        self._access.clear()

    def clear(self) -> None:
        super().clear()
        self._blobs.clear()

    # ── sessions ──

    def _create_session(self, call: Call) -> Answer:
        fields = call.fields
        if (
            text_of(fields.get("identifier")).lower() not in (HANDLE, DID)
            or fields.get("password") != self.credentials["app_password"]
        ):
            raise Refused(REFUSALS["AuthenticationRequired"])
        return self._session()

    def _refresh_session(self, call: Call) -> Answer:
        if call.bearer() not in self._refresh:
            raise Refused(REFUSALS["InvalidToken"])
        return self._session()

    def _session(self) -> Answer:
        access = self._token("com.atproto.appPass", ACCESS_LIVES)
        refresh = self._token("com.atproto.refresh", REFRESH_LIVES)
        self._access.add(access)
        self._refresh.add(refresh)  # the old one holds on for its two hours of grace
        return Answer(200, {"accessJwt": access, "refreshJwt": refresh, **account()})

    def _token(self, scope: str, lives: timedelta) -> str:
        # The client compares `exp` with the machine's own clock, whatever the sandbox's clock says.
        now = max(self.memory.clock(), utcnow())
        claims = {
            "scope": scope,
            "sub": DID,
            "aud": "did:web:sandbox.bsky.network",
            "iat": int(now.timestamp()),
            "exp": int((now + lives).timestamp()),
            "jti": str(self.memory.next_number()),
        }
        parts = ({"typ": "at+jwt", "alg": "HS256"}, claims)
        encoded = [_base64(json.dumps(part).encode()) for part in parts]
        return ".".join([*encoded, _base64(hashlib.sha256(".".join(encoded).encode()).digest())])

    def _authorise(self, call: Call) -> None:
        given = call.bearer()
        if not given:
            raise Refused(REFUSALS["AuthMissing"])
        if given not in self._access:
            raise Refused(REFUSALS["ExpiredToken" if given in self._expired else "InvalidToken"])

    # ── records ──

    def _put(self, call: Call) -> Answer:
        fields = self._writable(call)
        key, record = text_of(fields.get("rkey")), fields["record"]
        if not _RECORD_KEY.fullmatch(key):
            raise invalid(f'Invalid record key (got "{key}") at $.rkey')
        there = self.memory.get(self.name, key)
        if there is not None:
            if there.payload == record:
                return Answer(200, {"uri": uri_of(key), "cid": cid(record), "validationStatus": "valid"})
            found = cid(there.payload)
            if "swapRecord" in fields and fields["swapRecord"] != found:
                raise Refused(error(400, "InvalidSwap", f"Record was at {found}"))
            self.memory.remove(self.name, key)
        elif fields.get("swapRecord"):
            raise Refused(REFUSALS["InvalidSwap"])
        return self._commit(self._store(key, record, self.memory.clock(), HANDLE))

    def _writable(self, call: Call) -> Mapping[str, Any]:
        self._authorise(call)
        self.require("write", REFUSALS["Forbidden"])
        fields = call.json
        if not isinstance(fields, dict) or not isinstance(fields.get("record"), dict):
            raise invalid('Input must have the property "record"')
        if fields.get("repo") not in (DID, HANDLE):
            raise invalid(f"Could not find repo: {fields.get('repo')}")
        if fields.get("collection") != POSTS:
            raise invalid(f"Lexicon not found: {fields.get('collection')}")
        problem = next(problems(fields["record"], self._blobs), None)
        if problem and problem.startswith("Could not find blob"):
            raise Refused(error(400, "BlobNotFound", problem))
        if problem:
            raise invalid(f"Invalid {POSTS} record: {problem}")
        return fields

    def _commit(self, post: SandboxPost) -> Answer:
        revision = {
            "cid": cid({"commit": post.id}),
            "rev": tid(self.memory.clock(), self.memory.next_number()),
        }
        record = cid(post.payload)
        return Answer(
            200, {"uri": uri_of(post.id), "cid": record, "commit": revision, "validationStatus": "valid"}
        )

    def _store(self, key: str, record: Mapping[str, Any], at: datetime, by: str) -> SandboxPost:
        text = text_of(record.get("text"))
        card = (record.get("embed") or {}).get("external") or {}
        return self.memory.add(
            SandboxPost(
                platform=self.name,
                id=key,
                url=f"https://bsky.app/profile/{by}/post/{key}",
                text=text,
                title=text_of(card.get("title")),
                link=next(links(record), "") or text_of(card.get("uri")) or first_address(text),
                payload=record,
                by=by,
                at=at,
                picture=self._picture(record.get("embed") or {}),
            )
        )

    def _picture(self, embed: Mapping[str, Any]) -> Image | None:
        external = embed.get("external") or {}
        shown = [(one.get("image"), text_of(one.get("alt"))) for one in embed.get("images") or []]
        shown.append((external.get("thumb"), text_of(external.get("title"))))
        known = ((blob_link(blob), alt) for blob, alt in shown if blob)
        return next((replace(self._blobs[link], alt=alt) for link, alt in known if link in self._blobs), None)

    def _new_key(self, at: datetime) -> str:
        return tid(at, self.memory.next_number())

    def _get(self, call: Call) -> Answer:
        query = call.query
        post = self.memory.get(self.name, query.get("rkey", ""))
        mine = query.get("repo") in (DID, HANDLE) and query.get("collection") == POSTS
        if post is None or not mine or post.by != HANDLE:
            where = f"at://{query.get('repo')}/{query.get('collection')}/{query.get('rkey')}"
            return error(400, "RecordNotFound", f"Could not locate record: {where}")
        return Answer(200, record_entity(post))

    def _list(self, call: Call) -> Answer:
        query = call.query
        if query.get("repo") not in (DID, HANDLE):
            raise invalid(f"Could not find repo: {query.get('repo')}")
        newest_first = query.get("reverse") != "true"
        mine = [post for post in self.memory.listed(self.name) if post.by == HANDLE]
        ordered = sorted(mine, key=lambda post: post.id, reverse=newest_first)
        shown, cursor = _paged(ordered, query, newest_first=newest_first)
        return Answer(200, {"records": [record_entity(post) for post in shown], **cursor})

    def _delete(self, call: Call) -> Answer:
        self._authorise(call)
        key = text_of(call.fields.get("rkey"))
        if self.memory.get(self.name, key) is None:
            return Answer(200, {})
        self.remove(key)
        return Answer(200, {"commit": {"cid": cid({}), "rev": self._new_key(self.memory.clock())}})

    def _upload(self, call: Call) -> Answer:
        self._authorise(call)
        self.require("write", REFUSALS["Forbidden"])
        mime_type = call.headers.get("content-type", "application/octet-stream")
        if mime_type == "*/*" or not mime_type.startswith("image/"):
            mime_type = "image/png" if call.body.startswith(b"\x89PNG") else mime_type
        link = multihash(call.body, RAW)
        self._blobs[link] = Image(call.body, mime_type, "")
        blob = {"$type": "blob", "ref": {"$link": link}, "mimeType": mime_type, "size": len(call.body)}
        return Answer(200, {"blob": blob})

    def _rate_headers(self, remaining: int, reset: float) -> dict[str, str]:
        return {
            "ratelimit-limit": "5000",
            "ratelimit-remaining": str(remaining),
            "ratelimit-reset": str(int(self.memory.clock().timestamp() + reset)),
            "ratelimit-policy": "5000;w=3600",
        }


STAND_IN = Bluesky


def _paged(
    ordered: Sequence[SandboxPost], query: Mapping[str, str], *, newest_first: bool
) -> tuple[list[SandboxPost], dict[str, str]]:
    cursor = query.get("cursor")
    left = [
        post for post in ordered if not cursor or (post.id != cursor and (post.id < cursor) == newest_first)
    ]
    shown = slice_listing(left, query.get("limit"), 50, 100) if left else []
    return shown, ({"cursor": shown[-1].id} if shown else {})


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
