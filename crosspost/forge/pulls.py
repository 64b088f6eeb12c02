"""Pull requests, and the branches and files that they are made of.

A file is written with the version that it was read at: never over somebody's later commit. A branch of one's own bears
the issue's number, so that whoever tries again, here or on another machine, finds what was there.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from crosspost.errors import ForgeError, SourceError
from crosspost.forge.client import Client, part


@dataclass(frozen=True, slots=True)
class File:
    """A file as a branch has it."""

    path: str
    branch: str
    data: bytes
    sha: str
    """Its blob: the version that a write replaces."""


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

    @classmethod
    def of(cls, row: Any) -> Proposal:
        branch = str(part(row, "head", "ref"))
        repository = row["head"].get("repo")
        return cls(
            url=str(part(row, "html_url")),
            open=part(row, "state") == "open",
            merged=bool(row.get("merged_at") or row.get("merged")),
            branch=branch,
            commit=str(part(row, "head", "sha")),
            from_repository=None if repository is None else str(part(repository, "full_name")),
            from_web=None if repository is None else str(part(repository, "html_url")),
        )


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


# ── a branch and a file on it ────────────────────────────────────────────────────────────────────────


def head_of(forge: Client, branch: str) -> str | None:
    """Return the newest commit of a branch; None: there is no such branch."""
    path, names = ("branches", ("commit", "id")) if forge.forgejo else ("git/ref/heads", ("object", "sha"))
    found = forge.ask("GET", f"/{path}/{quote(branch)}", doing=f"read the branch {branch}", missing_ok=True)
    return None if found is None else str(part(found, *names))


def read(forge: Client, path: str, branch: str) -> File:
    """Return the file. Raise ForgeError when it is no file there, or too large for an issue (1 MB on GitHub)."""
    where = f"/contents/{quote(path)}"
    doing = f"read {path} on {branch}"
    found = forge.ask("GET", where, doing=doing, params={"ref": branch}, missing_ok=True)
    if found is None:
        raise ForgeError(f"{path} is not on {branch} of {forge.repository}")
    if not isinstance(found, dict) or found.get("type") != "file" or found.get("encoding") != "base64":
        raise ForgeError(f"{path} on {branch} of {forge.repository} is no file that can be edited")
    try:
        data = base64.b64decode(str(part(found, "content")))
    except ValueError as error:
        raise SourceError(f"the forge's answer has no {path} in base64") from error
    return File(path, branch, data, str(part(found, "sha")))


def write(
    forge: Client, file: File, data: bytes, message: str, author: Mapping[str, str] | None = None
) -> bool:
    """Commit new bytes for the file to its branch. Return False when another commit changed it first.

    `author`: "name" and "email", also of the committer; None: whom the token is of.
    """
    content = base64.b64encode(data).decode("ascii")
    body = {"message": message, "content": content, "sha": file.sha, "branch": file.branch}
    who = {} if author is None else {"author": author, "committer": author}
    doing = f"write {file.path} on {file.branch}"
    try:
        forge.ask("PUT", f"/contents/{quote(file.path)}", body | who, doing=doing)
    except ForgeError:  # 409 or 422, also of a protected branch
        if read(forge, file.path, file.branch).sha == file.sha:
            raise
        return False
    return True


# ── a pull request ───────────────────────────────────────────────────────────────────────────────────


def pull_request(forge: Client, number: int) -> Proposal:
    """Return a pull request by its number. Raise ForgeError when there is none."""
    found = forge.ask("GET", f"/pulls/{number}", doing="read pull requests", missing_ok=True)
    if found is None:
        raise ForgeError(f"{forge.repository} has no pull request {number}, or the token may not read it")
    return Proposal.of(found)


def proposal(forge: Client, branch: str, base: str) -> Proposal | None:
    """Return the newest pull request from that branch, whatever became of it."""
    doing = "read pull requests"
    if forge.forgejo:  # before 16 its list cannot be asked for one branch
        path = f"/pulls/{quote(base, safe='')}/{quote(branch)}"
        found = forge.ask("GET", path, doing=doing, missing_ok=True)
        return None if found is None else Proposal.of(found)
    head = f"{forge.repository.partition('/')[0]}:{branch}"
    rows = forge.ask("GET", "/pulls", doing=doing, params={"head": head, "state": "all", "per_page": "10"})
    ours = [row for row in rows if part(row, "head", "ref") == branch]
    return Proposal.of(max(ours, key=lambda row: int(part(row, "number")))) if ours else None


def propose(forge: Client, branch: str, change: Change, author: Mapping[str, str]) -> Proposal | None:
    """Open the pull request. Return None when the base moved on: then edit its newest head.

    What an attempt that died has left behind is taken up: the branch, or the branch with its commit.
    """
    if head_of(forge, branch) is None:
        if head_of(forge, change.base) != change.head:
            return None
        path, row = "/git/refs", {"ref": f"refs/heads/{branch}", "sha": change.head}
        if forge.forgejo:
            path, row = "/branches", {"new_branch_name": branch, "old_ref_name": change.head}
        forge.ask("POST", path, row, doing=f"make the branch {branch}")
    there = read(forge, change.path, branch)
    if there.data != change.data and not write(forge, there, change.data, change.title, author):
        return None
    request = {"title": change.title, "head": branch, "base": change.base, "body": change.body}
    return Proposal.of(forge.ask("POST", "/pulls", request, doing="open a pull request"))
