"""Calls for participation: tasks that projects offer, and events that look for speakers (since 527).

* [project - what is to do](address)
* [name- what is to do](address)               the space forgotten (515, 518)
**project**                                    a bold line above its tasks (2021)
* [**event**](address) | CFP closes DATE | …   perhaps with only its first ** (637)
[project - what is to do](address)             a bullet forgotten (384, 468): a paragraph of nothing but links

A call for speakers among the tasks (436, 454) stays where it stands and is marked: it is no project.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from crosspost.model import CallsForParticipation, Project, SpeakerCall
from crosspost.parse.headings import Part, Topic
from crosspost.parse.markdown import Anchor, Block, bare_links, items, own_anchors, own_text


def read_calls(parts: Iterable[Part]) -> CallsForParticipation:
    projects: list[Project] = []
    events: list[SpeakerCall] = []
    for part in parts:
        if part.topic is Topic.CALLS:
            projects += _projects(part.blocks)
        elif part.topic is Topic.SPEAKERS:
            events += _speakers(part.blocks)
    return CallsForParticipation(tuple(_with_series(projects)), tuple(events))


_PROJECT = re.compile(r"(.+?) [-–—] \S|(.{1,40}?[\w)])[-–—] (?!and |or )\S")


def _projects(blocks: Iterable[Block]) -> Iterator[Project]:
    group: str | None = None
    for block in blocks:
        if block.kind == "paragraph":
            group = _bold_line(block) or group
            yield from (_project(link, group) for link in bare_links(block) if not _ASIDE.match(link.title))
        for item in items([block]):
            links = own_anchors(item)
            if not links:
                group = _group(item) or group
            elif not _says_none(item):
                yield _project(links[0], group)


def _project(link: Anchor, group: str | None) -> Project:
    named = _PROJECT.match(link.title)
    project = (named[1] or named[2]) if named else group
    return Project(project, link.title, link.url, for_speakers=_is_for_speakers(link, named is not None))


_ASIDE = re.compile(
    r"(?:please |you can )?(?:submit|add|see|read|click|learn|join|more|here|guidelines)\b", re.IGNORECASE
)
_SPEAKERS = re.compile(
    r"\bcalls? for (?:speakers|papers|proposals?|talks|presentations|abstracts|sessions)\b", re.IGNORECASE
)
_CFP = re.compile(r"\bCFP\b", re.IGNORECASE)
_WHERE_TALKS_ARE_HANDED_IN = re.compile(
    r"https?://(?:cfp\.|(?:www\.)?(?:papercall\.io|sessionize\.com|pretalx\.))", re.IGNORECASE
)


def _is_for_speakers(link: Anchor, is_task: bool) -> bool:
    """Tell calls for speakers. "CFP" alone may mean participation (484), where a project's name stands before it."""
    return (
        _SPEAKERS.search(link.title) is not None
        or _WHERE_TALKS_ARE_HANDED_IN.match(link.url) is not None
        or (not is_task and _CFP.search(link.title) is not None)
    )


def _with_series(projects: Sequence[Project]) -> Iterator[Project]:
    """Yield parts of a series as one project: "Poll I" and "Poll II" are the project's before them (608)."""
    parts: dict[str, set[str]] = {}
    for project in projects:
        parts.setdefault(_stem(project), set()).add(project.project or "")
    for project in projects:
        stem = _stem(project)
        is_part = bool(stem) and stem != project.project and len(parts[stem]) > 1
        yield replace(project, series=_BEFORE_COLON.sub("", stem)) if is_part else project


def _stem(project: Project) -> str:
    return _PART.sub("", project.project or "")


_PART = re.compile(r"[\s,:–—-]+(?:(?i:poll|part|task|step|survey|number|no\.?)\s*)?#?(?:\d{1,3}|[IVX]{1,5})$")
_BEFORE_COLON = re.compile(r"(?<=[\w)]): .+$")


def _speakers(blocks: Iterable[Block]) -> Iterator[SpeakerCall]:
    for item in items(blocks):
        links = own_anchors(item)
        if links and not _says_none(item):
            yield SpeakerCall(links[0].title.strip("*"), links[0].url)


def _bold_line(paragraph: Block) -> str | None:
    """Return the text of a paragraph that is bold as a whole."""
    kinds = [token.type for token in paragraph.inline if token.content or token.type != "text"]
    if kinds[:1] == ["strong_open"] and kinds[-1:] == ["strong_close"] and kinds.count("strong_open") == 1:
        return paragraph.text
    return None


def _group(item: Block) -> str | None:
    """Return the name of a project whose tasks are listed below it."""
    has_tasks = any(child.kind == "list" for child in item.children)
    return own_text(item).strip(" :") if has_tasks else None


def _says_none(item: Block) -> bool:
    return re.match(r"\W*no\b", own_text(item), re.IGNORECASE) is not None
