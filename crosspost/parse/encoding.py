"""Bytes → text, and the repair of a file with a wrong encoding.

Two kinds of damage occur, each of a whole file (the newsletter's drafts, 2026-11):

    mojibake      UTF-8 of a text that a program had read as Mac Roman, Windows-1252 or Latin-1: "NÃ¼rnberg"
    wrong bytes   saved in Windows-1252 or Latin-1

Mojibake is repaired only when the *entire* file makes the round trip (text → the wrong encoding → UTF-8). A sound
character practically never survives that, so that a clean text stays as it is, byte for byte.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from crosspost.errors import IssueError


@dataclass(frozen=True, slots=True)
class Decoded:
    text: str
    """The text, with the byte order mark and the line ends of the file."""
    damage: str | None
    """The damage that was repaired, for people: "UTF-8 read as Mac Roman"; None: none."""


def decode(data: bytes) -> Decoded:
    """Return the text of a file. Raise IssueError, with the offset of the first wrong byte, when it is not text."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return Decoded(_decode_western(data, error), "Windows-1252 instead of UTF-8")
    return _undo_mojibake(text)


# ── mojibake ─────────────────────────────────────────────────────────────────────────────────────────

_WINDOWS_NOT_LATIN = {
    ord(character): byte
    for byte, character in enumerate(bytes(range(0x80, 0xA0)).decode("cp1252", "replace"), start=0x80)
    if character != "\ufffd"
}
"""Windows-1252's characters in place of control characters: € is 80. What it lacks is Latin-1's, as in browsers."""
_LOST_EMOJI_LEAD = re.compile(rb"(?<![\x80-\xbf\xc2-\xf4])\x9f[\x80-\xbf]{2}")
"""An emoji without its first byte: F0 is Apple's logo in Mac Roman, which not every editor keeps."""

# Tried in this order. No text read as Mac Roman passes the first two: its lead bytes either are not in their
# repertoire (√, Apple's logo) or become stray continuation bytes there (‚ is 82, ƒ is 83).
_ROUND_TRIPS: tuple[tuple[str, Callable[[str], bytes]], ...] = (
    ("Latin-1", lambda text: text.encode("latin-1")),
    ("Windows-1252", lambda text: text.translate(_WINDOWS_NOT_LATIN).encode("latin-1")),
    ("Mac Roman", lambda text: _LOST_EMOJI_LEAD.sub(b"\xf0\\g<0>", text.encode("mac_roman"))),
)


def _undo_mojibake(text: str) -> Decoded:
    mark, body = ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)
    for name, back in _ROUND_TRIPS if not body.isascii() else ():
        with suppress(UnicodeError):
            return Decoded(mark + back(body).decode("utf-8"), f"UTF-8 read as {name}")
    return Decoded(text, None)


# ── bytes that are not UTF-8 ─────────────────────────────────────────────────────────────────────────

_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_UTF8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_WESTERN_PROSE = re.compile(
    rb"(?:[\x00-\x7f]"
    # € “ ’ – … ™ © ° «
    rb"|[\x80\x84-\x86\x91-\x97\x99\xa0\xa1\xa3\xa7-\xa9\xab\xae\xb0\xb2-\xb4\xb7\xb9-\xbf\xd7]"
    # a capital, with a letter behind it
    rb"|[\x8a\x8c\x8e\xc0-\xd6\xd8-\xde](?=[A-Za-z\x9a\x9c\x9e\xc0-\xd6\xd8-\xf6\xf8-\xfd])"
    # a small letter, in a word or as one
    rb"|(?<=[A-Za-z\xc0-\xd6\xd8-\xf6\xf8-\xfd ])[\x9a\x9c\x9e\xdf-\xf6\xf8-\xfd])*"
)


def _decode_western(data: bytes, error: UnicodeDecodeError) -> str:
    """Return Western prose in Windows-1252. Raise IssueError for anything else, such as damaged UTF-8."""
    is_other = data.startswith(codecs.BOM_UTF16_LE) or _CONTROL.search(data) or _UTF8_SEQUENCE.search(data)
    if not is_other and _WESTERN_PROSE.fullmatch(data):
        return data.decode("cp1252")
    raise IssueError(
        f"byte {error.start} (0x{data[error.start]:02x}) is no UTF-8, and the file reads as no other encoding "
        "either; save it as UTF-8"
    ) from error
