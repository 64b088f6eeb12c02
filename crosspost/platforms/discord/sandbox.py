"""Discord's REST API v10, as far as a discord.py 2.7.1 bot without a gateway uses it.

Shapes: Discord's documentation repository (2026-08). What is checked: the bot's token, the permissions in the
channel, the limits of content and embeds (in code points, with Discord's own shape of error 50035), and the
nonce: with enforce_nonce a repetition within some minutes gets the first message. Without
READ_MESSAGE_HISTORY a listing is empty and no error, which is Discord's most dangerous courtesy.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from crosspost.model import Image, Post
from crosspost.pages.brand import Brand
from crosspost.platforms.discord.form import BRAND
from crosspost.platforms.discord.sandbox_answers import (
    BOT_ID,
    BOT_NAME,
    CHANNEL_ID,
    GUILD_ID,
    MESSAGES,
    application,
    channel_entity,
    check,
    error,
    everyone,
    guild,
    me,
    member,
    refusal,
    user_entity,
)
from crosspost.sandbox.base import Platform, as_post, milliseconds, text_of
from crosspost.sandbox.exchange import Answer, Call, Refused, Route
from crosspost.sandbox.memory import Memory, first_address
from crosspost.sandbox.values import SandboxPost

NONCE_LIVES = timedelta(minutes=5)
"""Discord says "the past few minutes"."""
BITS = {
    "VIEW_CHANNEL": 1 << 10,
    "SEND_MESSAGES": 1 << 11,
    "EMBED_LINKS": 1 << 14,
    "ATTACH_FILES": 1 << 15,
    "READ_MESSAGE_HISTORY": 1 << 16,
    "CREATE_PUBLIC_THREADS": 1 << 35,
}
_EPOCH = 1420070400000
"""The first millisecond of Discord's ids."""
_CROSSPOSTED = 1


