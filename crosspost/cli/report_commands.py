"""The commands that only read: preview, parse, status, history, audit, replay, check."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from crosspost.cli.group import (
    FILE,
    Options,
    crosspost,
    issue_number,
    json_option,
    print_json,
    print_message,
    to_option,
)
from crosspost.errors import UsageError
from crosspost.plural import quantity

if TYPE_CHECKING:
    from crosspost.app import App
    from crosspost.model import Post


FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
PAGE = click.File("w", encoding="utf-8", lazy=True)
"""Opened when the page is written, so that a mistake leaves no empty file."""


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@to_option
@click.option("--json", is_flag=True, help="One JSON document on standard output.")
@click.option("--html", metavar="FILE", type=PAGE, help="Write one self-contained page that shows each post.")
@click.option(
    "--markdown",
    is_flag=True,
    help="As Markdown for a comment: the posts, and what the gate waits for in the text.",
)
@click.option("--raw", is_flag=True, help="Of one account: only the text that a person pastes.")
@click.pass_obj
def preview(
    options: Options, /, issue: str, accounts: Sequence[str], html: TextIO | None, **form: bool
) -> None:
    """Show exactly what would be sent, with counted lengths. Needs no credentials and no network."""
    from crosspost.compose.post_text import pasteable_text
    from crosspost.pages import preview as showing
    from crosspost.platforms import brand

    if sum(form.values()) > 1:
        raise UsageError(
            "--json is for programs, --markdown for a comment, --raw for people: choose one of them"
        )
    with options.open_for_issue(issue) as app:
        if form["markdown"]:
            from crosspost.cli.issue_report import issue_report
            from crosspost.pages.markdown import document

            click.echo(options.clean(document(issue_report(app, issue, accounts))), nl=False)
            if not html:
                return
        number, url, posts = _posts(app, issue, accounts)
    if form["raw"] and len(posts) != 1:
        names = ", ".join(post.account for post in posts) or "none"
        raise UsageError(f"--raw prints one post: name its account with --to (there are {names})")
    if html:
        html.write(showing.to_html(posts, brand))
        html.flush()  # click closes it, and says nothing of a full disk
        print_message(f"{html.name} shows {quantity(len(posts), 'post')}: open it in a browser")
    if form["raw"]:
        click.echo(pasteable_text(posts[0]))
    elif form["json"]:
        print_json(showing.to_json(number, url, posts))
    elif not html and sys.stdout.isatty():
        from crosspost.cli.output import CONSOLE

        showing.print_posts(posts, CONSOLE)
    elif not html:
        click.echo(showing.to_text(posts))


def _posts(app: App, argument: str, accounts: Sequence[str]) -> tuple[int, str, Sequence[Post]]:
    """Return the posts of an issue: the stored ones where it is planned, else as they would be composed now."""
    from crosspost.cli.issue_argument import resolve
    from crosspost.planning import comment_problems, posts_for

    rows = app.rows(int(argument), accounts) if argument.isdecimal() and app.has_store else ()
    if rows:
        return rows[0].number, rows[0].post.url, [row.post for row in rows]
    issue = resolve(app, argument).issue
    for phrase in issue.directives.phrases():
        print_message(f"a comment in the issue says: {phrase}")
    for sentence in comment_problems(issue, app.targets()):
        print_message(sentence)
    return (
        issue.number,
        issue.url,
        posts_for(app, issue, accounts, on_error=None if accounts else print_message),
    )


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@json_option
@click.pass_obj
def parse(options: Options, issue: str, as_json: bool) -> None:
    """Show what was understood of an issue, and what is wrong with it."""
    from crosspost.cli import output
    from crosspost.cli.issue_argument import resolve
    from crosspost.parse import to_json

    with options.open_for_issue(issue) as app:
        understood = resolve(app, issue).issue
    if as_json:
        print_json(to_json(understood))
    else:
        output.show_issue(understood)


@crosspost.command()
@click.argument("issue", metavar="[ISSUE]", required=False)
@json_option
@click.pass_obj
def status(options: Options, issue: str | None, as_json: bool) -> None:
    """Show where everything stands and why.

    Each issue with its deliveries and its discussion link, and what a waiting issue waits for.
    """
    from crosspost.cli import output
    from crosspost.config.schema import SHADOW
    from crosspost.delivery.overrides import unknown_issue

    with options.open(secrets=False, read_only=True) as app:
        if not app.has_store:
            print_message("there is no database yet; `crosspost once` or `crosspost run` makes it")
        if app.config.delivery.shadow:
            print_message(f"shadow mode: {SHADOW}")
        number = issue_number(app, issue) if issue else None
        result, now = app.status(number), app.clock()
        if number is not None and not result.issues and not result.held_unseen:
            raise UsageError(unknown_issue(app.store, number))
    if as_json:
        print_json(result.as_json())
    else:
        output.show_status(result, now, number)


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@json_option
@click.pass_obj
def history(options: Options, issue: str, as_json: bool) -> None:
    """Show what happened to an issue.

    Every change of state of its deliveries and its link, with time and reason.
    """
    from crosspost.cli import output
    from crosspost.delivery.overrides import unknown_issue
    from crosspost.status import history_json

    with options.open(secrets=False, read_only=True) as app:
        number = issue_number(app, issue)
        events = app.store.events(number)
        if not events:
            raise UsageError(unknown_issue(app.store, number))
    if as_json:
        print_json(history_json(events))
    else:
        output.show_history(events)


@crosspost.command()
@click.argument("folder", metavar="FOLDER", type=FOLDER)
@json_option
@click.pass_obj
def audit(options: Options, folder: Path, as_json: bool) -> int:
    """List every broken discussion link in an archive.

    FOLDER has the issues. A link is broken when it is missing, a placeholder, the issue's own page, another issue's,
    or shared by several issues. Exits 1 if one is broken.
    """
    from dataclasses import asdict

    from crosspost.cli import output
    from crosspost.parse.audit import audit as find_problems

    findings = find_problems(folder, newsletter=options.load_or_default().newsletter)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        output.show_audit(findings)
    return 1 if findings else 0


@crosspost.command()
@click.argument("repository", metavar="REPO", type=FILE)
@click.option(
    "--branch",
    metavar="NAME",
    help="The branch to walk; else the configured one, else the repository's default.",
)
@json_option
@click.pass_obj
def replay(options: Options, repository: Path, branch: str | None, as_json: bool) -> None:
    """Show what would have been announced, and when.

    Walks the branch of a local repository as if each commit had just been pushed, through source and gate. Touches no
    database and sends nothing.
    """
    from dataclasses import asdict

    from crosspost.cli import output
    from crosspost.config.schema import SourceConfig
    from crosspost.watch.replay import replay as replay_branch

    config = options.load_or_default()
    source = next((each for each in config.sources if each.kind == "git"), SourceConfig())
    events = replay_branch(
        repository,
        branch=branch,
        folder=source.folder,
        files=source.files,
        gate=config.gate,
        newsletter=config.newsletter,
    )
    if as_json:
        print_json([asdict(event) for event in events])
    else:
        output.show_replay(events)


@crosspost.command()
@click.pass_obj
def check(options: Options) -> int:
    """Check that everything would work at the next issue. Writes nothing.

    Checks the configuration, the database, each source and the right to push the discussion link, each account's token,
    permissions and limits, the templates, the alerts and the page. Exits 1 if anything would fail.
    """
    from crosspost.check import run_checks
    from crosspost.cli import output
    from crosspost.platforms import Level

    with options.open(read_only=True) as app:
        results = run_checks(app)
    output.show_check(results)
    return 1 if any(result.level is Level.FAIL for result in results) else 0
