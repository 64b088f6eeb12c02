"""Links to the lines of a file, on the forge's pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit

from crosspost.config.schema import BackfillConfig
from crosspost.forge.client import GITHUB, Client, is_forgejo
from crosspost.forge.pulls import PullRequest

LineLinks = Callable[[str], str]
"""Path of a file → the address of its lines without the number, in the view that shows the file's text."""


def commit_links(page: str, commit: str, *, forgejo: bool) -> LineLinks:
    """Return the links to the files of one commit. `page`: the repository's."""
    view, query = ("src/commit", "display=source") if forgejo else ("blob", "plain=1")
    return lambda path: f"{page}/{view}/{commit}/{quote(path)}?{query}#L"


def pull_request_links(forge: Client, pull: PullRequest) -> LineLinks | None:
    """Return the links to a pull request's files; None when its fork is gone."""
    return (
        commit_links(pull.repository_page, pull.commit, forgejo=forge.forgejo)
        if pull.repository_page
        else None
    )


def workflow_links(environment: Mapping[str, str]) -> LineLinks | None:
    """Return the links to the files that a workflow has checked out; None outside a workflow."""
    names = ("SERVER_URL", "REPOSITORY", "SHA")
    server, repository, commit = (environment.get(f"GITHUB_{name}") for name in names)
    if not (server and repository and commit):
        return None
    forgejo = is_forgejo(environment.get("GITHUB_API_URL", ""))
    return commit_links(f"{server.rstrip('/')}/{repository}", commit, forgejo=forgejo)


def source_links(url: str, commit: str, config: BackfillConfig) -> LineLinks | None:
    """Return the links to a git source's files: on the forge of `[backfill]`, or on GitHub; None for another host."""
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
