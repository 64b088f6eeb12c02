"""The commands that change something by hand, as click has them; the map in cli/__init__.py says what does the work."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from crosspost.cli.group import Options, confirmation, crosspost, issue_number, to_option
from crosspost.errors import UsageError

if TYPE_CHECKING:
    from crosspost.app import App
    from crosspost.forge.client import Client

LARGEST_TEXT = 100_000
"""Bytes of a text of one's own; Reddit takes the longest: 40,000 characters."""


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@to_option
@click.option("--text", metavar="FILE", type=click.File("rb"), help="Another text for the one account named.")
@click.option("--dry-run", is_flag=True, help="Only show what would happen: reads, and sends nothing.")
@click.option("--again", is_flag=True, help="Also what was retracted; with --to even what is out.")
@click.option("--yes", is_flag=True, help="Do not ask before what is public and unusual.")
@click.pass_obj
def post(
    options: Options, /, issue: str, accounts: Sequence[str], text: BinaryIO | None, **flags: bool
) -> int:
    """Announce an issue now, without waiting for the gate.

    Goes through the same rows as the daemon, so what is there already is not posted again, and both may run at once.
    An issue that the gate would not announce (old, out before the first look, without a page, not whole) is announced
    once a person has agreed: on a terminal it is asked for, elsewhere with --yes. What was retracted stays away unless
    it is posted --again, which asks as well.
    """
    from crosspost.cli import act, correct

    custom_text = _text_in(text, accounts) if text else None
    if flags["dry_run"]:
        with options.open(read_only=True) as app:
            return act.dry_run(app, issue, accounts, custom_text=custom_text)
    with options.open() as app:
        if flags["again"]:
            agreed = confirmation(yes=flags["yes"])
            correct.post_again(app, issue, accounts, custom_text=custom_text, confirm=agreed)
        return act.post(app, issue, accounts, custom_text=custom_text, confirm=confirmation(yes=flags["yes"]))


