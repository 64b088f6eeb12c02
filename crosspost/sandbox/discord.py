"""Discord's REST API v10, as far as a discord.py 2.7.1 bot without a gateway uses it.

Shapes: Discord's documentation repository (2026-08). What is checked: the bot's token, the permissions in the
channel, the limits of content and embeds (in code points, with Discord's own shape of error 50035), and the
nonce: with enforce_nonce a repetition within some minutes gets the first message. Without
READ_MESSAGE_HISTORY a listing is empty and no error, which is Discord's most dangerous courtesy.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from crosspost.model import Image
from crosspost.sandbox.exchange import Answer, Call, Refused, Route
from crosspost.sandbox.standin import Platform, milliseconds, text_of, token
from crosspost.sandbox.values import SandboxPost
from crosspost.sandbox.wall import Wall, first_address

GUILD_ID = "442252698964721669"
CHANNEL_ID = "443150878111694848"
BOT_ID = "1100000000000000001"
BOT_NAME = "This Week in Rust"
ROLE_ID = GUILD_ID
ANNOUNCEMENTS = 5
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
MESSAGE_CONTENT = 1 << 19
"""The application's flag for the message-content intent of a bot in few servers."""

_EPOCH = 1420070400000
"""The first millisecond of Discord's ids."""
_CROSSPOSTED = 1
_MESSAGES = {
    0: "401: Unauthorized",
    10003: "Unknown Channel",
    10004: "Unknown Guild",
    10008: "Unknown Message",
    10015: "Unknown Webhook",
    20016: "This action cannot be performed due to slowmode rate limit",
    20028: "The channel you are writing has hit the write rate limit",
    40033: "This message has already been crossposted",
    40060: "Interaction has already been acknowledged",
    50001: "Missing Access",
    50006: "Cannot send an empty message",
    50013: "Missing Permissions",
    50024: "Cannot execute action on this channel type",
    50035: "Invalid Form Body",
    160004: "A thread has already been created for this message",
    200000: "Message was blocked by automatic moderation",
}
_STATUSES = {
    0: 401,
    10003: 404,
    10004: 404,
    10008: 404,
    10015: 404,
    20016: 429,
    20028: 429,
    50001: 403,
    50013: 403,
}
_EMBED_LIMITS = (("title", 256), ("description", 4096))


