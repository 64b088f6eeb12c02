"""Clean outside text and addresses: titles come from pull requests that anyone may open.

Removed are control characters, direction marks and overrides, and what Unicode calls ignorable by default (UAX #44,
`Default_Ignorable_Code_Point`), except in its proper use: joiners inside emoji and inside the scripts that are written
with them, variation selectors after an emoji, the tags of a flag.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from urllib.parse import urlsplit

import regex

_JOINING_SCRIPTS = (  # scripts that are written with joiners and non-joiners
    r"\p{Arab}\p{Syrc}\p{Mong}\p{Nkoo}\p{Deva}\p{Beng}\p{Guru}\p{Gujr}\p{Orya}\p{Taml}\p{Telu}\p{Knda}"
    r"\p{Mlym}\p{Sinh}\p{Khmr}\p{Mymr}"
)
_INVISIBLE = regex.compile(
    rf"""
    ( (?<=[\p{{Extended_Pictographic}}\p{{EMod}}\uFE0F])\u200D(?=\p{{Extended_Pictographic}})
    | (?<=\p{{Extended_Pictographic}}\p{{EMod}}?|[0-9#*])[\uFE0E\uFE0F]
    | (?<=\U0001F3F4)[\U000E0020-\U000E007E]+\U000E007F
    | (?<=[{_JOINING_SCRIPTS}])[\u200C\u200D](?=[{_JOINING_SCRIPTS}])
    )
    | [\p{{DI}}\p{{Cc}}\p{{Co}}\p{{Cs}}\p{{NChar}}\p{{Bidi_Control}}\uFFF9-\uFFFB]
    """,
    regex.VERBOSE,
)
_STACKED_MARKS = regex.compile(r"(\p{M}{4})\p{M}+")
"""No script needs more than four marks on a letter; more cover the lines above and below."""
_LEADING_MARKS = regex.compile(r"^\p{M}+")

_LONGEST_ADDRESS = 2000
_ENDS_A_LINK = re.compile(r"""[()<>\[\]{}|^`"]""")
"""Ends a link early in some Markdown; percent-encoded, the address is the same."""


def clean(text: str) -> str:
    """Return one line of visible text, in NFC, with single spaces; empty if nothing in it is visible."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    spaced = " ".join(unicodedata.normalize("NFC", text).split())
    flat = _STACKED_MARKS.sub(r"\1", _INVISIBLE.sub(r"\1", spaced))
    plain: str = _LEADING_MARKS.sub("", " ".join(flat.split()))
    return plain


def web_address(url: str) -> str | None:
    """Return the address in a form that is safe in any post; None unless it is a plain http or https address."""
    address = url.strip()
    if not address.lower().startswith(("https://", "http://")) or len(address) > _LONGEST_ADDRESS:
        return None
    if " " in address or not address.isprintable():  # no other space is printable
        return None
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises ValueError for a port that is no number
    except ValueError:
        return None
    host = parts.hostname or ""
    if "." not in host or parts.username is not None or "\\" in address:
        return None
    return _ENDS_A_LINK.sub(lambda match: f"%{ord(match[0]):02X}", address)


def without_site(title: str, url: str) -> str:
    """Return the title without the site's name: "Blog: …", "… | Rust Blog", "… - Shuttle" at shuttle.dev."""
    labels = (urlsplit(url).hostname or "").removeprefix("www.").split(".")[:-1]
    while (match := _SUFFIX.fullmatch(title)) and _is_site_name(match["site"], labels):
        if len(match["title"].split()) < _MIN_WORDS:
            break
        title = match["title"].rstrip()
    return _PREFIX.sub("", title)


_MIN_WORDS = 3
"""Words of a title that keeps its meaning without the site's name: not "Release 0.31 - Fyrox"."""


def _is_site_name(name: str, labels: Sequence[str]) -> bool:
    """Return whether these words name a site: by one like "blog", or by a part of its host name."""
    if len(name.split()) <= 5 and (_SITE.search(name) or _AUTHORS_BLOG.search(name)):
        return True
    letters, parts = _letters(name), [_letters(label) for label in labels]
    if len(letters) >= 3 and letters in "".join(parts):
        return True
    return len(name.split()) <= 4 and any(len(part) >= 5 and part in letters for part in parts)


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


_SUFFIX = re.compile(r"(?P<title>.*\S)(?:\s+[|·•]|\s+::|\s+[-–—])\s+(?P<site>\S.{0,60})", re.DOTALL)
_PREFIX = re.compile(r"^(?:blog(?: post)?|article): (?=\S)", re.IGNORECASE)
_SITE = re.compile(
    r"\bblog$|^blog of\b|^(the )?(dev community|youtube|medium|substack|hacker ?noon|github|reddit|lobsters)$",
    re.IGNORECASE,
)
_AUTHORS_BLOG = re.compile(r"\w[’']s? (weblog|website|site|homepage|notes)$", re.IGNORECASE)


def page_key(url: str) -> str:
    """Return a key that is equal for addresses of one page: no scheme, www, fragment, tracking or final slash."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    query = sorted(part for part in parts.query.split("&") if part and not part.startswith(_TRACKING))
    if host == "youtu.be":
        return f"youtube.com/watch?v={parts.path.strip('/')}"
    if host == "youtube.com" and parts.path == "/watch":
        query = [part for part in query if part.startswith("v=")]
    return f"{host}{parts.path.rstrip('/')}?{'&'.join(query)}".rstrip("?")


_TRACKING = ("utm_", "fbclid=", "gclid=", "mc_cid=", "mc_eid=", "ref=", "ref_src=", "si=", "feature=")
