"""What `post` would do now, by reading alone: the gate, each text, and what the real accounts have already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from crosspost.cli.act import objections, unseen_record
from crosspost.cli.issue_argument import resolve
from crosspost.delivery.look import look_ahead
from crosspost.model import Absent, CannotLook, Delivery, DeliveryState, Found, IssueRecord, Post
from crosspost.pages import preview
from crosspost.planning import fits, own_post, posts_for, wrong_comments

if TYPE_CHECKING:
    from crosspost.app import App


def dry_run(app: App, argument: str, accounts: Sequence[str], *, own_text: str | None = None) -> int:
    """Say what `post` would do. Writes no row, sends nothing. Returns 1 where an account would need a person."""
    named = resolve(app, argument)
    issue = named.issue
    record = app.store.issue(issue.number)
    rows = {row.account: row for row in app.rows(issue.number)}
    against = objections(app, named, record)
    click.echo(f"{issue.title}  {issue.url}\ngate: {'; '.join(against) or 'open'}")
    for problem in wrong_comments(issue, app.voices()):
        click.echo(problem)
    own = () if own_text is None else (own_post(app, issue, accounts[0], own_text),)
    troubled = False
    for post in own or posts_for(app, issue, accounts):
        row = rows.get(post.account)
        finding, is_trouble = _finding(app, post, record or unseen_record(app, named), row)
        troubled = troubled or is_trouble
        click.echo(f"\n{preview.plain([post]).rstrip()}\n\n→ {finding}")
        if tariff := app.accounts[post.account].tariff:
            click.echo(f"  it costs ${tariff.post(post):.3f}, and a look for it about ${tariff.look:.3f}")
    click.echo("\nNothing was sent and nothing was changed.")
    return 1 if troubled else 0


def _finding(app: App, post: Post, record: IssueRecord, row: Delivery | None) -> tuple[str, bool]:
    """Return what would become of the post, and whether that needs a person."""
    if row is not None and row.receipt:
        return f"has it already: {row.receipt.url}", False
    if row is not None and row.state not in (DeliveryState.DUE, DeliveryState.UNCERTAIN):
        return f"{row.state}: {row.reason}", row.state is DeliveryState.STUCK
    if not fits(post):
        return f"too long: {post.length} of {post.limit}", True
    account = app.accounts[post.account]
    look = look_ahead(account, post, record, row, app.clock())
    match look:
        case Found(url=url, by=by):
            return f"is there already, recognised by its {by}, and would be adopted: {url}", False
        case Absent() | CannotLook() if account.mode == "manual":
            return "is not there; an editor would be given this text to post", False
        case Absent():
            return "is not there and would be sent", False
        case CannotLook(reason=reason, refused=refused):
            return f"cannot be looked for, so nothing would be sent: {reason}", refused
