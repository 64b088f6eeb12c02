"""A branch and a pull request through the forge's REST API, one per issue however often it is tried.

    GET  /repos/R/pulls?head=OWNER:BRANCH&state=all    is there one already?
    GET  /repos/R/git/ref/heads/BASE                   the newest head
    POST /repos/R/git/blobs · trees · commits · refs   one file changed, on a branch of its own
    POST /repos/R/pulls

As GitHub has it (docs.github.com/rest/git, docs.github.com/rest/pulls, read 2026-11). The branch bears the
issue's number, so that whoever tries again, here or on another machine, finds what was made before.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from crosspost import __version__
from crosspost.backfill.push import Author
from crosspost.errors import BackfillError, SourceError
from crosspost.redaction import shortened

if TYPE_CHECKING:
    from requests import PreparedRequest, Session

GITHUB = "https://api.github.com"
PATIENCE = (10, 30)
"""Seconds to connect, and to wait for an answer."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A pull request as it stands."""

    url: str
    open: bool
    merged: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One file of one branch, before it is proposed."""

    base: str
    """The branch it is for."""
    head: str
    """The commit that the edit was made on."""
    tree: str
    """That commit's tree."""
    path: str
    mode: str
    data: bytes
    title: str
    body: str


class Forge:
    """One repository of a forge. Every method raises SourceError when it does not answer, and BackfillError
    when it refuses."""

    def __init__(self, repository: str, token: str, *, api_base_url: str | None = None) -> None:
        self.repository = repository.strip("/")
        self.base = f"{(api_base_url or GITHUB).rstrip('/')}/repos/{quote(self.repository)}"
        self._token = token

    def may_write(self) -> bool | None:
        """Whether the token may push to the repository; None when the forge does not say."""
        permissions = self._ask("GET", "").get("permissions")
        return bool(permissions.get("push")) if isinstance(permissions, Mapping) else None

    def proposal(self, branch: str) -> Proposal | None:
        """The newest pull request from that branch, whatever became of it."""
        head = f"{self.repository.partition('/')[0]}:{branch}"
        found = self._ask("GET", "/pulls", params={"head": head, "state": "all", "per_page": "10"})
        rows = [row for row in found if row.get("head", {}).get("ref", branch) == branch]
        return _proposal(max(rows, key=lambda row: int(row["number"]))) if rows else None

    def propose(self, branch: str, change: Change, *, author: Author, now: datetime) -> Proposal | None:
        """Open the pull request. None: the base moved on, and the edit has to be made on its newest head."""
        if self._ref(change.base) != change.head:
            return None
        if self._ref(branch) is None:
            commit = self._commit(change, author, now)
            self._ask("POST", "/git/refs", {"ref": f"refs/heads/{branch}", "sha": commit})
        opened = self._ask(
            "POST",
            "/pulls",
            {"title": change.title, "head": branch, "base": change.base, "body": change.body},
        )
        return _proposal(opened)

    def _commit(self, change: Change, author: Author, now: datetime) -> str:
        content = base64.b64encode(change.data).decode("ascii")
        blob = self._ask("POST", "/git/blobs", {"content": content, "encoding": "base64"})["sha"]
        row = {"path": change.path, "mode": change.mode, "type": "blob", "sha": blob}
        tree = self._ask("POST", "/git/trees", {"base_tree": change.tree, "tree": [row]})["sha"]
        stamp = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        who = {"name": author.name, "email": author.address, "date": stamp}
        commit = {"message": change.title, "tree": tree, "parents": [change.head]}
        made = self._ask("POST", "/git/commits", {**commit, "author": who, "committer": who})
        return str(made["sha"])

    def _ref(self, branch: str) -> str | None:
        found = self._ask("GET", f"/git/ref/heads/{quote(branch)}", absent=True)
        return str(found["object"]["sha"]) if found else None

    def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        absent: bool = False,
    ) -> Any:
        """One request. With `absent`, 404 is an answer: None."""
        import requests

        where = urlsplit(self.base).hostname
        try:
            with self._session() as session:
                answer = session.request(
                    method,
                    self.base + path,
                    json=body,
                    params=params,
                    timeout=PATIENCE,
                    allow_redirects=False,
                )
                if answer.status_code == 404 and absent:
                    return None
                if not 200 <= answer.status_code < 300:
                    raise _refusal(method, path, answer, where)
                return answer.json()
        except requests.JSONDecodeError as error:
            raise SourceError(f"{where} answers {method} {path} with something that is no JSON") from error
        except requests.RequestException as error:
            raise SourceError(f"{where} does not answer ({type(error).__name__})") from error

    def _session(self) -> Session:
        import requests

        session = requests.Session()
        session.headers["User-Agent"] = f"crosspost/{__version__}"
        session.headers["Accept"] = "application/vnd.github+json"
        session.auth = self._authorise
        return session

    def _authorise(self, request: PreparedRequest) -> PreparedRequest:
        """As requests' own hook: a header alone would give way to what a .netrc has for that host."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _proposal(row: Mapping[str, Any]) -> Proposal:
    merged = bool(row.get("merged_at") or row.get("merged"))
    return Proposal(str(row["html_url"]), open=row.get("state") == "open", merged=merged)


def _refusal(method: str, path: str, answer: Any, where: str | None) -> Exception:
    try:
        said = shortened(str(answer.json().get("message", "")), 200)
    except (ValueError, AttributeError):
        said = ""
    sentence = f"{where} answers {answer.status_code} to {method} {path}{f': {said}' if said else ''}"
    for_now = answer.status_code in (429, 502, 503, 504) or answer.status_code >= 500
    return SourceError(sentence) if for_now else BackfillError(sentence)
