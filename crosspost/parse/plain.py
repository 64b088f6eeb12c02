"""Sections and links of any Markdown, for a newsletter whose sections have no grammar of their own.

    ## News                               a heading opens a section
    ### [Title](address)                  one that is a link is an entry of the section it stands in
    * [Title](address) – and more         an entry of a list, numbered or not, is known by its first link
    * Tool 1.2 is out ([notes](address))  one whose link says little is called by its sentence
    | Tool | [notes](address) |           so is the row of a table
    Ann wrote [how it is done](address).  of a paragraph every link whose words say something is an entry
    ## From our sponsor                   what is paid for is no entry

An address without a host starts at the issue's own page. What leads within the page, to a mail or nowhere is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urljoin

from crosspost.model import Link, Section
from crosspost.parse.markdown import (
    Anchor,
    Block,
    anchors,
    direct_anchors,
    direct_text,
    items,
    rows,
    text_blocks,
)

LONGEST_TITLE = 160
"""Characters of a sentence that may stand for the title of an entry."""
LOOKED_AHEAD = 5_000
"""Characters of prose between two links: a bound, so that a long paragraph takes no long time."""
TELLING = 3
"""Words of a link that say something without the sentence around them."""


def read_sections(blocks: Iterable[Block], page_url: str, beside: int | None = None) -> tuple[Section, ...]:
    """Return the sections that have links, as they stand. What stands above the first heading has no
    heading; of prose there, which greets, the links count where there are no others.

    `beside`: the 1-based line that invites to the discussion, whose link is no entry.
    """
    links, prose = list[Link](), list[Link]()
    sections = [("", links)]
    for block in blocks:
        if beside is not None and block.line < beside <= block.end and block.kind == "paragraph":
            continue
        if block.kind == "heading" and (titled := _usable(anchors(block), page_url)):
            links.append(_link(titled[0], block.text))
        elif block.kind == "heading":
            links = []
            sections.append((block.text, links))
        elif len(sections) == 1 and block.kind not in ("list", "table"):
            prose += _links(block, page_url)
        else:
            links += _links(block, page_url)
    if not any(links for _, links in sections):
        sections[0] = ("", prose)
    found = (Section(heading, tuple(_named(heading, links))) for heading, links in sections)
    return tuple(section for section in found if section.links and not _is_paid(section.heading))


def _named(heading: str, links: Sequence[Link]) -> Iterator[Link]:
    """Yield the links; a first one whose words say little has the heading for its title, if there is no other."""
    pointers = [link for link in links if _is_pointer(link.title, link.url)]
    for link in links:
        if link not in pointers:
            yield link
        elif heading and pointers == links[:1]:
            yield Link(heading, link.url, link.tags)


def _links(block: Block, page_url: str) -> Iterator[Link]:
    if block.kind == "list":
        for item in items([block]):
            yield from _entry(direct_text(item), direct_anchors(item), page_url)
    elif block.kind == "table":
        for row in rows(block):
            yield from _entry(_said_by([cell.text for cell in row.children]), direct_anchors(row), page_url)
    elif block.kind in ("paragraph", "quote"):
        for paragraph in text_blocks([block]):
            yield from _in_prose(paragraph, page_url)


def _said_by(cells: Iterable[str]) -> str:
    """Return what a row says: its first cell, with the next one that tells something or two of them that do not."""
    words = [text for text in cells if text.strip() and not _is_pointer(text)]
    telling = next((text for text in words if _tells(text)), None)
    if telling is None or telling == words[0]:
        return telling or " ".join(words[:2])
    return f"{words[0]}: {telling}"


def _entry(said: str, links: Sequence[Anchor], page_url: str) -> Iterator[Link]:
    """Yield the one link that an entry is known by."""
    usable = _usable(links, page_url)
    if usable and not _PAID.match(said):
        first = usable[0]
        stands_first = not re.search(r"\w", _BRACKETS.sub("", first.before))
        is_all = first.title in said and len(said) - len(first.title) <= 3
        is_title = _tells(first.title) or (stands_first and is_all)
        yield _link(first, first.title if is_title else _sentence(said) or first.title)


def _in_prose(block: Block, page_url: str) -> Iterator[Link]:
    """Yield the entries of a paragraph: one for each sentence with links, or its links where it is a long one."""
    said, place = block.text, 0
    usable = _usable(anchors(block), page_url)
    pointers = all(_is_pointer(link.title, link.url) for link in usable)
    stops = [(stop.start(), stop.end()) for stop in _STOP.finditer(said)]
    begin = passed = 0
    sentences: dict[tuple[int, int], list[Anchor]] = {}
    for link in usable:
        if _is_pointer(link.title, link.url) and not pointers:
            continue
        found = said.find(link.title, place, place + LOOKED_AHEAD)
        place = found + len(link.title) if found >= 0 else place
        while passed < len(stops) and stops[passed][0] < place:
            begin, passed = stops[passed][1], passed + 1
        end = stops[passed][0] if passed < len(stops) else len(said)
        sentences.setdefault((begin, end), []).append(link)
    for (begin, end), links in sentences.items():
        telling = [link for link in links if _tells(link.title)]
        if telling and not _goes_on(telling[0]):
            yield from (_link(link, link.title) for link in telling if not _goes_on(link))
        elif _LEADS_ON.fullmatch(title := _sentence(said[begin:end])):
            yield from (_link(link, link.title) for link in links if pointers)
        elif title:
            yield _link((telling or links)[0], title)
        else:
            yield from (_link(link, link.title[:1].upper() + link.title[1:]) for link in telling)


def _goes_on(link: Anchor) -> bool:
    """Return whether a link's words go on with a sentence: "Gluon [2026.1 is out]"."""
    return link.title[:1].isdigit() or link.title[:1].islower()


