"""One comment on a pull request, found again by an invisible marker and edited in place.

Only comments of the token's own login count: anybody can paste the marker, and a workflow's token may edit everybody's
comments. Nothing is written when the text is the same. Of two runs at once each may write a comment: both list them
again, and keep the oldest one with the newest text.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, NamedTuple

from crosspost.forge.client import Client, field


class CommentResult(StrEnum):
    """The result for a comment."""

    WRITTEN = "written"
    EDITED = "edited"
    UNCHANGED = "unchanged"


class _Comment(NamedTuple):
    id: int
    """The older of two comments has the smaller one."""
    url: str
    body: str

    @classmethod
    def of(cls, row: Any) -> _Comment:
        return cls(int(field(row, "id")), str(field(row, "html_url")), str(field(row, "body")))

    def has_text(self, text: str) -> bool:
        """Return whether it has this text. A forge may change line ends, and cut spaces at the end."""
        return self.body.replace("\r\n", "\n").rstrip() == text.rstrip()


def marker(newsletter: str, number: int) -> str:
    """Return the marker of an issue's comment, which readers do not see."""
    name = "-".join(re.findall(r"[^\W_]+", newsletter.lower()))
    return f"<!-- crosspost:{name}:{number} -->"


def put_comment(
    forge: Client, pull_request: int, marker: str, text: str, *, dry_run: bool = False
) -> tuple[CommentResult, str]:
    """Write or edit the pull request's one comment. Return what was done, and the comment's address.

    `dry_run`: only read; the address is empty where there is no comment yet.
    """
    login = forge.login()
    body = {"body": f"{marker}\n{text}"}
    ours = _own_comments(forge, pull_request, marker, login)
    outcome = CommentResult.WRITTEN
    if ours:
        outcome = CommentResult.UNCHANGED if ours[0].has_text(body["body"]) else CommentResult.EDITED
    if dry_run:
        return outcome, ours[0].url if ours else ""
    new = None
    if not ours:
        path = f"/issues/{pull_request}/comments"
        new = _Comment.of(forge.request("POST", path, body, purpose="write comments on pull requests"))
        # A listing may lag behind: the new comment counts whether it is listed or not.
        listed = _own_comments(forge, pull_request, marker, login)
        ours = sorted([new, *(each for each in listed if each.id != new.id)])
    first, *others = ours
    if first != new and not first.has_text(body["body"]):
        forge.request("PATCH", f"/issues/comments/{first.id}", body, purpose="edit its own comment")
    for other in others:
        path = f"/issues/comments/{other.id}"
        forge.request("DELETE", path, purpose="delete its own second comment", missing_ok=True)
    return outcome, first.url


def _own_comments(forge: Client, pull_request: int, marker: str, login: str) -> list[_Comment]:
    """Return the comments with the marker that the token's login wrote, the oldest first."""
    comments = []
    for row in forge.entries(f"/issues/{pull_request}/comments", purpose="read comments"):
        author = row.get("user") if isinstance(row, dict) else None  # None: the account is gone
        wrote = isinstance(author, dict) and author.get("login") in (login, f"{login}[bot]")
        if wrote and str(row.get("body")).startswith(marker):
            comments.append(_Comment.of(row))
    return sorted(comments)
