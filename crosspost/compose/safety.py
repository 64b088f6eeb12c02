"""What each platform would make of a stranger's characters, and how it is kept from doing so.

One function for each platform: text → text that reads the same there and has no effect. A clean title
comes back as it is; a character is escaped only where it would do something. The text is clean already
(text.py): no controls, nothing invisible, one line.

Where a platform has no way to escape (a mention on Mastodon, a bare domain on X) a word joiner, U+2060,
is put where the platform's own rule breaks on it: it has no width, and no line ends there. An address
inside a title loses its scheme, so that nothing but the issue's own links is a link.

Rules read 2026-08: Mastodon app/models/{account,tag,custom_emoji}.rb and lib/extractor; twitter-text;
Reddit's snudown (autolink.c, markdown.c) and CommonMark; Discord's fork of simple-markdown, and the
message formatting reference of its documentation.
"""

from __future__ import annotations

import re
from functools import lru_cache

from crosspost.compose.counting.x import bare_domains

JOINER = "\u2060"
_REMEMBERED = 512
"""Titles of about ten issues: one title is escaped again and again while a post is made to fit."""

_WEB = re.compile(r"https?://(?=\S)", re.IGNORECASE)
_SCHEME = re.compile(r"(?<=\w:)(?=//\S)")
_MENTION = re.compile(r"(?<![A-Za-z0-9_])([@＠])(?=\w)")
_HASHTAG = re.compile(r"(?<!\w)([#＃])(?=\w*[^\W\d])")
_CASHTAG = re.compile(r"(?<![\w$])\$(?=[A-Za-z])")
_SHORTCODE = re.compile(r"(?<![A-Za-z0-9:]):(?=[A-Za-z0-9_]{2,}:(?![A-Za-z0-9:]))")


def as_it_is(text: str) -> str:
    """For a place where no character does anything."""
    return text


def on_bluesky(text: str) -> str:
    """No address that a reader could take for a link; no other character does anything without a facet."""
    return _without_schemes(text)


@lru_cache(maxsize=_REMEMBERED)
def on_mastodon(text: str) -> str:
    """No mention, no hashtag, no custom emoji, no link."""
    joined = _MENTION.sub(rf"\1{JOINER}", _without_schemes(text))
    return _SHORTCODE.sub(f":{JOINER}", _HASHTAG.sub(rf"\1{JOINER}", joined))


@lru_cache(maxsize=_REMEMBERED)
def on_x(text: str) -> str:
    """No mention, hashtag or cashtag, and no bare domain: a link costs money there."""
    joined = _MENTION.sub(rf"\1{JOINER}", _without_schemes(text))
    joined = _CASHTAG.sub(f"${JOINER}", _HASHTAG.sub(rf"\1{JOINER}", joined))
    for address in reversed(bare_domains(joined)):
        word = address.text.replace(".", f".{JOINER}")
        joined = joined[: address.start] + word + joined[address.end :]
    return joined


def _without_schemes(text: str) -> str:
    """Addresses of the web without their scheme; of other schemes (gemini:, ipfs:) with the link broken."""
    if "//" not in text:
        return text
    while _WEB.search(text):  # again, because taking one away can make another: hthttps://tps://
        text = _WEB.sub("", text)
    return _SCHEME.sub(JOINER, text)


# ── Markdown ─────────────────────────────────────────────────────────────────────────────────────────

_PUNCTUATION = r"""!-/:-@\[-`{-~"""
_EMPHASIS = rf"""
      (?P<escape> \\(?=[{_PUNCTUATION}]|$) )     # a backslash that would escape something
    | (?P<star>   (?<!\s)\* | \*(?!\s) )         # "2 * 3" is no emphasis
    | (?P<under>  (?<![^\W_])_ | _(?![^\W_]) )   # nor is snake_case
    | (?P<code>   ` )
    | (?P<strike> ~(?=~)|(?<=~)~ )
    | (?P<label>  [\[\]] )
    | (?P<block>  ^(?:[#>] | [-+](?=[\s\#-])) )  # a heading, a quotation, a list
"""
_ORDERED = re.compile(r"^(\d{1,9})([.)])(?=\s)")

_REDDIT = re.compile(
    rf"""{_EMPHASIS}
    | (?P<super>   \^(?=\S) )
    | (?P<html>    <(?=[A-Za-z/!?]) )
    | (?P<spoiler> >(?=!) )
    | (?P<www>     (?<=\bwww)\.(?=\w) )
    | (?P<place>   (?<=(?<!\w)[ur])/(?=\w) )     # u/name pings, r/name links
    """,
    re.VERBOSE | re.IGNORECASE,
)
_DISCORD = re.compile(
    rf"""{_EMPHASIS}
    | (?P<spoiler> \|(?=\|)|(?<=\|)\| )
    | (?P<emoji>   :(?=[a-z0-9_+-]{{2,}}:) )                                 # :crab: becomes a picture
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?=\#?\w{1,32};)")
_PING = re.compile(r"@(?=everyone|here)|<(?=[@#:/]|(?:a|t|id|sound):)", re.IGNORECASE)
"""@everyone, and what Discord makes of <@id>, <#id>, <:emoji:id>, </command:id>, <t:time>, <id:page>."""
_BALANCED = re.compile(r"[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*")


@lru_cache(maxsize=_REMEMBERED)
def on_reddit(text: str) -> str:
    """Reddit's Markdown, old and new: no emphasis, link, mention, superscript, spoiler or entity."""
    return _escaped(_REDDIT, _ENTITY.sub("&amp;", _without_schemes(text)))


@lru_cache(maxsize=_REMEMBERED)
def on_discord(text: str) -> str:
    """Discord's Markdown: no emphasis, link, mention, emoji, timestamp or spoiler."""
    plain = _without_schemes(text)
    if not _BALANCED.fullmatch(plain):
        # Its parser looks for a link's end before it looks at backslashes: an odd bracket would end it.
        plain = plain.replace("[", "(").replace("]", ")")
    return _PING.sub(rf"\g<0>{JOINER}", _escaped(_DISCORD, plain))


def _escaped(special: re.Pattern[str], text: str) -> str:
    return _ORDERED.sub(r"\1\\\2", special.sub(r"\\\g<0>", text))
