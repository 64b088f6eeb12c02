"""The crate of the week: one, two or none.

This week's crate is [name](address), a …                           nearly always
This week's crates are [one](…), a …, and [other](…), a …           395, 428, 558
This week has multiple crates:                                      and a list of them (312)
Sadly, we had no nominations this week. Still, … I give you [name]  407
Since there were no nominations, … [vote for next week](…)!         no crate (158, 160, 211)

A link to the thread with the votes, to a profile there, to the newsletter or with a title like "docs" is not a crate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from crosspost.model import Crate
from crosspost.parse.headings import Part, Topic
from crosspost.parse.markdown import Anchor, Block, host_of, text_blocks, visible_text

_ASIDE = re.compile(r"thanks to\b|please submit\b|submit your\b|\W*$", re.IGNORECASE)
_SEVERAL = re.compile(r"\bcrates\s+(?:are|is|were)\b|\b(?:two|multiple|several) crates\b", re.IGNORECASE)
_LISTED = re.compile(r"\bcrates?\b[^.]*:$", re.IGNORECASE)
_JOINED = re.compile(r"\b(?:and|plus|as well as|while)$|&$", re.IGNORECASE)
_JOINED_AT_ONCE = re.compile(r",?\s*(?:and|&|plus)", re.IGNORECASE)
_ANOTHER = re.compile(r"\b(?:second|other|another|also)\b.*\bcrate\b|\bcrate\b.*\balso\b", re.IGNORECASE)


def read_crates(parts: Iterable[Part], site: str) -> tuple[Crate, ...]:
    crates: list[Crate] = []
    for part, block in crate_blocks(parts):
        links = _crate_links(block, site)
        if not crates and _LISTED.search(block.text):
            entries = list(text_blocks(block for block in part.blocks if block.kind == "list"))
            if entries:
                named = (_crates_in(entry, _crate_links(entry, site)[:1]) for entry in entries)
                return tuple(chain.from_iterable(named))
        if not crates:
            crates += _crates_in(block, links)
        elif links and _ANOTHER.search(links[0].before):
            crates += _crates_in(block, links[:1])
    return tuple(crates)


def crate_blocks(parts: Iterable[Part]) -> Iterator[tuple[Part, Block]]:
    """Yield the paragraphs about the crate, each with its part; without thanks and the invitation to vote."""
    for part in parts:
        for block in part.blocks if part.topic is Topic.CRATE and part.begins_topic else ():
            if block.kind == "paragraph" and not _ASIDE.match(block.text):
                yield part, block


# ── which link ───────────────────────────────────────────────────────────────────────────────────────

_NO_CRATE_ADDRESS = re.compile(
    r"https?://(?:(?:www\.)?users\.rust-lang\.org/(?:t/(?:crate-of-the-week|twir-)|u/|users/)"
    r"|(?:www\.)?github\.com/rust-lang/this-week-in-rust(?:[/?#]|$))",
    re.IGNORECASE,
)
_NO_CRATE_NAME = re.compile(
    r"(?:the |its |api |this |in )?(?:docs?|documentation|api|book|guide|here|this|that|link|thread|vote|votes|nominate"
    r"|website|homepage|repo|repository|source|source code|readme|announcement|blog post|last week(?:'s issue)?)\W*",
    re.IGNORECASE,
)
_NONE = re.compile(
    r"\b(?:no|without|lack(?:ed|ing)?|any) (?:\w+ ){0,3}?(?:nominations?|nominees?|suggestions?|votes?|crates?)\b"
    r"|\bno ?(?:one|body) (?:\w+ )?(?:nominated|suggested|voted)\b|\black of\b|\bnot\b.{0,30}\bcrate\b",
    re.IGNORECASE,
)
_ANNOUNCED = re.compile(
    r"\bcrates? (?:of (?:the|this) week )?(?:is|are|was|were)\b|\b(?:but|choice|instead)\b|\bcrates?:"
    r"|\b(?:give|gives|present|presents|offer|offers|chose|picked|suggest|declare)\b",
    re.IGNORECASE,
)


def _crate_links(block: Block, site: str) -> list[Anchor]:
    """Return the links that may be a crate's; empty when the text before the first only says that there is none."""
    links = [
        link
        for link in block.anchors()
        if host_of(link.url) != host_of(site)
        and not _NO_CRATE_ADDRESS.match(link.url)
        and not _NO_CRATE_NAME.fullmatch(link.title)
    ]
    before = visible_text(block.inline[: links[0].start]) if links else ""
    none = list(_NONE.finditer(before))
    return links if not none or _ANNOUNCED.search(before, none[-1].end()) else []


def _crates_in(block: Block, links: list[Anchor]) -> list[Crate]:
    """Return the crate of the first link, and those joined to it: at once, or later in a sentence about several."""
    if not links:
        return []
    first, *others = links
    joined = _JOINED if _SEVERAL.search(visible_text(block.inline[: first.start])) else None
    crates = [first]
    for link in others:
        at_once = link is others[0] and _JOINED_AT_ONCE.fullmatch(link.before)
        if at_once or (joined and joined.search(link.before)):
            crates.append(link)
    ends = [*(link.start for link in crates[1:]), len(block.inline)]
    return [
        Crate(link.title, link.url, _description(visible_text(block.inline[link.end : end])))
        for link, end in zip(crates, ends, strict=True)
    ]


# ── what it is ───────────────────────────────────────────────────────────────────────────────────────

_SENTENCE_END = re.compile(
    r"\s+Thanks to\b|(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)(?<!\betc)[.!?](?=\s+\W?[A-Z]|\s*\w?$)"
)
_FROM = re.compile(r"(?:by|from) [^,]{1,40}, ")
"""The maker, named before the description: "from Embark Studios, a system to …"."""
_LEAD = re.compile(
    r"^[\s,:;–—-]*(?:(?:(?:which|that) )?(?:is|are) (?:\w+ ){0,2}?(?=an?\b|the\b))?", re.IGNORECASE
)
_TAIL = re.compile(r"[\s,;]*(?:\b(?:and|plus|while|as well as)|&)?[\s,;:–—-]*$", re.IGNORECASE)


def _description(after: str) -> str:
    """Return the clause behind the name, up to the end of its sentence; empty when it has no words."""
    made_by = _FROM.match(after.lstrip())
    clause = after.lstrip()[made_by.end() :] if made_by else after
    end = _SENTENCE_END.search(clause)
    description = _LEAD.sub("", _TAIL.sub("", clause[: end.start()] if end else clause), count=1)
    return description if re.search(r"\w", description) else ""
