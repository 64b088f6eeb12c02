"""What Mastodon makes of a text, its length and its HTML, and what its answers look like.

docs.joinmastodon.org (2026-07); the server's status_length_validator counts, its text_formatter makes the HTML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from html import escape
from typing import Any

from crosspost.model import Image
from crosspost.sandbox.base import text_of, token
from crosspost.sandbox.values import SandboxPost

HOST = "mastodon.social"
USER = "thisweekinrust"
ACCOUNT_ID = "108218612381324012"
MAX_CHARACTERS = 500
MAX_DESCRIPTION = 1500
PER_LINK = 23
_LINK = re.compile(r"https?://(?:[\w-]+\.)+\w+(?::\d+)?(?:[/?#](?:[^\s<>\"]*[^\s<>\".,;:!?')\]])?)?")
_REMOTE_MENTION = re.compile(r"(?<![\w/])(@\w+)@[\w.-]+\w")
HASHTAG = re.compile(r"(?<![\w&/#])#(\w*[^\W\d]\w*)")


def length(text: str) -> int:
    """Return the length as the instance counts it: graphemes, 23 for a link, `@user` for `@user@host`."""
    import regex

    reserved = _LINK.sub("x" * PER_LINK, text)
    return len(regex.findall(r"\X", _REMOTE_MENTION.sub(r"\1", reserved)))


def content(text: str) -> str:
    """Return the text as the instance shows it: paragraphs, links with their middle hidden, hashtags."""
    paragraphs = (part for part in re.split(r"\n{2,}", text.strip()) if part)
    return "".join(f"<p>{_inline(part)}</p>" for part in paragraphs)


def _inline(text: str) -> str:
    out, end = [], 0
    for found in _LINK.finditer(text):
        out.append(_tags(text[end : found.start()]) + _anchor(found[0]))
        end = found.end()
    return "".join([*out, _tags(text[end:])])


def _tags(text: str) -> str:
    linked = HASHTAG.sub(
        lambda m: (
            f'<a href="https://{HOST}/tags/{m[1]}" class="mention hashtag" rel="tag">#<span>{m[1]}</span></a>'
        ),
        escape(text, quote=False),
    )
    return linked.replace("\n", "<br>")


def _anchor(address: str) -> str:
    scheme, _, rest = address.partition("//")
    prefix = f"{scheme}//" + ("www." if rest.startswith("www.") else "")
    shown, hidden = address[len(prefix) :][:30], address[len(prefix) :][30:]
    style = ' class="ellipsis"' if hidden else ' class=""'
    return (
        f'<a href="{escape(address)}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{escape(prefix)}</span><span{style}>{escape(shown)}</span>'
        f'<span class="invisible">{escape(hidden)}</span></a>'
    )


def account_id(name: str) -> str:
    """Return the id of an account, made from its name."""
    return ACCOUNT_ID if name == USER else str(int(token("mastodon-account", name)[:12], 16))


def _configuration() -> dict[str, Any]:
    return {
        "urls": {"streaming": f"wss://streaming.{HOST}"},
        "accounts": {"max_featured_tags": 10, "max_pinned_statuses": 5},
        "statuses": {
            "max_characters": MAX_CHARACTERS,
            "max_media_attachments": 4,
            "characters_reserved_per_url": PER_LINK,
        },
        "media_attachments": {
            "supported_mime_types": ["image/jpeg", "image/png", "image/gif", "image/webp"],
            "description_limit": MAX_DESCRIPTION,
            "image_size_limit": 16777216,
            "image_matrix_limit": 33177600,
            "video_size_limit": 103809024,
            "video_frame_rate_limit": 120,
            "video_matrix_limit": 8294400,
        },
        "polls": {
            "max_options": 4,
            "max_characters_per_option": 50,
            "min_expiration": 300,
            "max_expiration": 2629746,
        },
    }


def account(name: str, statuses: int) -> dict[str, Any]:
    """Return an account, with the number of its statuses."""
    return {
        "id": account_id(name),
        "username": name,
        "acct": name,
        "display_name": "This Week in Rust" if name == USER else name,
        "locked": False,
        "bot": False,
        "discoverable": True,
        "group": False,
        "created_at": "2022-04-29T00:00:00.000Z",
        "note": "",
        "url": f"https://{HOST}/@{name}",
        "uri": f"https://{HOST}/users/{name}",
        "avatar": f"https://{HOST}/avatars/original/missing.png",
        "avatar_static": f"https://{HOST}/avatars/original/missing.png",
        "header": f"https://{HOST}/headers/original/missing.png",
        "header_static": f"https://{HOST}/headers/original/missing.png",
        "followers_count": 12000,
        "following_count": 1,
        "statuses_count": statuses,
        "last_status_at": None,
        "emojis": [],
        "fields": [],
    }


def status_entity(post: SandboxPost, media: Mapping[str, Image]) -> dict[str, Any]:
    """Return a status with its account and the pictures it names."""
    fields = post.payload
    attached = [media_entity(id_, media[id_], ready=True) for id_ in ids(fields, "media_ids") if id_ in media]
    return {
        "id": post.id,
        "created_at": post.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "in_reply_to_id": fields.get("in_reply_to_id"),
        "in_reply_to_account_id": None,
        "sensitive": str(fields.get("sensitive", False)).lower() in ("true", "1"),
        "spoiler_text": text_of(fields.get("spoiler_text")),
        "visibility": fields.get("visibility") or "public",
        "language": fields.get("language") or "en",
        "uri": f"https://{HOST}/users/{post.by}/statuses/{post.id}",
        "url": post.url,
        "replies_count": 0,
        "reblogs_count": 0,
        "favourites_count": 0,
        "edited_at": post.edited.astimezone(UTC).isoformat() if post.edited else None,
        "content": content(post.text),
        "reblog": None,
        "application": {"name": "crosspost", "website": None} if post.by == USER else None,
        "account": account(post.by, 1),
        "media_attachments": attached,
        "mentions": [],
        "tags": [
            {"name": tag.lower(), "url": f"https://{HOST}/tags/{tag.lower()}"}
            for tag in HASHTAG.findall(post.text)
        ],
        "emojis": [],
        "card": None,
        "poll": None,
    }


def media_entity(id_: str, image: Image, *, ready: bool) -> dict[str, Any]:
    """Return a picture that was uploaded; without addresses until it is ready."""
    address = f"https://files.{HOST}/media_attachments/files/{id_}/original/card.png"
    return {
        "id": id_,
        "type": "image",
        "url": address if ready else None,
        "preview_url": address.replace("original", "small") if ready else None,
        "remote_url": None,
        "meta": {
            "original": {"width": 1200, "height": 675, "size": "1200x675", "aspect": 1.7777777777777777}
        },
        "description": image.alt or None,
        "blurhash": None,
    }


def ids(fields: Mapping[str, Any], name: str) -> list[str]:
    """Return a list of ids, however it was sent."""
    value = fields.get(name) or []
    return [str(id_) for id_ in (value if isinstance(value, list) else [value])]


def instance() -> dict[str, Any]:
    """Return what GET /api/v2/instance answers."""
    return {
        "domain": HOST,
        "title": "Mastodon",
        "version": "4.7.3",
        "source_url": "https://github.com/mastodon/mastodon",
        "description": "The sandbox's stand-in for an instance.",
        "usage": {"users": {"active_month": 1}},
        "languages": ["en"],
        "configuration": _configuration(),
        "registrations": {"enabled": False, "approval_required": False, "message": None},
        "api_versions": {"mastodon": 8},
        "contact": {"email": "", "account": None},
        "rules": [],
    }


def instance_v1() -> dict[str, Any]:
    """Return what GET /api/v1/instance answers to older clients."""
    return {
        "uri": HOST,
        "title": "Mastodon",
        "short_description": "",
        "description": "",
        "email": "",
        "version": "4.7.3",
        "languages": ["en"],
        "registrations": False,
        "approval_required": False,
        "configuration": _configuration(),
    }
