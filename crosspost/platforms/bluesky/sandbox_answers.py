"""What a PDS finds wrong with a record, its content ids and keys, and what its answers look like.

The lexicon app.bsky.feed.post and the PDS's source in bluesky-social/atproto (2026-08).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from crosspost.model import Image
from crosspost.sandbox.base import text_of
from crosspost.sandbox.exchange import Answer, Refused
from crosspost.sandbox.values import SandboxPost

HANDLE = "thisweekinrust.bsky.social"
DID = "did:plc:6gf6kyfmbdkcgzpnhgtxcvix"
POSTS = "app.bsky.feed.post"
LARGEST_THUMB = 1_000_000
RAW = 0x55
DAG_CBOR = 0x71


def error(status: int, error: str, message: str) -> Answer:
    """Return an XRPC error."""
    return Answer(status, {"error": error, "message": message})


REFUSALS: Mapping[str, Answer] = {
    "AuthMissing": error(401, "AuthMissing", "Authentication Required"),
    "AuthenticationRequired": error(401, "AuthenticationRequired", "Invalid identifier or password"),
    "ExpiredToken": error(400, "ExpiredToken", "Token has expired"),
    "InvalidToken": error(400, "InvalidToken", "Token could not be verified"),
    "InvalidSwap": error(400, "InvalidSwap", "Record was at null"),
    "Forbidden": error(403, "Forbidden", "Forbidden"),
}


def problems(record: Mapping[str, Any], blobs: Mapping[str, Image]) -> Iterator[str]:
    """Yield what the lexicon app.bsky.feed.post finds wrong with a record, in its words."""
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
    for what, size, most, where in sizes:
        if size > most:
            yield f"{what} too big (maximum {most}, got {size}) at $.record.{where}"
    for place, facet in enumerate(record.get("facets") or []):
        if not _is_facet(facet, len(text.encode())):
            yield f"the index is not within the text at $.record.facets[{place}]"  # the server itself takes it
    if card := card_of(record):
        yield from _card_problems(card, blobs)


def _card_problems(card: Mapping[str, Any], blobs: Mapping[str, Image]) -> Iterator[str]:
    for word in ("uri", "title", "description"):
        if not isinstance(card.get(word), str):
            yield f'Missing required key "{word}" at $.record.embed.external'
    if card.get("thumb"):
        link = blob_link(card["thumb"])
        if link not in blobs:
            yield f"Could not find blob: {link}"
        elif (size := len(blobs[link].data)) > LARGEST_THUMB:
            yield f"blob too big (maximum {LARGEST_THUMB}, got {size}) at $.record.embed.external.thumb"


def card_of(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the card of a record; empty when it has none."""
    return (record.get("embed") or {}).get("external") or {}


def blob_link(blob: Mapping[str, Any]) -> str:
    """Return the content id that a blob's reference names."""
    return text_of((blob.get("ref") or {}).get("$link"))


def _is_facet(facet: Mapping[str, Any], size: int) -> bool:
    index = facet.get("index") or {}
    start, end = index.get("byteStart"), index.get("byteEnd")
    ordered = isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= size
    return ordered and bool(facet.get("features"))


def links(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the addresses that the facets of a record link to."""
    for facet in record.get("facets") or []:
        for feature in facet.get("features") or []:
            if feature.get("uri"):
                yield str(feature["uri"])


def record_entity(post: SandboxPost) -> dict[str, Any]:
    """Return a record as getRecord and listRecords give it."""
    return {"uri": uri_of(post.id), "cid": cid(post.payload), "value": dict(post.payload)}


def uri_of(key: str) -> str:
    """Return the at:// address of a record."""
    return f"at://{DID}/{POSTS}/{key}"


def cid(record: Mapping[str, Any]) -> str:
    """Return a content id of the right form, the same for the same record. A real one hashes CBOR, not JSON."""
    return multihash(json.dumps(record, sort_keys=True, ensure_ascii=False).encode(), DAG_CBOR)


def multihash(data: bytes, codec: int) -> str:
    """Return a CIDv1: the SHA-256 of these bytes, under this codec."""
    raw = bytes([1, codec, 0x12, 0x20]) + hashlib.sha256(data).digest()
    return "b" + base64.b32encode(raw).decode().lower().rstrip("=")


def _is_time(value: Any) -> bool:
    try:
        return datetime.fromisoformat(text_of(value)).tzinfo is not None
    except ValueError:
        return False


def invalid(message: str) -> Refused:
    """Return a 400 InvalidRequest with this sentence, to be raised."""
    return Refused(error(400, "InvalidRequest", message))
