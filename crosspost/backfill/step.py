"""One step of the backfill, safe to repeat: it begins by checking whether the issue has the link.

due → done        the link is in the issue, written by us or by an editor
    → proposed    a pull request is open
    → due         another push came first, or the remote did not answer; not before the stored time
    → stuck       a person has to decide; checked again every hour
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from crosspost.backfill.destination import edit_in_place, find_destination, is_destination, write_in_place
from crosspost.backfill.edit import HiringLookup, OtherDiscussionError, fill_bytes
from crosspost.backfill.push import author_variables, parse_author, push
from crosspost.backoff import backoff
from crosspost.config.schema import BackfillConfig, NewsletterConfig
from crosspost.errors import BackfillError, RetryLaterError, SourceError
from crosspost.model import Backfill, BackfillState, Clock, IssueRecord, MalformedIssue, Sighting
from crosspost.parse import TWIR
from crosspost.parse.discussion import canonical_url
from crosspost.parse.header import Header
from crosspost.watch.changes import read_header
from crosspost.watch.directory import DirectorySource
from crosspost.watch.git import GitSource
from crosspost.watch.sources import Source

if TYPE_CHECKING:
    from crosspost.store import Store

FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=1)
RECHECK = {BackfillState.PROPOSED: timedelta(minutes=5), BackfillState.STUCK: LONGEST_RETRY}
"""How often these states are checked. WAITING is checked in each pass."""
IMMEDIATE_RETRIES = 3
"""Lost races that are repeated in the next pass. After these something else is wrong, and the step waits."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The result of a step. WAITING: the issue is not published yet, so that there is nothing to write to."""

    state: BackfillState
    reason: str
    url: str = ""
    """The pull request's address, or that of the other discussion; empty: the discussion's."""
    race: bool = False
    """Somebody else wrote at the same moment: the step is repeated in the next pass."""
    until: datetime | None = None
    """When the server wants the next request, within bounds."""


@dataclass(frozen=True, slots=True)
class BackfillRequest:
    """A link to be put into an issue."""

    record: IssueRecord
    discussion_url: str | None
    """None: there is none yet."""
    file: Path | None = None
    """An editor's file that is not published yet: the link is written to it, and published with it."""
    hiring: HiringLookup | None = None
    by_person: bool = False
    """A person runs it: also in a final state and before the stored time. What a person has to decide is then raised
    as BackfillError, and otherwise stored as the reason of `stuck`."""
    replace: bool = False
    """Whether the link replaces another one that may be right."""
    newsletter: NewsletterConfig = TWIR


def run_step(
    store: Store, request: BackfillRequest, sources: Sequence[Source], config: BackfillConfig, clock: Clock
) -> Backfill:
    """Make one step and store its outcome, if it is due. Raise BackfillError for a person's request only.

    `sources`: the configured sources; the first that `config.mode` can write to is used.
    """
    now, number = clock(), request.record.number
    row = store.backfill(number) or Backfill(store.newsletter, number, BackfillState.WAITING)
    if not _is_due(row, request, config, now):
        return row
    url = canonical_url(request.discussion_url or "")
    files = [file for source in sources for file in store.files(source.name).values()]
    known_paths = {file.path for file in files if file.number == number} | {request.record.path}
    step = _Step(request, url, sources, config, known_paths, now)
    try:
        outcome = step.fill_file(request.file) if request.file else step.fill_at_source()
    except BackfillError as error:
        if request.by_person:
            raise
        if isinstance(error, OtherDiscussionError) and error.right:
            sentence = f"the issue already links to {error.url}, which stays; ours is {url}"
            outcome = _Outcome(BackfillState.DONE, sentence, error.url)
        else:
            outcome = _Outcome(BackfillState.STUCK, str(error))
    except SourceError as error:
        until = error.until if isinstance(error, RetryLaterError) else None
        outcome = _Outcome(BackfillState.DUE, str(error), until=until)
    attempts, not_before = row.attempts, None
    if outcome.state in RECHECK:
        not_before = now + RECHECK[outcome.state]
    elif outcome.state is BackfillState.DUE:
        attempts += 1
        if not outcome.race or attempts > IMMEDIATE_RETRIES:
            not_before = max(now + backoff(attempts, FIRST_RETRY, LONGEST_RETRY), outcome.until or now)
    updated = replace(row, state=outcome.state, url=outcome.url or url, reason=outcome.reason)
    return store.set_backfill(replace(updated, attempts=attempts, not_before=not_before), now)