def _usable(links: Iterable[Anchor], page_url: str) -> list[Anchor]:
    """The links that lead to another page and are news, with their addresses in full."""
    found = []
    for link in links:
        url = _address(link.url, page_url)
        if url and link.title.strip() and not _NO_NEWS.fullmatch(link.title.strip()):
            found.append(Anchor(link.title, url, link.before, link.line))
    return found


def _address(url: str, page_url: str) -> str:
    stated = url.strip()
    if not stated or stated.startswith("#") or re.search(r"\{\{|\{%|\s", stated):
        return ""
    try:
        full = urljoin(page_url, stated)
    except ValueError:
        return ""
    same_page = full.partition("#")[0].rstrip("/") == page_url.rstrip("/")
    return full if re.match(r"https?://", full, re.IGNORECASE) and not same_page else ""


_BRACKETS = re.compile(r"\[[^\[\]]*\]|\([^()]*\)")
_TAGS = re.compile(r"^(?:\[[^\[\]]+\]\s*)+")
_TAG = re.compile(r"\[([^\[\]]+)\]")
_NO_NEWS = re.compile(r"@[\w.-]+|\^.*")
"""A person, or a footnote."""
_WIDE = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Of scripts that are written without spaces, or with few: two of these count as a word."""


def _tells(title: str) -> bool:
    """Return whether a link's words say something by themselves."""
    wide = len(_WIDE.findall(title))
    words = [word for word in _WIDE.sub(" ", title).split() if not wide or not word.isdigit()]
    return len(words) + wide // 2 >= TELLING


_POINTERS = re.compile(
    r"(?:read|see|learn|find out|more|details?|here|link|source|website|homepage|announcement|release notes?|changelog"
    r"|blog ?post|article|pr|issue|this|subscribe|unsubscribe|archive|rss|view (?:in|online).*|discuss\b.*"
    r"|(?:all|past|previous) issues?|read (?:more|on|the .{1,30})|mehr|weiterlesen|hier|lire la suite|ici"
    r"|leer más|aquí|подробнее|здесь"
    r"|続きを読む|こちら|阅读原文|链接|#?\d{1,7}|https?://\S+)[\s.…»→>:]*",
    re.IGNORECASE,
)
_LEADS_ON = re.compile(
    r"(?:more|details?|read|mehr|weiteres|plus|más|by|von|par|por|подробн\w+)\b.{0,30}", re.IGNORECASE
)
"""A sentence that only points."""
_PAID = re.compile(
    r"\W*(?:sponsor\w*|advert\w*|anzeigen?|werbung|publicité|patrocinado|реклама|广告|広告)\b", re.IGNORECASE
)


def _is_paid(heading: str) -> bool:
    words = heading.split()
    return len(words) <= 6 and any(_PAID.match(word) for word in words)


def _is_pointer(title: str, url: str = "") -> bool:
    """Return whether a title only points at something that stands elsewhere: "read more", "#123", the site's name."""
    site = url.partition("://")[2].partition("/")[0].removeprefix("www.")
    return bool(_POINTERS.fullmatch(title.strip())) or title.strip().lower().removeprefix("www.") == site


_IN_BRACKETS = re.compile(r"\s*[(\[（]([^()\[\]（）]*)[)\]）]")
_ASIDE = re.compile(rf"{_IN_BRACKETS.pattern}\s*$")
_STOP = re.compile(r"(?<=[.!?])(?<!\s\d\.)(?<!\s\d\d\.)\s+(?=[^\W\da-z])|(?<=[。！？])")


_ENDS = " .:;,–-。"


def _sentence(said: str) -> str:
    """Return the first sentence without what only names the link behind it; empty where it is too long for a title."""
    said = _IN_BRACKETS.sub(lambda aside: "" if _is_pointer(aside[1]) else aside[0], " ".join(said.split()))
    first = _STOP.split(_TAGS.sub("", said), maxsplit=1)[0].rstrip(_ENDS)
    first = _ASIDE.sub("", first).rstrip(_ENDS)
    return first if len(first) <= LONGEST_TITLE else ""


def _link(anchor: Anchor, title: str) -> Link:
    """Return the entry; tags stand before the link or begin its words."""
    words = " ".join(title.split())
    plain = _TAGS.sub("", words) or words
    return Link(plain, anchor.url, tuple(_TAG.findall(anchor.before + words.removesuffix(plain))))
