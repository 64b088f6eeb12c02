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
    record, rows = _known(app, named.issue.number)
    against = objections(app, named, record)
    click.echo(f"{named.issue.title}  {named.issue.url}")
    click.echo(f"gate: {'; '.join(against)}" if against else "gate: open")
    troubled = False
    for problem in wrong_comments(named.issue, app.voices()):
        click.echo(problem)
    if own_text is None:
        posts = posts_for(app, named.issue, accounts)
    else:
        posts = (own_post(app, named.issue, accounts[0], own_text),)
    for post in posts:
        row = rows.get(post.account)
        finding, is_trouble = _finding(app, post, record or unseen_record(app, named), row)
        troubled = troubled or is_trouble
        click.echo("")
        click.echo(preview.plain([post]).rstrip())
        click.echo("")
        click.echo(f"→ {finding}")
        if tariff := app.accounts[post.account].tariff:
            click.echo(f"  it costs ${tariff.post(post):.3f}, and a look for it about ${tariff.look:.3f}")
    click.echo("")
    click.echo("Nothing was sent and nothing was changed.")
    return 1 if troubled else 0


def _known(app: App, number: int) -> tuple[IssueRecord | None, dict[str, Delivery]]:
    """Return what the database has of the issue; nothing where there is no database yet."""
    if not app.has_store:
        return None, {}
    return app.store.issue(number), {row.account: row for row in app.rows(number)}


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
