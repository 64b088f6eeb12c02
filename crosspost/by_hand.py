"""What an editor does by hand, through the same rows as the daemon: post, record, retry, skip, backfill.

Both may run at the same moment: whoever claims a row first sends it, and what is there already is adopted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event as StopEvent
from typing import TYPE_CHECKING

from crosspost import delivery, gate
from crosspost.backfill import carry
from crosspost.concerns import ready_to_post
from crosspost.errors import CrosspostError, UsageError
from crosspost.model import BackfillState, Delivery, DeliveryState, IssueRecord, IssueState
from crosspost.pipeline import Turn, discussion_of, left_to_do, settle
from crosspost.planning import plan
from crosspost.resolve import Named, resolve
from crosspost.sources.watch import watch

if TYPE_CHECKING:
    from crosspost.app import App

Say = Callable[[str], None]


def post(app: App, argument: str, accounts: Sequence[str], *, say: Say) -> int:
    """Announce an issue now, on the accounts named or on all. Returns the exit code.

    What the gate would have waited for is named, not obeyed. With accounts named, an issue that is not out yet goes
    on waiting for the others, and the link goes into the file that was given.
    """
    for name in accounts:
        app.account_named(name)
    look_round(app)
    named = resolve(app, argument)
    number = named.issue.number
    record = app.store.issue(app.newsletter, number)
    for reason in _overridden(app, named, record):
        say(f"announced although: {reason}")
    not_out_yet = record is None or record.state in (IssueState.WAITING, IssueState.WITHDRAWN)
    plan(app, named.issue, accounts, early=bool(accounts) and not_out_yet)
    problems = settle(app, numbers=[number], accounts=accounts or None, file=named.path, stop=StopEvent())
    for problem in problems:
        say(problem)
    for row in app.store.deliveries(app.newsletter, number):
        if not accounts or row.account in accounts:
            say(spoken(app, row))
    return 1 if problems else _exit_code(app, number, accounts)


def record(app: App, number: int, account: str, url: str, *, again: bool, say: Say) -> int:
    """The issue's post on that account is at this address. Raises UsageError when it cannot be."""
    row = delivery.record(
        app.store,
        app.newsletter,
        app.accounts[app.account_named(account)],
        number,
        url,
        app.clock,
        again=again,
    )
    say(spoken(app, row))
    return 0


def retry(app: App, number: int, account: str | None, *, again: bool, say: Say) -> int:
    """Try again as soon as that is safe: what is due is looked for first."""
    rows = delivery.retry(
        app.store, app.newsletter, app.accounts, number, account, app.config.delivery, app.clock, again=again
    )
    for row in rows:
        say(spoken(app, row))
    return 0


def skip(app: App, number: int, account: str | None, *, say: Say) -> int:
    """It is not to be announced there."""
    for row in delivery.skip(app.store, app.newsletter, number, account, app.clock):
        say(spoken(app, row))
    app.store.finish(app.newsletter, number, app.clock())
    return 0


def backfill(app: App, argument: str, url: str | None, *, replace: bool, say: Say) -> int:
    """Put the discussion link into the issue: the address given, else the one that was posted."""
    named = resolve(app, argument)
    number = named.issue.number
    link = _as_posted(app, url) if url else discussion_of(app, number)
    if link is None:
        raise UsageError(f"no discussion of {number} is known; give its address with --url")
    kept = app.store.issue(app.newsletter, number)
    if kept is None:
        kept = _unseen(app, named)
    after = carry(
        app.store,
        app.newsletter,
        kept,
        named.issue.url,
        link,
        app.sources,
        app.config.backfill,
        app.clock,
        file=named.path,
        insist=True,
        replace=replace,
    )
    say(
        f"link: {after.state}"
        + (f" – {after.reason}" if after.reason else "")
        + (f" {after.url}" if after.url else "")
    )
    app.store.finish(app.newsletter, number, app.clock())
    if after.state is BackfillState.STUCK:
        raise CrosspostError(after.reason)
    return 75 if after.state is BackfillState.DUE else 0


def look_round(app: App) -> None:
    """Let the store know what the sources show: what was out before this program first ran is its baseline.

    A source that does not answer is no obstacle: what an editor says now counts.
    """
    watch(app.newsletter, app.sources, app.store, app.config.gate, app.clock, site=app.config.newsletter.site)


def spoken(app: App, row: Delivery) -> str:
    """Where one delivery stands, in a line; for a manual account, what its editor is to do, with the text."""
    account = app.accounts.get(row.account)
    if receipt := row.receipt:
        return f"{row.account}: {'found there already' if receipt.adopted else 'sent'}: {receipt.url}"
    if account is not None and account.mode == "manual" and row.state is DeliveryState.DUE:
        return ready_to_post(account, row)
    until = f", not before {row.not_before:%Y-%m-%d %H:%M:%S} UTC" if row.not_before else ""
    return f"{row.account}: {row.state}{until}" + (f": {row.reason}" if row.reason else "")


def _as_posted(app: App, url: str) -> str:
    """The discussion's address as its platform gives it, where an account can tell."""
    for account in app.accounts.values():
        if account.discussion:
            url = delivery.as_posted(account, url)
    return url


def _overridden(app: App, named: Named, record: IssueRecord | None) -> Sequence[str]:
    """What the gate would wait for, were the issue not announced by hand; nothing once it is planned."""
    if record is not None and record.state in (IssueState.PLANNED, IssueState.DONE):
        return ()
    judged, page = app.for_the_gate(named.issue)
    return gate.overrides(
        judged,
        record or _unseen(app, named),
        app.config.gate,
        page,
        None,
        app.clock(),
        content_has=named.sighting is not None,
    )


def _unseen(app: App, named: Named) -> IssueRecord:
    """The record of an issue that no source has shown yet: it is as old as this moment."""
    now = app.clock()
    issue, seen = named.issue, named.sighting
    return IssueRecord(
        newsletter=app.newsletter,
        number=issue.number,
        title=issue.title,
        url=issue.url,
        date=issue.date,
        source=seen.source if seen else "",
        path=seen.path if seen else str(named.path),
        fingerprint=seen.fingerprint if seen else "",
        state=IssueState.WAITING,
        reason="",
        first_seen_at=now,
        changed_at=now,
        planned_at=None,
        settled_at=None,
    )


def _exit_code(app: App, number: int, accounts: Sequence[str]) -> int:
    left = tuple(left_to_do(app, number, accounts))
    if Turn.PERSON in left:
        return 1
    return 75 if Turn.OURS in left else 0
