"""Carry out `retract`, `amend` and `post --again`: what changes posts that are out, through the rows of the daemon."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from threading import Event as StopEvent
from typing import TYPE_CHECKING

import click

from crosspost.cli.act import (
    delivery_line,
    exit_code,
    poll_sources,
    refuse_in_shadow,
    reopen_backfill,
)
from crosspost.cli.issue_argument import resolve
from crosspost.compose.post_text import is_same_content
from crosspost.delivery import overrides
from crosspost.delivery.address import Confirm
from crosspost.model import SETTLED, BackfillState, Delivery, DeliveryState, IssueState, PostRequest, TextBy
from crosspost.pipeline import settle
from crosspost.planning import compose_custom_post, posts_for, recompose, verified_discussion
from crosspost.store.values import InitialState
from crosspost.watch.problems import Problems

if TYPE_CHECKING:
    from crosspost.app import App

STEPS = 3
"""A retraction's: find the post, delete it, see that it is gone."""


def retract(app: App, number: int, accounts: Sequence[str], *, confirm: Confirm) -> int:
    """Retract the posts of an issue, from the accounts named or from all. Return the exit code.

    A post that is out is deleted and looked for; one that is not is skipped. A discussion link in the issue stays.
    The posts of an issue that was out before this database began are looked for first.
    """
    refuse_in_shadow(app.config)
    has_rows = bool(app.store.deliveries(number))
    if not has_rows:
        plan_to_retract(app, number, accounts, confirm)
    rows = overrides.rows_of(app.store, number, accounts)
    if has_rows and (remaining := [row for row in rows if row.state not in overrides.GONE]):
        confirm(
            f"{remaining[0].post.title} would be retracted: {', '.join(map(_before_retraction, remaining))}"
        )
    retracted = overrides.retract(app.store, number, [row.account for row in rows], app.clock)
    names = [row.account for row in retracted]
    _end_backfill(app, number, names)
    code = _carry_out(app, number, names, lambda row: row.state is DeliveryState.SENT)
    if not has_rows or app.store.begun_at_newest():
        click.echo(
            "a run that begins with an empty database would post it again; to prevent that, put this into the issue: "
            f"<!-- crosspost: skip {', '.join(names)} -->"
        )
    return code


def plan_to_retract(app: App, number: int, accounts: Sequence[str], confirm: Confirm) -> None:
    """Plan deliveries only to look for the posts and to delete what is found: this database has no row of the issue.

    Raises UsageError for an issue that has not been out.
    """
    poll_sources(app)
    record = app.store.issue(number)
    may_be_out = record is not None and (
        record.state is IssueState.BASELINE or app.store.may_be_announced_until(record) is not None
    )
    names = [app.config.account(name).name for name in accounts] or [
        name for name, account in app.accounts.items() if account.connect
    ]
    if not may_be_out or not names:
        overrides.rows_of(app.store, number, accounts)  # raises
        return
    issue = resolve(app, str(number)).issue
    confirm(f"{issue.title} would be looked for on {', '.join(names)}, and deleted where it is found")
    now = app.clock()
    initial = InitialState(
        DeliveryState.UNCERTAIN,
        "it is looked for, to be deleted",
        uncertain_since=now,
        looks=-1,
        not_before=now,
        request=PostRequest.RETRACT,
    )
    link = BackfillState.DONE if verified_discussion(issue) else BackfillState.OFF
    initial_states = dict.fromkeys(names, initial)
    app.store.plan(issue, posts_for(app, issue, names), initial_states=initial_states, backfill=link, now=now)


def post_again(
    app: App, argument: str, accounts: Sequence[str], *, custom_text: str | None = None, confirm: Confirm
) -> None:
    """Make due again what was retracted, and what is named even if it is out: a second post, under a new key.

    The text is composed again from the issue, unless a person wrote it.
    """
    refuse_in_shadow(app.config)
    issue = resolve(app, argument).issue
    number = issue.number
    rows = overrides.rows_of(app.store, number, accounts)
    repeatable = SETTLED if accounts else (DeliveryState.RETRACTED,)
    again = [row for row in rows if row.state in repeatable]
    if not again:
        return
    names = [row.account for row in again]
    published = [f"{row.account}, beside {row.url}" for row in again if row.state is DeliveryState.SENT]
    second = f"; a second public post: {'; '.join(published)}" if published else ""
    confirm(f"{rows[0].post.title} would be posted again on {', '.join(names)}{second}")
    posts = dict(recompose(app, issue, names))
    if custom_text is not None:
        posts[accounts[0]] = compose_custom_post(app, issue, accounts[0], custom_text)
    for row in again:
        is_custom = custom_text is None and row.post.text_by is TextBy.PERSON
        overrides.post_again(app.store, row, row.post if is_custom else posts[row.account], app.clock)
    reopen_backfill(app, number, again)


