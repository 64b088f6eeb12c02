"""Fill the discussion link in, one step at a time. Safe to repeat: it begins by looking whether the link is there.

due → done        the link is in the issue, by our hand or by an editor's
    → proposed    a pull request is open
    → due         another push came first, or the remote did not answer: not before a kept time
    → stuck       a person has to decide; looked at again every hour in case one has
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from crosspost.backfill.access import find_destination
from crosspost.backfill.edit import HiringLookup, OtherDiscussion, fill_bytes
from crosspost.backfill.file import edit_in_place, write_in_place
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
AGAIN = {BackfillState.PROPOSED: timedelta(minutes=5), BackfillState.STUCK: LONGEST_RETRY}
"""How often a proposed edit is looked at, and what a person is to decide. What waits is looked at in each pass."""
RACES_AT_ONCE = 3
"""So many lost races are run again at the next pass; after that something else is wrong and it waits."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a step came to. WAITING: the issue is in no place that we may write to, as it is not published yet."""

    state: BackfillState
    reason: str
    url: str = ""
    """Empty: the discussion's own."""
    race: bool = False
    """Somebody else wrote at the same moment: it is run again at once."""
    until: datetime | None = None
    """When the server wants to be asked again, within bounds."""


@dataclass(frozen=True, slots=True)
class BackfillRequest:
    """Which link is to be put into which issue, and who asks."""

    record: IssueRecord
    discussion_url: str | None
    """None: there is none yet."""
    file: Path | None = None
    """An editor's file that is not published yet; the link goes into it now, and into the newsletter with it."""
    hiring: HiringLookup | None = None
    """Gives the newest hiring thread."""
    by_person: bool = False
    """A person asks: neither a settled state nor a kept time holds it back, and BackfillError is raised when a
    person has to decide; otherwise that is kept as the reason of `stuck`."""
    replace: bool = False
    """The link takes the place of another one."""
    newsletter: NewsletterConfig = TWIR
    """How its files are read."""


def run_step(
    store: Store, request: BackfillRequest, sources: Sequence[Source], config: BackfillConfig, clock: Clock
) -> Backfill:
    """Make one step and keep its outcome.

    `sources`: the configured sources; the first that `config.mode` can write to is taken.
    """
    now, number = clock(), request.record.number
    row = store.backfill(number) or Backfill(store.newsletter, number, BackfillState.WAITING)
    if not _is_due(row, request, config, now):
        return row
    url = canonical_url(request.discussion_url or "")
    files = [seen for source in sources for seen in store.files(source.name).values()]
    known = {seen.path for seen in files if seen.number == number} | {request.record.path}
    step = _Step(request, url, sources, config, known, now)
    try:
        outcome = step.fill_file(request.file) if request.file else step.fill_at_source()
    except BackfillError as error:
        if request.by_person:
            raise
        if isinstance(error, OtherDiscussion) and error.right:
            sentence = f"the issue already links to {error.url}, which stays; ours is {url}"
            outcome = _Outcome(BackfillState.DONE, sentence, error.url)
        else:
            outcome = _Outcome(BackfillState.STUCK, str(error))
    except SourceError as error:
        until = error.until if isinstance(error, RetryLaterError) else None
        outcome = _Outcome(BackfillState.DUE, str(error), until=until)
    attempts, again = row.attempts, None
    if outcome.state in AGAIN:
        again = now + AGAIN[outcome.state]
    elif outcome.state is BackfillState.DUE:
        attempts += 1
        if not outcome.race or attempts > RACES_AT_ONCE:
            again = max(now + backoff(attempts, FIRST_RETRY, LONGEST_RETRY), outcome.until or now)
    settled = replace(
        row,
        state=outcome.state,
        url=outcome.url or url,
        reason=outcome.reason,
        attempts=attempts,
        not_before=again,
    )
    return store.set_backfill(settled, now)


