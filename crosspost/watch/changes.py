"""Compare one source with its last complete poll."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from crosspost.config.schema import NewsletterConfig
from crosspost.errors import SourceError
from crosspost.log.redaction import error_text
from crosspost.model import MalformedIssue, Sighting
from crosspost.parse.header import Header, Unnumbered, inspect_header
from crosspost.store.values import SourceFile
from crosspost.watch.problems import ProblemKind, Problems
from crosspost.watch.sources import Listing, Source

log = logging.getLogger(__name__)

BULK = 10
"""The most issues that vanish in one commit, and the most files that come without a number; beyond it the folder or
the branch is wrong."""
HEADER_LIMIT = 64_000
"""Bytes of a header and the first heading."""

HeaderResult = Header | MalformedIssue | Unnumbered | None
"""An issue's header, or what is wrong with it; None: the file is no issue."""


def read_header(data: bytes, *, newsletter: NewsletterConfig, path: str) -> HeaderResult:
    """Return what the first lines of a file say."""
    return inspect_header(data[:HEADER_LIMIT].decode("utf-8", "replace"), newsletter, path)


@dataclass(frozen=True, slots=True)
class SourceChanges:
    """The files of a source that are new, changed or gone."""

    source: Source
    revision: str
    is_first: bool
    """Nothing of this source is stored yet."""
    headers: Mapping[str, Header | MalformedIssue]
    """path → header, of the changed files that are issues, or have an issue's number."""
    changed: tuple[SourceFile, ...]
    removed: tuple[SourceFile, ...]
    is_complete: bool
    """Everything was read and is plausible. False: the next poll lists the source again."""


def compare(
    source: Source,
    listing: Listing,
    stored: Mapping[str, SourceFile],
    problems: Problems,
    *,
    is_first: bool,
    newsletter: NewsletterConfig,
) -> SourceChanges:
    """Return what changed since the files that are stored. What is wrong with a file is added to `problems`."""
    fingerprints = {path: file.fingerprint for path, file in stored.items()}
    changed = [path for path, fingerprint in listing.files.items() if fingerprints.get(path) != fingerprint]
    removed = tuple(file for path, file in stored.items() if path not in listing.files)
    is_doubtful = len({file.number for file in removed if file.number is not None}) > BULK + len(changed)
    if is_doubtful:
        sentence = f"{len(removed)} files are gone at once; are its branch and its folder right?"
        problems.add(source.name, "", "", ProblemKind.WRONG, sentence)
        removed = ()
    to_read = [path for path in changed if not problems.is_postponed(source.name, path)]
    for path in (*to_read, *(file.path for file in removed)):
        problems.clear(source.name, path)
    results: dict[str, HeaderResult] = {}
    for sighting in _read_all(source, to_read, problems):
        with problems.boundary(source.name, sighting.path):
            results[sighting.path] = read_header(sighting.data, newsletter=newsletter, path=sighting.path)
    if not is_first:  # the files of the first poll were out before it
        _report(source, results, problems)
    headers = {path: each for path, each in results.items() if isinstance(each, Header | MalformedIssue)}
    files = tuple(
        SourceFile(path, listing.files[path], headers[path].number if path in headers else None)
        for path in changed
        if path in results
    )
    is_complete = not is_doubtful and len(files) == len(changed)
    return SourceChanges(source, listing.revision, is_first, headers, files, removed, is_complete)


def _read_all(source: Source, paths: Sequence[str], problems: Problems) -> Iterator[Sighting]:
    """Yield the files; one by one when a single one of them makes the source itself fail."""
    remaining = dict.fromkeys(paths)
    try:
        for sighting in source.read_all(paths):
            remaining.pop(sighting.path, None)
            yield sighting
        return
    except SourceError:
        raise
    except Exception as error:  # noqa: BLE001 - the boundary of each file reports the one that fails
        log.debug("%s: read one by one after %s", source.name, error_text(error))
    for path in remaining:
        with problems.boundary(source.name, path):
            yield source.read(path)


def _report(source: Source, results: Mapping[str, HeaderResult], problems: Problems) -> None:
    """Report files without a number, which cannot be stored as issues: one problem each, or one for very many."""
    unnumbered = {path: each.reason for path, each in results.items() if isinstance(each, Unnumbered)}
    if len(unnumbered) > BULK:
        path, reason = min(unnumbered.items())
        several = f"{len(unnumbered)} files look like issues and have no number; the first is {path}"
        unnumbered = {"": f"{several}: {reason}"}
    for path, reason in unnumbered.items():
        problems.add(source.name, path, "", ProblemKind.WRONG, reason)
    for path, each in results.items():
        if each is None:
            log.warning("%s: %r is not an issue and is ignored", source.name, path)
