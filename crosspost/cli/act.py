"""Carry out `post`, `record`, `retry`, `skip`, `hold` and `release`, through the same rows as the daemon.

A command may run beside the daemon: whoever claims a row first sends it, and a post that is already there is adopted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from threading import Event as StopEvent
from typing import TYPE_CHECKING

import click

from crosspost.cli.issue_argument import ResolvedIssue, resolve
from crosspost.config import weektime
from crosspost.delivery import overrides
from crosspost.delivery.address import Confirm
from crosspost.delivery.look import look_ahead, query_for, read_post
from crosspost.delivery.manual import manual_post
from crosspost.errors import UsageError
from crosspost.model import (
    SETTLED,
    Absent,
    BackfillState,
    CannotLook,
    Delivery,
    DeliveryState,
    Found,
    Hold,
    HoldBy,
    Issue,
    IssueRecord,
    IssueState,
    Post,
)
from crosspost.pages import preview
from crosspost.pipeline import NextActor, next_actors, settle
from crosspost.planning import (
    comment_problems,
    compose_custom_post,
    fits,
    plan,
    posts_for,
    recompose,
    refresh_limits,
    verified_discussion,
)
from crosspost.watch import gate, watch
from crosspost.watch.problems import Problems

if TYPE_CHECKING:
    from crosspost.app import App
    from crosspost.config.schema import Config


def post(
    app: App, argument: str, accounts: Sequence[str], *, custom_text: str | None = None, confirm: Confirm
) -> int:
    """Announce an issue now, on the accounts named or on all. Return the exit code.

    Where the gate would not announce it, a person is asked first. With accounts named, an issue that is not out yet
    goes on waiting for the others, and the link goes into the file that was given. `custom_text` is posted by the one
    account named, in place of the composed text.
    """
    for name in accounts:
        app.config.account(name)
    problems = poll_sources(app)
    resolved = resolve(app, argument)
    issue, number = resolved.issue, resolved.issue.number
    record = app.store.issue(number)
    custom = None
    if custom_text is not None:
        refresh_limits(app, accounts)
        custom = compose_custom_post(app, issue, accounts[0], custom_text)
    rows = app.rows(number, accounts)
    shadow_rows = _unsent_shadow_rows(app, issue, rows)
    if custom is not None and not shadow_rows:
        overrides.delivery_for_new_text(app.store, custom)
    planned = {row.account for row in rows}
    new = [name for name in accounts or app.accounts if name not in planned]
    new += [row.account for row in shadow_rows]
    hold = gate.hold_wait(number, app.store.holds(number), app.config.gate, app.clock())
    held = [row.account for row in rows if row.state is DeliveryState.DUE and not row.despite_hold]
    waiting = list(dict.fromkeys([*new, *held])) if hold else new
    reasons: Sequence[str] = hold.phrases if hold else ()
    if new:
        reasons = gate_reasons(app, resolved, record)
    if waiting and reasons:
        _print_posts(app, number, [custom] if custom is not None else posts_for(app, issue, waiting))
        names, why = ", ".join(waiting), "; ".join(reasons)
        confirm(f"{issue.title} would be announced on {names}, overriding the gate: {why}")
    not_announced = record is None or record.state in (IssueState.WAITING, IssueState.WITHDRAWN)
    plan(app, issue, accounts, early=bool(accounts) and not_announced, custom=custom)
    for row in shadow_rows:
        text = custom or recompose(app, issue, [row.account])[row.account]
        overrides.post_again(app.store, row, text, app.clock)
    reopen_backfill(app, number, shadow_rows)
    if custom is not None:
        overrides.change_text(app.store, custom, app.clock)
    if hold:
        overrides.send_despite_hold(app.store, number, waiting, app.clock)
    return _settle_now(app, resolved, accounts, problems)


def _print_posts(app: App, number: int, posts: Sequence[Post]) -> None:
    """Print how each post would begin, and which posts exist already."""
    for post in posts:
        lines = (post.title if post.is_link else post.text).splitlines()
        click.echo(f"  {post.account}: {next(filter(None, lines), post.title)}")
    for row in app.rows(number):
        if row.receipt:
            click.echo(f"  {row.account} has it already: {row.receipt.url}")


def _settle_now(app: App, resolved: ResolvedIssue, accounts: Sequence[str], problems: Problems) -> int:
    """Take one step with each planned delivery, and print its state. Return the exit code."""
    before, number = problems.added, resolved.issue.number
    settle(app, problems, numbers=[number], accounts=accounts or None, file=resolved.path, stop=StopEvent())
    problems.save()
    new_problems = [problem for problem in problems.added if problem not in before]
    for problem in new_problems:
        click.echo(problem)
    for row in app.rows(number, accounts):
        click.echo(delivery_line(app, row))
    return 1 if new_problems else exit_code(app, number, accounts)


def dry_run(app: App, argument: str, accounts: Sequence[str], *, custom_text: str | None = None) -> int:
    """Print what `post` would do. Write no row, send nothing. Return 1 where an account would need a person."""
    resolved = resolve(app, argument)
    issue = resolved.issue
    record = app.store.issue(issue.number)
    rows = {row.account: row for row in app.rows(issue.number)}
    click.echo(
        f"{issue.title}  {issue.url}\ngate: {'; '.join(gate_reasons(app, resolved, record)) or 'open'}"
    )
    for problem in comment_problems(issue, app.targets()):
        click.echo(problem)
    custom = () if custom_text is None else (compose_custom_post(app, issue, accounts[0], custom_text),)
    code = 0
    for post in custom or posts_for(app, issue, accounts):
        row = rows.get(post.account)
        outcome, needs_person = _predict(app, post, record or unseen_record(app, resolved), row)
        code = 1 if needs_person else code
        click.echo(f"\n{preview.to_text([post]).rstrip()}\n\n→ {outcome}")
        if pricing := app.accounts[post.account].pricing:
            click.echo(f"  it costs ${pricing.post(post):.3f}, and a look for it about ${pricing.look:.3f}")
    click.echo("\nNothing was sent and nothing was changed.")
    return code


def _predict(app: App, post: Post, record: IssueRecord, row: Delivery | None) -> tuple[str, bool]:
    """Return what would become of the post, and whether that needs a person."""
    if row is not None and row.receipt:
        return f"has it already: {row.receipt.url}", False
    if row is not None and row.state not in (DeliveryState.DUE, DeliveryState.UNCERTAIN):
        return f"{row.state}: {row.reason}", row.state is DeliveryState.STUCK
    if not fits(post):
        return f"too long: {post.length} of {post.limit}", True
    account = app.accounts[post.account]
    match look_ahead(account, post, record, row, app.clock()):
        case Found(url=url, by=by):
            return f"is there already, recognised by its {by}, and would be adopted: {url}", False
        case Absent() | CannotLook() if account.mode == "manual":
            return "is not there; an editor would be given this text to post", False
        case Absent():
            return "is not there and would be sent", False
        case CannotLook(reason=reason, refused=refused):
            return f"cannot be looked for, so nothing would be sent: {reason}", refused


def record(app: App, number: int, account: str, url: str, *, again: bool, confirm: Confirm) -> None:
    """Record that the issue's post on that account is at this address. Raises UsageError when it cannot be."""
    poster = app.accounts[app.config.account(account).name]
    row = overrides.record(app.store, poster, number, url, app.clock, again=again, confirm=confirm)
    click.echo(f"{account}: recorded: {row.url} ({row.reason})")


