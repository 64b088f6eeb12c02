"""One comment on a pull request, found again by a mark that nobody sees, and edited in place.

The mark alone says nothing, because anybody can paste it: only comments that the token's own login wrote count. (A
workflow's token may edit everybody's, so that a refusal is no test.) Nothing is written when the text is the same. Of
two runs at once each may write one: both look again afterwards, the oldest stays, with the newest text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from crosspost.forge.client import Client, part


class Done(StrEnum):
    """What became of a comment."""

    WRITTEN = "written"
    EDITED = "edited"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Comment:
    id: int
    url: str
    body: str


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
    body = f"{mark}\n{text}"
    ours = _ours(forge, pull_request, mark, login)
    done = Done.WRITTEN if not ours else Done.UNCHANGED if _same(ours[0].body, body) else Done.EDITED
    if dry_run:
        return done, ours[0].url if ours else ""
    mine = None
    if not ours:
        written = forge.ask(
            "POST",
            f"/issues/{pull_request}/comments",
            {"body": body},
            doing="write comments on pull requests",
        )
        mine = _comment(written)
        # A listing may lag behind: what was just written is ours whether it is listed or not.
        listed = _ours(forge, pull_request, mark, login)
        ours = sorted([mine, *(each for each in listed if each.id != mine.id)], key=_age)
    first, *others = ours
    if first != mine and not _same(first.body, body):
        forge.ask("PATCH", f"/issues/comments/{first.id}", {"body": body}, doing="edit its own comment")
    for other in others:
        forge.ask(
            "DELETE", f"/issues/comments/{other.id}", doing="delete its own second comment", absent=(404,)
        )
    return done, first.url


def _ours(forge: Client, pull_request: int, mark: str, login: str) -> list[Comment]:
    """Return the comments with the mark that the token wrote, the oldest first."""
    rows = forge.pages(f"/issues/{pull_request}/comments", doing="read comments")
    found = [_comment(row) for row in rows if _wrote(row, login) and str(row.get("body")).startswith(mark)]
    return sorted(found, key=_age)


def _age(comment: Comment) -> int:
    return comment.id


def _wrote(row: Any, login: str) -> bool:
    author = row.get("user") if isinstance(row, dict) else None  # None: the account is gone
    return isinstance(author, dict) and author.get("login") in (login, f"{login}[bot]")


def _comment(row: Any) -> Comment:
    return Comment(int(part(row, "id")), str(part(row, "html_url")), str(part(row, "body")))


def _same(there: str, wanted: str) -> bool:
    """Return whether two texts are one; a forge may change line ends and cut spaces at the end."""
    return there.replace("\r\n", "\n").rstrip() == wanted.rstrip()
