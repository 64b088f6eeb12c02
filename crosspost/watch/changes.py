"""What is different in one source since the last look."""

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
"""More issues than this do not vanish in one commit, nor do so many come without a number: then it is the folder or
the branch that is wrong."""
HEADER_LIMIT = 64_000
"""Bytes: what a header may have at most, and the first heading."""

HeaderResult = Header | MalformedIssue | Unnumbered | None
"""What they say of the issue, or what is wrong where the file looks like one; None: it is no issue."""


def read_header(data: bytes, *, newsletter: NewsletterConfig, path: str) -> HeaderResult:
    """Read the first lines of a file."""
    return inspect_header(data[:HEADER_LIMIT].decode("utf-8", "replace"), newsletter, path)


@dataclass(frozen=True, slots=True)
class SourceChanges:
    """What came, changed or went."""

    source: Source
    revision: str
    first: bool
    """Nothing was ever read here before."""
    headers: Mapping[str, Header | MalformedIssue]
    """Of the changed files that are issues, or have an issue's number."""
    changed: tuple[SourceFile, ...]
    gone: tuple[SourceFile, ...]
    whole: bool
    """Everything was read and believed. False: the next look lists the source again."""


def detect_changes(
    source: Source,
    last: str | None,
    known: Mapping[str, SourceFile],
    problems: Problems,
    *,
    newsletter: NewsletterConfig,
) -> SourceChanges | None:
    """Ask a source what changed since the revision `last`. Return None when nothing did, or `problems` says why not."""
    if problems.is_postponed(source.name):
        return None
    with problems.boundary(source.name):
        listing = source.poll(last)
        if listing is not None:
            problems.clear(source.name)
            return _compare(source, listing, known, problems, first=last is None, newsletter=newsletter)
    return None


def _compare(
    source: Source,
    listing: Listing,
    known: Mapping[str, SourceFile],
    problems: Problems,
    *,
    first: bool,
    newsletter: NewsletterConfig,
) -> SourceChanges:
    fingerprints = {path: seen.fingerprint for path, seen in known.items()}
    changed = [path for path, fingerprint in listing.files.items() if fingerprints.get(path) != fingerprint]
    gone = tuple(seen for path, seen in known.items() if path not in listing.files)
    doubtful = len({seen.number for seen in gone if seen.number is not None}) > BULK + len(changed)
    if doubtful:
        sentence = f"{len(gone)} files are gone at once; are its branch and its folder right?"
        problems.add(source.name, "", "", ProblemKind.WRONG, sentence)
        gone = ()
    to_read = [path for path in changed if not problems.is_postponed(source.name, path)]
    for path in (*to_read, *(seen.path for seen in gone)):
        problems.clear(source.name, path)
    found: dict[str, HeaderResult] = {}
    for sighting in _read_all(source, to_read, problems):
        with problems.boundary(source.name, sighting.path):
            found[sighting.path] = read_header(sighting.data, newsletter=newsletter, path=sighting.path)
    if not first:  # what the first look shows was out already
        _report(source, found, problems)
    headers = {path: each for path, each in found.items() if isinstance(each, Header | MalformedIssue)}
    seen = tuple(
        SourceFile(path, listing.files[path], headers[path].number if path in headers else None)
        for path in changed
        if path in found
    )
    whole = not doubtful and len(seen) == len(changed)
    return SourceChanges(source, listing.revision, first, headers, seen, gone, whole)


def _read_all(source: Source, paths: Sequence[str], problems: Problems) -> Iterator[Sighting]:
    """Yield the files; read one by one when a single one of them makes the source itself fail."""
    left = dict.fromkeys(paths)
    try:
        for sighting in source.read_all(paths):
            left.pop(sighting.path, None)
            yield sighting
        return
    except SourceError:
        raise
    except Exception as error:  # noqa: BLE001 - the boundary of each file says what is wrong with which
        log.debug("%s: read one by one after %s", source.name, error_text(error))
    for path in left:
        with problems.boundary(source.name, path):
            yield source.read(path)


def _report(source: Source, found: Mapping[str, HeaderResult], problems: Problems) -> None:
    """Report files without a number, which cannot be kept as issues: one problem each, or one for very many."""
    unnumbered = {path: each.reason for path, each in found.items() if isinstance(each, Unnumbered)}
    if len(unnumbered) > BULK:
        path, reason = min(unnumbered.items())
        several = f"{len(unnumbered)} files look like issues and have no number; the first is {path}"
        unnumbered = {"": f"{several}: {reason}"}
    for path, reason in unnumbered.items():
        problems.add(source.name, path, "", ProblemKind.WRONG, reason)
    for path, each in found.items():
        if each is None:
            log.warning("%s: %r is not an issue and is ignored", source.name, path)