def retry(app: App, number: int, account: str | None, *, again: bool, confirm: Confirm) -> None:
    """Make deliveries due again; each post is looked for on its platform before it is sent."""
    if again:
        refuse_in_shadow(app.config)
    for row in app.rows(number) if again else ():
        if row.account == account and row.state is DeliveryState.RETRACTED:
            confirm(f"{account} would get {number} again, which was retracted there")
        if row.account == account and row.state is DeliveryState.SENT:
            first = _first_post_status(app, row)
            confirm(f"{account} would get a second public post about {number}, beside {row.url} ({first})")
    for row in overrides.retry(app.store, app.accounts, number, account, app.clock, again=again):
        click.echo(delivery_line(app, row))


def _first_post_status(app: App, row: Delivery) -> str:
    """Return in words whether the post that was sent is still at its address."""
    account = app.accounts.get(row.account)
    if account is None or row.url is None:
        return "whether it is still there cannot be read"
    match read_post(account, query_for(row), row.url):
        case Found():
            return "the first one is still there"
        case Absent():
            return "the first one is gone, or is about something else by now"
        case CannotLook(reason=reason):
            return f"whether the first one is still there could not be read: {reason}"


def skip(app: App, number: int, account: str | None) -> None:
    """Mark deliveries as not to be sent."""
    for row in overrides.skip(app.store, number, account, app.clock):
        click.echo(delivery_line(app, row))
    app.store.finish(number, app.clock())


