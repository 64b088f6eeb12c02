"""The link to the discussion, and the link to the hiring thread: found in the text, classified, replaced.

Every issue since 248 ends with `<small>[Discuss on r/rust](URL)</small>`, in nine forms over the years (git history of
the newsletter, 2026-11): empty, with a full stop, with a placeholder, with last week's address, with the closing tag
broken to `)small>`, without parentheses. Not meant: `[[discuss](…)]` after each community link of 248 to 250, and
other issues' threads in a quote's attribution.

This module reads the text and not Markdown's tokens: an edit changes one address and nothing around it, and reading is
cheap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from crosspost.parse.lines import Kind, Line, classify_lines


@dataclass(frozen=True, slots=True)
class LinkLine:
    line: int
    """1-based, as editors count: a line ends with LF, CR LF or CR."""
    start: int
    end: int
    """`text[start:end]` is the address as written, without spaces around it; it may be empty."""
    url: str
    """The address, without angle brackets."""
    opening: str = ""
    closing: str = ""
    """The parentheses that a new address needs around it to be a link, where the line lacks them."""


class LinkStatus(StrEnum):
    """The relation of a discussion link to its issue."""

    RIGHT = "right"
    EMPTY = "empty"
    PLACEHOLDER = "placeholder"
    OWN_PAGE = "own-page"
    OTHER_ISSUE = "other-issue"
    UNKNOWN = "unknown"
    """A shortened link, a thread without a slug, another site: only a person can decide."""


NOT_FILLED = (LinkStatus.EMPTY, LinkStatus.PLACEHOLDER, LinkStatus.OWN_PAGE, LinkStatus.OTHER_ISSUE)
"""Links that may be replaced without asking: they certainly do not lead to this issue's discussion."""


def find_discussion_line(text: str) -> LinkLine | None:
    """Return the line with the discussion link: the last one outside comments, code and quotes, or None."""
    matches = [(line, label) for line in _text_lines(text) if (label := _DISCUSS.match(line.text))]
    return _link_line(*matches[-1]) if matches else None


def find_hiring_line(text: str) -> LinkLine | None:
    """Return the line with the hiring link, in the section about jobs; None before 449."""
    found, in_jobs = None, False
    for line in _text_lines(text):
        if heading := _HEADING.match(line.text):
            in_jobs = _JOBS.search(heading[1]) is not None
        elif in_jobs and (label := _HIRING.search(line.text)):
            found = _link_line(line, label)
    return found


def fill(text: str, line: LinkLine, url: str) -> str:
    """Return the text with `url` as the address of that line and nothing else changed."""
    return text[: line.start] + line.opening + url + line.closing + text[line.end :]


def link_status(url: str, number: int, page_url: str) -> LinkStatus:
    """Return how `url` relates to issue `number`, whose page is `page_url`.

    A right link has the slug that Reddit makes of the post's title: `…/this_week_in_rust_665/`,
    `…/this_week_in_rust_602_this_week_in_rust/`, `…/this_week_in_rust_0x100/` for issue 256.
    """
    if not url.strip():
        return LinkStatus.EMPTY
    if is_placeholder(url):
        return LinkStatus.PLACEHOLDER
    complete = "://" in url or url.startswith("/")
    try:
        link, page = urlsplit(url if complete else f"//{url}"), urlsplit(page_url)
        host, page_host = ((part.hostname or "").removeprefix("www.") for part in (link, page))
    except ValueError:  # of urlsplit("https://[")
        return LinkStatus.UNKNOWN
    if not host or host == page_host:
        return LinkStatus.OWN_PAGE
    slug_number = _number_in_slug(link.path, page.path)
    if slug_number is not None and slug_number != number:
        return LinkStatus.OTHER_ISSUE
    on_reddit = host == "reddit.com" or host.endswith(".reddit.com")
    return LinkStatus.RIGHT if slug_number == number and on_reddit and complete else LinkStatus.UNKNOWN


def canonical_url(url: str) -> str:
    """Return the canonical form of an address: without `?` and `#` and what follows.

    A Reddit thread with a slug is `https://www.reddit.com/r/NAME/comments/ID/SLUG/`.
    """
    plain = re.split(r"[?#]", url.strip(), maxsplit=1)[0]
    if _WITHOUT_SCHEME.match(plain):
        plain = f"https://{plain}"
    thread = _REDDIT_THREAD.fullmatch(plain)
    if thread is None:
        return plain
    return f"https://www.reddit.com/r/{thread[1]}/comments/{thread[2].lower()}/{thread[3]}/"


def accepted_url(url: str, number: int, page_url: str) -> str | None:
    """Return the canonical form of an address that leads to the discussion of issue `number`; None for any other.

    The one rule for what a person records, what is put into an issue, and what is adopted from one.
    """
    canonical = canonical_url(url)
    status = link_status(canonical, number, page_url)
    # Where the page's address has no number, no slug has one.
    unnumbered = status is LinkStatus.UNKNOWN and str(number) not in page_url.rstrip("/").rpartition("/")[2]
    is_right = status is LinkStatus.RIGHT or unnumbered
    return canonical if is_right and _REDDIT_THREAD.fullmatch(canonical) else None


