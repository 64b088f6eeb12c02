"""Check whether the discussion link could be filled in, without changing anything.

`git push --dry-run` of the newest head to its own branch asks the remote as a push would, credentials and
all; what a hook or a protected branch says of a real commit it cannot know (git-push(1), git 2.39).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

from crosspost.backfill.push import Author, may_push
from crosspost.config.schema import BackfillConfig
from crosspost.errors import BackfillError
from crosspost.watch.directory import DirectorySource
from crosspost.watch.git import GitSource
from crosspost.watch.sources import Source

S = TypeVar("S")


def write_access(config: BackfillConfig, sources: Sequence[Source]) -> str:
    """Return a sentence that says where the link would go. Raise BackfillError or SourceError when it could not.

    `sources`: the configured sources, each read by now.
    """
    if config.mode == "file":
        folder = _first(sources, DirectorySource, config).root
        if not os.access(folder, os.W_OK | os.X_OK):
            raise BackfillError(f"this user may not write to {folder}; grant it write permission")
        return f"the link would be written into the issue's file in {folder}"
    source = _first(sources, GitSource, config)
    if config.mode == "push":
        may_push(source, Author.parse(config.author))
        return f"the remote would accept a push to {source.branch}"
    return _forge_allows(config, source)


def _first(sources: Sequence[Source], kind: type[S], config: BackfillConfig) -> S:
    for source in sources:
        if isinstance(source, kind):
            return source
    needed = "directory" if config.mode == "file" else "git"
    raise BackfillError(f'backfill.mode = "{config.mode}" needs a [source] of kind "{needed}"')


def _forge_allows(config: BackfillConfig, source: GitSource) -> str:
    from crosspost.backfill.pull_request import Forge

    if config.repository is None or config.token is None:
        raise BackfillError('backfill.mode = "pull-request" needs repository = "owner/name" and token = …')
    forge = Forge(
        config.repository, config.token.reveal(), now=datetime.now(UTC), api_base_url=config.api_base_url
    )
    if forge.may_write() is False:
        raise BackfillError(
            f"the token may read {config.repository}, but not write to it; "
            "give it write access to contents and pull requests"
        )
    return f"the token may write to {config.repository}: a pull request would be opened for {source.branch}"
