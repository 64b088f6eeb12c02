"""Read an issue: Markdown → Issue.

encoding.py        bytes → text, and the repair of a damaged encoding
frontmatter.py     the fields of a file's header: Pelican, YAML, TOML
header.py          title, number, date and page address, from the header or the first heading
lines.py           which lines are text, code or comments
typos.py           typing errors, repaired before the text is parsed
markdown.py        text → blocks and links, by markdown-it-py
headings.py        which heading begins which section
issue.py           the whole issue, and the sections that are one line or one list
community.py, crate.py, calls.py, triage.py, quote.py: one section each
plain_sections.py  the sections of a newsletter with `grammar = "plain"`
directives.py      editors' comments for crosspost
discussion.py      the discussion link and the hiring link, found and replaced without parsing Markdown
lint.py            what is wrong with an issue's text
audit.py           the discussion links in a folder of issues
html.py            HTML of other servers: decoded, and limited to what a parser reads in linear time

Importing the package loads no Markdown parser.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import Any

from crosspost.config.schema import NewsletterConfig
from crosspost.model import Crate, Finding, FindingKind, Issue, Link, Performance, Project, Quote
from crosspost.parse.encoding import Decoded, decode

__all__ = ["TWIR", "Decoded", "decode", "parse", "parse_bytes", "to_json"]

TWIR = NewsletterConfig()
"""The configuration of This Week in Rust."""


def parse(text: str, *, newsletter: NewsletterConfig = TWIR, path: str = "") -> Issue:
    """Return the issue that a text is. `path`: the file's; its name may have the number, the date or the slug.

    Raise IssueError when it has no title, number or date, or is longer than `markdown.MAX_LENGTH`.
    """
    from crosspost.parse.issue import read_issue

    return read_issue(text, newsletter, path)


def parse_bytes(data: bytes, *, newsletter: NewsletterConfig = TWIR, path: str = "") -> Issue:
    """Return the issue that a file is, as `parse` does. A repair of the encoding is the first finding."""
    decoded = decode(data)
    issue = parse(decoded.text, newsletter=newsletter, path=path)
    if decoded.damage is None:
        return issue
    repaired = Finding(
        FindingKind.REPAIRED_ENCODING, None, f"the file's encoding was repaired: {decoded.damage}"
    )
    return replace(issue, findings=(repaired, *issue.findings))


def to_json(issue: Issue) -> dict[str, Any]:
    """Return the document of `crosspost parse --json` (docs/documents.md)."""
    document: dict[str, Any] = _as_json(issue)
    for links in document["rfcs"].values():
        for link in links:
            del link["tags"]
    document["crate_descriptions"] = [crate.description for crate in issue.crates_of_the_week]
    return document | {last: document.pop(last) for last in ("findings", "directives")}


_OMITTED: dict[type, tuple[str, ...]] = {
    Link: ("linked", "lead"),
    Crate: ("description",),
    Project: ("series", "for_speakers"),
    Performance: ("report_date", "stale"),
    Quote: ("speeches",),
    Issue: ("newsletter", "grammar"),
}
"""Fields that the document does not have: only posts are made of them."""


def _as_json(value: object) -> Any:
    if isinstance(value, tuple):
        return [_as_json(part) for part in value]
    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value):
        names = [field.name for field in fields(value) if field.name not in _OMITTED.get(type(value), ())]
        members = {name: _as_json(getattr(value, name)) for name in names}
        return {**members, "url": None} if isinstance(value, Link) and not value.linked else members
    return value.isoformat() if isinstance(value, date) else value
