"""One commit on the newest head of a branch, made without a working tree and pushed without force.

`hash-object`, a temporary index, `commit-tree`, `push`: 50 ms on the newsletter's repository, from a copy with one
commit. Author and committer are configured. Signing (`commit.gpgSign`, `push.gpgSign`) and the hooks `commit-msg` and
`pre-push` are those of the user's git.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from crosspost.errors import BackfillError
from crosspost.log.redaction import shortened
from crosspost.watch._git import Git, GitError, GitTimeoutError, hint
from crosspost.watch.git import GitSource

NEWER_HEAD = ("fetch first", "non-fast-forward", "stale info", "incorrect old value")
"""Words of git when another push came first."""
AMBIGUOUS = ("failed to update ref", "cannot lock ref")
"""Words of git for a push under way, a stale lock and a full disk alike. Where the branch is afterwards tells which."""
RETRY_PAUSES = (1.0, 2.0)
"""Seconds before a push to a locked branch is repeated: a push under way has ended by then."""


def parse_author(text: str) -> Mapping[str, str]:
    """Return "name" and "email" of "Name <address>". Raise BackfillError for any other text."""
    found = re.fullmatch(r"\s*(?P<name>[^<>\n]*[^<>\s])\s*<(?P<email>[^<>\s]+)>\s*", text)
    if found is None:
        raise BackfillError(f'backfill.author is {text!r}; it takes the form "Name <address>"')
    return found.groupdict()


def author_variables(author: Mapping[str, str], now: datetime) -> Mapping[str, str]:
    """Return git's variables for a commit by this author at this time."""
    values = {"NAME": author["name"], "EMAIL": author["email"], "DATE": f"@{int(now.timestamp())} +0000"}
    return {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in values.items()}


def push(
    source: GitSource, head: str, path: str, data: bytes, *, message: str, variables: Mapping[str, str]
) -> str | None:
    """Commit `data` as one file of the branch, on `head`, and push it. Return the commit.

    None: another push came first; repeat it on the newest head. `variables`: see `author_variables`.

    Raise BackfillError when the remote refuses for another reason, SourceError when it cannot be reached.
    """
    commit = _commit(source.copy, head, path, data, message, variables)
    where = f"{commit}:refs/heads/{source.branch}"
    for pause in (*RETRY_PAUSES, None):
        try:
            source.run_remote(source.copy, "push", "--porcelain", "--quiet", "origin", where)
        except GitError as error:
            refusal = _refusal_reason(error)
            if refusal is None:
                raise
            unsure = any(word in refusal for word in AMBIGUOUS)
            if any(word in refusal for word in NEWER_HEAD) or (unsure and source.remote_head() != head):
                return None
            if not unsure or pause is None:
                raise BackfillError(f"the push to {source.branch} was refused: {refusal}") from error
            time.sleep(pause)
        else:
            break
    return commit


def check_push(source: GitSource, author: Mapping[str, str]) -> None:
    """Check that the remote would accept a push to the branch, and that a commit can be signed where git signs.

    Nothing is changed on the remote, and no hook runs. Raise BackfillError when either fails, SourceError when the
    remote cannot be reached.
    """
    head = source.fetch(source.remote_head())
    variables = author_variables(author, datetime.now(UTC))
    _commit_tree(
        source.copy, "-p", head, "-m", "To see whether it can be signed", f"{head}^{{tree}}", env=variables
    )
    where = f"{head}:refs/heads/{source.branch}"
    try:
        source.run_remote(source.copy, "push", "--dry-run", "--no-verify", "--porcelain", "origin", where)
    except GitError as error:
        refusal = _refusal_reason(error)
        if refusal is None:
            raise BackfillError(f"a push to {source.branch} would fail: {error.summary}") from error
        if not any(word in refusal for word in NEWER_HEAD):  # behind: the push itself was allowed
            raise BackfillError(f"a push to {source.branch} would be refused: {refusal}") from error


def _commit(git: Git, head: str, path: str, data: bytes, message: str, variables: Mapping[str, str]) -> str:
    """Make a commit on `head` with that file changed and its mode kept. Return the commit.

    Raise BackfillError when the path is not a regular file, or a hook or signing fails.
    """
    entries = git.entries(head, path.rpartition("/")[0])
    entry = next((each for each in entries if each.path == path.encode()), None)
    if entry is None or not entry.is_file:
        raise BackfillError(f"{path} is not a file on the branch any more")
    blob = git.output("hash-object", "-w", "--stdin", stdin=data)
    with tempfile.TemporaryDirectory(prefix="crosspost-") as scratch:
        index = {"GIT_INDEX_FILE": f"{scratch}/index"}
        git.run("read-tree", head, env=index)
        row = f"{entry.mode} {blob} 0\t{path}\0".encode()
        git.run("update-index", "-z", "--index-info", stdin=row, env=index)
        tree = git.output("write-tree", "--missing-ok", env=index)
        file = Path(scratch) / "COMMIT_EDITMSG"
        file.write_text(message.rstrip() + "\n", encoding="utf-8")
        try:
            git.run("hook", "run", "--ignore-missing", "commit-msg", "--", str(file), env=variables)
        except GitError as error:
            raise BackfillError(f"the commit-msg hook refused the commit: {error.summary}") from error
        return _commit_tree(git, "-p", head, "-F", str(file), tree, env=variables)


def _commit_tree(git: Git, *arguments: str, env: Mapping[str, str]) -> str:
    """Make a commit, signed where the user's git signs. Raise BackfillError when it cannot be signed."""
    if git.output("config", "--type=bool", "--default=false", "--get", "commit.gpgSign") != "true":
        return git.output("commit-tree", *arguments, env=env)
    try:
        return git.output("commit-tree", "-S", *arguments, env=env)
    except GitTimeoutError:
        raise
    except GitError as error:
        raise BackfillError(f"the commit cannot be signed: {error.summary}") from error


def _refusal_reason(error: GitError) -> str | None:
    """Return why the branch was not moved, in words of git or the remote; None: the remote did not answer."""
    stderr = error.stderr.partition("remote: Another git process seems")[0]  # `hint` has a shorter sentence
    remote = [line.removeprefix("remote:") for line in stderr.splitlines() if line.startswith("remote:")]
    for row in error.stdout.splitlines():
        if row.startswith("!\t"):
            reason = " – ".join([row.split("\t")[2], *filter(None, map(str.strip, remote))])
            return shortened(reason, 300) + hint(stderr)
    if "pre-push" in error.stderr or "hook" in error.stderr:
        return error.summary
    return None