class Discord(Platform):
    """One server with one announcement channel."""

    name: ClassVar[str] = "discord"
    brand: ClassVar[Brand] = BRAND
    permissions: ClassVar[frozenset[str]] = frozenset({*BITS, "MESSAGE_CONTENT"})
    plain: ClassVar[frozenset[str]] = frozenset({"channel_id"})
    bad_headers: ClassVar[Mapping[str, str]] = {
        "X-RateLimit-Remaining": "some",
        "X-RateLimit-Reset-After": "soon",
    }

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self._nonces: dict[str, tuple[str, datetime]] = {}
        self._flags: dict[str, int] = {}
        self._images: dict[str, list[dict[str, Any]]] = {}

    @property
    def credentials(self) -> Mapping[str, str]:
        # A bot's token has three parts; the first is its id.
        return {"bot_token": "MTEwMDAwMDAwMDAwMDAwMDAwMQ.sandbox.discord-bot-token", "channel_id": CHANNEL_ID}

    def routes(self) -> Sequence[Route]:
        channel = "/api/v10/channels/{channel}"
        return (
            Route("GET", "/api/v10/users/@me", "auth", self._me),
            Route("GET", "/api/v10/oauth2/applications/@me", "auth", self._application),
            Route("GET", channel, "read", self._channel),
            Route("POST", f"{channel}/messages", "write", self._post),
            Route("GET", f"{channel}/messages", "read", self._messages),
            Route("GET", f"{channel}/messages/{{message}}", "read", self._message),
            Route("PATCH", f"{channel}/messages/{{message}}", "write", self._edit),
            Route("DELETE", f"{channel}/messages/{{message}}", "write", self._delete),
            Route("POST", f"{channel}/messages/{{message}}/crosspost", "other", self._crosspost),
            Route("GET", "/api/v10/guilds/{guild}", "read", self._guild),
            Route("GET", "/api/v10/guilds/{guild}/members/{user}", "read", self._member),
        )

    def failure(self, status: int) -> Answer:
        known = {401: 0, 403: 50013, 404: 10003, 400: 50035}
        if status in known:
            return refusal(known[status])
        if status in (502, 504):
            return Answer(status, f"<html><head><title>{status}</title></head><body>cloudflare</body></html>")
        return Answer(status, {"message": f"{status}: Internal Server Error", "code": 0})

    def rate_limited(self, reset: float | None) -> Answer:
        """Return Discord's own 429; without `reset` that of the network in front, which sends no Via."""
        if reset is None:
            return Answer(429, "error code: 1015", {"Via": ""}, "text/plain")
        headers = {
            "Retry-After": str(int(reset) + 1),
            "X-RateLimit-Scope": "user",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset-After": f"{reset:.3f}",
        }
        return Answer(
            429, {"message": "You are being rate limited.", "retry_after": reset, "global": False}, headers
        )

    def refusal(self, reason: str, done: Answer | None = None) -> Answer:
        """Return one of Discord's error codes, such as "50013"; or an HTTP status."""
        code = int(reason) if reason.isdigit() else -1
        return refusal(code) if code in MESSAGES else super().refusal(reason, done)

    def headers(self) -> Mapping[str, str]:
        return {
            "Via": "1.1 google",
            "X-RateLimit-Limit": "5",
            "X-RateLimit-Remaining": "4",
            "X-RateLimit-Reset": f"{self.memory.clock().timestamp() + 1:.3f}",
            "X-RateLimit-Reset-After": "1.000",
            "X-RateLimit-Bucket": "80c17d2f203122d936070c88c8d10f33",
        }

    def seed(self, *, text: str, title: str, link: str, by: str, at: datetime) -> SandboxPost:
        payload: dict[str, Any] = {"content": text}
        if title:
            payload["embeds"] = [{"title": title, **({"url": link} if link else {})}]
        elif link and link not in text:
            payload["content"] = f"{text} {link}".strip()
        return self._store(payload, at, by or BOT_NAME)

    def shown(self, post: SandboxPost) -> Post:
        return as_post(
            post, str(post.payload.get("content") or ""), {"embeds": post.payload.get("embeds") or []}
        )

    def clear(self) -> None:
        super().clear()
        self._nonces.clear()
        self._flags.clear()
        self._images.clear()

    # ── messages ──

    def _post(self, call: Call) -> Answer:
        self._enter(call)
        self.require("SEND_MESSAGES", refusal(50013))
        payload = _payload(call)
        if call.files:
            self.require("ATTACH_FILES", refusal(50013))
        if "EMBED_LINKS" in self.revoked:
            payload.pop("embeds", None)  # Discord leaves them out, and says nothing
        check(payload, has_files=bool(call.files))
        nonce = str(payload.get("nonce") or "")
        now = self.memory.clock()
        if nonce and payload.get("enforce_nonce") and self.keeps_keys and nonce in self._nonces:
            first, at = self._nonces[nonce]
            if now - at < NONCE_LIVES:
                post = self.memory.get(self.name, first)
                return Answer(200, self._entity(post)) if post else refusal(10008)
        post = self._store(payload, now, BOT_NAME, _picture(call, payload))
        self._images[post.id] = _attachments(call, payload, post.id)
        if nonce:
            self._nonces[nonce] = (post.id, now)
        return Answer(200, self._entity(post))

    def _store(
        self, payload: Mapping[str, Any], at: datetime, by: str, picture: Image | None = None
    ) -> SandboxPost:
        id_ = str((milliseconds(at) - _EPOCH << 22) + self.memory.next_number())
        return self.memory.add(
            SandboxPost(
                platform=self.name,
                id=id_,
                url=f"https://discord.com/channels/{GUILD_ID}/{CHANNEL_ID}/{id_}",
                **_shown(payload),
                payload=payload,
                by=by,
                at=at,
                picture=picture,
            )
        )

    def _messages(self, call: Call) -> Answer:
        self._enter(call)
        if "READ_MESSAGE_HISTORY" in self.revoked:
            return Answer(200, [])
        return Answer(200, [self._entity(post) for post in _page(self.memory.listed(self.name), call.query)])

    def _message(self, call: Call) -> Answer:
        self._enter(call)
        self.require("READ_MESSAGE_HISTORY", refusal(50001))
        post = self.memory.get(self.name, call.parts["message"])
        return Answer(200, self._entity(post)) if post else refusal(10008)

    def _own(self, call: Call, otherwise: int) -> SandboxPost:
        post = self.memory.get(self.name, call.parts["message"])
        if post is None or post.by != BOT_NAME:
            raise Refused(refusal(10008 if post is None else otherwise))
        return post

    def _delete(self, call: Call) -> Answer:
        self._enter(call)
        self.remove(self._own(call, 50013).id)
        return Answer(204)

    def _edit(self, call: Call) -> Answer:
        """Replace what is named; an attachment stays unless `attachments` is there and does not name it."""
        self._enter(call)
        post = self._own(call, 50005)
        given = _payload(call)
        payload = {**post.payload, **given}
        check(payload, has_files=bool(call.files or self._images.get(post.id)))
        picture = post.picture
        if "attachments" in given:
            picture = _picture(call, given)
            self._images[post.id] = _attachments(call, given, post.id)
        changed = self.memory.change(
            post, **_shown(payload), payload=payload, picture=picture, edited=self.memory.clock()
        )
        return Answer(200, self._entity(changed))

    def _crosspost(self, call: Call) -> Answer:
        self._enter(call)
        self.require("SEND_MESSAGES", refusal(50013))
        post = self.memory.get(self.name, call.parts["message"])
        if post is None:
            return refusal(10008)
        if self._flags.get(post.id, 0) & _CROSSPOSTED:
            return refusal(40033)
        self._flags[post.id] = _CROSSPOSTED
        return Answer(200, self._entity(post))

    def _entity(self, post: SandboxPost) -> dict[str, Any]:
        payload = post.payload
        readable = post.by == BOT_NAME or "MESSAGE_CONTENT" not in self.revoked
        embeds = [{"type": "rich", **embed} for embed in payload.get("embeds") or []]
        entity: dict[str, Any] = {
            "id": post.id,
            "type": 0,
            "channel_id": CHANNEL_ID,
            "author": user_entity(post.by),
            "content": text_of(payload.get("content")).strip() if readable else "",
            "embeds": embeds if readable else [],
            "attachments": self._images.get(post.id, []) if readable else [],
            "components": [],
            "mentions": [],
            "mention_roles": [],
            "mention_everyone": False,
            "pinned": False,
            "tts": False,
            "flags": self._flags.get(post.id, 0),
            "timestamp": post.at.astimezone(UTC).isoformat(timespec="milliseconds"),
            "edited_timestamp": post.edited.astimezone(UTC).isoformat() if post.edited else None,
        }
        if payload.get("nonce") is not None:
            entity["nonce"] = payload["nonce"]
        return entity

    # ── the server, the channel, the bot ──

    def _me(self, call: Call) -> Answer:
        self._authorise(call)
        return Answer(200, me())

    def _application(self, call: Call) -> Answer:
        self._authorise(call)
        return Answer(200, application(reads_content="MESSAGE_CONTENT" not in self.revoked))

    def _channel(self, call: Call) -> Answer:
        self._enter(call)
        return Answer(200, channel_entity(self._last))

    @property
    def _last(self) -> str | None:
        """Return the channel's newest message, whether or not a list shows it already."""
        return max((post.id for post in self.memory.posts(self.name)), key=int, default=None)

    def _guild(self, call: Call) -> Answer:
        self._authorise(call)
        if call.parts["guild"] != GUILD_ID:
            return refusal(10004)
        roles = [everyone(sum(bit for name, bit in BITS.items() if name not in self.revoked))]
        return Answer(200, guild(roles))

    def _member(self, call: Call) -> Answer:
        self._authorise(call)
        if call.parts["user"] != BOT_ID:
            return Answer(404, {"message": "Unknown Member", "code": 10007})
        return Answer(200, member())

    def _authorise(self, call: Call) -> None:
        if call.bearer("bot") != self.credentials["bot_token"]:
            raise Refused(refusal(0))

    def _enter(self, call: Call) -> None:
        self._authorise(call)
        if call.parts["channel"] != CHANNEL_ID:
            raise Refused(refusal(10003))
        self.require("VIEW_CHANNEL", refusal(50001))


