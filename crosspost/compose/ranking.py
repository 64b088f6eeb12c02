"""Which link is news: the table by which an issue's links are put in order.

A link takes the first class of `CLASSES` that it fits. The words that make an advisory or a release are the
configuration's (`[digest]`), and only what is official can be one: by its section, or by its address.
Official links follow each other in the order of their classes; those of the community take turns, one of
each section. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import zip_longest
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import regex

from crosspost.config.schema import DigestConfig


class Entry(Protocol):
    """What has to be known of a link."""

    @property
    def title(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def section(self) -> str: ...
    @property
    def marks(self) -> tuple[str, ...]: ...


T = TypeVar("T", bound=Entry)


class News(IntEnum):
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

    @property
    def must_be_told(self) -> bool:
        """Whether readers rely on hearing of it on every platform."""
        return self in (News.ADVISORY, News.RELEASE)

    @property
    def takes_turns(self) -> bool:
        return self >= News.COMMUNITY


@dataclass(frozen=True, slots=True)
class _Words:
    """A link in the forms in which the table asks for it, and the configuration's words."""

    entry: Entry
    config: DigestConfig
    in_latin: bool = True
    """Most titles of the issue are in Latin letters: others are in another language."""

    def say(self, patterns: Sequence[str]) -> bool:
        """Whether the title has one of these words; of a bare name, also the end of its address."""
        title = self.entry.title
        if self.is_bare:
            title = (
                f"{title} {urlsplit(self.entry.url).path.rstrip('/').rpartition('/')[2].replace('-', ' ')}"
            )
        return bool((found := _any_of(tuple(patterns))) and found.search(title))

    def place_in(self, news: News) -> tuple[bool, int]:
        """Bare names behind plain ones; of the releases those first whose pattern is first in the configuration."""
        patterns = self.config.releases if news is News.RELEASE else ()
        first = next((place for place, pattern in enumerate(patterns) if self.say((pattern,))), 0)
        return self.is_bare, first

    @property
    def is_inside(self) -> bool:
        return self._is_of(self.config.inside)

    @property
    def is_official(self) -> bool:
        return self.is_inside or self._is_of(self.config.official)

    def _is_of(self, places: Sequence[str]) -> bool:
        """Whether its section or the beginning of its address is one of these."""
        address = self.entry.url.partition("://")[2].removeprefix("www.").lower()
        section = self.entry.section.casefold()
        return any(section == place.casefold() or f"{address}/".startswith(f"{place}/") for place in places)

    @property
    def is_routine(self) -> bool:
        words = _any_of(self.config.routine)
        return self.say(self.config.routine) or bool(words and words.search(self.entry.section))

    @property
    def is_bare(self) -> bool:
        """One or two words without a number: a name, and nothing that is said of it."""
        words = self.entry.title.split()
        return len(words) <= 2 and not _DIGIT.search(self.entry.title) and not _is_foreign(self.entry.title)

    @property
    def is_aside(self) -> bool:
        languages = any(mark not in ("video", "audio") for mark in self.entry.marks)
        return languages or self.is_bare or (self.in_latin and _is_foreign(self.entry.title))


CLASSES: tuple[tuple[News, Callable[[_Words], bool]], ...] = (
    (News.ADVISORY, lambda link: link.is_official and link.say(link.config.advisories)),
    (News.CALL, lambda link: link.is_official and link.say(link.config.calls)),
    (News.RELEASE, lambda link: link.is_official and link.say(link.config.releases)),
    (News.WARNING, lambda link: link.say(link.config.warnings) and not link.is_aside),
    (News.ROUTINE, lambda link: link.is_routine),
    (News.INSIDE, lambda link: link.is_inside),
    (News.OFFICIAL, lambda link: link.is_official),
    (News.ASIDE, lambda link: link.is_aside),
)
"""In the order in which a link is asked; what fits none is the community's. `News` says which comes first."""


def class_of(entry: Entry, config: DigestConfig, *, in_latin: bool = True) -> News:
    """Return the class of one link. `in_latin`: the newsletter is written in Latin letters."""
    words = _Words(entry, config, in_latin)
    return next((news for news, fits in CLASSES if fits(words)), News.COMMUNITY)


def ranked(
    entries: Iterable[T], config: DigestConfig, *, any_script: bool = False
) -> Iterator[tuple[News, T]]:
    """Yield all links with their classes, the most telling first; those of one class as they stand, or in turns.

    `any_script`: the newsletter may be written in other letters than Latin ones.
    """
    entries = tuple(entries)
    in_latin = not any_script or 2 * sum(_is_foreign(entry.title) for entry in entries) <= len(entries)
    classed = [(class_of(entry, config, in_latin=in_latin), entry) for entry in entries]
    for news in News:
        members = [entry for found, entry in classed if found is news]
        if news.takes_turns:
            members = _in_turns(members)
        else:
            members.sort(key=lambda entry: _Words(entry, config).place_in(news))
        yield from ((news, entry) for entry in members)


def _in_turns(entries: Sequence[T]) -> list[T]:
    """Take one of each section, then another one of each."""
    sections: dict[str, list[T]] = {}
    for entry in entries:
        sections.setdefault(entry.section, []).append(entry)
    turns = zip_longest(*sections.values())
    return [entry for turn in turns for entry in turn if entry is not None]


@lru_cache(maxsize=64)
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str] | None:
    """Match them as whole words, in any case; None for none."""
    joined = "|".join(f"(?:{pattern})" for pattern in patterns)
    return re.compile(rf"(?<!\w)(?:{joined})(?!\w)", re.IGNORECASE) if patterns else None


_DIGIT = re.compile(r"\d")
_TAGGED = re.compile(r"^\[[A-Z]{2}(?:-\w\w)?\]")
_LATIN = regex.compile(r"\p{Latin}")
_LETTER = regex.compile(r"\p{L}")


def _is_foreign(title: str) -> bool:
    """Whether a title says that it is in another language, or is written in another alphabet."""
    letters = len(_LETTER.findall(title))
    return bool(_TAGGED.match(title)) or 2 * len(_LATIN.findall(title)) < letters
