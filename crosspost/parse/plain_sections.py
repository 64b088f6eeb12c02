"""The sections of a plain newsletter: entries in any Markdown, found without knowing the newsletter.

    ## News                               a heading begins a section
    ### [Title](address)                  a heading with a link is an entry of the section
    * [Title](address) – and more         an item of a list is an entry with its first link
    * Tool 1.2 is out ([notes](address))  its title is the sentence, where the link's words are too few
    | Tool | [notes](address) |           a row of a table is an entry, with the same rule
    Ann wrote [how it is done](address).  in a paragraph, each link with enough words is an entry
    ## From our sponsor                   advertisements are left out

A relative address starts at the issue's page. Links within the page and links to mail are left out.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from urllib.parse import urljoin

from crosspost.model import Link, Section
from crosspost.parse.markdown import Anchor, Block, host_of, items, rows, text_blocks

MAX_TITLE = 160
"""Characters of a sentence that is the title of an entry."""
MAX_SEARCH = 5_000
"""Characters of prose that are searched for the next link: a bound on the time for a long paragraph."""
ENOUGH_WORDS = 3
"""The number of words from which a link is a title without the sentence around it."""


def read_sections(
    blocks: Iterable[Block], page_url: str, discussion_line: int | None = None
) -> tuple[Section, ...]:
    """Return the sections that have links. The one above the first heading has an empty heading.

    Prose there is a greeting: its links count only when the issue has no others. `discussion_line`: 1-based; the
    paragraph with it is left out.
    """
    links, prose = list[Link](), list[Link]()
    sections = [("", links)]
    for block in blocks:
        if block.kind == "paragraph" and discussion_line in range(block.line + 1, block.end + 1):
            continue
        if block.kind == "heading" and (usable := _usable(block.anchors(), page_url)):
            links.append(_link(usable[0], block.text))
        elif block.kind == "heading":
            links = []
            sections.append((block.text, links))
        elif len(sections) == 1 and block.kind not in ("list", "table"):
            prose += _links(block, page_url)
        else:
            links += _links(block, page_url)
    if not any(links for _, links in sections):
        sections[0] = ("", prose)
    all_sections = (Section(heading, tuple(_with_titles(heading, links))) for heading, links in sections)
    return tuple(section for section in all_sections if section.links and not _is_paid(section.heading))


def _with_titles(heading: str, links: Sequence[Link]) -> list[Link]:
    """Return the links without mere pointers. A pointer that is the first and the only one has the heading as title."""
    titled = [link for link in links if not _is_pointer(link.title, link.url)]
    if heading and links and titled == links[1:]:
        return [Link(heading, links[0].url, links[0].tags), *titled]
    return titled


def _links(block: Block, page_url: str) -> Iterator[Link]:
    if block.kind == "list":
        for item in items([block]):
            yield from _entry(item.direct_text(), item.direct_anchors(), page_url)
    elif block.kind == "table":
        for row in rows(block):
            yield from _entry(_row_text([cell.text for cell in row.children]), row.direct_anchors(), page_url)
    elif block.kind in ("paragraph", "quote"):
        for paragraph in text_blocks([block]):
            yield from _in_prose(paragraph, page_url)


def _row_text(cells: Iterable[str]) -> str:
    """Return the text of a row: its first cell and the first with enough words; without such a cell the first two."""
    words = [text for text in cells if text.strip() and not _is_pointer(text)]
    title = next(filter(_has_enough_words, words), None)
    if title is None or title == words[0]:
        return title or " ".join(words[:2])
    return f"{words[0]}: {title}"


def _entry(text: str, links: Sequence[Anchor], page_url: str) -> Iterator[Link]:
    """Yield an item or a row as one link, unless it is an advertisement."""
    usable = _usable(links, page_url)
    if usable and not _PAID.match(text):
        first = usable[0]
        is_first = not re.search(r"\w", _BRACKETS.sub("", first.before))
        is_all = first.title in text and len(text) - len(first.title) <= 3
        is_title = _has_enough_words(first.title) or (is_first and is_all)
        yield _link(first, first.title if is_title else _sentence(text) or first.title)


def _in_prose(block: Block, page_url: str) -> Iterator[Link]:
    """Yield the entries of a paragraph: each link that can be a title, else each sentence with its first link."""
    text = block.text
    usable = _usable(block.anchors(), page_url)
    only_pointers = all(_is_pointer(link.title, link.url) for link in usable)
    links = [link for link in usable if only_pointers or not _is_pointer(link.title, link.url)]
    for sentence, inside in _by_sentence(text, links):
        titles = [link for link in inside if _has_enough_words(link.title)]
        if titles and not _continues_sentence(titles[0]):
            yield from (_link(link, link.title) for link in titles if not _continues_sentence(link))
        elif _LEAD_IN.fullmatch(title := _sentence(sentence)):
            yield from (_link(link, link.title) for link in inside if only_pointers)
        elif title:
            yield _link((titles or inside)[0], title)
        else:
            yield from (_link(link, link.title[:1].upper() + link.title[1:]) for link in titles)


def _by_sentence(text: str, links: Iterable[Anchor]) -> list[tuple[str, list[Anchor]]]:
    """Return each sentence that has links, with them."""
    stops = list(_STOP.finditer(text))
    begins, ends = [0, *(stop.end() for stop in stops)], [*(stop.start() for stop in stops), len(text)]
    position = 0
    sentences: defaultdict[int, list[Anchor]] = defaultdict(list)
    for link in links:
        found = text.find(link.title, position, position + MAX_SEARCH)
        position = found + len(link.title) if found >= 0 else position
        sentences[bisect_left(ends, position)].append(link)
    return [(text[begins[number] : ends[number]], inside) for number, inside in sentences.items()]


def _continues_sentence(link: Anchor) -> bool:
    """Return whether the sentence began before the link: "Gluon [2026.1 is out]"."""
    return link.title[:1].isdigit() or link.title[:1].islower()


def _usable(links: Iterable[Anchor], page_url: str) -> list[Anchor]:
    """Return the links to other pages, with absolute addresses, without people and footnotes."""
    absolute = (replace(link, url=_absolute_url(link.url, page_url)) for link in links)
    return [
        link
        for link in absolute
        if link.url and link.title.strip() and not _NO_ENTRY.fullmatch(link.title.strip())
    ]


def _absolute_url(url: str, page_url: str) -> str:
    """Return the address; empty when it leads to the page itself or not to the web."""
    relative = url.strip()
    if not relative or relative.startswith("#") or re.search(r"\{\{|\{%|\s", relative):
        return ""
    try:
        full = urljoin(page_url, relative)
    except ValueError:
        return ""
    same_page = full.partition("#")[0].rstrip("/") == page_url.rstrip("/")
    return full if re.match(r"https?://", full, re.IGNORECASE) and not same_page else ""


_BRACKETS = re.compile(r"\[[^\[\]]*\]|\([^()]*\)")
_TAGS = re.compile(r"^(?:\[[^\[\]]+\]\s*)+")
_TAG = re.compile(r"\[([^\[\]]+)\]")
_NO_ENTRY = re.compile(r"@[\w.-]+|\^.*")
"""A person, or a footnote."""
_WIDE = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Characters of scripts with few spaces or none: two of them count as a word."""


