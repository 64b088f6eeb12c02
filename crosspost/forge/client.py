"""A client for one repository of a forge: bounded requests with the token, and errors as sentences."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from crosspost.config.schema import BackfillConfig
from crosspost.errors import CrosspostError, ForgeError, RetryLaterError, SourceError, UsageError
from crosspost.log.redaction import shortened
from crosspost.network import json_of, retry_time
from crosspost.watch import _download

GITHUB = "https://api.github.com"
MAX_SECONDS = 30.0
"""Seconds for one request, from the connection to the last byte of the answer."""
MAX_BYTES = 8 * 1024 * 1024
"""Bytes of one answer."""
PAGE_SIZE = 20
"""Entries in one answer: so many of GitHub's longest comments, with the longest escapes of JSON, are in `MAX_BYTES`."""
MAX_PAGES = 150
MAX_LIST_SECONDS = 120.0
"""Seconds for all pages of a list."""
MAX_PAUSE = timedelta(hours=1)
"""A longer pause that a forge asks for ends here: GitHub's limits are per hour
(docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api, read 2026-11)."""


def is_forgejo(api: str) -> bool:
    """Return whether an address is that of Forgejo's or Gitea's API. Their runners have it in GITHUB_API_URL, too."""
    return api.rstrip("/").endswith("/api/v1")


