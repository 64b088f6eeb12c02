"""Escape outside text: the rules that several platforms share.

Each platform's own function is in its folder: it returns text that reads the same and has no effect there. Its argument
is clean already (text.py), and only a character that would have an effect is escaped.

Where a platform has no escape (a mention on Mastodon, a bare domain on X), a word joiner, U+2060, interrupts the
platform's rule: it has no width and allows no line break. An address inside a title loses its scheme, so that only the
issue's own links are links.

Rules read 2026-08: Mastodon app/models/{account,tag,custom_emoji}.rb and lib/extractor; twitter-text; Reddit's
snudown (autolink.c, markdown.c) and CommonMark; Discord's fork of simple-markdown, and the message formatting
reference of its documentation.
"""

from __future__ import annotations

import re

JOINER = "\u2060"
REMEMBERED = 512
"""Cached titles, about those of ten issues: a title is escaped many times while a post is made to fit."""

_WEB = re.compile(r"https?://(?=\S)", re.IGNORECASE)
_SCHEME = re.compile(r"(?<=\w:)(?=//\S)")
MENTION = re.compile(r"(?<![A-Za-z0-9_])([@＠])(?=\w)")
HASHTAG = re.compile(r"(?<!\w)([#＃])(?=\w*[^\W\d])")


def without_schemes(text: str) -> str:
    """Return the text with web addresses without their scheme, and with other schemes (gemini:, ipfs:) broken."""
    if "//" not in text:
        return text
    while _WEB.search(text):  # again: a removal can make another, hthttps://tps://
        text = _WEB.sub("", text)
    return _SCHEME.sub(JOINER, text)


_PUNCTUATION = r"""!-/:-@\[-`{-~"""
EMPHASIS = rf"""
      (?P<escape> \\(?=[{_PUNCTUATION}]|$) )     # a backslash that would escape something
    | (?P<star>   (?<!\s)\* | \*(?!\s) )         # "2 * 3" is no emphasis
    | (?P<under>  (?<![^\W_])_ | _(?![^\W_]) )   # nor is snake_case
    | (?P<code>   ` )
    | (?P<strike> ~(?=~)|(?<=~)~ )
    | (?P<label>  [\[\]] )
    | (?P<block>  ^(?:[#>] | [-+](?=[\s\#-])) )  # a heading, a quotation, a list
"""
_ORDERED = re.compile(r"^(\d{1,9})([.)])(?=\s)")


def escaped(special: re.Pattern[str], text: str) -> str:
    return _ORDERED.sub(r"\1\\\2", special.sub(r"\\\g<0>", text))
