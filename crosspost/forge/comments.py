"""One comment on a pull request, found again by a mark that nobody sees, and edited in place.

The mark alone says nothing, because anybody can paste it: only comments that the token's own login wrote count. (A
workflow's token may edit everybody's, so that a refusal is no test.) Nothing is written when the text is the same. Of
two runs at once each may write one: both look again afterwards, the oldest stays, with the newest text.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, NamedTuple

from crosspost.forge.client import Client, part


class Done(StrEnum):
    """What became of a comment."""

    WRITTEN = "written"
    EDITED = "edited"
    UNCHANGED = "unchanged"


class _Comment(NamedTuple):
    id: int
    """Of two, the older one's is smaller."""
    url: str
    body: str

    @classmethod
    def of(cls, row: Any) -> _Comment:
        return cls(int(part(row, "id")), str(part(row, "html_url")), str(part(row, "body")))

    def has(self, text: str) -> bool:
        """Return whether it has this text; a forge may change line ends and cut spaces at the end."""
        return self.body.replace("\r\n", "\n").rstrip() == text.rstrip()


def mark(newsletter: str, number: int) -> str:
    """Return the mark of an issue's comment. Its readers do not see it."""
    name = "-".join(re.findall(r"[^\W_]+", newsletter.lower()))
    return f"<!-- crosspost:{name}:{number} -->"


def keep(
    forge: Client, pull_request: int, mark: str, text: str, *, dry_run: bool = False
) -> tuple[Done, str]:
    """Let the pull request have one comment with this text. Return what was done, and the comment's address.

    `dry_run`: only reads; the address is empty where there is no comment yet.
    """
    login = forge.whose_token()
    body = {"body": f"{mark}\n{text}"}
    ours = _ours(forge, pull_request, mark, login)
    done = Done.WRITTEN if not ours else Done.UNCHANGED if ours[0].has(body["body"]) else Done.EDITED
    if dry_run:
        return done, ours[0].url if ours else ""
    mine = None
    if not ours:
        path = f"/issues/{pull_request}/comments"
        mine = _Comment.of(forge.ask("POST", path, body, doing="write comments on pull requests"))
        # A listing may lag behind: what was just written is ours whether it is listed or not.
        listed = _ours(forge, pull_request, mark, login)
        ours = sorted([mine, *(each for each in listed if each.id != mine.id)])
    first, *others = ours
    if first != mine and not first.has(body["body"]):
        forge.ask("PATCH", f"/issues/comments/{first.id}", body, doing="edit its own comment")
    for other in others:
        path = f"/issues/comments/{other.id}"
        forge.ask("DELETE", path, doing="delete its own second comment", missing_ok=True)
    return done, first.url


def _ours(forge: Client, pull_request: int, mark: str, login: str) -> list[_Comment]:
    """Return the comments with the mark that the token wrote, the oldest first."""
    found = []
    for row in forge.pages(f"/issues/{pull_request}/comments", doing="read comments"):
        author = row.get("user") if isinstance(row, dict) else None  # None: the account is gone
        wrote = isinstance(author, dict) and author.get("login") in (login, f"{login}[bot]")
        if wrote and str(row.get("body")).startswith(mark):
            found.append(_Comment.of(row))
    return sorted(found)
