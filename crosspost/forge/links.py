"""Where people see the lines of a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit

from crosspost.config.schema import BackfillConfig
from crosspost.forge.client import GITHUB, Client, is_forgejo
from crosspost.forge.pulls import PullRequest

LineLinks = Callable[[str], str]
"""Gives the address of a file's lines, up to the number of the line, by the file's path: its text, not as rendered."""


def commit_links(page: str, commit: str, *, forgejo: bool) -> LineLinks:
    """Return what shows the files of one commit. `page`: the repository's."""
    place, how = ("src/commit", "display=source") if forgejo else ("blob", "plain=1")
    return lambda path: f"{page}/{place}/{commit}/{quote(path)}?{how}#L"


def pull_request_links(forge: Client, proposal: PullRequest) -> LineLinks | None:
    """Return what shows a pull request's files; None: the fork that it came from is gone."""
    if proposal.from_web is None:
        return None
    return commit_links(proposal.from_web, proposal.commit, forgejo=forge.forgejo)


def workflow_links(environment: Mapping[str, str]) -> LineLinks | None:
    """Return what shows the files that a workflow has checked out; None outside of one."""
    server, repository, commit = (
        environment.get(f"GITHUB_{name}") for name in ("SERVER_URL", "REPOSITORY", "SHA")
    )
    if not (server and repository and commit):
        return None
    forgejo = is_forgejo(environment.get("GITHUB_API_URL", ""))
    return commit_links(f"{server.rstrip('/')}/{repository}", commit, forgejo=forgejo)


def source_links(url: str, commit: str, config: BackfillConfig) -> LineLinks | None:
    """Return what shows a git source: the forge of `[backfill]`, or by its address GitHub; None: nobody knows."""
    if config.repository:
        api = (config.api_base_url or GITHUB).rstrip("/")
        forgejo = is_forgejo(api)
        server = api.removesuffix("/api/v1" if forgejo else "/api/v3")
        if not forgejo:
            server = server.replace("://api.", "://", 1)
        return commit_links(f"{server}/{config.repository}", commit, forgejo=forgejo)
    scp = re.fullmatch(r"(?:[\w-]+@)?github\.com:([\w./-]+)", url)
    address = urlsplit(f"ssh://github.com/{scp[1]}" if scp else url)
    if address.hostname != "github.com":
        return None
    path = address.path.strip("/").removesuffix(".git")
    return commit_links(f"https://github.com/{path}", commit, forgejo=False)
