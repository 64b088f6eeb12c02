"""Find the issue that a person names: a number, `latest`, or the path of a Markdown file."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crosspost import parse as reading
from crosspost.config.schema import NewsletterConfig
from crosspost.errors import CrosspostError, IssueError, SourceError, StoreError, UsageError
from crosspost.model import Issue, MalformedIssue, Sighting
from crosspost.parse.header import Header, Unnumbered
from crosspost.watch.changes import read_header

if TYPE_CHECKING:
    from crosspost.app import App
    from crosspost.watch.sources import Source

LARGEST_FILE = 2_000_000
"""Bytes. The largest issue there was has 41,011; beyond this a file is something else."""


@dataclass(frozen=True, slots=True)
class ResolvedIssue:
    """The issue a person named, and where it was read."""

    issue: Issue
    sighting: Sighting | None
    """As its source shows it; None for a file that was given by its path."""
    path: Path | None
    """The file that was given by its path."""


def is_path(argument: str) -> bool:
    """Return whether ISSUE is a file: anything but a number or `latest`."""
    return argument != "latest" and not argument.isdecimal()


def path_in_repository(file: Path) -> str:
    """Return the path of a file in its repository: from the folder that has `.git`, else from the working directory.

    Raises UsageError for one that is in neither.
    """
    path = file.absolute()
    root = next((folder for folder in path.parents if (folder / ".git").exists()), Path.cwd())
    if not path.is_relative_to(root):
        raise UsageError(f"{file} is in no repository, and not below {root}")
    return path.relative_to(root).as_posix()


def read_file(path: Path, newsletter: NewsletterConfig) -> Issue:
    """Read the issue in a file. Raises UsageError where there is none, IssueError for what cannot be read as one."""
    try:
        if not path.is_file():
            raise UsageError(
                f"{path}: there is no such file; ISSUE is a number, `latest`, or a Markdown file"
            )
        if path.stat().st_size > LARGEST_FILE:
            megabytes = LARGEST_FILE // 1_000_000
            raise IssueError(f"is larger than {megabytes} MB: not an issue of a newsletter")
        place = "/".join(path.absolute().parts[-2:])
        return reading.parse_bytes(path.read_bytes(), newsletter=newsletter, path=place)
    except OSError as error:
        raise IssueError(f"{path}: cannot be read ({error.strerror})") from error
    except IssueError as error:
        raise IssueError(f"{path}: {error}") from error


def resolve(app: App, argument: str) -> ResolvedIssue:
    """Return the issue that `argument` names. Raises CrosspostError with a sentence when there is none."""
    if is_path(argument):
        path = Path(argument)
        return ResolvedIssue(read_file(path, app.config.newsletter), None, path)
    number = None if argument == "latest" else int(argument)
    if not app.sources:
        raise UsageError(
            f"no [source] is configured to look for issue {argument} in; give the path of a file instead"
        )
    refused: list[str] = []
    for source in app.sources:
        try:
            found = _in_source(app, source, number)
        except SourceError as error:
            refused.append(f"{source.name}: {error}")
            continue
        if found:
            return found
    if refused:
        wanted = "any issue" if number is None else f"issue {number}"
        raise CrosspostError(f"the sources did not show {wanted}: {'; '.join(refused)}")
    if number is None:
        raise CrosspostError("there is no issue in any of the sources; give the path of a file instead")
    from crosspost.delivery.overrides import did_you_mean

    todo = (did_you_mean(app.store, number) if app.has_store else "") or "give the path of its file instead"
    raise UsageError(f"issue {number} is not in any of the sources; {todo}")


def _in_source(app: App, source: Source, number: int | None) -> ResolvedIssue | None:
    """Return the issue as the source shows it. Raises SourceError also when what may be this very issue is not read."""
    listing = source.poll(None)
    if listing is None:
        return None
    # The names of files begin with their date; a feed is in the order of its entries.
    paths = sorted(listing.files, reverse=True) if source.in_content else list(listing.files)
    numbers: dict[str, int] = {}
    if number is not None:
        with suppress(StoreError):  # a database that this user may not read only made it quicker
            seen = app.store.files(source.name) if app.has_store else {}
            numbers = {path: row.number for path, row in seen.items() if row.number is not None}
        # First what is known to be this issue, then what was never read, then the neighbours: a number may be
        # corrected. Few reads in a repository of 668 files.
        paths.sort(key=lambda path: abs(numbers[path] - number) if path in numbers else 0.5)
    unread: SourceError | None = None
    for path in paths:
        try:
            sighting = source.read(path)
        except SourceError as error:
            if number is not None and numbers.get(path, number) == number:
                unread = unread or error
            continue
        try:
            found = reading.parse_bytes(sighting.data, newsletter=app.config.newsletter, path=path)
        except IssueError as error:
            if _is_meant(read_header(sighting.data, newsletter=app.config.newsletter, path=path), number):
                raise IssueError(f"{source.name}: {path}: {error}") from error
            continue
        if number is None or found.number == number:
            return ResolvedIssue(found, sighting, None)
    if unread:
        raise unread
    return None


def _is_meant(flawed: Header | MalformedIssue | Unnumbered | None, number: int | None) -> bool:
    """Return whether a file that cannot be read may be the issue asked for: then no other is taken in its place."""
    if flawed is None or number is None:
        return flawed is not None
    return not isinstance(flawed, Unnumbered) and flawed.number == number
