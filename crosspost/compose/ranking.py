"""Which link is news: the table by which an issue's links are put in order.

The words that make an advisory or a release are the configuration's (`[digest]`), and only what is official can be
one: by its section, or by its address. Official links follow each other in the order of their classes; those of the
community take turns, one of each section. Pure.
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
    """What one wants to know before following it: "video", "audio", another language: "DE"."""
    urgent: bool = False
    """An advisory or a release: it is told everywhere."""


class LinkClass(IntEnum):
    """The classes of links, the most telling first."""

    ADVISORY = 0
    RELEASE = 1
    WARNING = 2
    """Somebody else's word of a vulnerability that has a number, or of a malicious package."""
    CALL = 3
    OFFICIAL = 4
    INSIDE = 5
    COMMUNITY = 6
    ASIDE = 7
    """In another language than the newsletter's, or a bare name that says nothing."""
    ROUTINE = 8


def classify(link: DigestLink, config: DigestConfig, *, in_latin: bool = True) -> LinkClass:
    """Return the first class that the link fits. `in_latin`: the newsletter is written in Latin letters."""
    inside = _is_of(link, config.inside)
    official = inside or _is_of(link, config.official)
    foreign = in_latin and _is_foreign(link.title)
    aside = foreign or _is_bare(link.title) or not {"video", "audio"}.issuperset(link.marks)
    asked = (  # in this order; `LinkClass` says which comes first in a post
        (LinkClass.ADVISORY, official and _says(link, config.advisories)),
        (LinkClass.CALL, official and _says(link, config.calls)),
        (LinkClass.RELEASE, official and _says(link, config.releases)),
        (LinkClass.WARNING, not aside and _says(link, config.warnings)),
        (LinkClass.ROUTINE, _says(link, config.routine) or _has_any(config.routine, link.section)),
        (LinkClass.INSIDE, inside),
        (LinkClass.OFFICIAL, official),
        (LinkClass.ASIDE, aside),
    )
    return next((news for news, fits in asked if fits), LinkClass.COMMUNITY)


def _is_of(link: DigestLink, places: Sequence[str]) -> bool:
    """Whether its section or the beginning of its address is one of these."""
    address = link.url.partition("://")[2].removeprefix("www.").lower()
    section = link.section.casefold()
    return any(section == place.casefold() or f"{address}/".startswith(f"{place}/") for place in places)


def _says(link: DigestLink, patterns: Sequence[str]) -> bool:
    """Whether the title has one of these words; of a bare name, also the end of its address."""
    title = link.title
    if _is_bare(title):
        title += f" {urlsplit(link.url).path.rstrip('/').rpartition('/')[2].replace('-', ' ')}"
    return _has_any(patterns, title)


def _is_bare(title: str) -> bool:
    """One or two words without a number: a name, and nothing that is said of it."""
    return len(title.split()) <= 2 and not _DIGIT.search(title) and not _is_foreign(title)


def rank_links(
    links: Sequence[DigestLink], config: DigestConfig, *, any_script: bool = False
) -> Iterator[DigestLink]:
    """Yield all links, the most telling first; those of one class as they stand, or in turns.

    `any_script`: the newsletter may be written in other letters than Latin ones.
    """
    in_latin = not any_script or 2 * sum(_is_foreign(link.title) for link in links) <= len(links)
    classes: dict[LinkClass, list[DigestLink]] = {news: [] for news in LinkClass}
    for link in links:
        classes[classify(link, config, in_latin=in_latin)].append(link)
    for news, members in classes.items():
        if news >= LinkClass.COMMUNITY:
            yield from _in_turns(members)
            continue
        # Bare names behind plain ones; of the releases those first whose pattern is first in the configuration.
        patterns = config.releases if news is LinkClass.RELEASE else ()
        members.sort(key=lambda link: (_is_bare(link.title), _first_said(link, patterns)))
        yield from (link._replace(urgent=news in (LinkClass.ADVISORY, LinkClass.RELEASE)) for link in members)


def _first_said(link: DigestLink, patterns: Sequence[str]) -> int:
    return next((place for place, pattern in enumerate(patterns) if _says(link, (pattern,))), 0)


def _in_turns(links: Sequence[DigestLink]) -> Iterator[DigestLink]:
    """Take one of each section, then another one of each."""
    sections: dict[str, list[DigestLink]] = {}
    for link in links:
        sections.setdefault(link.section, []).append(link)
    return (link for turn in zip_longest(*sections.values()) for link in turn if link is not None)


def _has_any(patterns: Sequence[str], text: str) -> bool:
    """Whether one of them matches whole words of the text, in any case."""
    return bool(patterns) and _any_of(tuple(patterns)).search(text) is not None


@lru_cache(maxsize=64)
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    joined = "|".join(f"(?:{pattern})" for pattern in patterns)
    return re.compile(rf"(?<!\w)(?:{joined})(?!\w)", re.IGNORECASE)


_DIGIT = re.compile(r"\d")
_TAGGED = re.compile(r"^\[[A-Z]{2}(?:-\w\w)?\]")


def _is_foreign(title: str) -> bool:
    """Whether a title says that it is in another language, or is written in another alphabet."""
    letters = [character for character in title if character.isalpha()]
    latin = sum("LATIN" in unicodedata.name(character, "") for character in letters)
    return bool(_TAGGED.match(title)) or 2 * latin < len(letters)