class Discord(Platform):
    """One server with one announcement channel."""

    name: ClassVar[str] = "discord"
    permissions: ClassVar[frozenset[str]] = frozenset({*BITS, "MESSAGE_CONTENT"})
    bad_headers: ClassVar[Mapping[str, str]] = {
        "X-RateLimit-Remaining": "some",
        "X-RateLimit-Reset-After": "soon",
    }

    def __init__(self, wall: Wall) -> None:
        super().__init__(wall)
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
            Route("GET", "/api/v10/applications/@me", "auth", self._application),
            Route("GET", channel, "read", self._channel),
            Route("POST", f"{channel}/messages", "write", self._post),
            Route("GET", f"{channel}/messages", "read", self._messages),
            Route("GET", f"{channel}/messages/{{message}}", "read", self._message),
            Route("DELETE", f"{channel}/messages/{{message}}", "other", self._delete),
            Route("POST", f"{channel}/messages/{{message}}/crosspost", "other", self._crosspost),
            Route("GET", "/api/v10/guilds/{guild}", "read", self._guild),
            Route("GET", "/api/v10/guilds/{guild}/channels", "read", self._channels),
            Route("GET", "/api/v10/guilds/{guild}/roles", "read", self._roles),
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
        """With `reset` Discord's own 429; without it that of the network in front, which sends no Via."""
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
        """One of Discord's error codes, such as "50013"; or an HTTP status."""
        code = int(reason) if reason.isdigit() else -1
        return refusal(code) if code in _MESSAGES else super().refusal(reason, done)

    def headers(self) -> Mapping[str, str]:
        return {
            "Via": "1.1 google",
            "X-RateLimit-Limit": "5",
            "X-RateLimit-Remaining": "4",
            "X-RateLimit-Reset": f"{self.wall.clock().timestamp() + 1:.3f}",
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
        now = self.wall.clock()
        if nonce and payload.get("enforce_nonce") and nonce in self._nonces:
            first, at = self._nonces[nonce]
            if now - at < NONCE_LIVES:
                post = self.wall.get(self.name, first)
                return Answer(200, self._entity(post)) if post else refusal(10008)
        post = self._store(payload, now, BOT_NAME, _picture(call, payload))
        self._images[post.id] = _attachments(call, payload, post.id)
        if nonce:
            self._nonces[nonce] = (post.id, now)
        return Answer(200, self._entity(post))

    def _store(
        self, payload: Mapping[str, Any], at: datetime, by: str, picture: Image | None = None
    ) -> SandboxPost:
        embeds = payload.get("embeds") or []
        first = embeds[0] if embeds else {}
        text = text_of(payload.get("content")).strip()
        id_ = str((milliseconds(at) - _EPOCH << 22) + self.wall.next_number())
        return self.wall.add(
            self.name,
            id=id_,
            url=f"https://discord.com/channels/{GUILD_ID}/{CHANNEL_ID}/{id_}",
            text=text or text_of(first.get("description")),
            title=text_of(first.get("title")),
            link=text_of(first.get("url"))
            or first_address(text)
            or first_address(text_of(first.get("description"))),
            payload=payload,
            by=by,
            at=at,
            picture=picture,
        )

    def _messages(self, call: Call) -> Answer:
        self._enter(call)
        if "READ_MESSAGE_HISTORY" in self.revoked:
            return Answer(200, [])
        return Answer(200, [self._entity(post) for post in _page(self.wall.listed(self.name), call.query)])

    def _message(self, call: Call) -> Answer:
        self._enter(call)
        self.require("READ_MESSAGE_HISTORY", refusal(50001))
        post = self.wall.get(self.name, call.parts["message"])
        return Answer(200, self._entity(post)) if post else refusal(10008)

    def _delete(self, call: Call) -> Answer:
        self._enter(call)
        self.remove(call.parts["message"])
        return Answer(204)

    def _crosspost(self, call: Call) -> Answer:
        self._enter(call)
        self.require("SEND_MESSAGES", refusal(50013))
        post = self.wall.get(self.name, call.parts["message"])
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
            "author": _user(post.by),
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
            "edited_timestamp": None,
        }
        if payload.get("nonce") is not None:
            entity["nonce"] = payload["nonce"]
        return entity

    # ── the server, the channel, the bot ──

    def _me(self, call: Call) -> Answer:
        self._authorise(call)
        return Answer(
            200, {**_user(BOT_NAME), "verified": True, "mfa_enabled": True, "locale": "en-US", "email": None}
        )

    def _application(self, call: Call) -> Answer:
        self._authorise(call)
        return Answer(
            200,
            {
                "id": BOT_ID,
                "name": BOT_NAME,
                "icon": None,
                "description": "",
                "summary": "",
                "bot_public": False,
                "bot_require_code_grant": False,
                "verify_key": token("discord-verify"),
                "flags": 0 if "MESSAGE_CONTENT" in self.revoked else MESSAGE_CONTENT,
                "owner": _user("an editor"),
                "team": None,
                "bot": _user(BOT_NAME),
                "approximate_guild_count": 1,
            },
        )

    def _channel(self, call: Call) -> Answer:
        self._enter(call)
        return Answer(200, _channel())

    def _channels(self, call: Call) -> Answer:
        self._guild(call)
        return Answer(200, [_channel()])

    def _guild(self, call: Call) -> Answer:
        self._authorise(call)
        if call.parts["guild"] != GUILD_ID:
            return refusal(10004)
        return Answer(
            200,
            {
                "id": GUILD_ID,
                "name": "The Rust Programming Language Community",
                "icon": None,
                "splash": None,
                "discovery_splash": None,
                "description": None,
                "owner_id": _user("an editor")["id"],
                "afk_channel_id": None,
                "afk_timeout": 300,
                "verification_level": 2,
                "default_message_notifications": 1,
                "explicit_content_filter": 2,
                "roles": self._role_list(),
                "emojis": [],
                "stickers": [],
                "features": ["COMMUNITY", "NEWS"],
                "mfa_level": 1,
                "application_id": None,
                "system_channel_id": None,
                "system_channel_flags": 0,
                "rules_channel_id": None,
                "max_members": 500000,
                "vanity_url_code": None,
                "banner": None,
                "premium_tier": 0,
                "preferred_locale": "en-US",
                "public_updates_channel_id": None,
                "nsfw_level": 0,
                "premium_progress_bar_enabled": False,
                "safety_alerts_channel_id": None,
            },
        )

    def _roles(self, call: Call) -> Answer:
        self._authorise(call)
        return Answer(200, self._role_list())

    def _role_list(self) -> list[dict[str, Any]]:
        bits = sum(bit for name, bit in BITS.items() if name not in self.revoked)
        colors = {"primary_color": 0, "secondary_color": None, "tertiary_color": None}
        return [
            {
                "id": ROLE_ID,
                "name": "@everyone",
                "color": 0,
                "colors": colors,
                "hoist": False,
                "position": 0,
                "permissions": str(bits),
                "managed": False,
                "mentionable": False,
                "flags": 0,
                "icon": None,
                "unicode_emoji": None,
            }
        ]

    def _member(self, call: Call) -> Answer:
        self._authorise(call)
        if call.parts["user"] != BOT_ID:
            return Answer(404, {"message": "Unknown Member", "code": 10007})
        return Answer(
            200,
            {
                "user": _user(BOT_NAME),
                "nick": None,
                "avatar": None,
                "roles": [],
                "joined_at": "2023-04-24T00:00:00.000000+00:00",
                "premium_since": None,
                "deaf": False,
                "mute": False,
                "flags": 0,
                "pending": False,
                "communication_disabled_until": None,
            },
        )

    def _authorise(self, call: Call) -> None:
        if call.bearer("bot") != self.credentials["bot_token"]:
            raise Refused(refusal(0))

    def _enter(self, call: Call) -> None:
        self._authorise(call)
        if call.parts["channel"] != CHANNEL_ID:
            raise Refused(refusal(10003))
        self.require("VIEW_CHANNEL", refusal(50001))