class Client:
    """A client for one repository. No redirect is followed: each request has the token.

    Every method raises SourceError when the forge does not answer, RetryLaterError when it asks for a pause, and
    ForgeError when it refuses.
    """

    def __init__(
        self,
        config: BackfillConfig,
        now: datetime,
        *,
        repository: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Read the forge from `[backfill]`, and what is missing there from a CI runner's `environment`.

        The runner's token is sent to the runner's forge only. Raise UsageError when something is missing.
        """
        variables = environment or {}
        runner = variables.get("GITHUB_API_URL") or GITHUB
        api = config.api_base_url or (GITHUB if config.repository else runner)
        repository = repository or config.repository or variables.get("GITHUB_REPOSITORY")
        token = config.token.reveal() if config.token else None
        if token is None and api.rstrip("/") == runner.rstrip("/"):
            token = variables.get("GITHUB_TOKEN")
        if not repository or not token:
            option, variable = 'repository = "owner/name"', "GITHUB_REPOSITORY"
            if repository:
                option, variable = "token = …", "GITHUB_TOKEN"
            on_a_runner = "" if environment is None else f", or {variable} in the environment"
            raise UsageError(f"the forge is not known: [backfill] needs {option}{on_a_runner}")
        self.repository = repository.strip("/")
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", self.repository):
            raise UsageError(f'{repository!r} is no repository; write it as "owner/name"')
        self.api = api.rstrip("/")
        self.token = token
        self.forgejo = is_forgejo(api)
        in_workflow = variables.get("GITHUB_ACTIONS") == "true"
        self._is_workflow_token = in_workflow and token == variables.get("GITHUB_TOKEN")
        self._host = urlsplit(self.api).hostname
        self._now = now

    # ── requests ─────────────────────────────────────────────────────────────────────────────────────

    def can_write(self) -> bool | None:
        """Return whether the token may push to the repository; None when the forge does not say."""
        repository = self.request("GET", "", purpose="read what is", missing_ok=True)
        if repository is None:
            raise ForgeError(
                f"{self._host} has no repository {self.repository}, or the token may not read it"
            )
        if isinstance(repository, Mapping) and repository.get("archived"):
            raise ForgeError(f"{self.repository} is archived: nothing can be written there")
        with suppress(SourceError):
            return bool(field(repository, "permissions", "push"))
        return None

    def login(self) -> str:
        """Return the login of the token. Raise ForgeError when the forge does not say.

        GitHub's REST API does not tell an app, such as a workflow's, its login; GraphQL does. Where it does not, a
        workflow's token has a known login (docs.github.com/actions, "GITHUB_TOKEN", read 2026-11).
        """
        if self.forgejo:
            request, names = "GET /user", ["login"]
            answer = self._answer("GET", f"{self.api}/user")
        else:
            request, names = "POST /graphql", ["data", "viewer", "login"]
            graphql = f"{self.api.removesuffix('/v3')}/graphql"
            answer = self._answer("POST", graphql, {"query": "{viewer{login}}"})
        document = json_of(answer.body)
        with suppress(SourceError):
            return str(field(document, *names))
        if self._is_workflow_token and not self.forgejo and document is not None:
            return "github-actions[bot]"
        raise self._refusal(answer, request, "say whose it is")

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        purpose: str,
        params: Mapping[str, str] | None = None,
        missing_ok: bool = False,
    ) -> Any:
        """Make one request and return its JSON; None for no content and, with `missing_ok`, for a 404.

        `purpose`: its purpose, as in "the token may not …".
        """
        answer = self._answer(method, self._url(path, params), body)
        if missing_ok and answer.status == 404 and json_of(answer.body) is not None:
            return None
        return self._read(answer, f"{method} {path or f'/repos/{self.repository}'}", purpose)

    def entries(self, path: str, *, purpose: str) -> Iterator[Any]:
        """Yield the entries of a list, page by page. Raise ForgeError after `MAX_PAGES`.

        The address of the next page that the forge gives is not used: the token would be sent there.
        """
        end = time.monotonic() + MAX_LIST_SECONDS
        for page in range(1, MAX_PAGES + 1):
            if time.monotonic() > end:
                raise SourceError(f"{self._host} did not finish {path} within {MAX_LIST_SECONDS:.0f} s")
            # Forgejo gives all at once.
            params = {} if self.forgejo else {"page": str(page), "per_page": str(PAGE_SIZE)}
            answer = self._answer("GET", self._url(path, params))
            rows = self._read(answer, f"GET {path}", purpose)
            if not isinstance(rows, list):
                raise SourceError(f"{self._host} answers GET {path} with no list")
            yield from rows
            if 'rel="next"' not in answer.headers.get("link", ""):
                return
        raise ForgeError(
            f"{self.repository}{path} has more than {MAX_PAGES * PAGE_SIZE:,} entries: not read further"
        )

    # ── one request, and its answer ──────────────────────────────────────────────────────────────────

    def _url(self, path: str, params: Mapping[str, str] | None) -> str:
        query = f"?{urlencode(params)}" if params else ""
        return f"{self.api}/repos/{quote(self.repository)}{path}{query}"

    def _answer(self, method: str, url: str, body: Mapping[str, Any] | None = None) -> _download.Answer:
        """Return the whole answer, within its bounds in time and bytes."""
        headers = {
            "Accept": "application/json" if self.forgejo else "application/vnd.github+json",
            "Authorization": f"{'token' if self.forgejo else 'Bearer'} {self.token}",  # aiohttp reads no .netrc
        }
        bounds: dict[str, Any] = {"seconds": MAX_SECONDS, "limit": MAX_BYTES, "redirects": 0}
        return asyncio.run(_download.request(url, method, body, headers=headers, **bounds))

    def _read(self, answer: _download.Answer, request: str, purpose: str) -> Any:
        """Return the JSON of an answer; None for no content."""
        if not 200 <= answer.status < 300:
            raise self._refusal(answer, request, purpose)
        document = json_of(answer.body)
        if document is None and answer.status != 204:
            raise SourceError(f"{self._host} answers {request} with something that is not JSON")
        return document

    def _refusal(self, answer: _download.Answer, request: str, purpose: str) -> CrosspostError:
        """Return the error: SourceError for what passes, RetryLaterError for a limit, ForgeError for a person."""
        document, status = json_of(answer.body), answer.status
        message = shortened(str(document.get("message", "")), 200) if isinstance(document, Mapping) else ""
        sentence = f"{self._host} answers {status} to {request}{f': {message}' if message else ''}"
        if 300 <= status < 400:
            return ForgeError(
                f"{sentence}; the token is sent to no other address: correct backfill.repository or api_base_url"
            )
        limited = "retry-after" in answer.headers or answer.headers.get("x-ratelimit-remaining") == "0"
        if status == 429 or status >= 500 or (status == 403 and (limited or document is None)):
            until = retry_time(answer.headers, self._now) if limited else None
            if until is None:
                return SourceError(sentence)
            latest = self._now + MAX_PAUSE
            if until > latest:
                sentence += (
                    f"; it asks for a pause until {until:%Y-%m-%d %H:%M} UTC; the next request is in an hour"
                )
            return RetryLaterError(sentence, min(until, latest))
        change = {
            401: f"the token for {self.repository} is not accepted: it is wrong or has expired",
            403: f"the token may not {purpose} in {self.repository}",
            404: f"there is no {self.repository} with what was asked for, or the token may not {purpose} there",
        }.get(status, f"{self.repository} does not let the token {purpose}")
        if document is None and status != 401:
            change = (
                f"{self.api} is no forge's API: correct api_base_url (Forgejo's and Gitea's ends in /api/v1)"
            )
        return ForgeError(f"{change}: {sentence}")


def field(answer: Any, *names: str) -> Any:
    """Return a nested field of an answer. Raise SourceError when it is missing."""
    for name in names:
        answer = answer.get(name) if isinstance(answer, Mapping) else None
    if answer is None:
        raise SourceError(f"the forge's answer has no {'.'.join(names)}")
    return answer