def _is_due(row: Backfill, request: BackfillRequest, config: BackfillConfig, now: datetime) -> bool:
    if not request.discussion_url:
        return False
    if request.by_person or request.file is not None:
        return True
    is_open = config.mode != "off" and row.state not in (BackfillState.DONE, BackfillState.OFF)
    return is_open and (row.not_before is None or row.not_before <= now)


@dataclass(frozen=True, slots=True)
class _Step:
    """A step that is due: where the link may be written, and how."""

    request: BackfillRequest
    url: str
    """The discussion's address, in its canonical form."""
    sources: Sequence[Source]
    config: BackfillConfig
    known_paths: Set[str]
    """The paths at which the issue was found before."""
    now: datetime

    def fill_file(self, file: Path) -> _Outcome:
        """Fill in a file that a person named."""
        if not edit_in_place(file, self.request.record.number, self.request.newsletter, self._edit):
            return _Outcome(BackfillState.DUE, f"{file} changed while it was edited", race=True)
        if self.config.mode == "off" or is_destination(file, self.sources, self.config):
            return _Outcome(BackfillState.DONE, f"written to {file}")
        return _Outcome(
            BackfillState.WAITING,
            f"the link is in {file}; it is written to the newsletter when the issue is published",
        )

    def fill_at_source(self) -> _Outcome:
        source = find_destination(self.config, self.sources)
        listing = source.poll(None)
        file = self._find_file(source, listing.files if listing else {})
        if file is None:
            reason = f"issue {self.request.record.number} is not in {source.name} yet"
            return _Outcome(BackfillState.WAITING, reason)
        edited = self._edit(file.data)
        if edited == file.data:
            return _Outcome(BackfillState.DONE, "the issue has the link already")
        if isinstance(source, DirectorySource):
            path = source.root / file.path
            if write_in_place(path, file.data, edited):
                return _Outcome(BackfillState.DONE, f"written to {path}")
            return _Outcome(BackfillState.DUE, f"{path} changed while it was edited", race=True)
        write = self._propose if self.config.mode == "pull-request" else self._push
        lost_race = _Outcome(BackfillState.DUE, f"another push to {source.branch} came first", race=True)
        return write(source, file, edited) or lost_race

    def _edit(self, data: bytes) -> bytes:
        request = self.request
        return fill_bytes(
            data,
            self.url,
            number=request.record.number,
            page_url=request.record.url,
            replace=request.replace,
            hiring=request.hiring if self.config.hiring else None,
        )

    def _find_file(self, source: Source, files: Mapping[str, str]) -> Sighting | None:
        """Return the issue's file: at a known path, else wherever its number is now."""
        newsletter, number = self.request.newsletter, self.request.record.number
        for paths in ([path for path in sorted(self.known_paths) if path in files], files):
            for sighting in source.read_all(paths):
                found = read_header(sighting.data, newsletter=newsletter, path=sighting.path)
                if isinstance(found, Header | MalformedIssue) and found.number == number:
                    return sighting
        return None

    def _push(self, source: GitSource, file: Sighting, edited: bytes) -> _Outcome | None:
        variables = author_variables(parse_author(self.config.author), self.now)
        commit = push(source, file.revision, file.path, edited, message=self._title(), variables=variables)
        if commit is None:
            return None
        return _Outcome(BackfillState.DONE, f"pushed to {source.branch} as {commit[:9]}")

    def _propose(self, source: GitSource, file: Sighting, edited: bytes) -> _Outcome | None:
        from crosspost.forge import pulls
        from crosspost.forge.client import Client

        record = self.request.record
        forge = Client(self.config, self.now)
        branch = f"crosspost/discussion-{record.number}"
        pull = pulls.find_pull_request(forge, branch, source.branch)
        if pull is None:
            edit = pulls.ProposedEdit(
                base=source.branch,
                head=file.revision,
                path=file.path,
                data=edited,
                title=self._title(),
                body=f"{record.url}\n\nDiscussion: {self.url}\n",
            )
            pull = pulls.open_pull_request(forge, branch, edit, parse_author(self.config.author))
        if pull is None:
            return None
        if pull.open:
            return _Outcome(BackfillState.PROPOSED, "the pull request waits to be merged", pull.url)
        if pull.merged:
            reason = f"{pull.url} was merged, but the link is not in {file.path} on {source.branch}"
            return _Outcome(BackfillState.DUE, reason)
        raise BackfillError(
            f"{pull.url} was closed without being merged; fill the link in by hand or reopen it"
        )

    def _title(self) -> str:
        record = self.request.record
        return self.config.message.format(number=record.number, title=record.title)
