"""Lines as their editors meant them: slips of the keyboard that would drop an entry, mended before parsing.

    * [title](https://…            the closing parenthesis forgotten at the end of the line (559, 573)
    [title](https://…)             a bullet forgotten below an entry (658): Markdown would take it into that one
    * [a](…)* [b](…)               two entries on one line (536, 591)
    * [title]https://…             a bracket or a parenthesis missing or of the wrong kind (448, 496, 621, 654)

The issue's page shows each of them as it was typed, so each is also told, with its line. What no reader would
notice (a bullet or a heading without its space, a control character) is mended silently.
The facts are from corrections in the newsletter's git history, read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from crosspost.parse.lines import COMMENT_OPENS, FENCE, Kind, Line, without_comments

LONGEST_LINE = 5_000
"""Characters. Eight times the longest line of an entry there has been; a longer one is left as it is."""


class Slip(NamedTuple):
    line: int
    """1-based."""
    message: str


class Mended(NamedTuple):
    text: str
    numbers: tuple[int, ...]
    """For each line of `text`, and for the end behind the last, the 0-based line of the file."""
    slips: tuple[Slip, ...]


def mend(lines: Sequence[Line]) -> Mended:
    """Mend the slips. Take time in proportion to the text."""
    texts: list[str] = []
    numbers: list[int] = []
    slips: list[Slip] = []
    for position, line in enumerate(lines):
        text = _plain(line)
        if line.kind is Kind.TEXT and len(text) <= LONGEST_LINE and ("](" in text or "://" in text):
            following = lines[position + 1].text if position + 1 < len(lines) else ""
            text, found = _mended(text, texts[-1] if texts else "", following)
            slips += (Slip(line.number, message) for message in found)
        for part in text.split("\n"):
            texts.append(part)
            numbers.append(position)
    whole = "\n".join(texts).removeprefix("\ufeff")
    whole = _HEADING_WITHOUT_SPACE.sub(r"\1 ", _BULLET_WITHOUT_SPACE.sub(r"\1 ", whole))
    return Mended(whole, (*numbers, len(lines)), tuple(slips))


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BULLET_WITHOUT_SPACE = re.compile(r"^( {0,3}[*-])(?=\[)(?![^\n]*\*[ ]*$)", re.MULTILINE)
_HEADING_WITHOUT_SPACE = re.compile(r"(?<=\n\n)(#{1,6})(?=[A-Z][^\n]{0,60}\n)")


def _plain(line: Line) -> str:
    """Return a line as Markdown: comments gone, so that none of them splits a list or hides what stands beside it."""
    text = _CONTROL.sub("", line.text)
    if line.kind is not Kind.TEXT:
        return text
    text = without_comments(text)
    opens = FENCE.match(text) or COMMENT_OPENS.match(text)
    return "\\" + text.lstrip(" ") if opens else text


_UNCLOSED = re.compile(r"\]\((https?://(?:[^\s()<>\"'`|]|\([^\s()<>\"'`]*\))+?)[\].,;]*( *\|.*)?$")
_GOES_ON = re.compile(r"\s*[\"']|[^\s()\[\]]*\)")
"""The next line has the rest of the link: its title, or an address broken in two (461)."""
_BULLET = re.compile(r" ?([*-]) +\S")
_ENTRY = re.compile(r" ?(?:\[[^\[\]]{1,24}\] ?){0,3}\[[^\n]+\]\(\S+\)(?: *$| *\|)")
_EVENT = re.compile(r" ?(\d{4}-\d{2}-\d{2}\b[^|]{0,40}\| [^|]{0,40}?) *\| *\[")
_SECOND = re.compile(r"(?<=\)) {0,3}([*-]) *(?=\[[^\[\]]+\][ (])")


def _mended(text: str, before: str, following: str) -> tuple[str, list[str]]:
    """Return the line, perhaps as two, and a sentence for each slip in it."""
    slips: list[str] = []
    bare = text.rstrip()
    if (unclosed := _UNCLOSED.search(bare)) and (unclosed[2] or not _GOES_ON.match(following)):
        text = f"{bare[: unclosed.end(1)]}){unclosed[2] or ''}"
        slips.append(f"{_shown(text)} has no closing parenthesis")
    if linked := _linked(bare):
        text = linked
        slips.append(f"{_shown(text)} has a bracket too few or a wrong one")
    if text[:2].strip(" ")[:1] not in ("*", "-") and (bullet := _lacks(text, before)):
        text = f"{bullet} {text.lstrip()}"
        slips.append(f"{_shown(text)} has no bullet before it")
    elif (event := _EVENT.match(text)) and _BULLET.match(before.lstrip(" ")):
        slips.append(f'the event "{event[1]}" has no bullet before it and is not counted')
    if parts := _two(text):
        text = "\n".join(parts)
        slips.append(f"{_shown(parts[1])} stands on the line of another entry")
    return text, slips


_LEAD = r"( {0,8}[*-] +(?:\[[^\[\]]{1,24}\] )*)"
_ADDRESS = r"(https?://[^\s()\[\]<>|]+)"
_WRONG_MARKS = re.compile(rf"{_LEAD}\[?([^\s|][^|]{{0,300}}?)(?:\]:? ?|\]\[| ?[(\[]){_ADDRESS}[)\]]{{0,2}}$")
_NOT_OPENED = re.compile(rf"{_LEAD}([^\s\[\]|][^\[\]|]{{0,300}})\]\({_ADDRESS}\)$")
_LINK = re.compile(r"\] {0,3}\(")


def _linked(text: str) -> str | None:
    """Return an entry of one address that is no link as it stands, as the link that was meant."""
    if text.count("://") != 1:
        return None
    found = _NOT_OPENED.match(text) if _LINK.search(text) else _WRONG_MARKS.match(text)
    if found is None:
        return None
    lead, title, address = found.groups()
    title = re.sub(r"^\(([^()]+)\)$", r"\1", title)
    if "`" not in title and title.count("[") != title.count("]"):
        title = re.sub(r"(?=[\[\]])", r"\\", title)
    return f"{lead}[{title}]({address})"


def _lacks(text: str, before: str) -> str | None:
    """Return the bullet that a line of nothing but a link (or a link and cells) lacks right below a whole entry."""
    above = _BULLET.match(before)
    whole = above is not None and "](" in before and (before.rstrip().endswith(")") or " | " in before)
    return above[1] if above and whole and _ENTRY.match(text) and text.count("](") == 1 else None


def _two(text: str) -> tuple[str, str] | None:
    """Return an entry and the one behind it, when its bullet is the list's own: `[a](…) - [b](…)` is one entry."""
    above, second = _BULLET.match(text.lstrip(" ")), _SECOND.search(text)
    if above is None or second is None or second[1] != above[1]:
        return None
    indent = text[: len(text) - len(text.lstrip(" "))]
    first = text[: second.start()]
    emphasised = (first.count("*") - (above[1] == "*")) % 2 == 1
    if emphasised or (second[1] == "-" and second[0].startswith(" ")) or not _ENDS_IN_LINK.search(first):
        return None
    return first, f"{indent}{above[1]} {text[second.end() :]}"


_ENDS_IN_LINK = re.compile(r"\]\((?:[^\s()]|\([^\s()]*\))*\)$")
_TITLE = re.compile(r"\[(?!(?:[^\[\]]{1,24}\] ?)\[)(.+?)\]\(")


def _shown(text: str) -> str:
    found = _TITLE.search(text)
    return f'the link "{found[1][:60] if found else text[:60]}"'
