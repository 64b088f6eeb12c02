"""Write a report on an issue and its posts as Markdown, for a comment on a pull request.

Titles are outside text, so they must have no effect where the document is shown (GitHub, Forgejo, Gitea):

fenced blocks   hold each post. No forge looks for mentions, references or links in code; a fence is longer than any run
                of backticks in the text
sentences       are plain only where a word is letters or a short number; other words stand in code. So there is no list
                of what is special: @name, #12, owner/repo#1, commits, addresses, :emoji:, HTML
links           are written only here, with addresses that we built

CommonMark 0.31 sections 4.5 and 6.1; GitHub's mentions and references (github/docs, "Autolinked references");
Gitea's modules/markup/mdstripper, which notifies, and modules/markup/html.go (all read 2026-11).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, groupby
from urllib.parse import quote

from crosspost.compose.text import clean
from crosspost.log.redaction import shortened
from crosspost.model import Backfill, BackfillState, Delivery, DeliveryState, Finding, Post
from crosspost.pages import preview
from crosspost.plural import quantity

MAX_LENGTH = 65_000
"""UTF-16 units of a document. GitHub takes 65,536 characters in a comment, with the mark by which it is found."""
MAX_LIST_LENGTH = 8_000
"""UTF-16 units of one list."""
LONGEST_LINE = 1_000
"""Characters of the file's line that is shown with ADDRESS in it."""
LONGEST_LINK = 4_000
"""Characters of a link to a platform's compose page. With a whole post in another script it has some 3,000."""


@dataclass(frozen=True, slots=True)
class IssueReport:
    number: int
    file: str
    """The argument of the commands: the issue's path or number."""
    line_url: str | None
    """The address at which a line of the file is shown, without the line's number; None: unknown."""
    posts: tuple[tuple[Post, str | None], ...]
    """The posts, each with the address of a page on which a person can send it; None: not needed, or there is none."""
    rows: tuple[Delivery, ...] = ()
    """The planned deliveries."""
    backfill: Backfill | None = None
    """The state of the discussion link; None: unknown."""
    blocking: tuple[Finding, ...] = ()
    """The problems of the text for which the gate waits."""
    other_reasons: tuple[str, ...] = ()
    """The gate's other reasons to wait, as phrases: a hold, the date."""
    findings: tuple[Finding, ...] = ()
    """The text's other problems."""
    notes: tuple[str, ...] = ()
    """The comments for crosspost, and those that cannot be used."""
    discussion: str | None = None
    """The discussion link that the issue has."""
    discussion_line: tuple[int, str] | None = None
    """The number of the line for the discussion link, and the line with ADDRESS in it."""
    state: str = ""
    """The state of an issue that is not announced yet: "waiting: page answers 404"."""


