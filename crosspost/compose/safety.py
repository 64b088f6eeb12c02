"""What the platforms share that keep a stranger's characters from having an effect.

Each platform's own function is in its folder: text → text that reads the same there and
has no effect. A clean title comes back as it is; a character is escaped only where it would do something. The
text is clean already (text.py): no controls, nothing invisible, one line.

Where a platform has no way to escape (a mention on Mastodon, a bare domain on X) a word joiner, U+2060, is put
where the platform's own rule breaks on it: it has no width, and no line ends there. An address inside a title
loses its scheme, so that nothing but the issue's own links is a link.

Rules read 2026-08: Mastodon app/models/{account,tag,custom_emoji}.rb and lib/extractor; twitter-text; Reddit's
snudown (autolink.c, markdown.c) and CommonMark; Discord's fork of simple-markdown, and the message formatting
reference of its documentation.
"""

from __future__ import annotations

import re

JOINER = "\u2060"
REMEMBERED = 512
"""Titles of about ten issues: one title is escaped again and again while a post is made to fit."""

_WEB = re.compile(r"https?://(?=\S)", re.IGNORECASE)
_SCHEME = re.compile(r"(?<=\w:)(?=//\S)")
MENTION = re.compile(r"(?<![A-Za-z0-9_])([@＠])(?=\w)")
HASHTAG = re.compile(r"(?<!\w)([#＃])(?=\w*[^\W\d])")


def without_schemes(text: str) -> str:
    """Return addresses of the web without their scheme; of other schemes (gemini:, ipfs:) with the link broken."""
    if "//" not in text:
        return text
    while _WEB.search(text):  # again, because taking one away can make another: hthttps://tps://
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
