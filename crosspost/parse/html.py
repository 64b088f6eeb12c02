"""HTML of other people, made safe to hand to a parser: its charset, its length, and what takes a parser too long.

encoding.spec.whatwg.org, html.spec.whatwg.org section 13.2.3 (read 2026-11)
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

LENGTH_LIMIT = 300_000
"""Characters. A page of the newsletter has 150,000; what follows is left out."""

_ENDLESS_NUMBER = re.compile(r"&#[0-9]{10,};?")
"""No character has such a number, and Python does not read one of more than 4,300 digits."""
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_IN_HEADER = re.compile(r"charset\s{0,9}=\s{0,9}[\"']?([\w.:-]{1,40})", re.IGNORECASE | re.ASCII)
_IN_META = re.compile(rf"<meta\s[^<>]{{0,300}}?{_IN_HEADER.pattern}", re.IGNORECASE | re.ASCII)
_META_WITHIN = 1024
"""Bytes. A page names its charset in the first of them."""
_CHARSETS = re.compile(
    r"utf-(8|16|16-le|16-be)|ascii|cp(125\d|866|874|932|949)|iso8859-\d+|koi8-[rtu]|mac-\w+|gb\w+|big5\w*|shift_jis\w*|euc_\w+"
)
"""By Python's own names. Its other codecs ("punycode", "unicode_escape") are no charset of any page."""
_AS_BROWSERS_READ_IT = {"ascii": "cp1252", "iso8859-1": "cp1252", "utf-16": "utf-16-le"}
"""The Encoding Standard reads these labels so."""


def decode_html(body: bytes, content_type: str = "") -> str:
    """Return the text of a page: by its byte order mark, the `Content-Type`, `<meta>`, else UTF-8, else Windows-1252.

    What is not in the charset that the page itself names becomes U+FFFD.
    """
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, "replace")
    if charset := _named(_IN_HEADER.search(content_type)):
        return body.decode(charset, "replace")
    if charset := _named(_IN_META.search(body[:_META_WITHIN].decode("latin-1"))):
        # A <meta> that could be read says that the page is no UTF-16.
        return body.decode("utf-8" if charset.startswith("utf-16") else charset, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _named(found: re.Match[str] | None) -> str:
    """Return the codec for the charset that was found; empty when there is none by that name."""
    try:
        name = codecs.lookup(found[1]).name if found else ""
    except (LookupError, ValueError):
        return ""
    return _AS_BROWSERS_READ_IT.get(name, name) if _CHARSETS.fullmatch(name) else ""


def limit_html(html: str) -> str:
    """Return the HTML without what `html.parser` takes quadratic time for, or raises at: comments and `<!…>`, and what
    begins a tag and never ends it, numbers that no character has. No longer than `LENGTH_LIMIT`."""
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