def document(report: IssueReport) -> str:
    """Return the document in at most `MAX_LENGTH` UTF-16 units. A post that is cut says how to see it whole."""
    head = "\n\n".join(filter(None, _head(report)))
    tail = _link(report)
    room = MAX_LENGTH - _units(head) - _units(tail) - 200
    blocks: list[str] = []
    for index, (post, form) in enumerate(report.posts):
        block = _post(post, form, report, room // (len(report.posts) - index) - 2)
        if block is None:
            break
        blocks.append(block)
        room -= _units(block) + 2
    if missing := len(report.posts) - len(blocks):
        blocks.append(f"{quantity(missing, 'more post')}: no room here; see {code(_command(report))}.")
    return "\n\n".join(filter(None, (head, *blocks, tail))) + "\n"


# ── the parts ────────────────────────────────────────────────────────────────────────────────────────


def _head(report: IssueReport) -> Iterator[str]:
    title = f"Issue {prose(str(report.number))}"
    if report.rows:
        yield f"### {title}: where it is announced"
        link = [report.backfill] if report.backfill and not report.discussion else []
        yield _listed([*map(_state, report.rows), *map(_link_state, link)])
    else:
        yield f"### {title}: what will be posted"
        reasons = [_finding(each, report) for each in report.blocking]
        reasons += [f"- {prose(each)}" for each in report.other_reasons]
        waits = f"**It would not be announced yet:**\n\n{_listed(reasons)}"
        yield waits if reasons else "Nothing in its text delays it."
        if report.state:
            yield f"Now: {prose(report.state)}"
    if report.findings:
        yield f"**Please check:**\n\n{_listed(_finding(each, report) for each in report.findings)}"
    if report.notes:
        yield f"**Comments for crosspost:**\n\n{_listed(f'- {prose(note)}' for note in report.notes)}"


def _state(row: Delivery) -> str:
    line = f"- {code(row.account)}: **{row.state}**"
    if row.url:
        line += f" {address(row.url)}"
    if row.state is not DeliveryState.SENT or row.adopted:
        line += f" – {prose(row.reason)}" if row.reason else ""
    if row.not_before and not row.is_settled:
        line += f"; not before {row.not_before:%Y-%m-%d %H:%M} UTC"
    return line


def _link_state(link: Backfill) -> str:
    proposed = link.url if link.state is BackfillState.PROPOSED else None
    where = f" in a [pull request](<{_quoted(proposed)}>)" if proposed else ""
    return f"- discussion link: **{link.state}**{where}" + (f" – {prose(link.reason)}" if link.reason else "")


def _finding(finding: Finding, report: IssueReport) -> str:
    where = f" ({_line(finding.line, report)})" if finding.line is not None else ""
    return f"- {prose(finding.message)}{where}"


def _line(number: int, report: IssueReport) -> str:
    if report.line_url is None:
        return f"line {number}"
    return f"[line {number}](<{_quoted(f'{report.line_url}{number}')}>)"


def _listed(rows: Iterable[str]) -> str:
    """Return a list of the rows that have room, and the number of the others."""
    lines = list(rows)
    sizes = accumulate(_units(row) + 1 for row in lines)
    shown = [row for row, size in zip(lines, sizes, strict=True) if size <= MAX_LIST_LENGTH]
    if missing := len(lines) - len(shown):
        shown.append(f"- and {missing} more")
    return "\n".join(shown)


def _post(post: Post, form: str | None, report: IssueReport, room: int) -> str | None:
    """Return one post in at most `room` units, its text cut if need be; None: it is too long without its text."""
    text = whole = preview.body(post)
    while True:
        block = _details(post, form, report, text, cut=len(text) < len(whole))
        over = _units(block) - room
        if over <= 0:
            return block
        if not text:
            return None
        text = text[: max(0, len(text) - over)]


def _details(post: Post, form: str | None, report: IssueReport, text: str, *, cut: bool) -> str:
    summary = f"<code>{html.escape(clean(preview.label(post)))}</code> · {preview.length_text(post)}"
    parts = [f"<details><summary>{summary}</summary>"]
    if post.is_link:
        parts += [f"Title and address:\n\n{fenced(post.title)}\n\n{fenced(post.url)}"]
        parts += ["Text:"] if text or cut else []
    if text or cut:
        parts.append(fenced(text))
    if cut:
        parts.append(
            f"Cut here to fit into a comment; the whole: {code(f'{_command(report)} --to {post.account}')}."
        )
    if post.alt:
        parts.append(f"Picture: {prose(post.alt, 2_000)}")
    if post.dropped:
        parts.append(f"Left out to fit: {prose(', '.join(post.dropped))}.")
    if form and len(form) <= LONGEST_LINK:
        filled = "title and address" if post.is_link else "the text"
        parts.append(f"[Post it by hand](<{_quoted(form)}>): the form comes with {filled}.")
    return "\n\n".join((*parts, "</details>"))


def _link(report: IssueReport) -> str:
    """Return the discussion link, or how a person fills it in."""
    if report.discussion:
        return f"The issue links to its discussion: {address(report.discussion)}"
    if report.discussion_line is None or report.rows:
        return ""
    line, ready = report.discussion_line
    command = code(f"crosspost backfill {report.file} --url ADDRESS")
    return (
        f"If you post the discussion before this is published, put its address into {_line(line, report)}, by hand or "
        f"with {command}; that post then counts as the announcement."
        + (f"\n\n{fenced(ready)}" if len(ready) <= LONGEST_LINE else "")
    )


def _command(report: IssueReport) -> str:
    return f"crosspost preview {report.file}"


# ── text that has no effect ──────────────────────────────────────────────────────────────────────────

_WORD = re.compile(
    r"""[("'“‘„«]*
    (?: [^\W\d_]+ (?: ['’-] [^\W\d_]+ )*          # letters, "don't", "pre-release"
      | \d{1,6} (?: [.,] \d{1,6} )* | \d\d?:\d\d | \d{4}-\d\d-\d\d
      | [–—·…] )
    [)"'”’»]* [.,;:!?…]* [)"'”’»]*""",
    re.VERBOSE,
)
_ODD = re.compile(
    r"""\W* [0-9a-fA-F]{7,} \W*                   # reads as a commit
      | .* [A-Z]{2,} - .*                        # as GHSA-… or another tracker's reference
      | .* [wW]{3} .*                            # as the beginning of an address: GitHub takes "www." for a whole one
      | \d+ [.)]                                  # as a numbered list""",
    re.VERBOSE,
)


def prose(text: str, limit: int = 400) -> str:
    """Return a sentence on one line, cut to `limit` characters, with all but plain words in code."""
    words = shortened(clean(text), limit).split(" ")
    runs = groupby(words, key=lambda word: bool(_WORD.fullmatch(word)) and not _ODD.fullmatch(word))
    return " ".join(" ".join(run) if is_plain else code(" ".join(run)) for is_plain, run in runs)


def code(text: str) -> str:
    """Return the text as a code span; empty for no text."""
    text = clean(text)
    if not text:
        return ""
    marks = _fence(text, 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{marks}{pad}{text}{pad}{marks}"


def fenced(text: str) -> str:
    """Return the text as a block of code."""
    marks = _fence(text, 3)
    return f"{marks}text\n{text}\n{marks}"


def address(url: str) -> str:
    """Return a plain web address as a link, another one as code."""
    plain = re.fullmatch(r"https?://[A-Za-z0-9][\w.:-]*(/[A-Za-z0-9._~/@:?=&%+-]*)?", url, re.ASCII)
    if plain and not re.search(r"/(issues|pulls?|commit|discussions)/", url):  # a forge would refer to it
        return f"[{code(url)}](<{_quoted(url)}>)"
    return code(url)


def _fence(text: str, min_length: int) -> str:
    """Return more backticks than any run of them in the text has."""
    return "`" * max(min_length, *(len(run) + 1 for run in re.findall("`+", text)), 0)


def _quoted(url: str) -> str:
    """Return an address with the characters quoted that could end a link."""
    return quote(url, safe="/:?#@!$&'*+,;=%~")


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