def _has_enough_words(title: str) -> bool:
    wide = len(_WIDE.findall(title))
    words = [word for word in _WIDE.sub(" ", title).split() if not wide or not word.isdigit()]
    return len(words) + wide // 2 >= ENOUGH_WORDS


_POINTERS = re.compile(
    r"(?:read|see|learn|find out|more|details?|here|link|source|website|homepage|announcement|release notes?|changelog"
    r"|blog ?post|article|pr|issue|this|subscribe|unsubscribe|archive|rss|view (?:in|online).*|discuss\b.*"
    r"|(?:all|past|previous) issues?|read (?:more|on|the .{1,30})|mehr|weiterlesen|hier|lire la suite|ici"
    r"|leer más|aquí|подробнее|здесь"
    r"|続きを読む|こちら|阅读原文|链接|#?\d{1,7}|https?://\S+)[\s.…»→>:]*",
    re.IGNORECASE,
)
_LEAD_IN = re.compile(
    r"(?:more|details?|read|mehr|weiteres|plus|más|by|von|par|por|подробн\w+)\b.{0,30}", re.IGNORECASE
)
"""A sentence that only points at its link."""
_PAID = re.compile(
    r"\W*(?:sponsor\w*|advert\w*|anzeigen?|werbung|publicité|patrocinado|реклама|广告|広告)\b", re.IGNORECASE
)


def _is_paid(heading: str) -> bool:
    words = heading.split()
    return len(words) <= 6 and any(_PAID.match(word) for word in words)


def _is_pointer(title: str, url: str = "") -> bool:
    """Return whether a title only points at a page: "read more", "#123", the site's name."""
    words = title.strip()
    return bool(_POINTERS.fullmatch(words)) or words.lower().removeprefix("www.") == host_of(url)


_IN_BRACKETS = re.compile(r"\s*[(\[（]([^()\[\]（）]*)[)\]）]")
_ASIDE = re.compile(rf"{_IN_BRACKETS.pattern}\s*$")
_STOP = re.compile(r"(?<=[.!?])(?<!\s\d\.)(?<!\s\d\d\.)\s+(?=[^\W\da-z])|(?<=[。！？])")
_ENDS = " .:;,–-。"


def _sentence(text: str) -> str:
    """Return the first sentence of a text without asides that only point; empty when it is longer than `MAX_TITLE`."""
    text = _IN_BRACKETS.sub(lambda aside: "" if _is_pointer(aside[1]) else aside[0], " ".join(text.split()))
    first = _STOP.split(_TAGS.sub("", text), maxsplit=1)[0].rstrip(_ENDS)
    first = _ASIDE.sub("", first).rstrip(_ENDS)
    return first if len(first) <= MAX_TITLE else ""


def _link(anchor: Anchor, title: str) -> Link:
    """Return the entry. Its tags are before the link, or begin its words."""
    words = " ".join(title.split())
    plain = _TAGS.sub("", words) or words
    return Link(plain, anchor.url, tuple(_TAG.findall(anchor.before + words.removesuffix(plain))))
