"""One file on a branch, read and written with the version that it was read at: never over somebody's later commit."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from crosspost.errors import ForgeError, SourceError
from crosspost.forge.client import Client, Dialect, part


@dataclass(frozen=True, slots=True)
class File:
    """A file as a branch has it."""

    path: str
    branch: str
    data: bytes
    sha: str
    """Its blob: the version that a write replaces."""


def read(forge: Client, path: str, branch: str) -> File:
    """Return the file. Raise ForgeError when it is no file there, or too large for an issue (1 MB on GitHub)."""
    found = forge.ask(
        "GET",
        f"/contents/{quote(path)}",
        doing=f"read {path} on {branch}",
        params={"ref": branch},
        absent=(404,),
    )
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
    body = {
        "message": message,
        "content": base64.b64encode(data).decode("ascii"),
        "sha": file.sha,
        "branch": file.branch,
    }
    who = {} if author is None else {"author": author, "committer": author}
    doing = f"write {file.path} on {file.branch}"
    try:
        forge.ask("PUT", f"/contents/{quote(file.path)}", body | who, doing=doing)
    except ForgeError:  # 409 or 422, also of a protected branch
        if read(forge, file.path, file.branch).sha == file.sha:
            raise
        return False
    return True


def head_of(forge: Client, branch: str) -> str | None:
    """Return the newest commit of a branch; None: there is no such branch."""
    doing = f"read the branch {branch}"
    if forge.dialect is Dialect.FORGEJO:
        found = forge.ask("GET", f"/branches/{quote(branch)}", doing=doing, absent=(404,))
        return None if found is None else str(part(found, "commit", "id"))
    found = forge.ask("GET", f"/git/ref/heads/{quote(branch)}", doing=doing, absent=(404,))
    return None if found is None else str(part(found, "object", "sha"))


def make_branch(forge: Client, branch: str, commit: str) -> None:
    """Make a branch at a commit."""
    doing = f"make the branch {branch}"
    if forge.dialect is Dialect.FORGEJO:
        forge.ask("POST", "/branches", {"new_branch_name": branch, "old_ref_name": commit}, doing=doing)
    else:
        forge.ask("POST", "/git/refs", {"ref": f"refs/heads/{branch}", "sha": commit}, doing=doing)
