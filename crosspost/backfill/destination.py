"""The destination of the discussion link: its source, whether it may be written to, and a file written in place.

`git push --dry-run` of the newest head to its own branch asks the remote as a push does, with credentials. What a hook
or a protected branch says of a new commit stays unknown (git-push(1), git 2.39).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from crosspost.backfill.push import check_push, parse_author
from crosspost.config.schema import BackfillConfig, NewsletterConfig
from crosspost.errors import BackfillError
from crosspost.files import write_atomically
from crosspost.parse.header import Header
from crosspost.watch.changes import read_header
from crosspost.watch.directory import DirectorySource
from crosspost.watch.git import GitSource
from crosspost.watch.sources import Source


def check_write_access(config: BackfillConfig, sources: Sequence[Source]) -> str:
    """Return a sentence that says where the link would be written. Raise BackfillError or SourceError when it may not.

    Nothing is changed. `sources`: the configured sources, each already read.
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
    kind, source_class = ("directory", DirectorySource) if config.mode == "file" else ("git", GitSource)
    for source in sources:
        if isinstance(source, source_class):
            return source
    raise BackfillError(f'backfill.mode = "{config.mode}" needs a [source] of kind "{kind}"')


def _check_forge(config: BackfillConfig, source: GitSource) -> str:
    from crosspost.forge import pulls
    from crosspost.forge.client import Client

    forge = Client(config, datetime.now(UTC))
    can_write = forge.can_write()
    if can_write is False:
        raise BackfillError(
            f"the token may read {forge.repository}, but not write to it; "
            "give it write access to contents and pull requests"
        )
    if pulls.branch_head(forge, source.branch) is None:
        raise BackfillError(f"{forge.repository} has no branch {source.branch}; correct backfill.repository")
    pulls.find_pull_request(forge, "crosspost/check", source.branch)  # as before each pull request
    allowed = "may write to" if can_write else "may read (whether it may write, the forge does not say)"
    return f"the token {allowed} {forge.repository}: a pull request would be opened for {source.branch}"


def is_destination(file: Path, sources: Sequence[Source], config: BackfillConfig) -> bool:
    """Return whether a file that a person named is in the newsletter's folder, and not a copy of their own."""
    folders = [each.root.resolve() for each in sources if isinstance(each, DirectorySource)]
    return config.mode == "file" and file.resolve().parent in folders


def edit_in_place(
    file: Path, number: int, newsletter: NewsletterConfig, edit: Callable[[bytes], bytes]
) -> bool:
    """Edit a person's file of issue `number`. Return False, and write nothing, when it changed meanwhile.

    Raise BackfillError when it is another issue's, cannot be read or written, or the edit refuses.
    """
    try:
        before = file.read_bytes()
    except OSError as error:
        raise BackfillError(f"{file} cannot be read: {error.strerror}") from error
    header = read_header(before, newsletter=newsletter, path="/".join(file.absolute().parts[-2:]))
    if not isinstance(header, Header) or header.number != number:
        raise BackfillError(f"{file} is not issue {number}")
    return write_in_place(file, before, edit(before))


def write_in_place(path: Path, before: bytes, after: bytes) -> bool:
    """Replace a file's bytes. Return False, and write nothing, when they are no longer `before`.

    Raise BackfillError when the file cannot be written.
    """
    target = path.resolve()
    try:
        if target.read_bytes() != before:
            return False
        if after != before:
            write_atomically(target, after)
    except OSError as error:
        raise BackfillError(f"{path} cannot be written: {error.strerror or error}") from error
    return True
