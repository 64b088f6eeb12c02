"""The line that invites to the discussion, and the one that names the hiring thread.

Every issue since 248 ends with `<small>[Discuss on r/rust](URL)</small>`, in nine forms over the years
(the newsletter's git history, 2026-11): empty, with a full stop, with a placeholder, with last week's address,
with the closing tag broken to `)small>`, without parentheses. What looks alike is something else: the
`[[discuss](…)]` after each community link of 248 to 250, links to other issues' threads in a quote's
attribution.

This module works on the text itself and not on Markdown tokens, because the backfill has to change
exactly one address and nothing around it, and because reading it must cost nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from crosspost.parse.lines import Kind, Line, classify_lines


@dataclass(frozen=True, slots=True)
class DiscussionLine:
    line: int
    """1-based, as editors count: a line ends with LF, CR LF or CR."""
    start: int
    end: int
    """`text[start:end]` is the address as it stands there, without spaces around it; perhaps empty."""
    url: str
    """The address; of `<https://…>` what is between the angle brackets."""
    opening: str = ""
    closing: str = ""
    """What a new address needs around it to be a link: "(" and ")" where `[Discuss on r/rust]` stands alone, ")"
    where only that one is missing, otherwise nothing."""


class LinkStatus(StrEnum):
    """What a discussion address is to its issue."""

    RIGHT = "right"
    EMPTY = "empty"
    PLACEHOLDER = "placeholder"
    OWN_PAGE = "own-page"
    OTHER_ISSUE = "other-issue"
    UNKNOWN = "unknown"
    """A shortened link, a thread without a slug, another site: only a person can say."""


NOT_FILLED = (LinkStatus.EMPTY, LinkStatus.PLACEHOLDER, LinkStatus.OWN_PAGE, LinkStatus.OTHER_ISSUE)
"""What may be replaced without asking: it provably does not lead to this issue's discussion."""


def find_discussion_line(text: str) -> DiscussionLine | None:
    """Return the issue's own discussion line: the last one outside comments, code and quotes, or None."""
    found = None
    for line in _candidates(text):
        if label := _DISCUSS.match(line.text):
            found = _address(line, label)
    return found


def find_hiring_line(text: str) -> DiscussionLine | None:
    """Return the link to the hiring thread in the section about jobs; None: the issue has none (all before 449)."""
    found, in_jobs = None, False
    for line in _candidates(text):
        if heading := _HEADING.match(line.text):
            in_jobs = _JOBS.search(heading[1]) is not None
        elif in_jobs and (label := _HIRING.search(line.text)):
            found = _address(line, label)
    return found


def fill(text: str, line: DiscussionLine, url: str) -> str:
    """Return the text with `url` as the address of that line and nothing else changed."""
    return text[: line.start] + line.opening + url + line.closing + text[line.end :]


def link_status(url: str, number: int, page_url: str) -> LinkStatus:
    """Return what `url` is to issue `number`, whose page is `page_url`.

    A right link is known by the slug that Reddit makes of the post's title: `…/this_week_in_rust_665/`,
    `…/this_week_in_rust_602_this_week_in_rust/`, `…/this_week_in_rust_0x100/` for issue 256.
    """
    if not url.strip():
        return LinkStatus.EMPTY
    if is_placeholder(url):
        return LinkStatus.PLACEHOLDER
    complete = "://" in url or url.startswith("/")
    try:
        there, own = urlsplit(url if complete else f"//{url}"), urlsplit(page_url)
        host, own_host = ((part.hostname or "").removeprefix("www.") for part in (there, own))
    except ValueError:  # what urlsplit says to "https://[…"
        return LinkStatus.UNKNOWN
    if not host or host == own_host:
        return LinkStatus.OWN_PAGE
    named = _number_in_slug(there.path, own.path)
    if named is not None and named != number:
        return LinkStatus.OTHER_ISSUE
    on_reddit = host == "reddit.com" or host.endswith(".reddit.com")
    return LinkStatus.RIGHT if named == number and on_reddit and complete else LinkStatus.UNKNOWN


