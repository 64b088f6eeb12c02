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
"""Bytes of the file after --text. Reddit allows the longest text: 40,000 characters."""


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@to_option
@click.option("--text", metavar="FILE", type=click.File("rb"), help="Post this text; needs one --to.")
@click.option("--dry-run", is_flag=True, help="Only show what would happen; nothing is written or sent.")
@click.option("--again", is_flag=True, help="Also where it was retracted; with --to even where it is out.")
@click.option("--yes", is_flag=True, help="Do not ask before something public and unusual.")
@click.pass_obj
def post(
    options: Options, /, issue: str, accounts: Sequence[str], text: BinaryIO | None, **flags: bool
) -> int:
    """Announce an issue now, without waiting for the gate.

    Uses the same database as the daemon: a post that exists already is not made again, and both may run at once.
    An issue that the gate would not announce (old, part of the baseline, without a page, not whole) is announced after
    a person agrees: a terminal asks, elsewhere --yes is needed. A retracted post is made again only with --again, which
    asks, too.
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
    """Return the text in the file after --text. Raises UsageError when it is not for one account, or cannot be read."""
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

    Until TIME, or until `release`. A post that is being sent at this moment cannot be stopped.
    """
    from crosspost.cli import act

    with options.open(secrets=False) as app:
        act.hold(app, issue_number(app, issue), until)


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@click.pass_obj
def release(options: Options, issue: str) -> None:
    """Release an issue that is held.

    By `hold`, by a comment in the issue, or by `[gate] hold = true`.
    """
    from crosspost.cli import act

    with options.open(secrets=False) as app:
        act.release(app, issue_number(app, issue))


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@click.argument("account", metavar="ACCOUNT")
@click.argument("url", metavar="URL")
@click.option("--again", is_flag=True, help="Replace an address that is recorded already.")
@click.option("--yes", is_flag=True, help="Accept an address that could not be verified without asking.")
@click.pass_obj
def record(options: Options, issue: str, account: str, url: str, again: bool, yes: bool) -> None:
    """Record that the issue's post on ACCOUNT is at URL.

    For a post made by hand, or one that was found after an uncertain attempt. URL is what a browser or an app shows,
    also without scheme, shortened, shared or under an old name. It must be a post of that platform about this issue;
    where that cannot be verified, a terminal asks.
    """
    from crosspost.cli import act

    confirm = confirmation(yes=yes)
    with options.open(secrets=False) as app:
        act.record(app, issue_number(app, issue), account, url, again=again, confirm=confirm)


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@click.argument("account", metavar="[ACCOUNT]", required=False)
@click.option("--again", is_flag=True, help="Also a delivery that is sent: this makes a second public post.")
@click.option("--yes", is_flag=True, help="Do not ask before something public and unusual.")
@click.pass_obj
def retry(options: Options, issue: str, account: str | None, again: bool, yes: bool) -> None:
    """Retry a stuck delivery (the platform is searched first).

    For a stuck or uncertain delivery whose cause is fixed; without ACCOUNT for all of the issue's.
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

    ACCOUNT's delivery is not sent; without ACCOUNT none of the issue's.
    """
    from crosspost.cli import act

    with options.open(secrets=False) as app:
        act.skip(app, issue_number(app, issue), account)


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@click.argument("accounts", metavar="[ACCOUNT]...", nargs=-1)
@click.option("--yes", is_flag=True, help="Do not ask before something public and unusual.")
@click.pass_obj
def retract(options: Options, issue: str, accounts: Sequence[str], yes: bool) -> int:
    """Delete the posts of an issue on the platforms.

    On each ACCOUNT, or everywhere. A delivery that is not out is skipped; one that may be out is looked for. Exits 75
    until every post is seen to be gone; the daemon goes on with it. It is posted again only by `post ISSUE --again`.
    A discussion link that is in the issue stays there.
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

    On each ACCOUNT, or on every platform where readers see an edit. A post that would stay the same or that a person
    wrote is not edited. The daemon edits nothing by itself; `status` says when there is a reason.
    """
    from crosspost.cli import correct

    with options.open() as app:
        return correct.amend(app, issue, accounts)


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@click.option("--url", metavar="URL", help="The discussion's address; else that of the post.")
@click.option("--replace", is_flag=True, help="Replace another discussion of this issue.")
@click.option("--yes", is_flag=True, help="Accept an address that could not be verified without asking.")
@click.option(
    "--pull-request",
    "number",
    metavar="N",
    type=click.IntRange(min=1),
    help="Commit it to the file on this pull request's branch.",
)
@click.option("--repository", metavar="OWNER/NAME", help="The pull request's; else as for `comment`.")
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

    Where `[backfill]` says, as the daemon does; into ISSUE itself when that is a file. With a file and --url only the
    file is changed, and no configuration is needed: so an editor puts the link of a post made by hand into the draft,
    and that post counts as the announcement.
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
    "--repository",
    metavar="OWNER/NAME",
    help="The pull request's; else that of [backfill], or of the workflow.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be done; nothing is written.")
@click.pass_obj
def comment(options: Options, issue: str, number: int, repository: str | None, dry_run: bool) -> None:
    """Show an issue in one comment on its pull request.

    It has what `preview --markdown ISSUE` prints: each post with its length, what the gate waits for, and, once it is
    announced, each post's address. A later run edits the same comment. The forge is that of `[backfill]` (api_base_url,
    repository, token), else that of the workflow's environment (GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN).
    Nothing is sent to a platform.
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
    would = "would be " if dry_run and done is not comments.CommentResult.UNCHANGED else ""
    click.echo(f"comment: {would}{done}{f': {url}' if url else ''}")


def forge_of(app: App, repository: str | None) -> Client:
    """Return the forge that the configuration or a workflow's environment names, and add its token to the redaction."""
    from crosspost.forge.client import Client

    forge = Client(app.config.backfill, app.clock(), repository=repository, environment=os.environ)
    app.redaction.add_secrets([forge.token])
    return forge
