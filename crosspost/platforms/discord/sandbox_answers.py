"""What Discord refuses in a message, and what its answers and refusals look like.

Discord's documentation repository (2026-08); lengths are counted in code points (discord-api-docs #1315).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crosspost.sandbox.base import text_of, token
from crosspost.sandbox.exchange import Answer, Refused

GUILD_ID = "442252698964721669"
CHANNEL_ID = "443150878111694848"
BOT_ID = "1100000000000000001"
BOT_NAME = "This Week in Rust"
ROLE_ID = GUILD_ID
ANNOUNCEMENTS = 5
MESSAGE_CONTENT = 1 << 19
"""The application's flag for the message-content intent of a bot in few servers."""
MESSAGES = {
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
    50005: "Cannot edit a message authored by another user",
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
    50005: 403,
    50013: 403,
}
_EMBED_LIMITS = (("title", 256), ("description", 4096))


def refusal(code: int, errors: Mapping[str, Any] | None = None) -> Answer:
    """Return Discord's answer for one of its error codes."""
    body: dict[str, Any] = {"message": MESSAGES[code], "code": code}
    if errors:
        body["errors"] = errors
    elif code == 50035:
        body["errors"] = {
            "content": {"_errors": [error("BASE_TYPE_MAX_LENGTH", "Must be 2000 or fewer in length.")]}
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
    errors.setdefault("_errors", []).append(error(code, message))


def error(code: str, message: str) -> dict[str, str]:
    """Return one error of a field."""
    return {"code": code, "message": message}


def channel_entity(last: str | None = None) -> dict[str, Any]:
    """Return the announcement channel."""
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
        "last_message_id": last,
        "rate_limit_per_user": 0,
        "flags": 0,
    }


def user_entity(name: str) -> dict[str, Any]:
    """Return a user; the bot, when it has the bot's name."""
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


def me() -> dict[str, Any]:
    """Return the bot's own user."""
    return {**user_entity(BOT_NAME), "verified": True, "mfa_enabled": True, "locale": "en-US", "email": None}


def guild(roles: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the server."""
    return {
        "id": GUILD_ID,
        "name": "The Rust Programming Language Community",
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "description": None,
        "owner_id": user_entity("an editor")["id"],
        "afk_channel_id": None,
        "afk_timeout": 300,
        "verification_level": 2,
        "default_message_notifications": 1,
        "explicit_content_filter": 2,
        "roles": list(roles),
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
    }


def member() -> dict[str, Any]:
    """Return the bot as a member of the server, with no role but everybody's."""
    return {
        "user": user_entity(BOT_NAME),
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
    }


def everyone(permissions: int) -> dict[str, Any]:
    """Return the role that everybody has, with these permissions' bits."""
    return {
        "id": ROLE_ID,
        "name": "@everyone",
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "position": 0,
        "permissions": str(permissions),
        "managed": False,
        "mentionable": False,
        "flags": 0,
        "icon": None,
        "unicode_emoji": None,
    }


def application(*, reads_content: bool) -> dict[str, Any]:
    """Return the bot's application, with or without the message-content intent."""
    return {
        "id": BOT_ID,
        "name": BOT_NAME,
        "icon": None,
        "description": "",
        "summary": "",
        "bot_public": False,
        "bot_require_code_grant": False,
        "verify_key": token("discord-verify"),
        "flags": MESSAGE_CONTENT if reads_content else 0,
        "owner": user_entity("an editor"),
        "team": None,
        "bot": user_entity(BOT_NAME),
        "approximate_guild_count": 1,
    }
