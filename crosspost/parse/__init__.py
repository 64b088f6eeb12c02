"""Markdown → Issue.

    read(bytes)  =  decode (encoding.py)  +  parse (reading.py)

One module per kind of section that has a grammar of its own; `headings.py` says which headings mean what
over the years, `markdown.py` turns the text into blocks with their lines. Importing this package loads
no Markdown parser.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from crosspost.config.schema import NewsletterConfig
from crosspost.model import Finding, FindingKind, Issue
from crosspost.parse.encoding import Decoded, decode

__all__ = ["TWIR", "Decoded", "decode", "parse", "read", "to_json"]

TWIR = NewsletterConfig()
"""How This Week in Rust writes its issues."""


def parse(text: str, *, newsletter: NewsletterConfig = TWIR, path: str = "") -> Issue:
    """Return what the issue says. Pure. `path` helps only where an old issue names its number nowhere else.

    Raises IssueError: no title, number or date can be found, or the text is far longer than any issue.
    """
    from crosspost.parse.issue import read_issue

    return read_issue(text, newsletter, path)


def read(data: bytes, *, newsletter: NewsletterConfig = TWIR, path: str = "") -> Issue:
    """Return the same for a file's bytes. A repair of the encoding is the first finding."""
    decoded = decode(data)
    issue = parse(decoded.text, newsletter=newsletter, path=path)
    if decoded.repaired is None:
        return issue
    repaired = Finding(
        FindingKind.REPAIRED_ENCODING, None, f"the file's encoding was repaired: {decoded.repaired}"
    )
    return replace(issue, findings=(repaired, *issue.findings))


def to_json(issue: Issue) -> dict[str, Any]:
    """Return the document of `crosspost parse --json` (docs/documents.md)."""
    from crosspost.parse.document import document

    return document(issue)