def hold(app: App, number: int, until: str | None) -> None:
    """Keep an issue from going out, seen or not yet seen. Raises UsageError when all of it is settled."""
    now = app.clock()
    try:
        at = weektime.parse_time(until, now) if until else None
    except ValueError as error:
        raise UsageError(f"--until: {error}") from error
    _require_holdable(app, number)
    when = f"until {at:%Y-%m-%d %H:%M} UTC" if at else ""
    hold = Hold(number, HoldBy.EDITOR, held=True, until=at, wish=until or "", at=now)
    for row in app.store.save_hold(hold, f"held by an editor {when}".rstrip()):
        if row.state is DeliveryState.SENDING:
            click.echo(f"{row.account}: is being sent right now; that cannot be stopped")
        elif row.state not in (DeliveryState.DUE, DeliveryState.SKIPPED, DeliveryState.RETRACTED):
            click.echo(delivery_line(app, row))
    unseen = "" if app.store.issue(number) else "; it was not seen yet"
    click.echo(f"{number} is held {when or f'until released: crosspost release {number}'}{unseen}")


def release(app: App, number: int) -> None:
    """Release an issue that is held by a command, by a comment in it, or by `[gate] hold`."""
    _require_holdable(app, number)
    now = app.clock()
    release = Hold(number, HoldBy.EDITOR, held=False, until=None, wish="", at=now)
    app.store.save_hold(release, "released by an editor")
    wait = gate.hold_wait(number, app.store.holds(number), app.config.gate, now)
    click.echo(f"{number} is released; {wait.reason if wait else 'the next pass asks the gate'}")


def _require_holdable(app: App, number: int) -> None:
    """Raise UsageError when it is too late to hold the issue, or its number was passed without it."""
    record = app.store.issue(number)
    if record is None and number <= (app.store.highest_number() or 0):
        raise UsageError(overrides.unknown_issue(app.store, number))
    announced = record is not None and record.state in (IssueState.PLANNED, IssueState.DONE)
    if announced and all(row.state in SETTLED for row in app.rows(number)):
        raise UsageError(f"every delivery of {number} is settled; nothing is left to hold")


def poll_sources(app: App) -> Problems:
    """Poll the sources and store what they show; at the first run as the baseline.

    A source that does not answer does not stop the command.
    """
    problems = Problems(app.store, app.clock(), app.redaction.clean)
    watch.poll_sources(
        app.sources, app.store, app.config.gate, app.clock, problems, newsletter=app.config.newsletter
    )
    return problems


