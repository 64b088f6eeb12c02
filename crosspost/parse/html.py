"""HTML of other servers: decoded, and limited to what `html.parser` reads in linear time.

encoding.spec.whatwg.org, html.spec.whatwg.org section 13.2.3 (read 2026-11)
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

LENGTH_LIMIT = 300_000
"""Characters: twice a page of the newsletter. What follows is left out."""

_ENDLESS_NUMBER = re.compile(r"&#[0-9]{10,};?")
"""No character has such a number; Python raises for one of more than 4,300 digits."""
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_IN_HEADER = re.compile(r"charset\s{0,9}=\s{0,9}[\"']?([\w.:-]{1,40})", re.IGNORECASE | re.ASCII)
_IN_META = re.compile(rf"<meta\s[^<>]{{0,300}}?{_IN_HEADER.pattern}", re.IGNORECASE | re.ASCII)
_META_WITHIN = 1024
"""Bytes in which a page has to name its charset."""
_CHARSETS = re.compile(
    r"utf-(8|16|16-le|16-be)|ascii|cp(125\d|866|874|932|949)|iso8859-\d+|koi8-[rtu]|mac-\w+|gb\w+|big5\w*|shift_jis\w*|euc_\w+"
)
"""Python's names of charsets. Its other codecs ("punycode", "unicode_escape") are not for pages."""
_AS_IN_BROWSERS = {"ascii": "cp1252", "iso8859-1": "cp1252", "utf-16": "utf-16-le"}
"""The charsets that the Encoding Standard uses for these labels."""


def decode_html(body: bytes, content_type: str = "") -> str:
    """Return the text of a page. Its charset: the byte order mark's, `Content-Type`'s, `<meta>`'s, UTF-8, Windows-1252.

    Bytes that are not in the charset become U+FFFD.
    """
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, "replace")
    if charset := _codec(_IN_HEADER.search(content_type)):
        return body.decode(charset, "replace")
    if charset := _codec(_IN_META.search(body[:_META_WITHIN].decode("latin-1"))):
        # A page whose <meta> can be read as ASCII is not UTF-16.
        return body.decode("utf-8" if charset.startswith("utf-16") else charset, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _codec(found: re.Match[str] | None) -> str:
    """Return the codec for the charset that was found; empty when there is none with that name."""
    try:
        name = codecs.lookup(found[1]).name if found else ""
    except (LookupError, ValueError):
        return ""
    return _AS_IN_BROWSERS.get(name, name) if _CHARSETS.fullmatch(name) else ""


def limit_html(html: str) -> str:
    """Return at most `LENGTH_LIMIT` characters of HTML, without comments and `<!…>`, a tag that never ends, and numbers
    of no character: `html.parser` raises at these, or takes quadratic time."""
    plain = _ENDLESS_NUMBER.sub("\ufffd", "".join(_without_declarations(html[:LENGTH_LIMIT])))
    unfinished = plain.find("<", plain.rfind(">") + 1)
    return plain if unfinished < 0 else plain[:unfinished]


def _without_declarations(html: str) -> Iterator[str]:
    position = 0
    while (begins := html.find("<!", position)) >= 0:
        yield html[position:begins]
        closing = "-->" if html.startswith("<!--", begins) else ">"
        ends = html.find(closing, begins)
        if ends < 0:
            return
        position = ends + len(closing)
    yield html[position:]
