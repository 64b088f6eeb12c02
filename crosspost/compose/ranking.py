"""Put the links of an issue in order, the most important first.

The configuration (`[digest]`) has the words that make an advisory or a release, and only an official link can be one:
by its section, or by its address. Official links are ordered by class; those of the community take turns, one of each
section. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from enum import IntEnum
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple
from urllib.parse import urlsplit

from crosspost.config.schema import DigestConfig


class DigestLink(NamedTuple):
    title: str
    url: str
    section: str
    marks: tuple[str, ...] = ()
    """"video", "audio", or another language: "DE"."""
    urgent: bool = False
    """An advisory or a release: every post has it."""


class LinkClass(IntEnum):
    """The classes of links, the most important first."""

    ADVISORY = 0
    RELEASE = 1
    WARNING = 2
    """An unofficial report of a vulnerability with a number, or of a malicious package."""
    CALL = 3
    OFFICIAL = 4
    INSIDE = 5
    COMMUNITY = 6
    MINOR = 7
    """A title in another language than the newsletter's, or a bare name."""
    ROUTINE = 8


def classify(link: DigestLink, config: DigestConfig, *, in_latin: bool = True) -> LinkClass:
    """Return the first class that the link fits. `in_latin`: the newsletter is written in Latin letters."""
    inside = _is_from(link, config.inside)
    official = inside or _is_from(link, config.official)
    foreign = in_latin and _is_foreign(link.title)
    is_minor = foreign or _is_bare_name(link.title) or not {"video", "audio"}.issuperset(link.marks)
    rules = (  # the first that fits; `LinkClass` has another order, that in a post
        (LinkClass.ADVISORY, official and _mentions(link, config.advisories)),
        (LinkClass.CALL, official and _mentions(link, config.calls)),
        (LinkClass.RELEASE, official and _mentions(link, config.releases)),
        (LinkClass.WARNING, not is_minor and _mentions(link, config.warnings)),
        (
            LinkClass.ROUTINE,
            _mentions(link, config.routine) or _matches_any(config.routine, link.section),
        ),
        (LinkClass.INSIDE, inside),
        (LinkClass.OFFICIAL, official),
        (LinkClass.MINOR, is_minor),
    )
    return next((link_class for link_class, fits in rules if fits), LinkClass.COMMUNITY)


def _is_from(link: DigestLink, sources: Sequence[str]) -> bool:
    """Return whether the section or the beginning of the address is one of these."""
    address = link.url.partition("://")[2].removeprefix("www.").lower()
    section = link.section.casefold()
    return any(section == source.casefold() or f"{address}/".startswith(f"{source}/") for source in sources)


def _mentions(link: DigestLink, patterns: Sequence[str]) -> bool:
    """Return whether the title matches; a bare name also by the end of its address."""
    title = link.title
    if _is_bare_name(title):
        title += f" {urlsplit(link.url).path.rstrip('/').rpartition('/')[2].replace('-', ' ')}"
    return _matches_any(patterns, title)


def _is_bare_name(title: str) -> bool:
    """Return whether the title is one or two words without a number."""
    return len(title.split()) <= 2 and not _DIGIT.search(title) and not _is_foreign(title)


def rank_links(
    links: Sequence[DigestLink], config: DigestConfig, *, any_script: bool = False
) -> Iterator[DigestLink]:
    """Yield all links, the most important first. `any_script`: the newsletter need not be in Latin letters."""
    in_latin = not any_script or 2 * sum(_is_foreign(link.title) for link in links) <= len(links)
    classes: dict[LinkClass, list[DigestLink]] = {link_class: [] for link_class in LinkClass}
    for link in links:
        classes[classify(link, config, in_latin=in_latin)].append(link)
    for link_class, members in classes.items():
        if link_class >= LinkClass.COMMUNITY:
            yield from _round_robin(members)
            continue
        # Bare names come last; releases are in the order of their patterns in the configuration.
        patterns = config.releases if link_class is LinkClass.RELEASE else ()
        members.sort(key=lambda link: (_is_bare_name(link.title), _pattern_index(link, patterns)))
        yield from (
            link._replace(urgent=link_class in (LinkClass.ADVISORY, LinkClass.RELEASE)) for link in members
        )


def _pattern_index(link: DigestLink, patterns: Sequence[str]) -> int:
    return next((index for index, pattern in enumerate(patterns) if _mentions(link, (pattern,))), 0)


def _round_robin(links: Sequence[DigestLink]) -> Iterator[DigestLink]:
    """Return one link of each section, then the next one of each."""
    sections: dict[str, list[DigestLink]] = {}
    for link in links:
        sections.setdefault(link.section, []).append(link)
    return (link for turn in zip_longest(*sections.values()) for link in turn if link is not None)


def _matches_any(patterns: Sequence[str], text: str) -> bool:
    """Return whether a pattern matches whole words of the text, in any case."""
    return bool(patterns) and _any_of(tuple(patterns)).search(text) is not None


@lru_cache(maxsize=64)
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    joined = "|".join(f"(?:{pattern})" for pattern in patterns)
    return re.compile(rf"(?<!\w)(?:{joined})(?!\w)", re.IGNORECASE)


_DIGIT = re.compile(r"\d")
_TAGGED = re.compile(r"^\[[A-Z]{2}(?:-\w\w)?\]")


def _is_foreign(title: str) -> bool:
    """Return whether a title is marked with a language, or is mostly not in Latin letters."""
    letters = [character for character in title if character.isalpha()]
    latin = sum("LATIN" in unicodedata.name(character, "") for character in letters)
    return bool(_TAGGED.match(title)) or 2 * latin < len(letters)
