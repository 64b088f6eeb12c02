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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from crosspost.model import Image, utcnow
from crosspost.pages.brand import Brand
from crosspost.platforms.bluesky.form import BRAND
from crosspost.platforms.bluesky.records import tid
from crosspost.sandbox.base import StandIn, first_address, iso, slice_listing, text_of
from crosspost.sandbox.state import State
from crosspost.sandbox.values import Answer, Call, RefusedError, Route, SandboxPost

HANDLE = "thisweekinrust.bsky.social"
DID = "did:plc:6gf6kyfmbdkcgzpnhgtxcvix"
POSTS = "app.bsky.feed.post"
LARGEST_THUMB = 1_000_000
RAW = 0x55
DAG_CBOR = 0x71


def _error(status: int, name: str, message: str) -> Answer:
    return Answer(status, {"error": name, "message": message})


REFUSALS: Mapping[str, Answer] = {
    "AuthMissing": _error(401, "AuthMissing", "Authentication Required"),
    "AuthenticationRequired": _error(401, "AuthenticationRequired", "Invalid identifier or password"),
    "ExpiredToken": _error(400, "ExpiredToken", "Token has expired"),
    "InvalidToken": _error(400, "InvalidToken", "Token could not be verified"),
    "InvalidSwap": _error(400, "InvalidSwap", "Record was at null"),
    "Forbidden": _error(403, "Forbidden", "Forbidden"),
}
ACCESS_LIVES = timedelta(hours=2)
REFRESH_LIVES = timedelta(days=90)
_RECORD_KEY = re.compile(r"[A-Za-z0-9._:~-]{1,512}")
_ERRORS = {
    400: ("InvalidRequest", "Invalid request"),
    401: ("AuthenticationRequired", "Authentication Required"),
    403: ("Forbidden", "Forbidden"),
    404: ("XRPCNotSupported", "XRPCNotSupported"),
    429: ("RateLimitExceeded", "Rate Limit Exceeded"),
    500: ("InternalServerError", "Internal Server Error"),
    502: ("UpstreamFailure", "Upstream Failure"),
    503: ("ServiceUnavailable", "Service Unavailable"),
}


