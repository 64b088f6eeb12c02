r"""Render a template with a digest into named lines.

A template is Jinja2, run in its sandbox. It defines the lines of a post:

    {% call line("crate of the week", 70) %}Crate of the week: {{ crates[0].name }}{% endcall %}

`line(name, priority, heading="", beside=false, short="", full=0, instead_of="")`
    name        is shown by `preview` where the line was dropped
    priority    lines of a low one are dropped first; without one a line is never dropped; with `must` all titles of the
                post are shortened before it is dropped
    short, full the text for a lack of room, and the priority of the whole text in its place
    instead_of  the line is used only for a dropped one whose name begins so
An empty line in the template starts a new paragraph. Text outside a `line` is a line of its own that is never
dropped, and neither is the line with the issue's address.

The output of {{ }} is outside text: it is escaped for the platform and may be shortened. Only `url`, `hashtags`,
`link(title, url)` and the template's own words stand as they are.

Variables   title, name, number, date, url, top, more, sections, performance, crates, calls, speaker_calls,
            pull_requests, rfcs, events, quote, hashtags, link_count (see digest.py)
            between                           between the title and a headline: ": ", or a dash after a colon
Functions   line
            link(title, url)                  a title that leads there, where the platform's text can
            count(n, "one", "many")           "1 call", "6 calls"
            numbers((n, "one", "many"), …)    those that are not 0: "31 links · 698 pull requests"
Filters     marks                             " (video, DE)", or nothing
            listed(n)                         "a, b and c", or "a, b and 3 more"
            linked(link, n)                   the same of names with their addresses
            titled(n)                         a title in at most n graphemes, ended at a word
            described(n)                      "hiqlite, an embeddable SQLite database"
            undescribed                       without its description
            quoted                            in quotation marks, unless it has its own
            said                              the quote of the week with its author
            told(n)                           the performance statement in about n characters, in quotation
                                              marks if it is the triager's
            in_full(n)                        the same with its counts, and the triager's sentence to a number
            reported(link, n)                 the same with a link to the report
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from functools import cache, lru_cache
from pathlib import Path
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

from crosspost.compose.fit import MUST, Line, Untrusted, shorten
from crosspost.config.types import Template
from crosspost.errors import UsageError
from crosspost.plural import quantity

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2 import Template as Compiled

    from crosspost.compose.digest import Digest, NamedLink
    from crosspost.compose.performance import PerformanceSummary
    from crosspost.compose.quotation import Quotation

# A digest's text has no control characters, so they can mark parts of a template's output: outside text, and the place
# of a line, by its number.
_BEGIN, _END = "\x02", "\x03"
_MARKED = re.compile(f"{_BEGIN}([^{_BEGIN}{_END}]*){_END}")
_LINE = re.compile("\x0e(\\d+)\x0f")


_QUOTATION_MARKS = ('"', "“", "”", "„", "«", "»", "‹", "›", "「", "」", "『", "』")


class Verbatim(str):
    """Text of our own: it is not escaped and not shortened."""

    __slots__ = ()


Link = Callable[[str, str | None], Verbatim]
"""(title, address) → the title as a link to the address, where the platform has such links."""


def plain_link(title: str, url: str | None) -> Verbatim:
    del url
    return _untrusted(title)


def markdown_link(title: str, url: str | None) -> Verbatim:
    return Verbatim(f"[{_untrusted(title)}]({url})") if url else _untrusted(title)


def render(
    template: Path | str | Template, digest: Digest, *, escape: Callable[[str], str], link: Link
) -> tuple[Line, ...]:
    """Return the lines that a template makes of a digest.

    `template`: a file, a text, or an account's own. Raises UsageError with file and line when the template is broken.
    """
    lines: list[Line] = []

    def line(  # noqa: PLR0913 - called by templates, by name
        name: str,
        priority: int | None = None,
        heading: str = "",
        beside: bool = False,
        short: str = "",
        full: int = 0,
        instead_of: str = "",
        *,
        caller: Callable[[], str],
    ) -> Verbatim:
        parts, short_parts = (_parts(text.strip("\n"), escape) for text in (caller(), short))
        rank = None if priority is None else int(priority)
        lines.append(
            Line(str(name), parts, rank, 0, str(heading), bool(beside), short_parts, int(full), instead_of)
        )
        return Verbatim(f"\x0e{len(lines) - 1}\x0f")

    try:
        compiled = _compiled(template.text if isinstance(template, Template) else template)
        output = compiled.render(_variables(digest), line=line, link=link)
    except OSError as error:
        raise UsageError(f"the template {template} cannot be read: {error.strerror}") from error
    except Exception as error:
        number = _line_of(error)
        where = template.at(number) if isinstance(template, Template) else f"{template}, line {number}"
        raise UsageError(f"{where}: it does not work: {error or type(error).__name__}") from error
    return tuple(_in_paragraphs(output, lines, escape, digest.url))


def _line_of(error: Exception) -> int | None:
    """Return the line of the template that raised the error; None: unknown. Jinja2 puts it into the traceback."""
    lines = [line for frame, line in walk_tb(error.__traceback__) if frame.f_code.co_filename == _INLINE]
    return lines[-1] if lines else getattr(error, "lineno", None)


_INLINE = "<template>"
"""The file name that Jinja2 gives a template from a text."""


def _variables(digest: Digest) -> dict[str, Any]:
    values = {entry.name: getattr(digest, entry.name) for entry in fields(digest)}
    tags = Verbatim(" ".join(f"#{tag}" for tag in digest.hashtags))
    between = " – " if re.search("[:：]", digest.title) else ": "
    return values | {
        "url": Verbatim(digest.url),
        "hashtags": tags,
        "link_count": digest.link_count,
        "between": Verbatim(between),
    }


@lru_cache(maxsize=32)
def _compiled(template: Path | str) -> Compiled:
    if isinstance(template, str):
        return _environment().from_string(template)
    return _environment().get_template(str(template))


def _load_template(name: str) -> tuple[str, str, Callable[[], bool]]:
    """Return a template's text, its file, and a check that says it is up to date, as jinja2 expects them."""
    return Path(name).read_text(encoding="utf-8"), name, lambda: True


