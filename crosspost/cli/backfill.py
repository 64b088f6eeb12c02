"""Carry out `backfill`: put the discussion link where `[backfill]` says, into a file, or on a pull request's branch."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING

import click

from crosspost import parse
from crosspost.backfill import BackfillRequest, edit_in_place, fill_bytes, is_destination, run_step
from crosspost.backfill.push import parse_author
from crosspost.cli.act import refuse_in_shadow, unseen_record
from crosspost.cli.issue_argument import resolve
from crosspost.delivery import address
from crosspost.delivery.address import Confirm
from crosspost.errors import BackfillError, CrosspostError, UsageError
from crosspost.forge import pulls
from crosspost.model import BackfillState, Issue
from crosspost.parse.discussion import accepted_url
from crosspost.pipeline import discussion_of
from crosspost.platforms import Query

if TYPE_CHECKING:
    from crosspost.app import App
    from crosspost.forge.client import Client


def fill_in(app: App, argument: str, url: str | None, *, replace: bool, confirm: Confirm) -> int:
    """Put the discussion link into the issue: the address given, else the one that was posted. Return the exit code.

    Of a file that a person names only this file is edited, unless `[backfill]` itself edits it and the address is the
    one that was posted.
    """
    resolved = resolve(app, argument)
    issue, number, newsletter = resolved.issue, resolved.issue.number, app.config.newsletter
    if resolved.path is None:
        refuse_in_shadow(app.config)
    link = _discussion(app, issue, url, confirm) if url else discussion_of(app, number)
    if link is None:
        raise UsageError(f"no discussion of {number} is known; give its address with --url")
    if resolved.path is not None and (
        url or not is_destination(resolved.path, app.sources, app.config.backfill)
    ):
        edit = partial(fill_bytes, url=link, number=number, page_url=issue.url, replace=replace)
        if not edit_in_place(resolved.path, number, newsletter, edit):
            raise BackfillError(f"{resolved.path} changed while it was edited; run the command again")
        click.echo(f"link: {link} is in {resolved.path}; only this file was edited")
        return 0
    record = dataclasses.replace(app.store.issue(number) or unseen_record(app, resolved), url=issue.url)
    request = BackfillRequest(
        record, link, resolved.path, by_person=True, replace=replace, newsletter=newsletter
    )
    result = run_step(app.store, request, app.sources, app.config.backfill, app.clock)
    reason = f" – {result.reason}" if result.reason else ""
    click.echo(f"link: {result.state}{reason} {result.url or ''}".rstrip())
    app.store.finish(number, app.clock())
    if result.state is BackfillState.STUCK:
        raise CrosspostError(result.reason)
    return 75 if result.state is BackfillState.DUE else 0


@dataclasses.dataclass(frozen=True, slots=True)
class Branch:
    """The branch of an open pull request."""

    forge: Client
    number: int
    """The pull request's."""
    path: str
    """The issue's file on it."""


def fill_branch(app: App, branch: Branch, url: str, *, replace: bool, confirm: Confirm) -> int:
    """Put the discussion's address into the file on a pull request's branch, by a commit. Return the exit code.

    No local file changes. Raises CrosspostError where the branch is a fork's: a token for the repository may not write
    there.
    """
    refuse_in_shadow(app.config)
    forge, path, settings = branch.forge, branch.path, app.config.backfill
    proposal = pulls.get_pull_request(forge, branch.number)
    if not proposal.open:
        raise CrosspostError(
            f"pull request {branch.number} is closed; put the link in with: crosspost backfill ISSUE --url {url}"
        )
    if (proposal.from_repository or "").lower() != forge.repository.lower():
        fork = proposal.from_repository or "a fork that is gone"
        raise CrosspostError(
            f"the branch of pull request {branch.number} is in {fork}, where only its owner may write; "
            f"in a copy of that branch run: crosspost backfill {path} --url {url}"
        )
    file = pulls.read_file(forge, path, proposal.branch)
    issue = parse.parse_bytes(file.data, newsletter=app.config.newsletter, path=path)
    link = _discussion(app, issue, url, confirm)
    data = fill_bytes(file.data, link, number=issue.number, page_url=issue.url, replace=replace)
    if data == file.data:
        click.echo(f"link: {link} is in {path} on {proposal.branch} already")
        return 0
    message = settings.message.format(number=issue.number)
    author = parse_author(settings.author) if settings.author else None  # empty without a configuration
    if not pulls.write_file(forge, file, data, message, author):
        raise BackfillError(f"{path} changed on {proposal.branch} meanwhile; run the command again")
    click.echo(f"link: {link} is in {path} on {proposal.branch}, by a commit")
    return 0


def _discussion(app: App, issue: Issue, url: str, confirm: Confirm) -> str:
    """Return the address as it is put into the issue. One that names its issue is taken without asking."""
    account = app.discussion_account()
    for form in (account.settings.canonical_address(url).url, url):
        if accepted := accepted_url(form, issue.number, issue.url):
            return accepted
    query = Query(issue.url, issue.title, issue.number, key="", text="")
    return address.locate(account, query, url, confirm).url
