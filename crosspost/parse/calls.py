"""Calls for participation: tasks that projects offer, and events that look for speakers (since 527).

* [project - what is to do](address)
* [name- what is to do](address)               the space forgotten (515, 518)
**project**                                    a bold line above its tasks (2021)
* [**event**](address) | CFP closes DATE | …   perhaps with only its first ** (637)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from crosspost.model import CallsForParticipation, Project, SpeakerCall
from crosspost.parse.headings import Part, Topic
from crosspost.parse.markdown import Block, items, own_anchors, own_text


def read_calls(parts: Iterable[Part]) -> CallsForParticipation:
    projects: list[Project] = []
    events: list[SpeakerCall] = []
    for part in parts:
        if part.topic is Topic.CALLS:
            projects += _projects(part.blocks)
        elif part.topic is Topic.SPEAKERS:
            events += _speakers(part.blocks)
    return CallsForParticipation(tuple(projects), tuple(events))


_PROJECT = re.compile(r"(.+?) [-–—] \S|(.{1,40}?[\w)])[-–—] (?!and |or )\S")


def _projects(blocks: Iterable[Block]) -> Iterator[Project]:
    group: str | None = None
    for block in blocks:
        if block.kind == "paragraph":
            group = _bold_line(block) or group
        for item in items([block]):
            links = own_anchors(item)
            if not links:
                group = _group(item) or group
            elif not _says_none(item):
                title = links[0].title
                named = _PROJECT.match(title)
                yield Project((named[1] or named[2]) if named else group, title, links[0].url)


def _speakers(blocks: Iterable[Block]) -> Iterator[SpeakerCall]:
    for item in items(blocks):
        links = own_anchors(item)
        if links and not _says_none(item):
            yield SpeakerCall(links[0].title.strip("*"), links[0].url)


def _bold_line(paragraph: Block) -> str | None:
    """The text of a paragraph that is bold as a whole."""
    kinds = [token.type for token in paragraph.inline if token.content or token.type != "text"]
    if kinds[:1] == ["strong_open"] and kinds[-1:] == ["strong_close"] and kinds.count("strong_open") == 1:
        return paragraph.text
    return None


def _group(item: Block) -> str | None:
    """The name of a project whose tasks are listed below it."""
    has_tasks = any(child.kind == "list" for child in item.children)
    return own_text(item).strip(" :") if has_tasks else None


def _says_none(item: Block) -> bool:
    return re.match(r"\W*no\b", own_text(item), re.IGNORECASE) is not None
