"""One repository of a forge: bounded requests with the token, and what an answer means."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from crosspost.config.schema import BackfillConfig
from crosspost.errors import AskedToWait, CrosspostError, ForgeError, SourceError, UsageError
from crosspost.log.redaction import shortened
from crosspost.platforms._network import asked_until, json_of
from crosspost.watch import _download

GITHUB = "https://api.github.com"
LONGEST = 30.0
"""Seconds for one request, from the connection to the last byte of the answer."""
MOST_BYTES = 8 * 1024 * 1024
"""Of one answer."""
PAGE = 20
"""Entries of a list in one answer: so many comments, each as long as GitHub allows and escaped as JSON can be at the
worst, are within `MOST_BYTES`."""
MOST_PAGES = 150
LONGEST_LIST = 120.0
"""Seconds for all pages of a list."""
LONGEST_PAUSE = timedelta(hours=1)
"""A forge that asks for more is asked again by then. GitHub's limits start anew each hour
(docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api, read 2026-11)."""


class Dialect(StrEnum):
    """Which API it is. Forgejo's and Gitea's ends in /api/v1; their runners say so in GITHUB_API_URL."""

    GITHUB = "github"
    FORGEJO = "forgejo"


class Client:
    """One repository. Every method raises SourceError when the forge does not answer, AskedToWait when it wants to be
    asked later, and ForgeError when it refuses. No redirect is followed: each request has the token."""

    def __init__(
        self,
        repository: str,
        token: str,
        *,
        now: datetime,
        api_base_url: str | None = None,
        of_a_workflow: bool = False,
    ) -> None:
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository.strip("/")):
            raise UsageError(f'{repository!r} is no repository; write it as "owner/name"')
        self.repository = repository.strip("/")
        self.api = (api_base_url or GITHUB).rstrip("/")
        self.dialect = Dialect.FORGEJO if self.api.endswith("/api/v1") else Dialect.GITHUB
        self._where = urlsplit(self.api).hostname
        self._now = now
        self.token = token
        self._of_a_workflow = of_a_workflow and self.dialect is Dialect.GITHUB

    @classmethod
    def of(
        cls,
        config: BackfillConfig,
        now: datetime,
        *,
        repository: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Client:
        """Return the forge that `[backfill]` names; what it leaves out is taken from a runner's environment, where
        one is given. The runner's token goes to the runner's forge only. Raise UsageError when something is missing.
        """
        given = environment or {}
        runner = given.get("GITHUB_API_URL") or GITHUB
        api = config.api_base_url or (GITHUB if config.repository else runner)
        named = repository or config.repository or given.get("GITHUB_REPOSITORY")
        token = config.token.reveal() if config.token else None
        if token is None and api.rstrip("/") == runner.rstrip("/"):
            token = given.get("GITHUB_TOKEN")
        if not named or not token:
            option, variable = (
                ("token = …", "GITHUB_TOKEN") if named else ('repository = "owner/name"', "GITHUB_REPOSITORY")
            )
            on_a_runner = "" if environment is None else f", or {variable} in the environment"
            raise UsageError(f"the forge is not known: [backfill] needs {option}{on_a_runner}")
        of_a_workflow = given.get("GITHUB_ACTIONS") == "true" and token == given.get("GITHUB_TOKEN")
        return cls(named, token, now=now, api_base_url=api, of_a_workflow=of_a_workflow)

    # ── what every part asks ─────────────────────────────────────────────────────────────────────────

    def may_write(self) -> bool | None:
        """Return whether the token may push to the repository; None when the forge does not say."""
        found = self.ask("GET", "", doing="read what is", absent=(404,))
        if found is None:
            raise ForgeError(
                f"{self._where} has no repository {self.repository}, or the token may not read it"
            )
        if isinstance(found, Mapping) and found.get("archived"):
            raise ForgeError(f"{self.repository} is archived: nothing can be written there")
        with suppress(SourceError):
            return bool(part(found, "permissions", "push"))
        return None

    def whose_token(self) -> str:
        """Return the login under which the token writes. Raise ForgeError when the forge does not say.

        GitHub's REST API tells no app, such as a workflow's, who it is; its GraphQL tells everybody. Where that does
        not, the token of its own runner is known by its app (docs.github.com/actions, "GITHUB_TOKEN", read 2026-11).
        """
        if self.dialect is Dialect.FORGEJO:
            request, names = "GET /user", ["login"]
            asked = self._answer("GET", f"{self.api}/user")
        else:
            request, names = "POST /graphql", ["data", "viewer", "login"]
            graphql = f"{self.api.removesuffix('/v3')}/graphql"
            asked = self._answer("POST", graphql, {"query": "{viewer{login}}"})
        with suppress(SourceError):
            return str(part(asked.json, *names))
        if self._of_a_workflow and asked.json is not None:
            return "github-actions[bot]"
        raise self._refusal("say whose it is", request, asked)

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        doing: str,
        params: Mapping[str, str] | None = None,
        absent: tuple[int, ...] = (),
    ) -> Any:
        """Make one request and return its JSON; None for no content, and for a status in `absent`.

        `doing`: what it is for, as in "the token may not …".
        """
        return self._asked(method, path, body, doing=doing, params=params, absent=absent).json

    def pages(self, path: str, *, doing: str) -> Iterator[Any]:
        """Yield the entries of a list, page by page. Raise ForgeError for one without end.

        The number of the next page is counted here and its address not believed: the token goes with it.
        """
        end = time.monotonic() + LONGEST_LIST
        for page in range(1, MOST_PAGES + 1):
            if time.monotonic() > end:
                raise SourceError(f"{self._where} did not finish {path} within {LONGEST_LIST:.0f} s")
            params = {"page": str(page)} if page > 1 else {}
            if self.dialect is Dialect.GITHUB:  # Forgejo gives all at once
                params["per_page"] = str(PAGE)
            answer = self._asked("GET", path, doing=doing, params=params)
            if not isinstance(answer.json, list):
                raise SourceError(f"{self._where} answers GET {path} with no list")
            yield from answer.json
            if 'rel="next"' not in answer.headers.get("link", ""):
                return
        raise ForgeError(
            f"{self.repository}{path} has more than {MOST_PAGES * PAGE:,} entries: not read further"
        )

    # ── one request ──────────────────────────────────────────────────────────────────────────────────

    def _asked(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        doing: str,
        params: Mapping[str, str] | None,
        absent: tuple[int, ...] = (),
    ) -> _Answer:
        query = f"?{urlencode(params)}" if params else ""
        answer = self._answer(method, f"{self.api}/repos/{quote(self.repository)}{path}{query}", body)
        if answer.status in absent and answer.json is not None:
            return replace(answer, json=None)
        if not 200 <= answer.status < 300:
            raise self._refusal(doing, f"{method} {path or f'/repos/{self.repository}'}", answer)
        if answer.json is None and answer.status != 204:
            raise SourceError(f"{self._where} answers {method} {path} with something that is not JSON")
        return answer

    def _answer(self, method: str, url: str, body: Mapping[str, Any] | None = None) -> _Answer:
        """Return the whole answer, within its bounds in time and bytes."""
        forgejo = self.dialect is Dialect.FORGEJO
        headers = {
            "Accept": "application/json" if forgejo else "application/vnd.github+json",
            "Authorization": f"{'token' if forgejo else 'Bearer'} {self.token}",  # aiohttp reads no .netrc by itself
        }
        bounds: dict[str, Any] = {"seconds": LONGEST, "limit": MOST_BYTES, "redirects": 0}
        answer = asyncio.run(_download.ask(url, method, body, headers=headers, **bounds))
        return _Answer(answer.status, answer.headers, json_of(answer.body))

    # ── what an answer means ─────────────────────────────────────────────────────────────────────────

    def _refusal(self, doing: str, request: str, answer: _Answer) -> CrosspostError:
        """Return SourceError for what passes (a limit, a fault there), ForgeError for what a person must change."""
        words = answer.json.get("message", "") if isinstance(answer.json, Mapping) else ""
        said = shortened(str(words), 200)
        sentence = f"{self._where} answers {answer.status} to {request}{f': {said}' if said else ''}"
        if 300 <= answer.status < 400:
            return ForgeError(
                f"{sentence}; the token is sent to no other address: correct backfill.repository or api_base_url"
            )
        limited = _is_limited(answer)
        if answer.status in (403, 429) or answer.status >= 500:
            asked = asked_until(answer.headers, self._now) if limited else None
            if asked is not None:
                return self._asked_to_wait(sentence, asked)
            if limited or answer.status != 403 or answer.json is None:
                return SourceError(sentence)
        return ForgeError(f"{self._in_words(doing, answer)}: {sentence}")

    def _in_words(self, doing: str, answer: _Answer) -> str:
        """Return what a person is to change."""
        if answer.status == 401:
            return f"the token for {self.repository} is not accepted: it is wrong or has expired"
        if answer.json is None:
            return (
                f"{self.api} is no forge's API: correct api_base_url (Forgejo's and Gitea's ends in /api/v1)"
            )
        if answer.status == 403:
            return f"the token may not {doing} in {self.repository}"
        if answer.status == 404:
            return (
                f"there is no {self.repository} with what was asked for, or the token may not {doing} there"
            )
        return f"{self.repository} does not let the token {doing}"

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


def part(answer: Any, *names: str) -> Any:
    """Return what stands in an answer under these names, one in the other. Raise SourceError when nothing does."""
    for name in names:
        answer = answer.get(name) if isinstance(answer, Mapping) else None
    if answer is None:
        raise SourceError(f"the forge's answer has no {'.'.join(names)}")
    return answer


def _is_limited(answer: _Answer) -> bool:
    return "retry-after" in answer.headers or answer.headers.get("x-ratelimit-remaining") == "0"
