"""Pull requests: as one is now, and a branch of one's own proposed, one per issue however often it is tried.

The branch bears the issue's number, so that whoever tries again, here or on another machine, finds what was there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from crosspost.errors import ForgeError
from crosspost.forge import contents
from crosspost.forge.client import Client, Dialect, part


@dataclass(frozen=True, slots=True)
class Proposal:
    """A pull request as it is now."""

    url: str
    open: bool
    merged: bool
    branch: str
    commit: str
    """The newest commit of its branch."""
    from_repository: str | None
    """Where its branch is: this repository or a fork; None: the fork is gone."""
    from_web: str | None
    """The page of that repository."""


@dataclass(frozen=True, slots=True)
class Change:
    """One file of one branch, before it is proposed."""

    base: str
    """The branch it is for."""
    head: str
    """The commit that the edit was made on."""
    path: str
    data: bytes
    title: str
    body: str


def pull_request(forge: Client, number: int) -> Proposal:
    """Return a pull request by its number. Raise ForgeError when there is none."""
    found = forge.ask("GET", f"/pulls/{number}", doing="read pull requests", absent=(404,))
    if found is None:
        raise ForgeError(f"{forge.repository} has no pull request {number}, or the token may not read it")
    return _proposal(found)


def proposal(forge: Client, branch: str, base: str) -> Proposal | None:
    """Return the newest pull request from that branch, whatever became of it."""
    doing = "read pull requests"
    if forge.dialect is Dialect.FORGEJO:  # before 16 its list cannot be asked for one branch
        found = forge.ask("GET", f"/pulls/{quote(base, safe='')}/{quote(branch)}", doing=doing, absent=(404,))
        return None if found is None else _proposal(found)
    head = f"{forge.repository.partition('/')[0]}:{branch}"
    rows = forge.ask("GET", "/pulls", doing=doing, params={"head": head, "state": "all", "per_page": "10"})
    ours = [row for row in rows if part(row, "head", "ref") == branch]
    return _proposal(max(ours, key=lambda row: int(part(row, "number")))) if ours else None


def propose(forge: Client, branch: str, change: Change, author: Mapping[str, str]) -> Proposal | None:
    """Open the pull request. Return None when the base moved on: then edit its newest head.

    What an attempt that died has left behind is taken up: the branch, or the branch with its commit.
    """
    if contents.head_of(forge, branch) is None:
        if contents.head_of(forge, change.base) != change.head:
            return None
        contents.make_branch(forge, branch, change.head)
    there = contents.read(forge, change.path, branch)
    if there.data != change.data and not contents.write(forge, there, change.data, change.title, author):
        return None
    request = {"title": change.title, "head": branch, "base": change.base, "body": change.body}
    return _proposal(forge.ask("POST", "/pulls", request, doing="open a pull request"))


def _proposal(row: Any) -> Proposal:
    branch = str(part(row, "head", "ref"))
    repository = row["head"].get("repo")
    return Proposal(
        url=str(part(row, "html_url")),
        open=part(row, "state") == "open",
        merged=bool(row.get("merged_at") or row.get("merged")),
        branch=branch,
        commit=str(part(row, "head", "sha")),
        from_repository=None if repository is None else str(part(repository, "full_name")),
        from_web=None if repository is None else str(part(repository, "html_url")),
    )