def _text_in(file: BinaryIO, accounts: Sequence[str]) -> str:
    """Return the text that one account is to post. Raises UsageError when it is not for one, or cannot be taken."""
    if len(accounts) != 1:
        raise UsageError("--text is for one account: name it with --to")
    data = file.read(LARGEST_TEXT + 1)
    if len(data) > LARGEST_TEXT:
        large = f"is larger than {LARGEST_TEXT // 1000} kB"
        raise UsageError(f"{file.name}: {large}: no platform takes so long a text")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file.name}: is not UTF-8; save it as that") from error


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@click.option("--until", metavar="TIME", help='In UTC: "20:30", "Thu 20:30", "2026-08-20 20:30".')
@click.pass_obj
def hold(options: Options, issue: str, until: str | None) -> None:
    """Keep an issue from going out, seen or not yet seen.

    Until TIME, or until it is let go with `release`. What is being sent at this moment cannot be stopped.
    """
    from crosspost.cli import act

    with options.open(secrets=False) as app:
        act.hold(app, issue_number(app, issue), until)


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@click.pass_obj
def release(options: Options, issue: str) -> None:
    """Let an issue go that is held.

    By `hold`, by a comment in the issue, or by `[gate] hold = true`.
    """
    from crosspost.cli import act

    with options.open(secrets=False) as app:
        act.release(app, issue_number(app, issue))


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@click.argument("account", metavar="ACCOUNT")
@click.argument("url", metavar="URL")
@click.option("--again", is_flag=True, help="Even in place of an address that is already recorded.")
@click.option("--yes", is_flag=True, help="Do not ask before an address that could not be verified is taken.")
@click.pass_obj
def record(options: Options, issue: str, account: str, url: str, again: bool, yes: bool) -> None:
    """Record that the issue's post on ACCOUNT is at URL.

    For a post made by hand, or one that was found after an uncertain attempt. URL is what browser or app give: without
    scheme, shortened, shared, under an old name. Refuses an address that is not a post of that platform about this
    issue; asks where nobody can verify it.
    """
    from crosspost.cli import act

    confirm = confirmation(yes=yes)
    with options.open(secrets=False) as app:
        act.record(app, issue_number(app, issue), account, url, again=again, confirm=confirm)


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@click.argument("account", metavar="[ACCOUNT]", required=False)
@click.option("--again", is_flag=True, help="Even what is sent already: this makes a second public post.")
@click.option("--yes", is_flag=True, help="Do not ask before what is public and unusual.")
@click.pass_obj
def retry(options: Options, issue: str, account: str | None, again: bool, yes: bool) -> None:
    """Retry a stuck delivery (the platform is searched first).

    For a delivery that is stuck or uncertain, once its cause is fixed; without ACCOUNT for all of the issue's.
    """
    from crosspost.cli import act

    with options.open(secrets=False) as app:
        number = issue_number(app, issue)
        act.retry(app, number, account, again=again, confirm=confirmation(yes=yes))


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@click.argument("account", metavar="[ACCOUNT]", required=False)
@click.pass_obj
def skip(options: Options, issue: str, account: str | None) -> None:
    """Do not announce the issue there.

    For a delivery that is not sent; without ACCOUNT for all of the issue's.
    """
    from crosspost.cli import act

    with options.open(secrets=False) as app:
        act.skip(app, issue_number(app, issue), account)


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@click.argument("accounts", metavar="[ACCOUNT]...", nargs=-1)
@click.option("--yes", is_flag=True, help="Do not ask before what is public and unusual.")
@click.pass_obj
def retract(options: Options, issue: str, accounts: Sequence[str], yes: bool) -> int:
    """Delete the posts of an issue on the platforms.

    On each ACCOUNT, or everywhere. What is not out yet is skipped; what may be out is looked for. Until a post is
    seen to be gone this exits with 75, and the daemon goes on. Nothing posts it again by itself:
    `post ISSUE --again` does. A discussion link that is in the issue already stays there.
    """
    from crosspost.cli import correct

    with options.open() as app:
        agreed = confirmation(yes=yes)
        return correct.retract(app, issue_number(app, issue), accounts, confirm=agreed)


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@click.argument("accounts", metavar="[ACCOUNT]...", nargs=-1)
@click.pass_obj
def amend(options: Options, issue: str, accounts: Sequence[str]) -> int:
    """Edit the posts of an issue that has changed since.

    On each ACCOUNT, or everywhere that a post can be edited so that readers see it. Nothing that stayed the same is
    edited, and nothing that a person wrote. Edits are never made by themselves; `status` says when there is a reason.
    """
    from crosspost.cli import correct

    with options.open() as app:
        return correct.amend(app, issue, accounts)


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@click.option("--url", metavar="URL", help="The discussion's address; else the one that was posted.")
@click.option("--replace", is_flag=True, help="Even in place of another discussion of this issue.")
@click.option("--yes", is_flag=True, help="Do not ask before an address that could not be verified is taken.")
@click.option(
    "--pull-request",
    "number",
    metavar="N",
    type=click.IntRange(min=1),
    help="Into the file on this pull request's branch, by a commit; as for `comment`.",
)
@click.option("--repository", metavar="OWNER/NAME", help="Of the pull request; as for `comment`.")
@click.pass_obj
def backfill(
    options: Options,
    /,
    issue: str,
    url: str | None,
    number: int | None,
    repository: str | None,
    **flags: bool,
) -> int:
    """Put the discussion link into the issue.

    To where `[backfill]` says, as the daemon does by itself; into ISSUE itself when that is a file. With a file and
    --url nothing but the file is changed, and no configuration is needed: an editor does so on the branch, before the
    issue is published, and the post is taken for the announcement.
    """
    from crosspost.cli.backfill import Branch, fill_branch, fill_in
    from crosspost.cli.issue_argument import is_path, path_in_repository

    confirm, replace = confirmation(yes=flags["yes"]), flags["replace"]
    of_a_file = url if is_path(issue) else None
    if (number or repository) and not (number and of_a_file):
        raise UsageError("--pull-request N takes the file's path as ISSUE, and --url")
    with options.open_for_issue(issue, read_only=False) if of_a_file else options.open(secrets=False) as app:
        if of_a_file and number:
            branch = Branch(forge_of(app, repository), number, path_in_repository(Path(issue)))
            return fill_branch(app, branch, of_a_file, replace=replace, confirm=confirm)
        return fill_in(app, issue, url, replace=replace, confirm=confirm)


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
    from crosspost.cli.issue_report import issue_report
    from crosspost.forge import comments
    from crosspost.forge.links import pull_request_links
    from crosspost.forge.pulls import get_pull_request
    from crosspost.pages.markdown import document

    with options.open_for_issue(issue) as app:
        forge = forge_of(app, repository)
        lines = pull_request_links(forge, get_pull_request(forge, number))
        report = issue_report(app, issue, lines=lines)
    mark = comments.marker(app.newsletter, report.number)
    done, url = comments.put_comment(
        forge, number, mark, app.redaction.clean(document(report)), dry_run=dry_run
    )
    would = "would be " if dry_run and done is not comments.Outcome.UNCHANGED else ""
    click.echo(f"comment: {would}{done}{f': {url}' if url else ''}")


def forge_of(app: App, repository: str | None) -> Client:
    """Return the forge that the configuration or a workflow's environment names; its token is hidden from now on."""
    from crosspost.forge.client import Client

    forge = Client(app.config.backfill, app.clock(), repository=repository, environment=os.environ)
    app.redaction.add_secrets([forge.token])
    return forge