class Bluesky(StandIn):
    """A small bsky.social: one account, one repository."""

    name: ClassVar[str] = "bluesky"
    brand: ClassVar[Brand] = BRAND
    user: ClassVar[str] = HANDLE
    credentials: ClassVar[Mapping[str, str]] = {"handle": HANDLE, "app_password": "sand-boxb-lues-kyap"}
    plain_keys: ClassVar[frozenset[str]] = frozenset({"handle"})
    refusals: ClassVar[Mapping[str, Answer]] = REFUSALS

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._tokens: dict[str, str] = {}
        """The use of each token that was handed out: "access", "refresh" or "expired"."""

    def routes(self) -> Sequence[Route]:
        server, repo = "/xrpc/com.atproto.server", "/xrpc/com.atproto.repo"
        return (
            Route("POST", f"{server}.createSession", "auth", self._create_session),
            Route("POST", f"{server}.refreshSession", "auth", self._refresh_session),
            Route("POST", f"{repo}.putRecord", "write", self._put, "write"),
            Route("GET", f"{repo}.getRecord", "read", self._get),
            Route("GET", f"{repo}.listRecords", "read", self._list),
            Route("POST", f"{repo}.deleteRecord", "write", self._delete, "write"),
            Route("POST", f"{repo}.uploadBlob", "upload", self._upload, "write"),
        )

    def authorize(self, call: Call, permission: str) -> None:
        if not (token := call.authorization()):
            raise RefusedError(REFUSALS["AuthMissing"])
        if (use := self._tokens.get(token)) != "access":
            raise RefusedError(REFUSALS["ExpiredToken" if use == "expired" else "InvalidToken"])
        if permission in self.revoked:
            raise RefusedError(REFUSALS["Forbidden"])

    def failure(self, status: int) -> Answer:
        return _error(status, *_ERRORS.get(status, ("Unknown", "Something went wrong")))

    def rate_headers(self, remaining: int, reset: float) -> dict[str, str]:
        return {
            "ratelimit-limit": "5000",
            "ratelimit-remaining": str(remaining),
            "ratelimit-reset": str(int(self.state.clock().timestamp() + reset)),
            "ratelimit-policy": "5000;w=3600",
        }

    def headers(self) -> Mapping[str, str]:
        return self.rate_headers(4990, 3600)

    def new_id(self, at: datetime) -> str:
        return tid(int(at.timestamp() * 1_000_000), self.state.next_number() % 1024)

    def make_payload(self, *, text: str, title: str, link: str, at: datetime) -> Mapping[str, Any]:
        words = " ".join(part for part in (text or title, "" if link in text else link) if part)
        start = len(words.encode()) - len(link.encode())
        record: dict[str, Any] = {"$type": POSTS, "text": words, "createdAt": iso(at), "langs": ["en"]}
        if link:
            feature = {"$type": "app.bsky.richtext.facet#link", "uri": link}
            index = {"byteStart": start, "byteEnd": start + len(link.encode())}
            record["facets"] = [{"index": index, "features": [feature]}]
        return record

    def visible_fields(self, id_: str, by: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        text, card = text_of(payload.get("text")), _card_of(payload)
        title, thumb = text_of(card.get("title")), self.picture([_blob_link(card.get("thumb") or {})])
        return {
            "url": f"https://bsky.app/profile/{by}/post/{id_}",
            "text": text,
            "title": title,
            "link": next(_links(payload), "") or text_of(card.get("uri")) or first_address(text),
            "picture": thumb and replace(thumb, alt=title),
        }

    def page_fields(self, post: SandboxPost) -> Mapping[str, Any]:
        facets, card = post.payload.get("facets") or [], _card_of(post.payload)
        texts = {word: card.get(word) for word in ("uri", "title", "description")}
        return {"fields": {"facets": facets, **({"card": texts} if card else {})}}

    def expire(self) -> None:
        self._tokens = {token: "expired" if use == "access" else use for token, use in self._tokens.items()}

    # ── sessions ──

    def _create_session(self, call: Call) -> Answer:
        fields = call.fields
        known = text_of(fields.get("identifier")).lower() in (HANDLE, DID)
        if not known or fields.get("password") != self.credentials["app_password"]:
            raise RefusedError(REFUSALS["AuthenticationRequired"])
        return self._session()

    def _refresh_session(self, call: Call) -> Answer:
        if self._tokens.get(call.authorization()) != "refresh":
            raise RefusedError(REFUSALS["InvalidToken"])
        return self._session()  # the old token stays valid: it has two hours of grace

    def _session(self) -> Answer:
        access = self._token("access", "com.atproto.appPass", ACCESS_LIVES)
        refresh = self._token("refresh", "com.atproto.refresh", REFRESH_LIVES)
        # No didDoc: with one the client would go on at the address in it.
        account = {"handle": HANDLE, "did": DID, "active": True}
        return Answer(200, {"accessJwt": access, "refreshJwt": refresh, **account})

    def _token(self, use: str, scope: str, lives: timedelta) -> str:
        # The client compares `exp` with the machine's own clock, whatever the sandbox's clock says.
        expires = max(self.state.clock(), utcnow()) + lives
        claims = {
            "scope": scope,
            "sub": DID,
            "exp": int(expires.timestamp()),
            "jti": str(self.state.next_number()),
        }
        parts = (json.dumps(part).encode() for part in ({"typ": "at+jwt", "alg": "HS256"}, claims))
        token = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (*parts, b"signed"))
        self._tokens[token] = use
        return token

    # ── records ──

    def _put(self, call: Call) -> Answer:
        fields = self._writable(call)
        key, record = text_of(fields.get("rkey")), fields["record"]
        if not _RECORD_KEY.fullmatch(key):
            raise _invalid(f'Invalid record key (got "{key}") at $.rkey')
        existing = self.get(key)
        result = {"uri": _uri_of(key), "cid": _cid(record), "validationStatus": "valid"}
        if existing is not None:
            if existing.payload == record:
                return Answer(200, result)
            cid = _cid(existing.payload)
            if "swapRecord" in fields and fields["swapRecord"] != cid:
                raise RefusedError(_error(400, "InvalidSwap", f"Record was at {cid}"))
            self.remove(key)
        elif fields.get("swapRecord"):
            raise RefusedError(REFUSALS["InvalidSwap"])
        self.add_own_post(record, id_=key)
        return Answer(200, {**result, "commit": self._commit()})

    def _writable(self, call: Call) -> Mapping[str, Any]:
        fields = call.json
        if not isinstance(fields, dict) or not isinstance(fields.get("record"), dict):
            raise _invalid('Input must have the property "record"')
        if fields.get("repo") not in (DID, HANDLE):
            raise _invalid(f"Could not find repo: {fields.get('repo')}")
        if fields.get("collection") != POSTS:
            raise _invalid(f"Lexicon not found: {fields.get('collection')}")
        problem = next(_problems(fields["record"], self.media), None)
        if problem and problem.startswith("Could not find blob"):
            raise RefusedError(_error(400, "BlobNotFound", problem))
        if problem:
            raise _invalid(f"Invalid {POSTS} record: {problem}")
        return fields

    def _commit(self) -> Mapping[str, str]:
        revision = self.new_id(self.state.clock())
        return {"cid": _cid({"commit": revision}), "rev": revision}

    def _get(self, call: Call) -> Answer:
        repo, collection, key = (call.query.get(name, "") for name in ("repo", "collection", "rkey"))
        post = self.own_post(key) if repo in (DID, HANDLE) and collection == POSTS else None
        if post is None:
            where = f"at://{repo}/{collection}/{key}"
            return _error(400, "RecordNotFound", f"Could not locate record: {where}")
        return Answer(200, _record_entity(post))

    def _list(self, call: Call) -> Answer:
        """Return a page of the account's records, newest key first; the cursor is the last key of a page."""
        query = call.query
        if query.get("repo") not in (DID, HANDLE):
            raise _invalid(f"Could not find repo: {query.get('repo')}")
        own = [post for post in self.listing() if post.by == HANDLE]
        if "cursor" in query:
            own = [post for post in own if post.id < query["cursor"]]
        own.sort(key=lambda post: post.id, reverse=True)
        page = slice_listing(own, query.get("limit"), 50, 100)
        cursor = {"cursor": page[-1].id} if page else {}
        return Answer(200, {"records": [_record_entity(post) for post in page], **cursor})

    def _delete(self, call: Call) -> Answer:
        key = text_of(call.fields.get("rkey"))
        if self.get(key) is None:
            return Answer(200, {})
        self.remove(key)
        return Answer(200, {"commit": self._commit()})

    def _upload(self, call: Call) -> Answer:
        mime_type = call.headers.get("content-type", "application/octet-stream")
        if not mime_type.startswith("image/") and call.body.startswith(b"\x89PNG"):
            mime_type = "image/png"
        link = _multihash(call.body, RAW)
        self.media[link] = Image(call.body, mime_type, "")
        blob = {"$type": "blob", "ref": {"$link": link}, "mimeType": mime_type, "size": len(call.body)}
        return Answer(200, {"blob": blob})