STAND_IN = Discord


def _shown(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return text, title and link of a message, as a reader finds them."""
    embeds = payload.get("embeds") or []
    first = embeds[0] if embeds else {}
    text, description = text_of(payload.get("content")).strip(), text_of(first.get("description"))
    link = text_of(first.get("url")) or first_address(text) or first_address(description)
    return {"text": text or description, "title": text_of(first.get("title")), "link": link}


def _payload(call: Call) -> dict[str, Any]:
    given = call.json
    if "payload_json" in call.form:
        try:
            given = json.loads(call.form["payload_json"])
        except ValueError:
            given = None
    if not isinstance(given, dict):
        raise Refused(Answer(400, {"message": "The request body contains invalid JSON.", "code": 50109}))
    return dict(given)


def _picture(call: Call, payload: Mapping[str, Any]) -> Image | None:
    if not call.files:
        return None
    described = {
        str(one.get("id")): text_of(one.get("description")) for one in payload.get("attachments") or []
    }
    return Image(call.files[0].data, call.files[0].mime_type, described.get("0", ""))


def _attachments(call: Call, payload: Mapping[str, Any], message: str) -> list[dict[str, Any]]:
    described = {str(one.get("id")): one.get("description") for one in payload.get("attachments") or []}
    return [
        {
            "id": str(int(message) + 1 + place),
            "filename": file.filename,
            "description": described.get(str(place)),
            "content_type": file.mime_type,
            "size": len(file.data),
            "url": f"https://cdn.discordapp.com/attachments/{CHANNEL_ID}/{message}/{file.filename}",
            "proxy_url": f"https://media.discordapp.net/attachments/{CHANNEL_ID}/{message}/{file.filename}",
            "width": 1200,
            "height": 675,
        }
        for place, file in enumerate(call.files)
    ]


def _page(posts: Sequence[SandboxPost], query: Mapping[str, str]) -> list[SandboxPost]:
    """Return the part of a channel that was asked for, newest first."""
    limit = int(query.get("limit", "50"))
    if not 1 <= limit <= 100:
        wrong = error("NUMBER_TYPE_MAX", "int value should be less than or equal to 100.")
        raise Refused(refusal(50035, {"limit": {"_errors": [wrong]}}))
    ordered = sorted(posts, key=lambda post: int(post.id), reverse=True)
    if "after" in query:  # those that follow it directly, not the newest
        return [post for post in ordered if int(post.id) > int(query["after"])][-limit:]
    if "around" in query:
        middle = int(query["around"])
        nearest = sorted(ordered, key=lambda post: abs(int(post.id) - middle))[:limit]
        return sorted(nearest, key=lambda post: int(post.id), reverse=True)
    if "before" in query:
        ordered = [post for post in ordered if int(post.id) < int(query["before"])]
    return ordered[:limit]