def amend(app: App, argument: str, accounts: Sequence[str]) -> int:
    """Compose the posts again from the issue as it is now, and edit those that changed. Return the exit code.

    It is 1 also where a post that would change cannot be edited: a person has to decide.
    """
    refuse_in_shadow(app.config)
    poll_sources(app)
    issue = resolve(app, argument).issue
    rows = overrides.rows_of(app.store, issue.number, accounts)
    posts = recompose(app, issue)
    editing, needs_person = [], False
    for row in rows:
        if row.state is not DeliveryState.SENT and not accounts:
            continue
        account, post = app.accounts.get(row.account), posts.get(row.account)
        if account is None or post is None:
            why: str | None = "it is no longer in the configuration"
        elif row.post.text_by is TextBy.PERSON:
            click.echo(f"{row.account}: it has a custom text, which stays as it is")
            continue
        elif is_same_content(row.post, post) and row.request is None:
            click.echo(f"{row.account}: nothing that was posted changed")
            continue
        else:
            why = overrides.why_not_amendable(row, account)
        if why is None:
            editing.append(row)
            continue
        needs_person = True
        click.echo(f"{row.account}: not amended: {why}")
    overrides.amend(app.store, posts, editing, app.clock)
    if not editing:
        return 1 if needs_person else 0
    names = [row.account for row in editing]
    code = _carry_out(app, issue.number, names, lambda row: not is_same_content(row.post, posts[row.account]))
    return 1 if needs_person else code


def _before_retraction(row: Delivery) -> str:
    if row.url is not None:
        return f"{row.account} ({row.url})"
    may_be_out = row.uncertain_since or row.state is DeliveryState.SENDING
    return f"{row.account} ({'may be out' if may_be_out else 'not out yet'})"


def _end_backfill(app: App, number: int, accounts: Sequence[str]) -> None:
    """Switch an unfinished backfill off where the discussion is retracted, and print what remains to be done."""
    link = app.store.backfill(number)
    has_discussion = any(name in app.accounts and app.accounts[name].discussion for name in accounts)
    if link is None or not has_discussion or link.state is BackfillState.OFF:
        return
    if link.state is BackfillState.DONE:
        where = f", {link.url}" if link.url else ""
        click.echo(f"link: it stays in the issue{where}; remove it by hand")
        return
    reason = "the discussion was retracted"
    off = dataclasses.replace(link, state=BackfillState.OFF, url=None, reason=reason, not_before=None)
    app.store.set_backfill(off, app.clock())
    is_open = link.state is BackfillState.PROPOSED
    note = f"its pull request is still open, close it: {link.url}" if is_open else "it is not filled in"
    click.echo(f"link: off; {note}")


def _carry_out(
    app: App, number: int, accounts: Sequence[str], is_unchanged: Callable[[Delivery], bool]
) -> int:
    """Take steps with these rows while they are due, print the state of each, and return the exit code.

    `is_unchanged`: whether the row is as it was before. If it is and has no request any more, the request was refused.
    """
    problems = Problems(app.store, app.clock(), app.redaction.clean)
    for _ in range(STEPS):
        settle(app, problems, numbers=[number], accounts=accounts, stop=StopEvent())
        if not app.store.due_deliveries(app.clock(), accounts, [number]):
            break
    for problem in problems.added:
        click.echo(problem)
    rows = [row for row in app.rows(number) if row.account in accounts]
    for row in rows:
        click.echo(delivery_line(app, row, why=True))
    refused = any(row.request is None and is_unchanged(row) for row in rows)
    return 1 if problems.added or refused else exit_code(app, number, accounts)
