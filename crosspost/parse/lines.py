"""The lines of an issue, and which of them are text, code or a comment.

As in Markdown, with two exceptions: a comment or a fence that is never closed is text, as on the newsletter's site; and
what follows the end of a comment on its line is text.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple


class Kind(Enum):
    TEXT = auto()
    CODE = auto()
    """A fence, or a line between two fences."""
    COMMENT = auto()


class Line(NamedTuple):
    number: int
    """1-based, as editors count: a line ends with LF, CR LF or CR."""
    offset: int
    """The position of `text` in the whole text."""
    text: str
    """The line without its end; on the last line of a comment, the text after the comment."""
    kind: Kind


FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^`\r\n]*)$")
COMMENT_OPENS = re.compile(r" {0,3}<!--")
_COMMENT = re.compile(r"<!--.*?-->")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")


def classify_lines(text: str) -> list[Line]:
    """Return every line, in linear time."""
    spans = [(found.start(), found[0].rstrip("\r\n")) for found in _LINE.finditer(text)]
    last_close = text.rfind("-->")
    unclosed: dict[str, int] = {}  # mark → length of the shortest fence that nothing closes
    lines: list[Line] = []
    while len(lines) < len(spans):
        offset, line = spans[len(lines)]
        opened = FENCE.match(line) if line.lstrip(" ")[:1] in ("`", "~") else None
        if opened and len(opened[1]) < unclosed.get(opened[1][0], len(line) + 1):
            block = _fenced_lines(spans, len(lines), opened[1])
            if not block:  # then no longer fence of the same mark, further down, is closed either
                block = [Line(len(lines) + 1, offset, line, Kind.TEXT)]
                unclosed[opened[1][0]] = len(opened[1])
            lines += block
        elif COMMENT_OPENS.match(line) and offset < last_close:
            lines += _comment_lines(spans, len(lines), text.find("-->", offset) + len("-->"))
        else:
            lines.append(Line(len(lines) + 1, offset, line, Kind.TEXT))
    return lines


def without_comments(line: str) -> str:
    """Return a line without the comments that begin and end in it. A line with code stays as it is."""
    if "<!--" not in line or "-->" not in line or "`" in line:
        return line
    closed = line.rindex("-->") + len("-->")
    return _COMMENT.sub("", line[:closed]) + line[closed:]


def _fenced_lines(spans: list[tuple[int, str]], first: int, marker: str) -> list[Line]:
    """Return the lines from a fence to the one that closes it; empty when none does."""
    for last in range(first + 1, len(spans)):
        found = FENCE.match(spans[last][1])
        if found and found[1].startswith(marker) and not found[2].strip():
            return [Line(number + 1, *spans[number], Kind.CODE) for number in range(first, last + 1)]
    return []


def _comment_lines(spans: list[tuple[int, str]], first: int, end: int) -> list[Line]:
    lines: list[Line] = []
    for number in range(first, len(spans)):
        offset, line = spans[number]
        if offset + len(line) >= end:
            return [*lines, Line(number + 1, end, line[end - offset :], Kind.TEXT)]
        lines.append(Line(number + 1, offset, "", Kind.COMMENT))
    return lines
