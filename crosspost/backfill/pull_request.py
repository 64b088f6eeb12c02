"""A branch and a pull request through the forge's REST API, one per issue however often it is tried.

    GET  /repos/R/pulls?head=OWNER:BRANCH&state=all    is there one already?
    GET  /repos/R/git/ref/heads/BASE                   the newest head
    POST /repos/R/git/blobs · trees · commits · refs   one file changed, on a branch of its own
    POST /repos/R/pulls

As GitHub has it (docs.github.com/rest/git, docs.github.com/rest/pulls, read 2026-11). The branch bears the
issue's number, so that whoever tries again, here or on another machine, finds what was made before.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import getproxies, proxy_bypass

from crosspost import __version__
from crosspost.backfill.push import Author
from crosspost.config.schema import BackfillConfig
from crosspost.errors import AskedToWait, BackfillError, CrosspostError, SourceError
from crosspost.log.redaction import shortened
from crosspost.platforms._network import asked_until

GITHUB = "https://api.github.com"
LONGEST = 30.0
"""Seconds for one request, from the connection to the last byte of the answer."""
MOST_BYTES = 8 * 1024 * 1024
"""Of one answer. Ten pull requests have some 200 kB."""
LONGEST_PAUSE = timedelta(hours=1)
"""A forge that asks for more is asked again by then. GitHub's limits start anew each hour
(docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api, read 2026-11)."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A pull request as it is now."""

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
    """One repository of a forge. Every method raises SourceError when it does not answer, AskedToWait when it
    wants to be asked later, and BackfillError when it refuses. No redirect is followed: each request has the token."""

    def __init__(
        self, repository: str, token: str, *, now: datetime, api_base_url: str | None = None
    ) -> None:
        self.repository = repository.strip("/")
        self.base = f"{(api_base_url or GITHUB).rstrip('/')}/repos/{quote(self.repository)}"
        self._where = urlsplit(self.base).hostname
        self._now = now
        self._token = token

    @classmethod
    def of(cls, config: BackfillConfig, now: datetime) -> Forge:
        """Return the forge that `[backfill]` names. Raise BackfillError when it names none."""
        if config.repository is None or config.token is None:
            raise BackfillError(
                'backfill.mode = "pull-request" needs repository = "owner/name" and token = …'
            )
        return cls(config.repository, config.token.reveal(), now=now, api_base_url=config.api_base_url)

    def may_write(self) -> bool | None:
        """Return whether the token may push to the repository; None when the forge does not say."""
        permissions = self._ask("GET", "").get("permissions")
        return bool(permissions.get("push")) if isinstance(permissions, Mapping) else None

    def proposal(self, branch: str) -> Proposal | None:
        """Return the newest pull request from that branch, whatever became of it."""
        head = f"{self.repository.partition('/')[0]}:{branch}"
        found = self._ask("GET", "/pulls", params={"head": head, "state": "all", "per_page": "10"})
        rows = [row for row in found if row.get("head", {}).get("ref", branch) == branch]
        return _proposal(max(rows, key=lambda row: int(row["number"]))) if rows else None

    def propose(self, branch: str, change: Change, *, author: Author, now: datetime) -> Proposal | None:
        """Open the pull request. Return None when the base moved on: then edit its newest head."""
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
        """Make one request and return its JSON. With `absent`, return None for a 404."""
        answer = self._answer(method, path, body, params)
        if answer.status == 404 and absent:
            return None
        if not 200 <= answer.status < 300:
            raise self._refusal(f"{method} {path}", answer)
        if answer.json is None:
            raise SourceError(f"{self._where} answers {method} {path} with something that is not JSON")
        return answer.json

    def _answer(
        self, method: str, path: str, body: Mapping[str, Any] | None, params: Mapping[str, str] | None
    ) -> _Answer:
        """Return the whole answer, within its bounds in time and bytes."""
        import aiohttp

        try:
            return asyncio.run(self._exchange(method, path, body, params))
        except TimeoutError as error:
            raise SourceError(f"{self._where} did not answer within {LONGEST:.0f} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise SourceError(f"{self._where} does not answer ({type(error).__name__})") from error

    async def _exchange(
        self, method: str, path: str, body: Mapping[str, Any] | None, params: Mapping[str, str] | None
    ) -> _Answer:
        import aiohttp

        headers = {
            "Accept": "application/vnd.github+json",
            "Accept-Encoding": "identity",
            "Authorization": f"Bearer {self._token}",  # aiohttp reads no .netrc unless it is told to
            "User-Agent": f"crosspost/{__version__}",
        }
        url = self.base + path
        proxy = None if proxy_bypass(urlsplit(url).netloc) else getproxies().get(urlsplit(url).scheme)
        async with (
            asyncio.timeout(LONGEST),
            aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=None)) as session,
            session.request(
                method, url, json=body, params=params, proxy=proxy, allow_redirects=False
            ) as response,
        ):
            data = bytearray()
            async for chunk in response.content.iter_any():
                data += chunk
                if len(data) > MOST_BYTES:
                    raise SourceError(f"{self._where} answers with more than {MOST_BYTES // 1024 // 1024} MB")
            found = {name.lower(): value for name, value in response.headers.items()}
            return _Answer(response.status, found, _json(bytes(data)))

    def _refusal(self, request: str, answer: _Answer) -> CrosspostError:
        """Return SourceError for what passes (a limit, a fault there), BackfillError for what a person must change."""
        words = answer.json.get("message", "") if isinstance(answer.json, Mapping) else ""
        said = shortened(str(words), 200)
        sentence = f"{self._where} answers {answer.status} to {request}{f': {said}' if said else ''}"
        if 300 <= answer.status < 400:
            return BackfillError(
                f"{sentence}; the token is sent to no other address: correct backfill.repository or api_base_url"
            )
        limited = "retry-after" in answer.headers or answer.headers.get("x-ratelimit-remaining") == "0"
        if answer.status in (403, 429) or answer.status >= 500:
            asked = asked_until(answer.headers, self._now) if limited else None
            if asked is not None:
                return self._asked_to_wait(sentence, asked)
            if limited or answer.status != 403 or answer.json is None:
                return SourceError(sentence)
        return BackfillError(sentence)

    def _asked_to_wait(self, sentence: str, asked: datetime) -> AskedToWait:
        bound = self._now + LONGEST_PAUSE
        if asked > bound:
            sentence += (
                f"; it asks for a pause until {asked:%Y-%m-%d %H:%M} UTC; the next request is in an hour"
            )
        return AskedToWait(sentence, min(asked, bound))


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    json: Any
    """None when the body is no JSON."""


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None


def _proposal(row: Mapping[str, Any]) -> Proposal:
    merged = bool(row.get("merged_at") or row.get("merged"))
    return Proposal(str(row["html_url"]), open=row.get("state") == "open", merged=merged)
