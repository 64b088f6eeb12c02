"""The outline of an issue: which heading begins which section.

A heading is known by its words: levels changed three times, and editors mistype them (`# Oceania`, `## Project/Tooling
Updates`). A heading that is not in the table belongs to the section that it stands in: a group of pull requests, a
region, a team. Source: the newsletter's git history, read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from crosspost.parse.markdown import Block


class Topic(Enum):
    INTRODUCTION = auto()
    COMMUNITY = auto()
    CRATE = auto()
    TESTING = auto()
    CALLS = auto()
    SPEAKERS = auto()
    PROJECT = auto()
    TRIAGE = auto()
    APPROVED_RFCS = auto()
    FINAL_COMMENT = auto()
    NEW_RFCS = auto()
    EVENTS = auto()
    JOBS = auto()
    QUOTE = auto()
    OTHER = auto()
    """A known section that is not announced."""
    UNKNOWN = auto()
    """A section that is not in the table."""


# As `normalize` returns them: lower case, no colon at the end. The years are those of first and last use.
_TOPICS = {
    Topic.COMMUNITY: r"updates from (the )?rust community"  # 2015–
    r"|from the blogosphere|new releases & project updates|notable new crates & project updates"  # 2015
    r"|notable links|news & blog posts|blog posts|papers & presentations|podcasts|videos"  # –2020
    r"|official|foundation|newsletters|papers/research projects|research( papers)?"  # 2020–, as all below
    r"|project updates|tooling|project/tooling updates|observations/thoughts"
    r"|learn (standard |more |simple )?rust|rust walkthroughs|miscellaneous",
    Topic.CRATE: r"crate of the week",  # 2015–
    Topic.TESTING: r"calls? for testing",  # 2022–
    Topic.CALLS: r"calls? for participation"  # 2016–
    r"|call for participation; projects and speakers|cfp - projects",  # 2023–
    Topic.SPEAKERS: r"cfp - (speakers|events)",  # 2023–
    Topic.PROJECT: r"what's cooking on (master|nightly)\?"  # 2013–2015
    r"|updates from (the )?rust (core|project)",  # 2015–2021, 2021–
    Topic.TRIAGE: r"((rust )?compiler )?performance triage",  # 2020–
    Topic.APPROVED_RFCS: r"approved rfcs",
    Topic.FINAL_COMMENT: r"(rfcs in )?final comment period|rfcs|tracking issues( & prs)?",
    Topic.NEW_RFCS: r"(new|updated|new (and|&) updated) rfcs",
    Topic.EVENTS: r"upcoming events",
    Topic.JOBS: r"(rust )?jobs|fn work\(on: rustproject\) -> money( \{\})?",
    Topic.QUOTE: r"quotes? of the week",
    Topic.OTHER: r"(breaking|other) changes|new contributors|issues in final comment period|internals discussions"
    r"|module of the week|friends? of the tree",  # the module: 2021
}
_PATTERN = re.compile("|".join(f"(?P<{topic.name}>{headings})" for topic, headings in _TOPICS.items()))

# Sections that a heading of any level continues when it is not in the table.
_OPEN = frozenset({Topic.COMMUNITY, Topic.EVENTS, Topic.TRIAGE, Topic.FINAL_COMMENT})

_DATED = re.compile(r"\d{4}-\d{2}-\d{2}\b")


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and what follows it, up to the next heading."""

    topic: Topic
    heading: str
    """The heading as a reader sees it."""
    blocks: tuple[Block, ...]
    begins_topic: bool = False
    """Whether its heading is in the table; any other part continues the topic of the one before."""


def outline(blocks: Iterable[Block]) -> Iterator[Part]:
    """Yield the parts of an issue. The first, without a heading, is the header and the greeting."""
    topic, level, begins_topic = Topic.INTRODUCTION, 6, False
    heading, content = "", list[Block]()
    for block in blocks:
        if block.kind != "heading" or (topic is Topic.EVENTS and _DATED.match(block.text)):
            content.append(block)  # an event whose bullet was typed as # is an event (609)
            continue
        yield Part(topic, heading, tuple(content), begins_topic)
        heading, content = block.text, []
        known = _topic_of(heading, topic)
        begins_topic = known is not None
        if known is not None:
            topic, level = known, block.level
        elif topic not in _OPEN and block.level <= level:
            topic, level = Topic.UNKNOWN, block.level
    yield Part(topic, heading, tuple(content), begins_topic)


def blocks_of(parts: Iterable[Part], *topics: Topic) -> Iterator[Block]:
    """Yield the blocks in the parts of these topics."""
    return (block for part in parts if part.topic in topics for block in part.blocks)


def _topic_of(heading: str, within: Topic) -> Topic | None:
    words = normalize(heading)
    if within is Topic.TESTING and words == "rfcs":
        return None  # a group of the calls for testing, too
    found = _PATTERN.fullmatch(words)
    return Topic[str(found.lastgroup)] if found else None


def normalize(heading: str) -> str:
    """Return a heading in the form that the table has."""
    straight = heading.lower().replace("’", "'").replace("\xa0", " ")
    return re.sub(r"\s*([/;])\s*", lambda found: found[1] + (" " if found[1] == ";" else ""), straight).strip(
        " :#."
    )
