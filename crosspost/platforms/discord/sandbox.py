"""Discord's REST API v10, as far as a discord.py 2.7.1 bot without a gateway uses it.

Shapes: Discord's documentation repository (2026-08). What is checked: the bot's token, the permissions in the
channel, the limits of content and embeds (in code points, with Discord's own shape of error 50035), and the
nonce: with enforce_nonce a repetition within some minutes gets the first message. Without
READ_MESSAGE_HISTORY a listing is empty, and is no error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

from crosspost.model import Image
from crosspost.pages.brand import Brand
from crosspost.platforms.discord import sandbox_answers as answers
from crosspost.platforms.discord.form import BRAND
from crosspost.sandbox.base import StandIn, first_address, proxy_page, text_of, with_link
from crosspost.sandbox.state import State
from crosspost.sandbox.values import Answer, Call, RefusedError, Route, SandboxPost

BITS = {
    "VIEW_CHANNEL": 1 << 10,
    "SEND_MESSAGES": 1 << 11,
    "EMBED_LINKS": 1 << 14,
    "ATTACH_FILES": 1 << 15,
    "READ_MESSAGE_HISTORY": 1 << 16,
}
_CODES = {401: 0, 403: 50013, 404: 10003, 400: 50035}
"""The error code that goes with a bare status."""


class Discord(StandIn):
    """A server with one announcement channel."""

    name: ClassVar[str] = "discord"
    brand: ClassVar[Brand] = BRAND
    user: ClassVar[str] = answers.BOT_NAME
    # A bot's token has three parts; the first is its id.
    credentials: ClassVar[Mapping[str, str]] = {
        "bot_token": "MTEwMDAwMDAwMDAwMDAwMDAwMQ.sandbox.discord-bot-token",
        "channel_id": answers.CHANNEL_ID,
    }
    plain_keys: ClassVar[frozenset[str]] = frozenset({"channel_id"})
    refusals: ClassVar[Mapping[str, Answer]] = answers.REFUSALS
    key_lifetime: ClassVar[timedelta] = timedelta(minutes=5)
    """Discord says "the past few minutes"."""
    id_epoch: ClassVar[int] = 1420070400000

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._published: set[str] = set()
        """The ids of the messages that were published to the channels that follow."""

    @property
    def permissions(self) -> frozenset[str]:
        return frozenset({*BITS, "MESSAGE_CONTENT"})

    def routes(self) -> Sequence[Route]:
        channel = "/api/v10/channels/{channel}"
        message, guild = f"{channel}/messages/{{message}}", f"/api/v10/guilds/{answers.GUILD_ID}"
        return (
            Route("GET", "/api/v10/users/@me", "auth", lambda _: answers.BOT, ""),
            Route("GET", "/api/v10/oauth2/applications/@me", "auth", self._application, ""),
            Route("GET", channel, "read", self._channel, "VIEW_CHANNEL"),
            Route("POST", f"{channel}/messages", "write", self._post, "SEND_MESSAGES"),
            Route("GET", f"{channel}/messages", "read", self._messages, "VIEW_CHANNEL"),
            Route("GET", message, "read", self._message, "READ_MESSAGE_HISTORY"),
            Route("PATCH", message, "write", self._edit, "VIEW_CHANNEL"),
            Route("DELETE", message, "write", self._delete, "VIEW_CHANNEL"),
            Route("POST", f"{message}/crosspost", "other", self._crosspost, "SEND_MESSAGES"),
            Route("GET", guild, "read", self._guild, ""),
            Route("GET", f"{guild}/members/{answers.BOT_ID}", "read", lambda _: answers.MEMBER, ""),
        )

    def authorize(self, call: Call, permission: str) -> None:
        if call.authorization("bot") != self.credentials["bot_token"]:
            raise RefusedError(answers.refusal(0))
        if call.parts.get("channel", answers.CHANNEL_ID) != answers.CHANNEL_ID:
            raise RefusedError(answers.refusal(10003))
        if permission and "VIEW_CHANNEL" in self.revoked:
            raise RefusedError(answers.refusal(50001))
        if permission in self.revoked:
            raise RefusedError(answers.refusal(50013 if permission == "SEND_MESSAGES" else 50001))

    def failure(self, status: int) -> Answer:
        if status in _CODES:
            return answers.refusal(_CODES[status])
        if status in (502, 504):
            return proxy_page(status)
        return Answer(status, {"message": f"{status}: Internal Server Error", "code": 0})

    def rate_limited(self, reset: float | None) -> Answer:
        """Return Discord's own 429; without `reset` that of the network in front, which sends no Via."""
        if reset is None:
            return Answer(429, "error code: 1015", {"Via": ""}, "text/plain")
        body = {"message": "You are being rate limited.", "retry_after": reset, "global": False}
        headers = {"Retry-After": str(int(reset) + 1), "X-RateLimit-Scope": "user"}
        return Answer(429, body, {**headers, **self.rate_headers(0, reset)})

    def rate_headers(self, remaining: int, reset: float) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": "5",
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": f"{self.state.clock().timestamp() + reset:.3f}",
            "X-RateLimit-Reset-After": f"{reset:.3f}",
            "X-RateLimit-Bucket": "80c17d2f203122d936070c88c8d10f33",
        }

    def headers(self) -> Mapping[str, str]:
        return {"Via": "1.1 google", **self.rate_headers(4, 1)}

    def make_payload(self, *, text: str, title: str, link: str, **_: object) -> Mapping[str, Any]:
        if title:
            return {"content": text, "embeds": [{"title": title, **({"url": link} if link else {})}]}
        return {"content": with_link(text, link)}

    def visible_fields(self, id_: str, by: str, payload: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        embeds = payload.get("embeds") or []
        first = embeds[0] if embeds else {}
        text, description = text_of(payload.get("content")).strip(), text_of(first.get("description"))
        return {
            "url": f"https://discord.com/channels/{answers.GUILD_ID}/{answers.CHANNEL_ID}/{id_}",
            "text": text or description,
            "title": text_of(first.get("title")),
            "link": text_of(first.get("url")) or first_address(text) or first_address(description),
            "picture": self.picture([id_]),
        }

    def page_fields(self, post: SandboxPost) -> Mapping[str, Any]:
        content, embeds = text_of(post.payload.get("content")), post.payload.get("embeds") or []
        return {"text": content, "fields": {"embeds": embeds}}

    def clear(self) -> None:
        super().clear()
        self._published.clear()

    # ── messages ──

    def _post(self, call: Call) -> Answer:
        payload = _payload(call)
        if call.files and "ATTACH_FILES" in self.revoked:
            return answers.refusal(50013)
        if "EMBED_LINKS" in self.revoked:
            payload.pop("embeds", None)  # Discord leaves them out, and says nothing
        answers.check(payload, has_files=bool(call.files))
        nonce = str(payload.get("nonce") or "")
        if payload.get("enforce_nonce") and (first := self.post_under_key(nonce)) is not None:
            return self._entity(self._existing(first))
        id_ = self.new_id(self.state.clock())
        if call.files:
            self.media[id_] = _picture(call, payload)
        return self._entity(self.add_own_post(payload, id_=id_, key=nonce))

    def _messages(self, call: Call) -> Answer:
        if "READ_MESSAGE_HISTORY" in self.revoked:
            return Answer(200, [])
        limit = int(call.query.get("limit", "50"))
        if not 1 <= limit <= 100:
            wrong = answers.error("NUMBER_TYPE_MAX", "int value should be less than or equal to 100.")
            return answers.refusal(50035, {"limit": {"_errors": [wrong]}})
        posts = sorted(self.listing(), key=lambda post: int(post.id), reverse=True)
        if "after" in call.query:  # those that follow it directly, not the newest
            posts = [post for post in posts if int(post.id) > int(call.query["after"])][-limit:]
        return Answer(200, [self._entity(post).body for post in posts[:limit]])

    def _message(self, call: Call) -> Answer:
        return self._entity(self._existing(call.parts["message"]))

    def _existing(self, id_: str) -> SandboxPost:
        post = self.get(id_)
        if post is None:
            raise RefusedError(answers.refusal(10008))
        return post

    def _own_message(self, call: Call, code: int) -> SandboxPost:
        """Return the message that the path names. Somebody else's is refused with this code."""
        post = self._existing(call.parts["message"])
        if post.by != self.user:
            raise RefusedError(answers.refusal(code))
        return post

    def _delete(self, call: Call) -> Answer:
        self.remove(self._own_message(call, 50013).id)
        return Answer(204)

    def _edit(self, call: Call) -> Answer:
        """Replace what is named; an attachment stays unless `attachments` is there."""
        post, changes = self._own_message(call, 50005), _payload(call)
        payload = {**post.payload, **changes}
        keeps_file = post.id in self.media and "attachments" not in changes
        answers.check(payload, has_files=keeps_file or bool(call.files))
        if not keeps_file:
            self.media.pop(post.id, None)
        if call.files:
            self.media[post.id] = _picture(call, changes)
        return self._entity(self.edit(post, payload))

    def _crosspost(self, call: Call) -> Answer:
        post = self._existing(call.parts["message"])
        if post.id in self._published:
            return answers.refusal(40033)
        self._published.add(post.id)
        return self._entity(post)

    def _entity(self, post: SandboxPost) -> Answer:
        is_readable = post.by == self.user or "MESSAGE_CONTENT" not in self.revoked
        is_published = post.id in self._published
        return Answer(200, answers.message(post, is_readable=is_readable, is_published=is_published))

    # ── the server, the channel, the bot ──

    def _application(self, _: Call) -> Answer:
        return Answer(200, answers.application(reads_content="MESSAGE_CONTENT" not in self.revoked))

    def _channel(self, _: Call) -> Answer:
        """Describe the channel, with its newest message, which a listing may not show yet."""
        last = max((post.id for post in self.posts()), key=int, default=None)
        return Answer(200, answers.channel(last))

    def _guild(self, _: Call) -> Answer:
        permissions = sum(bit for name, bit in BITS.items() if name not in self.revoked)
        return Answer(200, answers.guild(permissions))


STAND_IN = Discord


def _payload(call: Call) -> dict[str, Any]:
    try:
        payload = json.loads(call.form["payload_json"]) if "payload_json" in call.form else call.json
    except ValueError:
        payload = None
    if not isinstance(payload, dict):
        raise RefusedError(Answer(400, {"message": "The request body contains invalid JSON.", "code": 50109}))
    return dict(payload)


def _picture(call: Call, payload: Mapping[str, Any]) -> Image:
    """Return the first file, with the description that the message gives it."""
    described = {str(one.get("id")): one.get("description") for one in payload.get("attachments") or []}
    return replace(next(iter(call.files.values())), alt=text_of(described.get("0")))
