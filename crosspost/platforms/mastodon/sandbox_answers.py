"""The answers of the Mastodon stand-in, and how it counts a text and makes HTML of it.

Sources: docs.joinmastodon.org (2026-07), and the server's status_length_validator and text_formatter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from crosspost.model import Image
from crosspost.sandbox.base import iso, numeric_id, text_of
from crosspost.sandbox.values import SandboxPost

HOST = "mastodon.social"
USER = "thisweekinrust"
ACCOUNT_ID = "108218612381324012"
MAX_CHARACTERS = 500
MAX_DESCRIPTION = 1500
PER_LINK = 23
_LINK = re.compile(r"(https?://(?:[\w-]+\.)+\w+(?::\d+)?(?:[/?#](?:[^\s<>\"]*[^\s<>\".,;:!?')\]])?)?)")
_REMOTE_MENTION = re.compile(r"(?<![\w/])(@\w+)@[\w.-]+\w")
_HASHTAG = re.compile(r"(?<![\w&/#])#(\w*[^\W\d]\w*)")


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
    parts = _LINK.split(text)  # text and addresses in turns
    return "".join(_anchor(part) if index % 2 else _tags(part) for index, part in enumerate(parts))


def _tags(text: str) -> str:
    tag = rf'<a href="https://{HOST}/tags/\1" class="mention hashtag" rel="tag">#<span>\1</span></a>'
    return _HASHTAG.sub(tag, escape(text, quote=False)).replace("\n", "<br>")


def _anchor(address: str) -> str:
    scheme, _, rest = address.partition("//")
    prefix = f"{scheme}//" + ("www." if rest.startswith("www.") else "")
    shown, hidden = address[len(prefix) :][:30], address[len(prefix) :][30:]
    style = "ellipsis" if hidden else ""
    return (
        f'<a href="{escape(address)}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{escape(prefix)}</span><span class="{style}">{escape(shown)}</span>'
        f'<span class="invisible">{escape(hidden)}</span></a>'
    )


def account_id(name: str) -> str:
    """Return the id of an account, made from its name."""
    return ACCOUNT_ID if name == USER else numeric_id("mastodon-account", name)


def account(name: str, statuses: int) -> dict[str, Any]:
    """Return an account, with the number of its statuses."""
    return {
        "id": account_id(name),
        "username": name,
        "acct": name,
        "created_at": "2022-04-29T00:00:00.000Z",
        "url": f"https://{HOST}/@{name}",
        "statuses_count": statuses,
        "last_status_at": None,
    }


def status(post: SandboxPost, uploads: Mapping[str, Image]) -> dict[str, Any]:
    """Return a status with its account and the pictures it names."""
    fields = post.payload
    return {
        "id": post.id,
        "created_at": iso(post.at),
        "in_reply_to_id": fields.get("in_reply_to_id"),
        "spoiler_text": text_of(fields.get("spoiler_text")),
        "visibility": fields.get("visibility") or "public",
        "language": fields.get("language") or "en",
        "uri": f"https://{HOST}/users/{post.by}/statuses/{post.id}",
        "url": post.url,
        "edited_at": iso(post.edited) if post.edited else None,
        "content": content(post.text),
        "reblog": None,
        "account": account(post.by, 1),
        "media_attachments": [
            media(id_, uploads[id_], is_ready=True) for id_ in media_ids(fields) if id_ in uploads
        ],
        "card": None,
    }


def media(id_: str, image: Image, *, is_ready: bool) -> dict[str, Any]:
    """Return a picture that was uploaded; without its address until it is ready."""
    address = f"https://files.{HOST}/media_attachments/files/{id_}/original/card.png"
    return {
        "id": id_,
        "type": "image",
        "url": address if is_ready else None,
        "description": image.alt or None,
    }


def media_ids(fields: Mapping[str, Any]) -> list[str]:
    """Return the ids of the pictures that a status names, sent as a list or alone."""
    value = fields.get("media_ids") or []
    return [str(id_) for id_ in (value if isinstance(value, list) else [value])]


# ── server software that speaks Mastodon's API ──


@dataclass(frozen=True, slots=True)
class Dialect:
    """The differences of one server software from another."""

    version: str
    announced_per_link: int = PER_LINK
    count: Callable[[str], int] | None = length
    """The function that counts a text; None: there is no limit."""
    too_long: int = 422
    """The status of the answer to a text that is too long."""
    honours_keys: bool = True
    """A second request with one Idempotency-Key gets the first one's status."""
    names_scopes: bool = True
    """The page on the token's application names the token's scopes."""
    takes_digits: bool = True
    """"1" and "0" are understood as yes and no."""
    is_complete: bool = True
    """False: it cannot delete, has neither /api/v2/instance nor a page on the token's app, and names no last post. It
    answers 404 with a web page, and refuses an unknown token with an empty body."""


DIALECTS: Mapping[str, Dialect] = {
    "mastodon": Dialect("4.7.3"),
    "gotosocial": Dialect(
        "0.19.1+git-36aa685",
        announced_per_link=25,
        count=len,
        too_long=400,
        honours_keys=False,
        names_scopes=False,
    ),
    "hollo": Dialect("0.7.0", announced_per_link=256, count=None, names_scopes=False, takes_digits=False),
    "snac": Dialect(
        "4.0.0 (not true; really snac/2.75)",
        announced_per_link=32,
        count=None,
        honours_keys=False,
        is_complete=False,
    ),
}
"""The dialects, by the names that `Sandbox.speak_as` takes. GoToSocial: its source (2025-10), whose own default limit
is 5000. Hollo: its source (2026). snac: 2.75, by `make test-real`. Tried on all in 2026."""


def instance(dialect: Dialect) -> dict[str, Any]:
    """Return what GET /api/v2/instance answers, and in its older words GET /api/v1/instance."""
    return {
        "domain": HOST,
        "uri": HOST,
        "title": "Mastodon",
        "version": dialect.version,
        "api_versions": {"mastodon": 8},
        "configuration": {
            "statuses": {
                "max_characters": MAX_CHARACTERS,
                "max_media_attachments": 4,
                "characters_reserved_per_url": dialect.announced_per_link,
            },
            "media_attachments": {"description_limit": MAX_DESCRIPTION},
        },
    }
