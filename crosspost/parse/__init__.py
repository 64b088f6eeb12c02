"""Markdown → Issue.

    parse_bytes(bytes)  =  decode (encoding.py)  +  parse (issue.py)

One module per kind of section that has a grammar of its own; `headings.py` says which headings mean what
over the years, `markdown.py` turns the text into blocks with their lines. Importing this package loads
no Markdown parser.
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
"""How This Week in Rust writes its issues."""


def parse(text: str, *, newsletter: NewsletterConfig = TWIR, path: str = "") -> Issue:
    """Return what the issue says. Pure. `path` helps only where an old issue names its number nowhere else.

    Raises IssueError: no title, number or date can be found, or the text is far longer than any issue.
    """
    from crosspost.parse.issue import read_issue

    return read_issue(text, newsletter, path)


def parse_bytes(data: bytes, *, newsletter: NewsletterConfig = TWIR, path: str = "") -> Issue:
    """Return the same for a file's bytes. A repair of the encoding is the first finding."""
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
    document: dict[str, Any] = _plain(issue)
    for links in document["rfcs"].values():
        for link in links:
            del link["tags"]
    document["crate_descriptions"] = [crate.description for crate in issue.crates_of_the_week]
    return document | {last: document.pop(last) for last in ("findings", "directives")}


_LEFT_OUT: dict[type, tuple[str, ...]] = {
    Link: ("linked", "lead"),
    Crate: ("description",),
    Project: ("series", "for_speakers"),
    Performance: ("dated", "stale"),
    Quote: ("speeches",),
    Issue: ("newsletter", "grammar"),
}
"""What only posts are made of."""


def _plain(value: object) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value):
        left_out = _LEFT_OUT.get(type(value), ())
        found = {f.name: _plain(getattr(value, f.name)) for f in fields(value) if f.name not in left_out}
        return {**found, "url": None} if isinstance(value, Link) and not value.linked else found
    return value.isoformat() if isinstance(value, date) else value
