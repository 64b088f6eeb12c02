"""Typing errors that would drop an entry, repaired line by line before the text is parsed.

    * [title](https://…            the closing parenthesis forgotten at the end of the line (559, 573)
    [title](https://…)             a bullet forgotten below an entry (658): Markdown would take it into that one
    * [a](…)* [b](…)               two entries on one line (536, 591)
    * [title]https://…             a bracket or a parenthesis missing or of the wrong kind (448, 496, 621, 654)

Readers of the page see each of these, so each is also reported, with its line. What they do not see (a bullet or a
heading without its space, a control character) is repaired without a report.
Source: corrections in the newsletter's git history, read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from crosspost.model import Finding, FindingKind
from crosspost.parse.lines import COMMENT_OPENS, FENCE, Kind, Line, without_comments

MAX_LINE = 5_000
"""Characters: eight times the longest entry so far. A longer line is left as it is."""


class RepairedText(NamedTuple):
    text: str
    numbers: tuple[int, ...]
    """The 0-based line of the file for each line of `text`, and for its end."""
    findings: tuple[Finding, ...]


def repair(lines: Sequence[Line]) -> RepairedText:
    """Return the text with its typing errors repaired, in linear time."""
    texts: list[str] = []
    numbers: list[int] = []
    findings: list[Finding] = []
    for position, line in enumerate(lines):
        text = _visible_line(line)
        if line.kind is Kind.TEXT and len(text) <= MAX_LINE and ("](" in text or "://" in text):
            following = lines[position + 1].text if position + 1 < len(lines) else ""
            text, messages = _repair_line(text, texts[-1] if texts else "", following)
            findings += (Finding(FindingKind.SLIP, line.number, message) for message in messages)
        for part in text.split("\n"):
            texts.append(part)
            numbers.append(position)
    whole = "\n".join(texts).removeprefix("\ufeff")
    whole = _HEADING_WITHOUT_SPACE.sub(r"\1 ", _BULLET_WITHOUT_SPACE.sub(r"\1 ", whole))
    return RepairedText(whole, (*numbers, len(lines)), tuple(findings))


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BULLET_WITHOUT_SPACE = re.compile(r"^( {0,3}[*-])(?=\[)(?![^\n]*\*[ ]*$)", re.MULTILINE)
_HEADING_WITHOUT_SPACE = re.compile(r"(?<=\n\n)(#{1,6})(?=[A-Z][^\n]{0,60}\n)")


def _visible_line(line: Line) -> str:
    """Return a line without its comments: in Markdown a comment may end a list, or hide the text beside it."""
    text = _CONTROL.sub("", line.text)
    if line.kind is not Kind.TEXT:
        return text
    text = without_comments(text)
    opens = FENCE.match(text) or COMMENT_OPENS.match(text)
    return "\\" + text.lstrip(" ") if opens else text


_UNCLOSED = re.compile(r"\]\((https?://(?:[^\s()<>\"'`|]|\([^\s()<>\"'`]*\))+?)[\].,;]*( *\|.*)?$")
_REST_OF_LINK = re.compile(r"\s*[\"']|[^\s()\[\]]*\)")
"""The beginning of a next line that has the rest of the link: its title, or the rest of its address (461)."""
_BULLET = re.compile(r" ?([*-]) +\S")
_ENTRY = re.compile(r" ?(?:\[[^\[\]]{1,24}\] ?){0,3}\[[^\n]+\]\(\S+\)(?: *$| *\|)")
_EVENT = re.compile(r" ?(\d{4}-\d{2}-\d{2}\b[^|]{0,40}\| [^|]{0,40}?) *\| *\[")
_SECOND = re.compile(r"(?<=\)) {0,3}([*-]) *(?=\[[^\[\]]+\][ (])")


def _repair_line(text: str, before: str, following: str) -> tuple[str, list[str]]:
    """Return the line, split in two where it has two entries, and a message for each error in it."""
    messages: list[str] = []
    stripped = text.rstrip()
    if (unclosed := _UNCLOSED.search(stripped)) and (unclosed[2] or not _REST_OF_LINK.match(following)):
        text = f"{stripped[: unclosed.end(1)]}){unclosed[2] or ''}"
        messages.append(f"{_link_in(text)} has no closing parenthesis")
    if linked := _with_link(stripped):
        text = linked
        messages.append(f"{_link_in(text)} has a bracket too few or a wrong one")
    if text[:2].strip(" ")[:1] not in ("*", "-") and (bullet := _missing_bullet(text, before)):
        text = f"{bullet} {text.lstrip()}"
        messages.append(f"{_link_in(text)} has no bullet before it")
    elif (event := _EVENT.match(text)) and _BULLET.match(before.lstrip(" ")):
        messages.append(f'the event "{event[1]}" has no bullet before it and is not counted')
    if parts := _split_entries(text):
        text = "\n".join(parts)
        messages.append(f"{_link_in(parts[1])} stands on the line of another entry")
    return text, messages


_LEAD = r"( {0,8}[*-] +(?:\[[^\[\]]{1,24}\] )*)"
_ADDRESS = r"(https?://[^\s()\[\]<>|]+)"
_WRONG_MARKS = re.compile(rf"{_LEAD}\[?([^\s|][^|]{{0,300}}?)(?:\]:? ?|\]\[| ?[(\[]){_ADDRESS}[)\]]{{0,2}}$")
_NOT_OPENED = re.compile(rf"{_LEAD}([^\s\[\]|][^\[\]|]{{0,300}})\]\({_ADDRESS}\)$")
_LINK = re.compile(r"\] {0,3}\(")


def _with_link(text: str) -> str | None:
    """Return an entry whose only address is not a link, with the address as a link; None for any other line."""
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


def _missing_bullet(text: str, before: str) -> str | None:
    """Return the bullet of the entry above, for a line that is only a link (and cells); None for any other line."""
    above = _BULLET.match(before)
    whole = above is not None and "](" in before and (before.rstrip().endswith(")") or " | " in before)
    return above[1] if above and whole and _ENTRY.match(text) and text.count("](") == 1 else None


def _split_entries(text: str) -> tuple[str, str] | None:
    """Return the two entries of a line whose second one has the list's bullet; `[a](…) - [b](…)` is one entry."""
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


def _link_in(text: str) -> str:
    title = _TITLE.search(text)
    return f'the link "{title[1][:60] if title else text[:60]}"'