def delivery_line(app: App, row: Delivery, *, why: bool = False) -> str:
    """Return one line with the state of a delivery; for a manual account, what its editor is to do, with the text.

    `why`: of a post that is out, give the reason in place of "sent": the command was to change or delete it.
    """
    account = app.accounts.get(row.account)
    if row.receipt and not why:
        return f"{row.account}: {'found there already' if row.adopted else 'sent'}: {row.receipt.url}"
    if account is not None and account.mode == "manual" and row.state is DeliveryState.DUE:
        return str(manual_post(account, row.post))
    until = f", not before {row.not_before:%Y-%m-%d %H:%M:%S} UTC" if row.not_before else ""
    if why and row.state is DeliveryState.SENT:
        return f"{row.account}: {row.reason}{until}: {row.url}"
    return ": ".join(filter(None, (row.account, f"{row.state}{until}", row.reason, row.url if why else None)))


def _unsent_shadow_rows(app: App, issue: Issue, rows: Sequence[Delivery]) -> Sequence[Delivery]:
    """Return the rows of shadow mode whose post is still to be made; one whose link the issue has already is not."""
    if app.config.delivery.shadow:
        return ()
    return [
        row
        for row in rows
        if row.shadow
        and row.state in (DeliveryState.DUE, DeliveryState.SKIPPED)
        and row.account in app.accounts
        and not (app.accounts[row.account].discussion and verified_discussion(issue))
    ]


def reopen_backfill(app: App, number: int, rows: Sequence[Delivery]) -> None:
    """Set a backfill that is off to waiting where one of these rows, which will be posted, is the discussion's."""
    link = app.store.backfill(number)
    if link is None or link.state is not BackfillState.OFF or app.config.backfill.mode == "off":
        return
    if any(app.accounts[row.account].discussion for row in rows):
        app.store.set_backfill(dataclasses.replace(link, state=BackfillState.WAITING, reason=""), app.clock())


def refuse_in_shadow(config: Config) -> None:
    """Raise UsageError in shadow mode: for a command whose whole purpose is to write."""
    if config.delivery.shadow:
        raise UsageError(
            "[delivery] shadow is on, so nothing is posted, edited, deleted or pushed; set it to false"
        )


_STATE_REASONS = {
    IssueState.BASELINE: "it was out before this database first saw the newsletter",
    IssueState.WITHDRAWN: "it was withdrawn",
}


def gate_reasons(app: App, resolved: ResolvedIssue, record: IssueRecord | None) -> list[str]:
    """Return why the issue would not be announced by itself now, in phrases; nothing where it would."""
    issue = app.without_backfilled_findings(resolved.issue)
    page = app.page_problem(issue)
    evidence = gate.Evidence(page, in_content=resolved.sighting is not None, holds=app.holds(resolved.issue))
    wait = gate.assess(issue, record or unseen_record(app, resolved), app.config.gate, evidence, app.clock())
    state = _STATE_REASONS.get(record.state) if record else None
    return [*filter(None, [state]), *(wait.phrases if wait else ())]


def unseen_record(app: App, resolved: ResolvedIssue) -> IssueRecord:
    """Return the record of an issue that no source has shown yet, as if first seen now."""
    now = app.clock()
    issue, sighting = resolved.issue, resolved.sighting
    return IssueRecord(
        newsletter=app.newsletter,
        number=issue.number,
        title=issue.title,
        url=issue.url,
        date=issue.date,
        source=sighting.source if sighting else "",
        path=sighting.path if sighting else str(resolved.path),
        fingerprint=sighting.fingerprint if sighting else "",
        state=IssueState.WAITING,
        reason="",
        first_seen_at=now,
        changed_at=now,
    )


def exit_code(app: App, number: int, accounts: Sequence[str]) -> int:
    """Return 1 when a person is needed, 75 when the program will go on by itself, else 0."""
    actors = tuple(next_actors(app, number, accounts))
    if NextActor.PERSON in actors:
        return 1
    return 75 if NextActor.CROSSPOST in actors else 0
