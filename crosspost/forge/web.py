"""Where people see the lines of a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from crosspost.config.schema import BackfillConfig
from crosspost.forge.client import GITHUB, Client, Dialect
from crosspost.forge.proposals import Proposal


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of a repository as one commit has them."""

    page: str
    """The repository's page."""
    commit: str
    dialect: Dialect

    def lines(self, path: str) -> str:
        """Return the address of a file's lines, up to the number of the line: its text, not as it is rendered."""
        place = f"src/commit/{self.commit}" if self.dialect is Dialect.FORGEJO else f"blob/{self.commit}"
        how = "?display=source" if self.dialect is Dialect.FORGEJO else "?plain=1"
        return f"{self.page}/{place}/{quote(path)}{how}#L"


def of_a_proposal(forge: Client, proposal: Proposal) -> Tree | None:
    """Return what a pull request proposes; None: the fork that it came from is gone."""
    return Tree(proposal.from_web, proposal.commit, forge.dialect) if proposal.from_web else None


def of_a_run(environment: Mapping[str, str]) -> Tree | None:
    """Return what a workflow has checked out; None outside of one."""
    server, repository, commit = (
        environment.get(f"GITHUB_{name}") for name in ("SERVER_URL", "REPOSITORY", "SHA")
    )
    if not (server and repository and commit):
        return None
    api = environment.get("GITHUB_API_URL", "").rstrip("/")
    dialect = Dialect.FORGEJO if api.endswith("/api/v1") else Dialect.GITHUB
    return Tree(f"{server.rstrip('/')}/{repository}", commit, dialect)


def of_a_source(url: str, commit: str, config: BackfillConfig) -> Tree | None:
    """Return what a git source shows: on the forge of `[backfill]`, or by its address on GitHub; None: nobody knows."""
    if config.repository:
        api = (config.api_base_url or GITHUB).rstrip("/")
        if api.endswith("/api/v1"):
            return Tree(f"{api.removesuffix('/api/v1')}/{config.repository}", commit, Dialect.FORGEJO)
        server = api.removesuffix("/api/v3").replace("://api.", "://", 1)
        return Tree(f"{server}/{config.repository}", commit, Dialect.GITHUB)
    scp = re.fullmatch(r"(?:[\w-]+@)?github\.com:([\w./-]+)", url)
    address = urlsplit(f"ssh://github.com/{scp[1]}" if scp else url)
    if address.hostname != "github.com":
        return None
    return Tree(f"https://github.com/{address.path.strip('/').removesuffix('.git')}", commit, Dialect.GITHUB)
