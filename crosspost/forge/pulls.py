"""Pull requests, branches, and files on them.

A file is written only over the version that was read, never over a later commit. The name of our branch has the issue's
number, so that a second attempt, here or on another machine, finds what the first one left.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from crosspost.errors import ForgeError, SourceError
from crosspost.forge.client import Client, field


@dataclass(frozen=True, slots=True)
class File:
    """A file on a branch."""

    path: str
    branch: str
    data: bytes
    sha: str
    """The id of its blob: the version that a write replaces."""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request as the forge shows it now."""

    url: str
    open: bool
    merged: bool
    branch: str
    commit: str
    """The newest commit of its branch."""
    from_repository: str | None
    """The repository of its branch: this one or a fork; None: the fork is gone."""
    repository_page: str | None
    """The page of that repository."""

    @classmethod
    def of(cls, row: Any) -> PullRequest:
        branch = str(field(row, "head", "ref"))
        repository = row["head"].get("repo")
        return cls(
            url=str(field(row, "html_url")),
            open=field(row, "state") == "open",
            merged=bool(row.get("merged_at") or row.get("merged")),
            branch=branch,
            commit=str(field(row, "head", "sha")),
            from_repository=None if repository is None else str(field(repository, "full_name")),
            repository_page=None if repository is None else str(field(repository, "html_url")),
        )


@dataclass(frozen=True, slots=True)
class ProposedEdit:
    """An edit of one file, to be proposed by a pull request."""

    base: str
    """The branch that it is merged into."""
    head: str
    """The commit whose file was edited."""
    path: str
    data: bytes
    title: str
    body: str


# ── a branch and a file on it ────────────────────────────────────────────────────────────────────────


def branch_head(forge: Client, branch: str) -> str | None:
    """Return the newest commit of a branch; None when there is no such branch."""
    path, names = ("branches", ("commit", "id")) if forge.forgejo else ("git/ref/heads", ("object", "sha"))
    found = forge.request(
        "GET", f"/{path}/{quote(branch)}", purpose=f"read the branch {branch}", missing_ok=True
    )
    return None if found is None else str(field(found, *names))


def read_file(forge: Client, path: str, branch: str) -> File:
    """Return the file. Raise ForgeError when it is missing, not a file, or too large (1 MB on GitHub)."""
    where = f"/contents/{quote(path)}"
    purpose = f"read {path} on {branch}"
    found = forge.request("GET", where, purpose=purpose, params={"ref": branch}, missing_ok=True)
    if found is None:
        raise ForgeError(f"{path} is not on {branch} of {forge.repository}")
    if not isinstance(found, dict) or found.get("type") != "file" or found.get("encoding") != "base64":
        raise ForgeError(f"{path} on {branch} of {forge.repository} is no file that can be edited")
    try:
        data = base64.b64decode(str(field(found, "content")))
    except ValueError as error:
        raise SourceError(f"the forge's answer has no {path} in base64") from error
    return File(path, branch, data, str(field(found, "sha")))


def write_file(
    forge: Client, file: File, data: bytes, message: str, author: Mapping[str, str] | None = None
) -> bool:
    """Commit new bytes for the file to its branch. Return False when another commit changed it first.

    `author`: "name" and "email", also of the committer; None: the token's user.
    """
    content = base64.b64encode(data).decode("ascii")
    body = {"message": message, "content": content, "sha": file.sha, "branch": file.branch}
    authorship = {} if author is None else {"author": author, "committer": author}
    purpose = f"write {file.path} on {file.branch}"
    try:
        forge.request("PUT", f"/contents/{quote(file.path)}", body | authorship, purpose=purpose)
    except ForgeError:  # 409 or 422, also of a protected branch
        if read_file(forge, file.path, file.branch).sha == file.sha:
            raise
        return False
    return True


# ── a pull request ───────────────────────────────────────────────────────────────────────────────────


def get_pull_request(forge: Client, number: int) -> PullRequest:
    """Return a pull request by its number. Raise ForgeError when there is none."""
    found = forge.request("GET", f"/pulls/{number}", purpose="read pull requests", missing_ok=True)
    if found is None:
        raise ForgeError(f"{forge.repository} has no pull request {number}, or the token may not read it")
    return PullRequest.of(found)


def find_pull_request(forge: Client, branch: str, base: str) -> PullRequest | None:
    """Return the newest pull request from a branch: open, merged or closed."""
    purpose = "read pull requests"
    if forge.forgejo:  # before version 16 its list has no filter by branch
        path = f"/pulls/{quote(base, safe='')}/{quote(branch)}"
        found = forge.request("GET", path, purpose=purpose, missing_ok=True)
        return None if found is None else PullRequest.of(found)
    head = f"{forge.repository.partition('/')[0]}:{branch}"
    rows = forge.request(
        "GET", "/pulls", purpose=purpose, params={"head": head, "state": "all", "per_page": "10"}
    )
    ours = [row for row in rows if field(row, "head", "ref") == branch]
    return PullRequest.of(max(ours, key=lambda row: int(field(row, "number")))) if ours else None


def open_pull_request(
    forge: Client, branch: str, edit: ProposedEdit, author: Mapping[str, str]
) -> PullRequest | None:
    """Open a pull request. Return None when the base has a newer commit: repeat the edit on that one.

    A branch that an interrupted attempt left, with or without its commit, is used.
    """
    if branch_head(forge, branch) is None:
        if branch_head(forge, edit.base) != edit.head:
            return None
        path, row = "/git/refs", {"ref": f"refs/heads/{branch}", "sha": edit.head}
        if forge.forgejo:
            path, row = "/branches", {"new_branch_name": branch, "old_ref_name": edit.head}
        forge.request("POST", path, row, purpose=f"make the branch {branch}")
    file = read_file(forge, edit.path, branch)
    if file.data != edit.data and not write_file(forge, file, edit.data, edit.title, author):
        return None
    request = {"title": edit.title, "head": branch, "base": edit.base, "body": edit.body}
    return PullRequest.of(forge.request("POST", "/pulls", request, purpose="open a pull request"))