def canonical_url(url: str) -> str:
    """Return the one form in which an address is kept.

    Of a thread on Reddit `https://www.reddit.com/r/NAME/comments/ID/SLUG/`, of anything else what stands before
    `?` and `#`.
    """
    plain = re.split(r"[?#]", url.strip(), maxsplit=1)[0]
    if _WITHOUT_SCHEME.match(plain):
        plain = f"https://{plain}"
    thread = _REDDIT_THREAD.fullmatch(plain)
    if thread is None:
        return plain
    return f"https://www.reddit.com/r/{thread[1]}/comments/{thread[2].lower()}/{thread[3]}/"


def accepted_url(url: str, number: int, page_url: str) -> str | None:
    """Return what may be put into issue `number` for this address; None: it is not known to lead to its discussion.

    The one rule for what a person records, what is put into an issue, and what is taken out of one.
    """
    kept = canonical_url(url)
    known = link_status(kept, number, page_url)
    # Where the page's own address does not name the number, no slug can do so.
    nameless = known is LinkStatus.UNKNOWN and str(number) not in page_url.rstrip("/").rpartition("/")[2]
    right = (known is LinkStatus.RIGHT or nameless) and _REDDIT_THREAD.fullmatch(kept)
    return kept if right else None


def with_slug(url: str, title: str) -> str:
    """Return the address of a thread with the words that Reddit makes of a title, where it has none of its own.

    Reddit finds a thread by its id, whatever words follow (lib/utils of the archived server: 50 characters at most).
    """
    if not _WITHOUT_WORDS.fullmatch(url):
        return url
    words = re.sub(r"\W+", "_", title.lower(), flags=re.ASCII).strip("_")[:50].rstrip("_")
    return f"{url.rstrip('/')}/{words}/"


def thread_id(url: str) -> str | None:
    """Return Reddit's id of the thread, which two issues must not share."""
    match = _THREAD.search(url)
    return (match[1] or match[2]).lower() if match else None


def is_placeholder(url: str) -> bool:
    """Whether nothing, or a word that waits to be replaced by an address, stands there."""
    word = url.strip()
    return _PLACEHOLDER.search(word) is not None or not any(mark in word for mark in "./:")


# ── which lines can be it ────────────────────────────────────────────────────────────────────────────

_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(.*)")
_INDENTED_CODE = re.compile(r" {4}| {0,3}\t")


def _candidates(text: str) -> Iterator[Line]:
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


def _address(line: Line, label: re.Match[str]) -> DiscussionLine:
    """Return the address that follows a label. Without parentheses: the empty place behind the bracket."""
    opened = _DESTINATION.match(line.text, label.end())
    start = line.offset + (opened or label).end()
    if opened is None:
        return DiscussionLine(line.number, start, start, "", "(", ")")
    if opened[1]:
        return DiscussionLine(line.number, start - len(opened[1]), start, opened[1][1:-1])
    end, closed = _destination_end(line.text, opened.end())
    url = line.text[opened.end() : end].rstrip()
    return DiscussionLine(line.number, start, start + len(url), url, "", "" if closed else ")")


def _destination_end(line: str, start: int) -> tuple[int, bool]:
    """Return where the address ends (at its parenthesis, a space, a tag), and whether a parenthesis closes it."""
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
_WITHOUT_WORDS = re.compile(
    r"https://(?:[\w-]+\.)*reddit\.com/r/\w+/comments/\w+/?", re.IGNORECASE | re.ASCII
)
_THREAD = re.compile(r"reddit\.com/(?:[^?#]*/)?comments/(\w+)|redd\.it/(\w+)", re.IGNORECASE)


def _number_in_slug(path: str, own_path: str) -> int | None:
    """Return the number behind the newsletter's own name: 665 in `/r/rust/comments/1vq/this_week_in_rust_665/`.

    The name is taken from the issue's page: `…/this-week-in-rust-665/`.
    """
    words = re.sub(r"-?(?:\d+)?$", "", own_path.rstrip("/").rpartition("/")[2].lower())
    base = re.escape(words.replace("-", "_"))
    for slug in reversed(path.lower().split("/")):
        if match := re.search(_NUMBER_IN_SLUG.format(base=base), slug.replace("-", "_")):
            return int(match[1], 0) if match[1].startswith("0x") else int(match[1])
    return None