def with_slug(url: str, title: str) -> str:
    """Return the address of a thread with the slug that Reddit makes of a title; one that has a slug as it is.

    Reddit finds a thread by its id, whatever slug follows (lib/utils of the archived server: 50 characters at most).
    """
    if not _WITHOUT_SLUG.fullmatch(url):
        return url
    slug = re.sub(r"\W+", "_", title.lower(), flags=re.ASCII).strip("_")[:50].rstrip("_")
    return f"{url.rstrip('/')}/{slug}/"


def thread_id(url: str) -> str | None:
    """Return Reddit's id of the thread, or None."""
    match = _THREAD.search(url)
    return (match[1] or match[2]).lower() if match else None


def is_placeholder(url: str) -> bool:
    """Return whether an address is empty, or a word to be replaced by one."""
    word = url.strip()
    return _PLACEHOLDER.search(word) is not None or not any(mark in word for mark in "./:")


# ── where to search ──────────────────────────────────────────────────────────────────────────────────

_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(.*)")
_INDENTED_CODE = re.compile(r" {4}| {0,3}\t")


def _text_lines(text: str) -> Iterator[Line]:
    """Yield the lines outside comments and code."""
    for line in classify_lines(text):
        if line.kind is Kind.TEXT and not _INDENTED_CODE.match(line.text):
            yield line


# ── the forms of the line ────────────────────────────────────────────────────────────────────────────

_LABEL = r"(?:discuss(?:ion)?\b[^\[\]]*?(?:r/\w+|reddit))"
_DISCUSS = re.compile(
    r"[ ]{0,3}(?:<\w+>[ ]*|[*_](?=\S))*"  # nothing but <small> or emphasis before it: no bullet, no quote
    r"(?:discuss\b[\w ]*\s)?"  # "Discuss this issue on [r/rust]()"
    rf"\[\s*(?:{_LABEL}|(?<=on\s\[)/?r/\w+)\s*\]"
    r"(?!\[|:)(?=[ \t]*\(|[\s.*_]{0,9}(?:</?\w+>|\w+>)?[\s.*_]{0,9}$)",
    re.IGNORECASE,
)
_HIRING = re.compile(r"\[(?=[^\[\]]*hiring)[^\[\]]*\](?=\()", re.IGNORECASE)
_JOBS = re.compile(r"\bjobs?\b|\bhiring\b|fn work\(", re.IGNORECASE)
_DESTINATION = re.compile(r"[ \t]*\([ \t]*(<[^<>]*>|)")


def _link_line(line: Line, label: re.Match[str]) -> LinkLine:
    """Return the address behind a label; without parentheses, the empty address behind the bracket."""
    opened = _DESTINATION.match(line.text, label.end())
    start = line.offset + (opened or label).end()
    if opened is None:
        return LinkLine(line.number, start, start, "", "(", ")")
    if opened[1]:
        return LinkLine(line.number, start - len(opened[1]), start, opened[1][1:-1])
    end, closed = _destination_end(line.text, opened.end())
    url = line.text[opened.end() : end].rstrip()
    return LinkLine(line.number, start, start + len(url), url, "", "" if closed else ")")


def _destination_end(line: str, start: int) -> tuple[int, bool]:
    """Return where an address ends (at its parenthesis, a space or a tag), and whether a parenthesis closes it."""
    depth = 0
    for position in range(start, len(line)):
        character = line[position]
        if character == "(":
            depth += 1
        elif character == ")":
            if depth == 0:
                return position, True
            depth -= 1
        elif character in " \t<":
            return position, ")" in line[position:]
    return len(line), False


# ── where an address leads ───────────────────────────────────────────────────────────────────────────

_PLACEHOLDER = re.compile(
    r"_HERE\b|\bLINK_|\bINSERT\b|\bTODO\b|\bTBD\b"
    r"|(?i:^(?:x+|\.+|-+|\?+|#.*|\$.*|https?:/*|url|uri|link|href|address)$)"
)
_NUMBER_IN_SLUG = r"(?:^|_){base}_(0x[0-9a-f]+|\d+)(?:_|$)"
_WITHOUT_SCHEME = re.compile(r"(?:[\w-]+\.)*reddit\.com/", re.IGNORECASE | re.ASCII)
_REDDIT_THREAD = re.compile(
    r"(?:https?:)?//(?:[\w-]+\.)*reddit\.com/r/(\w+)/comments/(\w+)/([\w%-]+)(?:/[^\s()<>]*)?",
    re.IGNORECASE | re.ASCII,
)
_WITHOUT_SLUG = re.compile(r"https://(?:[\w-]+\.)*reddit\.com/r/\w+/comments/\w+/?", re.IGNORECASE | re.ASCII)
_THREAD = re.compile(r"reddit\.com/(?:[^?#]*/)?comments/(\w+)|redd\.it/(\w+)", re.IGNORECASE)


def _number_in_slug(path: str, page_path: str) -> int | None:
    """Return the number behind the newsletter's name: 665 in `/r/rust/comments/1vq/this_week_in_rust_665/`.

    The name is that in the page's address: `…/this-week-in-rust-665/`.
    """
    words = re.sub(r"-?(?:\d+)?$", "", page_path.rstrip("/").rpartition("/")[2].lower())
    base = re.escape(words.replace("-", "_"))
    for slug in reversed(path.lower().split("/")):
        if match := re.search(_NUMBER_IN_SLUG.format(base=base), slug.replace("-", "_")):
            return int(match[1], 0) if match[1].startswith("0x") else int(match[1])
    return None
