"""The command that keeps one comment on a pull request: comment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from crosspost.cli.group import Options, crosspost

if TYPE_CHECKING:
    from crosspost.app import App
    from crosspost.forge.client import Client


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@click.option(
    "--pull-request",
    "number",
    metavar="N",
    type=click.IntRange(min=1),
    required=True,
    help="The number of the pull request.",
)
@click.option(
    "--repository", metavar="OWNER/NAME", help="Else that of [backfill], or of the workflow that runs this."
)
@click.option("--dry-run", is_flag=True, help="Only say what would be done: reads, and writes nothing.")
@click.pass_obj
def comment(options: Options, issue: str, number: int, repository: str | None, dry_run: bool) -> None:
    """Show an issue in one comment on its pull request.

    What `preview --markdown ISSUE` prints: each post with its length, what the gate waits for, and, once it is
    announced, where each post is. However often it runs there is one comment, edited in place. The forge is that of
    `[backfill]` (api_base_url, repository, token); what is not there is taken from a workflow's environment:
    GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN. Nothing is sent to a platform.
    """
    from crosspost.cli.sheet import sheet_of
    from crosspost.forge import comments
    from crosspost.forge.pulls import pull_request
    from crosspost.forge.web import of_a_proposal
    from crosspost.pages.markdown import document

    with options.look(issue) as app:
        forge = forge_of(app, repository)
        lines = of_a_proposal(forge, pull_request(forge, number))
        sheet = sheet_of(app, issue, lines=lines)
    mark = comments.mark(app.newsletter, sheet.number)
    done, url = comments.keep(forge, number, mark, app.redaction.clean(document(sheet)), dry_run=dry_run)
    would = "would be " if dry_run and done is not comments.Done.UNCHANGED else ""
    click.echo(f"comment: {would}{done}{f': {url}' if url else ''}")


def forge_of(app: App, repository: str | None) -> Client:
    """Return the forge that the configuration or a workflow's environment names; its token is hidden from now on."""
    from crosspost.forge.client import Client

    forge = Client(app.config.backfill, app.clock(), repository=repository, environment=os.environ)
    app.redaction.know([forge.token])
    return forge
