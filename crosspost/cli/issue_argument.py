"""Find the issue that a person names: a number, `latest`, or the path of a Markdown file."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crosspost import parse
from crosspost.config.schema import NewsletterConfig
from crosspost.errors import CrosspostError, IssueError, SourceError, StoreError, UsageError
from crosspost.model import Issue, MalformedIssue, Sighting
from crosspost.parse.header import Header, Unnumbered
from crosspost.watch.changes import read_header

if TYPE_CHECKING:
    from crosspost.app import App
    from crosspost.watch.sources import Source

LARGEST_FILE = 2_000_000
"""Bytes. The largest issue so far has 41,011."""


@dataclass(frozen=True, slots=True)
class ResolvedIssue:
    """The issue that ISSUE names, and where it was read: from a source, or from a file."""

    issue: Issue
    data: bytes
    """The text of its file."""
    sighting: Sighting | None
    """The issue as its source shows it; None for a file."""
    path: Path | None
    """The file; None for a source."""


def is_path(argument: str) -> bool:
    """Return whether ISSUE is a path: anything but a number or `latest`."""
    return argument != "latest" and not argument.isdecimal()


def path_in_repository(file: Path) -> str:
    """Return a file's path relative to its repository (the folder with `.git`), else to the working directory.

    Raises UsageError for a file in neither.
    """
    path = file.absolute()
    root = next((folder for folder in path.parents if (folder / ".git").exists()), Path.cwd())
    if not path.is_relative_to(root):
        raise UsageError(f"{file} is in no repository, and not below {root}")
    return path.relative_to(root).as_posix()


def read_file(path: Path, newsletter: NewsletterConfig) -> tuple[Issue, bytes]:
    """Return the issue in a file, and its text. Raises UsageError where there is no file, else IssueError."""
    try:
        if not path.is_file():
            raise UsageError(
                f"{path}: there is no such file; ISSUE is a number, `latest`, or a Markdown file"
            )
        if path.stat().st_size > LARGEST_FILE:
            raise IssueError(f"is larger than {LARGEST_FILE // 1_000_000} MB: not an issue of a newsletter")
        data, in_folder = path.read_bytes(), "/".join(path.absolute().parts[-2:])
        return parse.parse_bytes(data, newsletter=newsletter, path=in_folder), data
    except OSError as error:
        raise IssueError(f"{path}: cannot be read ({error.strerror})") from error
    except IssueError as error:
        raise IssueError(f"{path}: {error}") from error


def resolve(app: App, argument: str) -> ResolvedIssue:
    """Return the issue that `argument` names. Raises CrosspostError with a sentence when there is none."""
    if is_path(argument):
        path = Path(argument)
        return ResolvedIssue(*read_file(path, app.config.newsletter), None, path)
    number = None if argument == "latest" else int(argument)
    if not app.sources:
        raise UsageError(
            f"no [source] is configured to look for issue {argument} in; give the path of a file instead"
        )
    errors: list[str] = []
    for source in app.sources:
        try:
            if resolved := _in_source(app, source, number):
                return resolved
        except SourceError as error:
            errors.append(f"{source.name}: {error}")
    if errors:
        what = "any issue" if number is None else f"issue {number}"
        raise CrosspostError(f"the sources did not show {what}: {'; '.join(errors)}")
    if number is None:
        raise CrosspostError("there is no issue in any of the sources; give the path of a file instead")
    from crosspost.delivery.overrides import did_you_mean

    advice = (did_you_mean(app.store, number) if app.has_store else "") or "give the path of its file instead"
    raise UsageError(f"issue {number} is not in any of the sources; {advice}")


def _in_source(app: App, source: Source, number: int | None) -> ResolvedIssue | None:
    """Return the issue as the source shows it; None: it is not there.

    Raises SourceError also when a file that may be this issue cannot be read.
    """
    listing = source.poll(None)
    if listing is None:
        return None
    # The names of files begin with their date; a feed is in the order of its entries.
    paths = sorted(listing.files, reverse=True) if source.in_content else list(listing.files)
    numbers: dict[str, int] = {}
    if number is not None:
        with suppress(StoreError):  # without a database that this user may read it only takes longer
            stored = app.store.files(source.name) if app.has_store else {}
            numbers = {path: row.number for path, row in stored.items() if row.number is not None}
        # First the file that is known to be this issue, then files never read, then those with a number near by: a
        # number may have been corrected. So few of a repository's 668 files are read.
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
            issue = parse.parse_bytes(sighting.data, newsletter=app.config.newsletter, path=path)
        except IssueError as error:
            if _may_be(read_header(sighting.data, newsletter=app.config.newsletter, path=path), number):
                raise IssueError(f"{source.name}: {path}: {error}") from error
            continue
        if number is None or issue.number == number:
            return ResolvedIssue(issue, sighting.data, sighting, None)
    if unread:
        raise unread
    return None


def _may_be(header: Header | MalformedIssue | Unnumbered | None, number: int | None) -> bool:
    """Return whether a file that cannot be read may be the issue asked for: then no other is taken in its place."""
    if header is None or number is None:
        return header is not None
    return not isinstance(header, Unnumbered) and header.number == number