# ── pure ──


def refusal(code: int, errors: Mapping[str, Any] | None = None) -> Answer:
    """Discord's answer for one of its error codes."""
    body: dict[str, Any] = {"message": _MESSAGES[code], "code": code}
    if errors:
        body["errors"] = errors
    elif code == 50035:
        body["errors"] = {
            "content": {"_errors": [_error("BASE_TYPE_MAX_LENGTH", "Must be 2000 or fewer in length.")]}
        }
    status = _STATUSES.get(code, 400)
    return Answer(status, body | ({"retry_after": 1.0, "global": False} if status == 429 else {}))


def check(payload: Mapping[str, Any], *, has_files: bool) -> None:
    """Refuse what Discord refuses, in code points. Raises Refused with every field at fault."""
    errors: dict[str, Any] = {}
    for path, value, limit in _limits(payload):
        if len(value) > limit:
            _put(errors, path, "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length.")
    embeds = payload.get("embeds") or []
    for place, embed in enumerate(embeds):
        for number, field in enumerate(embed.get("fields") or []):
            for word in ("name", "value"):
                if not text_of(field.get(word)).strip():
                    _put(
                        errors,
                        ("embeds", place, "fields", number, word),
                        "BASE_TYPE_REQUIRED",
                        "This field is required",
                    )
        if embed.get("url") and not str(embed["url"]).startswith(("http://", "https://")):
            _put(errors, ("embeds", place, "url"), "URL_TYPE_INVALID_URL", "Not a well formed URL.")
    if sum(map(_embed_size, embeds)) > 6000:
        _put(errors, ("embeds",), "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")
    if errors:
        raise Refused(refusal(50035, errors))
    if not text_of(payload.get("content")).strip() and not embeds and not has_files:
        raise Refused(refusal(50006))


def _limits(payload: Mapping[str, Any]) -> Iterator[tuple[tuple[Any, ...], Any, int]]:
    yield ("content",), text_of(payload.get("content")).strip(), 2000
    yield ("nonce",), str(payload.get("nonce") or ""), 25
    embeds = payload.get("embeds") or []
    yield ("embeds",), embeds, 10
    for place, embed in enumerate(embeds):
        for word, limit in _EMBED_LIMITS:
            yield ("embeds", place, word), text_of(embed.get(word)).strip(), limit
        yield ("embeds", place, "footer", "text"), text_of((embed.get("footer") or {}).get("text")), 2048
        yield ("embeds", place, "author", "name"), text_of((embed.get("author") or {}).get("name")), 256
        fields = embed.get("fields") or []
        yield ("embeds", place, "fields"), fields, 25
        for number, field in enumerate(fields):
            yield ("embeds", place, "fields", number, "name"), text_of(field.get("name")).strip(), 256
            yield ("embeds", place, "fields", number, "value"), text_of(field.get("value")).strip(), 1024


def _embed_size(embed: Mapping[str, Any]) -> int:
    texts = [embed.get("title"), embed.get("description")]
    texts += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    texts += [field.get(word) for field in embed.get("fields") or [] for word in ("name", "value")]
    return sum(len(text_of(text).strip()) for text in texts)


def _put(errors: dict[str, Any], path: tuple[Any, ...], code: str, message: str) -> None:
    for step in path:
        errors = errors.setdefault(str(step), {})
    errors.setdefault("_errors", []).append(_error(code, message))


def _error(code: str, message: str) -> dict[str, str]:
    return {"code": code, "message": message}


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
    """The part of a channel that was asked for, newest first."""
    limit = int(query.get("limit", "50"))
    if not 1 <= limit <= 100:
        error = _error("NUMBER_TYPE_MAX", "int value should be less than or equal to 100.")
        raise Refused(refusal(50035, {"limit": {"_errors": [error]}}))
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


def _channel() -> dict[str, Any]:
    return {
        "id": CHANNEL_ID,
        "type": ANNOUNCEMENTS,
        "guild_id": GUILD_ID,
        "name": "this-week-in-rust",
        "topic": None,
        "position": 0,
        "permission_overwrites": [],
        "nsfw": False,
        "parent_id": None,
        "last_message_id": None,
        "rate_limit_per_user": 0,
        "flags": 0,
    }


def _user(name: str) -> dict[str, Any]:
    is_bot = name == BOT_NAME
    return {
        "id": BOT_ID if is_bot else str(int(token("discord-user", name)[:14], 16)),
        "username": name.lower().replace(" ", "-"),
        "global_name": name,
        "discriminator": "0",
        "avatar": None,
        "bot": is_bot,
        "flags": 0,
        "public_flags": 0,
    }