@cache
def _environment() -> Environment:
    from jinja2 import FunctionLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    from crosspost.compose.compiled import TemplateCache

    # Not optimized: a template is compiled at many a start and run a few times only.
    syntax = {"trim_blocks": True, "lstrip_blocks": True, "autoescape": False, "optimized": False}
    environment = ImmutableSandboxedEnvironment(
        **syntax,
        finalize=_finalize,
        undefined=StrictUndefined,
        loader=FunctionLoader(_load_template),
        bytecode_cache=TemplateCache(options=repr(syntax)),
    )
    environment.filters |= {
        "marks": _marks,
        "listed": _listed,
        "titled": shorten,
        "described": _described,
        "undescribed": lambda item: item._replace(description=""),
        "in_full": _in_full,
        "reported": _reported,
        "told": _statement,
        "linked": _linked,
        "quoted": _quoted,
        "said": _attributed,
    }
    environment.globals |= {"must": MUST, "count": _count, "numbers": _numbers}
    return environment


# ── what a template calls ────────────────────────────────────────────────────────────────────────────


def _finalize(value: object) -> str:
    """Return a value that a template prints, marked as outside text unless it is `Verbatim`."""
    if isinstance(value, Verbatim):
        return value
    if not isinstance(value, str):
        return "" if value is None else str(value)
    if _BEGIN not in value:
        return _untrusted(value)
    pieces = _MARKED.split(value)  # a template joined marked text with other text
    return "".join(_untrusted(re.sub(r"[\x00-\x1f]", "", piece)) for piece in pieces if piece)


def _untrusted(text: str) -> Verbatim:
    return Verbatim(f"{_BEGIN}{text}{_END}")


def _marks(marks: Sequence[str]) -> Verbatim:
    return Verbatim(f" ({', '.join(marks)})" if marks else "")


def _statement(summary: PerformanceSummary, limit: int = 1000) -> Verbatim:
    sentence, is_quoted = summary.shortened(limit)
    return _quoted(sentence) if is_quoted else Verbatim(sentence)


def _in_full(summary: PerformanceSummary, limit: int = 1000, beside: str = "") -> Verbatim:
    """Return the statement, the counts, and beside a number the triager's sentence if that is short enough."""
    sentence, is_quoted = summary.shortened(limit)
    counts = summary.counts if sentence == summary.sentence else ""
    text = _statement(summary, limit)
    if facts := "; ".join(filter(None, (counts, beside))):
        text = Verbatim(f"{text} ({facts})")
    if summary.remark and not is_quoted and len(sentence) + len(counts) + len(summary.remark) <= limit:
        text = Verbatim(f"{text}. {_quoted(summary.remark)}")
    return text


