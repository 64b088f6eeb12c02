"""Which headings mean what over the years, and the outline they make of an issue.

Levels moved three times and editors mistype them (`# Oceania`, `## Project/Tooling Updates`), so a
heading is known by its words. One that is not in the table belongs to what it stands in: a group of pull
requests, a region, a team, a section of its own among the community's.
The facts are from the newsletter's git history, read 2026-11.
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
    ELSE = auto()
    """Known, and nothing that is announced."""
    UNKNOWN = auto()
    """A section of its own that is not in the table."""


# As `words` has them: lower case, no colon at the end. The years are those of first and last use.
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
    Topic.ELSE: r"(breaking|other) changes|new contributors|issues in final comment period|internals discussions"
    r"|module of the week|friends? of the tree",  # the module: 2021
}
_TOPIC_OF = re.compile("|".join(f"(?P<{topic.name}>{headings})" for topic, headings in _TOPICS.items()))

# Where a heading of any level that is not in the table belongs to what it stands in.
_OPEN = frozenset({Topic.COMMUNITY, Topic.EVENTS, Topic.TRIAGE, Topic.FINAL_COMMENT})

_DATED = re.compile(r"\d{4}-\d{2}-\d{2}\b")


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and what follows it up to the next."""

    topic: Topic
    heading: str
    """As a reader sees it."""
    blocks: tuple[Block, ...]
    opens: bool = False
    """Its heading is in the table; a part that does not open its topic only continues it."""


def outline(blocks: Iterable[Block]) -> Iterator[Part]:
    """Yield the issue's parts in order. The first, without a heading, is the header and the greeting."""
    topic, level, opens = Topic.INTRODUCTION, 6, False
    heading, held = "", list[Block]()
    for block in blocks:
        if block.kind != "heading" or (topic is Topic.EVENTS and _DATED.match(block.text)):
            held.append(block)  # an event whose bullet was typed as # is an event (609)
            continue
        yield Part(topic, heading, tuple(held), opens)
        heading, held = block.text, []
        known = _known(heading, topic)
        opens = known is not None
        if known is not None:
            topic, level = known, block.level
        elif topic not in _OPEN and block.level <= level:
            topic, level = Topic.UNKNOWN, block.level
    yield Part(topic, heading, tuple(held), opens)


def blocks_of(parts: Iterable[Part], *topics: Topic) -> Iterator[Block]:
    """Yield what stands in the parts of these topics."""
    return (block for part in parts if part.topic in topics for block in part.blocks)


def _known(heading: str, within: Topic) -> Topic | None:
    known = words(heading)
    if within is Topic.TESTING and known == "rfcs":
        return None  # the calls for testing are grouped by repository too
    found = _TOPIC_OF.fullmatch(known)
    return Topic[str(found.lastgroup)] if found else None


def words(heading: str) -> str:
    """Return a heading as the table has it."""
    straight = heading.lower().replace("’", "'").replace("\xa0", " ")
    return re.sub(r"\s*([/;])\s*", lambda found: found[1] + (" " if found[1] == ";" else ""), straight).strip(
        " :#."
    )