# ── how a record is validated, and the parts of answers ──────────────────────────────────────────────


def _problems(record: Mapping[str, Any], blobs: Mapping[str, Image]) -> Iterator[str]:
    """Yield the errors of a record by the lexicon app.bsky.feed.post, in its words."""
    import regex

    text = record.get("text")
    if record.get("$type") != POSTS:
        yield f"$type must be {POSTS} at $.record"
    if not isinstance(text, str):
        yield 'Missing required key "text" at $.record'
        return
    if not _is_time(record.get("createdAt")):
        yield f'Invalid datetime (got "{record.get("createdAt")}") at $.record.createdAt'
    sizes = (
        ("string", len(text.encode()), 3000, "text"),
        ("grapheme", len(regex.findall(r"\X", text)), 300, "text"),
        ("array", len(record.get("langs") or []), 3, "langs"),
    )
    for what, size, limit, where in sizes:
        if size > limit:
            yield f"{what} too big (maximum {limit}, got {size}) at $.record.{where}"
    for index, facet in enumerate(record.get("facets") or []):
        if not _is_facet(facet, len(text.encode())):
            yield f"the index is not within the text at $.record.facets[{index}]"  # the real server takes it
    if card := _card_of(record):
        yield from _card_problems(card, blobs)


def _card_problems(card: Mapping[str, Any], blobs: Mapping[str, Image]) -> Iterator[str]:
    for word in ("uri", "title", "description"):
        if not isinstance(card.get(word), str):
            yield f'Missing required key "{word}" at $.record.embed.external'
    if card.get("thumb"):
        link = _blob_link(card["thumb"])
        if link not in blobs:
            yield f"Could not find blob: {link}"
        elif (size := len(blobs[link].data)) > LARGEST_THUMB:
            yield f"blob too big (maximum {LARGEST_THUMB}, got {size}) at $.record.embed.external.thumb"


def _card_of(record: Mapping[str, Any]) -> Mapping[str, Any]:
    return (record.get("embed") or {}).get("external") or {}


def _blob_link(blob: Mapping[str, Any]) -> str:
    return text_of((blob.get("ref") or {}).get("$link"))


def _is_facet(facet: Mapping[str, Any], size: int) -> bool:
    index = facet.get("index") or {}
    start, end = index.get("byteStart"), index.get("byteEnd")
    ordered = isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= size
    return ordered and bool(facet.get("features"))


def _links(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the addresses that the facets of a record link to."""
    for facet in record.get("facets") or []:
        for feature in facet.get("features") or []:
            if feature.get("uri"):
                yield str(feature["uri"])


def _record_entity(post: SandboxPost) -> dict[str, Any]:
    return {"uri": _uri_of(post.id), "cid": _cid(post.payload), "value": dict(post.payload)}


def _uri_of(key: str) -> str:
    return f"at://{DID}/{POSTS}/{key}"


def _cid(record: Mapping[str, Any]) -> str:
    """Return a content id of the right form, the same for the same record. A real one hashes CBOR, not JSON."""
    return _multihash(json.dumps(record, sort_keys=True, ensure_ascii=False).encode(), DAG_CBOR)


def _multihash(data: bytes, codec: int) -> str:
    """Return a CIDv1: the SHA-256 of these bytes, under this codec."""
    raw = bytes([1, codec, 0x12, 0x20]) + hashlib.sha256(data).digest()
    return "b" + base64.b32encode(raw).decode().lower().rstrip("=")


def _is_time(value: Any) -> bool:
    try:
        return datetime.fromisoformat(text_of(value)).tzinfo is not None
    except ValueError:
        return False


def _invalid(message: str) -> RefusedError:
    return RefusedError(_error(400, "InvalidRequest", message))


STAND_IN = Bluesky