def _reported(summary: PerformanceSummary, link: Link, limit: int = 1000) -> Verbatim:
    from crosspost.compose.performance import SEE_REPORT

    if summary.report_url is None:
        return _in_full(summary, limit)
    sentence, is_quoted = summary.shortened(limit)
    if sentence == SEE_REPORT and not is_quoted:
        return link(sentence, summary.report_url)
    return _in_full(summary, limit, link("report", summary.report_url))


def _described(item: NamedLink, limit: int = 100) -> str:
    return f"{item.name}, {shorten(item.description, limit)}" if item.description else item.name


def _attributed(quote: Quotation) -> Verbatim:
    """Return a quotation with its lines as they are, and its author."""
    text = _quoted(quote.text)
    return Verbatim(f"{text} – {_untrusted(quote.author)}") if quote.author else text


def _quoted(text: str) -> Verbatim:
    """Put a text in quotation marks, unless it has its own; quotations in it get single ones."""
    has_marks = text.startswith(_QUOTATION_MARKS) and text.endswith(_QUOTATION_MARKS)
    if not has_marks:
        text = _CLOSING.sub("’", _OPENING.sub("‘", text))
    lines = Verbatim("\n".join(map(_untrusted, text.split("\n"))))
    return lines if has_marks else Verbatim(f"“{lines}”")


_OPENING = re.compile(r'“|(?<![\w.,;:!?…)\]])"(?=\S)')
_CLOSING = re.compile(r'["”]')


def _linked(items: Iterable[NamedLink], link: Link, limit: int = 3) -> Verbatim:
    names = []
    for item in items:
        name = link(shorten(item.name, _LONGEST_NAME), item.url)
        description = _untrusted(shorten(item.description, _LONGEST_DESCRIPTION))
        names.append(Verbatim(f"{name}, {description}") if item.description else name)
    return _listed(names, limit)


_LONGEST_NAME, _LONGEST_DESCRIPTION = 90, 150
"""Graphemes."""


def _listed(names: Iterable[str], limit: int = 3, more: str = "more") -> Verbatim:
    """Join names: "a and b", "a, b and c"; of two or more beyond `limit` only the number: "a, b, c and 4 more"."""
    items = [name if isinstance(name, Verbatim) else _untrusted(name) for name in names]
    if len(items) > limit + 1:
        items = [*items[:limit], Verbatim(f"{len(items) - limit} {more}")]
    return Verbatim(" and ".join(filter(None, (", ".join(items[:-1]), *items[-1:]))))


def _count(number: int, one: str, many: str) -> Verbatim:
    return Verbatim(quantity(number, one, many))


def _numbers(*amounts: tuple[int | None, str, str]) -> Verbatim:
    return Verbatim(" · ".join(_count(number, one, many) for number, one, many in amounts if number))


# ── a template's output → lines ──────────────────────────────────────────────────────────────────────


def _in_paragraphs(
    output: str, marked: Sequence[Line], escape: Callable[[str], str], url: str
) -> Iterator[Line]:
    """Yield the marked lines and the text between them; an empty line begins a new paragraph.

    Jinja2 removes the newline after a block, so every newline here ends a line of the template itself.
    """
    paragraph = 0
    for index, piece in enumerate(_LINE.split(output)):
        if index % 2:
            line = marked[int(piece)]
            if line.parts:
                has_address = any(isinstance(part, str) and url in part for part in line.parts)
                yield line._replace(paragraph=paragraph, priority=None if has_address else line.priority)
            continue
        *complete, last = piece.split("\n")
        for number, text in enumerate((*complete, last)):
            if text.strip():
                yield Line("text", _parts(text.strip(), escape), None, paragraph)
            elif number < len(complete):
                paragraph += 1


def _parts(content: str, escape: Callable[[str], str]) -> tuple[str | Untrusted, ...]:
    pieces = _MARKED.split(content)
    parts = (Untrusted(piece, escape) if index % 2 else piece for index, piece in enumerate(pieces))
    return tuple(part for part in parts if part and (isinstance(part, str) or part.text))
