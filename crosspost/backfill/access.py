"""Check whether the discussion link could be filled in, without changing anything.

`git push --dry-run` of the newest head to its own branch asks the remote as a push would, credentials and
all; what a hook or a protected branch says of a real commit it cannot know (git-push(1), git 2.39).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime

from crosspost.backfill.push import check_push, parse_author
from crosspost.config.schema import BackfillConfig
from crosspost.errors import BackfillError
from crosspost.watch.directory import DirectorySource
from crosspost.watch.git import GitSource
from crosspost.watch.sources import Source


def check_write_access(config: BackfillConfig, sources: Sequence[Source]) -> str:
    """Return a sentence that says where the link would go. Raise BackfillError or SourceError when it could not.

    `sources`: the configured sources, each read by now.
    """
    target = find_destination(config, sources)
    if isinstance(target, DirectorySource):
        if not target.root.is_dir():
            raise BackfillError(f"there is no folder {target.root}; correct path in [source]")
        if not os.access(target.root, os.W_OK | os.X_OK):
            raise BackfillError(f"this user may not write to {target.root}; grant it write permission")
        return f"the link would be written into the issue's file in {target.root}"
    if config.mode == "push":
        check_push(target, parse_author(config.author))
        return f"the remote would accept a push to {target.branch} by {target.access.identity()}"
    return _check_forge(config, target)


def find_destination(config: BackfillConfig, sources: Sequence[Source]) -> DirectorySource | GitSource:
    """Return the first source that `config.mode` can write to. Raise BackfillError when there is none."""
    needed, kind = ("directory", DirectorySource) if config.mode == "file" else ("git", GitSource)
    for source in sources:
        if isinstance(source, kind):
            return source
    raise BackfillError(f'backfill.mode = "{config.mode}" needs a [source] of kind "{needed}"')


def _check_forge(config: BackfillConfig, source: GitSource) -> str:
    from crosspost.forge import pulls
    from crosspost.forge.client import Client

    forge = Client(config, datetime.now(UTC))
    may_write = forge.can_write()
    if may_write is False:
        raise BackfillError(
            f"the token may read {forge.repository}, but not write to it; "
            "give it write access to contents and pull requests"
        )
    if pulls.branch_head(forge, source.branch) is None:
        raise BackfillError(f"{forge.repository} has no branch {source.branch}; correct backfill.repository")
    pulls.find_pull_request(forge, "crosspost/check", source.branch)  # as before each pull request
    allowed = "may write to" if may_write else "may read (whether it may write, the forge does not say)"
    return f"the token {allowed} {forge.repository}: a pull request would be opened for {source.branch}"
