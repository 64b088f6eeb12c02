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


# Normalised (`words`): lower case, no colon at the end. The years are those of first and last use.
TOPICS: dict[Topic, tuple[str, ...]] = {
    Topic.COMMUNITY: (
        "updates from rust community",  # 2015–
        "updates from the rust community",
        "from the blogosphere",  # 2015
        "new releases & project updates",  # 2015
        "notable new crates & project updates",
        "notable links",
        "news & blog posts",  # 2015–2020
        "blog posts",
        "papers & presentations",
        "podcasts",
        "videos",
        "official",  # 2020–, as all below
        "foundation",
        "newsletters",
        "papers/research projects",
        "research",
        "research papers",
        "project updates",
        "tooling",
        "project/tooling updates",
        "observations/thoughts",
        "learn rust",
        "learn standard rust",
        "learn more rust",
        "learn simple rust",
        "rust walkthroughs",
        "miscellaneous",
    ),
    Topic.CRATE: ("crate of the week",),  # 2015–
    Topic.TESTING: ("call for testing", "calls for testing"),  # 2022–
    Topic.CALLS: (
        "call for participation",  # 2016–
        "calls for participation",
        "call for participation; projects and speakers",  # 2023–
        "cfp - projects",
    ),
    Topic.SPEAKERS: ("cfp - speakers", "cfp - events"),  # 2023–
    Topic.PROJECT: (
        "what's cooking on master?",  # 2013–2015
        "what's cooking on nightly?",
        "updates from rust core",  # 2015–2021
        "updates from the rust core",
        "updates from rust project",
        "updates from the rust project",  # 2021–
    ),
    Topic.TRIAGE: (
        "rust compiler performance triage",
        "compiler performance triage",
        "performance triage",
    ),  # 2020–
    Topic.APPROVED_RFCS: ("approved rfcs",),
    Topic.FINAL_COMMENT: (
        "final comment period",
        "rfcs",
        "rfcs in final comment period",
        "tracking issues & prs",
        "tracking issues",
    ),
    Topic.NEW_RFCS: ("new rfcs", "updated rfcs", "new and updated rfcs", "new & updated rfcs"),
    Topic.EVENTS: ("upcoming events",),
    Topic.JOBS: (
        "jobs",
        "rust jobs",
        "fn work(on: rustproject) -> money",
        "fn work(on: rustproject) -> money {}",
    ),
    Topic.QUOTE: ("quote of the week", "quotes of the week"),
    Topic.ELSE: (
        "breaking changes",
        "other changes",
        "new contributors",
        "issues in final comment period",
        "internals discussions",
        "module of the week",  # 2021
        "friend of the tree",
        "friends of the tree",
    ),
}

_TOPIC_OF = {heading: topic for topic, headings in TOPICS.items() for heading in headings}
MAIN_COMMUNITY = frozenset({"updates from rust community", "updates from the rust community"})

# Where a heading of any level that is not in the table belongs to what it stands in.
_OPEN = frozenset({Topic.COMMUNITY, Topic.EVENTS, Topic.TRIAGE, Topic.FINAL_COMMENT})

_DATED = re.compile(r"\d{4}-\d{2}-\d{2}\b")


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and what follows it up to the next."""

    topic: Topic
    heading: str
    """As a reader sees it."""
    line: int
    """0-based."""
    blocks: tuple[Block, ...]
    opens: bool = False
    """Its heading is in the table; a part that does not open its topic only continues it."""


def outline(blocks: Iterable[Block]) -> Iterator[Part]:
    """Yield the issue's parts in order. The first, without a heading, is the header and the greeting."""
    topic, level, opens = Topic.INTRODUCTION, 6, False
    heading, line, held = "", 0, list[Block]()
    for block in blocks:
        if block.kind != "heading" or (topic is Topic.EVENTS and _DATED.match(block.text)):
            held.append(block)  # an event whose bullet was typed as # is an event (609)
            continue
        yield Part(topic, heading, line, tuple(held), opens)
        heading, line, held = block.text, block.line, []
        known = _known(heading, topic)
        opens = known is not None
        if known is not None:
            topic, level = known, block.level
        elif topic not in _OPEN and block.level <= level:
            topic, level = Topic.UNKNOWN, block.level
    yield Part(topic, heading, line, tuple(held), opens)


def blocks_of(parts: Iterable[Part], *topics: Topic) -> Iterator[Block]:
    """Yield what stands in the parts of these topics."""
    return (block for part in parts if part.topic in topics for block in part.blocks)


def _known(heading: str, within: Topic) -> Topic | None:
    known = words(heading)
    if within is Topic.TESTING and known == "rfcs":
        return None  # the calls for testing are grouped by repository too
    return _TOPIC_OF.get(known)


def words(heading: str) -> str:
    """Return a heading as the table has it."""
    straight = heading.lower().replace("’", "'").replace("\xa0", " ")
    return re.sub(r"\s*([/;])\s*", lambda found: found[1] + (" " if found[1] == ";" else ""), straight).strip(
        " :#."
    )
