"""Calls for participation: tasks that projects offer, and events that look for speakers (since 527).

* [project - what is to do](address)
* [name- what is to do](address)               the space forgotten (515, 518)
**project**                                    a bold line above its tasks (2021)
* [**event**](address) | CFP closes DATE | …   perhaps with only its first ** (637)
[project - what is to do](address)             a bullet forgotten (384, 468): a paragraph of only links

A call for speakers among the tasks (436, 454) stays among them and is marked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from crosspost.model import CallsForParticipation, Project, SpeakerCall
from crosspost.parse.headings import Part, Topic, blocks_of
from crosspost.parse.markdown import Anchor, Block, bare_links, items


def read_calls(parts: Sequence[Part]) -> CallsForParticipation:
    projects = [each for part in parts if part.topic is Topic.CALLS for each in _projects(part.blocks)]
    speakers = ((item, item.direct_anchors()) for item in items(blocks_of(parts, Topic.SPEAKERS)))
    events = (
        SpeakerCall(links[0].title.strip("*"), links[0].url)
        for item, links in speakers
        if links and not _says_none(item)
    )
    return CallsForParticipation(tuple(_with_series(projects)), tuple(events))


_PROJECT = re.compile(r"(.+?) [-–—] \S|(.{1,40}?[\w)])[-–—] (?!and |or )\S")


def _projects(blocks: Iterable[Block]) -> Iterator[Project]:
    group: str | None = None
    for block in blocks:
        if block.kind == "paragraph":
            if _is_bold(block):
                group = block.text or group
            yield from (_project(link, group) for link in bare_links(block) if not _ASIDE.match(link.title))
        for item in items([block]):
            links = item.direct_anchors()
            if links and not _says_none(item):
                yield _project(links[0], group)
            elif not links and any(child.kind == "list" for child in item.children):
                group = item.direct_text().strip(" :") or group  # a project, with a list of its tasks


def _project(link: Anchor, group: str | None) -> Project:
    named = _PROJECT.match(link.title)
    for_speakers = (
        _SPEAKERS.search(link.title) is not None
        or _CFP_SITE.match(link.url) is not None
        # Behind a project's name "CFP" may mean participation (484).
        or (named is None and _CFP.search(link.title) is not None)
    )
    project = (named[1] or named[2]) if named else group
    return Project(project, link.title, link.url, for_speakers=for_speakers)


_ASIDE = re.compile(
    r"(?:please |you can )?(?:submit|add|see|read|click|learn|join|more|here|guidelines)\b", re.IGNORECASE
)
_SPEAKERS = re.compile(
    r"\bcalls? for (?:speakers|papers|proposals?|talks|presentations|abstracts|sessions)\b", re.IGNORECASE
)
_CFP = re.compile(r"\bCFP\b", re.IGNORECASE)
_CFP_SITE = re.compile(
    r"https?://(?:cfp\.|(?:www\.)?(?:papercall\.io|sessionize\.com|pretalx\.))", re.IGNORECASE
)


def _with_series(projects: Sequence[Project]) -> Iterator[Project]:
    """Yield the projects, with the series of each that is one of several parts: "Poll I" and "Poll II" (608)."""
    stems = [_PART.sub("", project.project or "") for project in projects]
    parts: dict[str, set[str]] = {}
    for stem, project in zip(stems, projects, strict=True):
        parts.setdefault(stem, set()).add(project.project or "")
    for stem, project in zip(stems, projects, strict=True):
        is_part = bool(stem) and stem != project.project and len(parts[stem]) > 1
        yield replace(project, series=_BEFORE_COLON.sub("", stem)) if is_part else project


_PART = re.compile(r"[\s,:–—-]+(?:(?i:poll|part|task|step|survey|number|no\.?)\s*)?#?(?:\d{1,3}|[IVX]{1,5})$")
_BEFORE_COLON = re.compile(r"(?<=[\w)]): .+$")


def _is_bold(paragraph: Block) -> bool:
    """Return whether all of a paragraph is bold."""
    kinds = [token.type for token in paragraph.inline if token.content or token.type != "text"]
    return kinds[:1] == ["strong_open"] and kinds[-1:] == ["strong_close"] and kinds.count("strong_open") == 1


def _says_none(item: Block) -> bool:
    return re.match(r"\W*no\b", item.direct_text(), re.IGNORECASE) is not None
