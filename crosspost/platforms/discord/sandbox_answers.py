"""The answers and refusals of the Discord stand-in, and the limits of a message.

Source: Discord's documentation repository (2026-08); lengths are in code points (discord-api-docs #1315). An entity
has what discord.py reads of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crosspost.sandbox.base import iso, numeric_id, text_of, token
from crosspost.sandbox.values import Answer, RefusedError, SandboxPost

GUILD_ID = "442252698964721669"
CHANNEL_ID = "443150878111694848"
BOT_ID = "1100000000000000001"
BOT_NAME = "This Week in Rust"
ANNOUNCEMENTS = 5
MESSAGE_CONTENT = 1 << 19
"""The application's flag for the message-content intent, of a bot in few servers."""
CODES = {
    0: (401, "401: Unauthorized"),
    10003: (404, "Unknown Channel"),
    10008: (404, "Unknown Message"),
    40033: (400, "This message has already been crossposted"),
    50001: (403, "Missing Access"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50013: (403, "Missing Permissions"),
    50035: (400, "Invalid Form Body"),
    200000: (400, "Message was blocked by automatic moderation"),
}
_EMBEDS, _FIELDS, _EMBED_SIZE = 10, 25, 6000


def error(code: str, message: str) -> dict[str, str]:
    """Return one error of a field."""
    return {"code": code, "message": message}


def refusal(code: int, errors: Mapping[str, Any] | None = None) -> Answer:
    """Return Discord's answer for one of its error codes."""
    status, message = CODES[code]
    body: dict[str, Any] = {"message": message, "code": code}
    if code == 50035:
        too_long = error("BASE_TYPE_MAX_LENGTH", "Must be 2000 or fewer in length.")
        body["errors"] = errors or {"content": {"_errors": [too_long]}}
    return Answer(status, body)


REFUSALS = {str(code): refusal(code) for code in CODES}


def check(payload: Mapping[str, Any], *, has_files: bool) -> None:
    """Raise RefusedError for a message that Discord refuses, with every field at fault."""
    errors: dict[str, Any] = {}
    for path, code, message in _problems(payload):
        field = errors
        for step in path:
            field = field.setdefault(str(step), {})
        field.setdefault("_errors", []).append(error(code, message))
    if errors:
        raise RefusedError(refusal(50035, errors))
    if not text_of(payload.get("content")).strip() and not payload.get("embeds") and not has_files:
        raise RefusedError(refusal(50006))


Path = tuple[str | int, ...]


def _problems(payload: Mapping[str, Any]) -> Iterator[tuple[Path, str, str]]:
    """Yield the path of each field at fault, Discord's code for the error, and a sentence."""
    embeds = payload.get("embeds") or []
    texts = [
        (("embeds", index, *path), text, limit)
        for index, embed in enumerate(embeds)
        for path, text, limit in _texts(embed)
    ]
    sizes: list[tuple[Path, Any, int]] = [
        (("content",), text_of(payload.get("content")).strip(), 2000),
        (("nonce",), str(payload.get("nonce") or ""), 25),
        (("embeds",), embeds, _EMBEDS),
        *((("embeds", index, "fields"), e.get("fields") or [], _FIELDS) for index, e in enumerate(embeds)),
        *texts,
    ]
    for path, value, limit in sizes:
        if len(value) > limit:
            yield path, "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length."
    for path, text, _ in texts:
        if "fields" in path and not text:
            yield path, "BASE_TYPE_REQUIRED", "This field is required"
    for index, embed in enumerate(embeds):
        if not str(embed.get("url") or "https://").startswith(("http://", "https://")):
            yield ("embeds", index, "url"), "URL_TYPE_INVALID_URL", "Not a well formed URL."
    if sum(len(text) for _, text, _ in texts) > _EMBED_SIZE:
        yield ("embeds",), "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {_EMBED_SIZE}"


def _texts(embed: Mapping[str, Any]) -> Iterator[tuple[Path, str, int]]:
    """Yield each text of an embed: its path, the text without the space around it, and its limit."""
    yield ("title",), text_of(embed.get("title")).strip(), 256
    yield ("description",), text_of(embed.get("description")).strip(), 4096
    yield ("footer", "text"), text_of((embed.get("footer") or {}).get("text")).strip(), 2048
    for number, field in enumerate(embed.get("fields") or []):
        yield ("fields", number, "name"), text_of(field.get("name")).strip(), 256
        yield ("fields", number, "value"), text_of(field.get("value")).strip(), 1024


def message(post: SandboxPost, *, is_readable: bool, is_published: bool) -> dict[str, Any]:
    """Return a message. is_readable: by the bot; is_published: to the channels that follow."""
    payload, picture = post.payload, post.picture
    file = f"attachments/{CHANNEL_ID}/{post.id}/card.png"
    attachment = picture and {
        "id": str(int(post.id) + 1),
        "filename": "card.png",
        "description": picture.alt or None,
        "content_type": picture.mime_type,
        "size": len(picture.data),
        "url": f"https://cdn.discordapp.com/{file}",
        "proxy_url": f"https://media.discordapp.net/{file}",
    }
    embeds = [{"type": "rich", **embed} for embed in payload.get("embeds") or []]
    nonce = {"nonce": payload["nonce"]} if payload.get("nonce") is not None else {}
    return {
        "id": post.id,
        "type": 0,
        "channel_id": CHANNEL_ID,
        "author": user(post.by),
        "content": text_of(payload.get("content")).strip() if is_readable else "",
        "embeds": embeds if is_readable else [],
        "attachments": [attachment] if attachment and is_readable else [],
        "mention_everyone": False,
        "pinned": False,
        "tts": False,
        "flags": int(is_published),
        "timestamp": iso(post.at),
        "edited_timestamp": iso(post.edited) if post.edited else None,
        **nonce,
    }


def channel(last: str | None) -> dict[str, Any]:
    """Return the announcement channel."""
    return {
        "id": CHANNEL_ID,
        "type": ANNOUNCEMENTS,
        "guild_id": GUILD_ID,
        "name": "this-week-in-rust",
        "position": 0,
        "permission_overwrites": [],
        "last_message_id": last,
    }


def user(name: str) -> dict[str, Any]:
    """Return a user; under the bot's name, the bot."""
    is_bot = name == BOT_NAME
    return {
        "id": BOT_ID if is_bot else numeric_id("discord-user", name),
        "username": name.lower().replace(" ", "-"),
        "global_name": name,
        "discriminator": "0",
        "avatar": None,
        "bot": is_bot,
    }


def guild(permissions: int) -> dict[str, Any]:
    """Return the server, where everybody has these permissions (bits)."""
    everyone = {"id": GUILD_ID, "name": "@everyone", "position": 0, "permissions": str(permissions)}
    owner = user("an editor")["id"]
    return {
        "id": GUILD_ID,
        "name": "The Rust Programming Language Community",
        "owner_id": owner,
        "roles": [everyone],
    }


def application(*, reads_content: bool) -> dict[str, Any]:
    """Return the bot's application, with or without the message-content intent."""
    return {
        "id": BOT_ID,
        "name": BOT_NAME,
        "icon": None,
        "description": "",
        "bot_public": False,
        "bot_require_code_grant": False,
        "verify_key": token("discord-verify"),
        "flags": MESSAGE_CONTENT if reads_content else 0,
        "owner": user("an editor"),
    }


BOT = Answer(200, user(BOT_NAME))
MEMBER = Answer(
    200,
    {"user": BOT.body, "roles": [], "joined_at": "2023-04-24T00:00:00.000000+00:00", "flags": 0},
)
"""The bot as a member of the server, with no role but everybody's."""