def _is_due(row: Backfill, request: BackfillRequest, config: BackfillConfig, now: datetime) -> bool:
    asked = request.by_person or request.file is not None
    if not request.discussion_url or (config.mode == "off" and not asked):
        return False
    if asked:
        return True
    if row.state in (BackfillState.DONE, BackfillState.OFF):
        return False
    return row.not_before is None or row.not_before <= now


def is_destination(file: Path, sources: Sequence[Source], config: BackfillConfig) -> bool:
    """Return whether a file that a person named is in the newsletter's folder, and not a copy of their own."""
    folders = [each.root.resolve() for each in sources if isinstance(each, DirectorySource)]
    return config.mode == "file" and file.resolve().parent in folders


@dataclass(frozen=True, slots=True)
class _Step:
    """One step that is due."""

    request: BackfillRequest
    url: str
    """The discussion's address, in the form in which it is kept."""
    sources: Sequence[Source]
    config: BackfillConfig
    known_paths: Set[str]
    """The paths at which the issue was seen."""
    now: datetime

    def fill_file(self, file: Path) -> _Outcome:
        """Fill in a file that a person named. A draft has the link, then, when it is published."""
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
        seen = self._find_file(source, listing.files if listing else {})
        if seen is None:
            reason = f"issue {self.request.record.number} is not in {source.name} yet"
            return _Outcome(BackfillState.WAITING, reason)
        after = self._edit(seen.data)
        if after == seen.data:
            return _Outcome(BackfillState.DONE, "the issue has the link already")
        if isinstance(source, DirectorySource):
            path = source.root / seen.path
            if write_in_place(path, seen.data, after):
                return _Outcome(BackfillState.DONE, f"written to {path}")
            return _Outcome(BackfillState.DUE, f"{path} changed while it was edited", race=True)
        go = self._propose if self.config.mode == "pull-request" else self._push
        came_first = _Outcome(BackfillState.DUE, f"another push to {source.branch} came first", race=True)
        return go(source, seen, after) or came_first

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
        """Return the issue's file: where it was seen last, else wherever its number is now."""
        newsletter, number = self.request.newsletter, self.request.record.number
        for paths in ([path for path in sorted(self.known_paths) if path in files], files):
            for sighting in source.read_all(paths):
                found = read_header(sighting.data, newsletter=newsletter, path=sighting.path)
                if isinstance(found, Header | MalformedIssue) and found.number == number:
                    return sighting
        return None

    def _push(self, source: GitSource, seen: Sighting, after: bytes) -> _Outcome | None:
        who = author_variables(parse_author(self.config.author), self.now)
        commit = push(source, seen.revision, seen.path, after, message=self._title(), who=who)
        if commit is None:
            return None
        return _Outcome(BackfillState.DONE, f"pushed to {source.branch} as {commit[:9]}")

    def _propose(self, source: GitSource, seen: Sighting, after: bytes) -> _Outcome | None:
        from crosspost.forge import pulls
        from crosspost.forge.client import Client

        record = self.request.record
        forge = Client(self.config, self.now)
        branch = f"crosspost/discussion-{record.number}"
        there = pulls.find_pull_request(forge, branch, source.branch)
        if there is None:
            change = pulls.ProposedEdit(
                base=source.branch,
                head=seen.revision,
                path=seen.path,
                data=after,
                title=self._title(),
                body=f"{record.url}\n\nDiscussion: {self.url}\n",
            )
            there = pulls.open_pull_request(forge, branch, change, parse_author(self.config.author))
        if there is None:
            return None
        if there.open:
            return _Outcome(BackfillState.PROPOSED, "the pull request waits to be merged", there.url)
        if there.merged:
            reason = f"{there.url} was merged, but the link is not in {seen.path} on {source.branch}"
            return _Outcome(BackfillState.DUE, reason)
        raise BackfillError(
            f"{there.url} was closed without being merged; fill the link in by hand or reopen it"
        )

    def _title(self) -> str:
        record = self.request.record
        return self.config.message.format(number=record.number, title=record.title)
