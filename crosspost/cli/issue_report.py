"""Gather what is shown of an issue on a pull request from its file, the configuration and the database."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from crosspost import parse
from crosspost.cli.issue_argument import ResolvedIssue, path_in_repository, resolve
from crosspost.errors import UsageError
from crosspost.forge import links
from crosspost.model import Backfill, Delivery, IssueState, Post
from crosspost.pages.markdown import IssueReport
from crosspost.parse import discussion
from crosspost.parse.lines import classify_lines
from crosspost.planning import posts_for, unusable_comments, verified_discussion
from crosspost.watch import gate
from crosspost.watch.git import GitSource

if TYPE_CHECKING:
    from crosspost.app import App
    from crosspost.delivery.account import Account


def issue_report(
    app: App, argument: str, accounts: Sequence[str] = (), lines: links.LineLinks | None = None
) -> IssueReport:
    """Return what is shown of the issue that `argument` names. No platform is asked.

    `lines` makes the links to the file's lines on the pull request; None: to what a workflow has checked out, or to the
    source's repository.
    """
    resolved = resolve(app, argument)
    issue, now = app.without_backfilled_findings(resolved.issue), app.clock()
    rows: tuple[Delivery, ...] = ()
    link: Backfill | None = None
    state = ""
    if app.has_store:
        rows = app.rows(issue.number, accounts)
        link = app.store.backfill(issue.number)
        record = app.store.issue(issue.number)
        state = f"waiting: {record.reason}" if record and record.state is IssueState.WAITING else ""
    waits = gate.blocking_findings(issue, app.config.gate)
    settled = [row.account for row in rows if row.is_settled]
    return IssueReport(
        number=issue.number,
        file=_argument_for(resolved),
        line_url=_line_url(app, resolved, lines),
        posts=tuple(
            (post, None if post.account in settled else _compose_link(app.accounts[post.account], post))
            for post in posts_for(app, issue, accounts)
        ),
        rows=rows,
        backfill=link,
        state=state,
        blocking=waits,
        other_reasons=gate.hold_and_age_reasons(issue, app.holds(issue), app.config.gate, now),
        findings=tuple(each for each in issue.findings if each not in waits),
        notes=(*issue.directives.phrases(), *unusable_comments(issue, app.targets())),
        discussion=verified_discussion(issue),
        discussion_line=_discussion_line(resolved),
    )


def _argument_for(resolved: ResolvedIssue) -> str:
    """Return what a command in the repository takes for ISSUE: the number, or the path there."""
    if resolved.path is None:
        return str(resolved.issue.number)
    with suppress(UsageError):
        return path_in_repository(resolved.path)
    return str(resolved.path)


def _compose_link(account: Account, post: Post) -> str | None:
    """Return the page on which a person can make the post; None where no person is expected to."""
    return account.settings.compose_link(post) if account.mode == "manual" or account.discussion else None


def _discussion_line(resolved: ResolvedIssue) -> tuple[int, str] | None:
    """Return the number of the line that the discussion's address goes into, and that line with ADDRESS in it."""
    text = parse.decode(resolved.data).text
    line = discussion.find_discussion_line(text)
    if line is None:
        return None
    return line.line, classify_lines(discussion.fill(text, line, "ADDRESS"))[line.line - 1].text


def _line_url(app: App, resolved: ResolvedIssue, lines: links.LineLinks | None) -> str | None:
    """Return the page that shows the lines of the issue's file; None: it is not known."""
    sighting = resolved.sighting
    if sighting is None:
        lines = lines or links.workflow_links(os.environ)
        with suppress(UsageError):
            return lines(path_in_repository(resolved.path)) if lines and resolved.path else None
        return None
    source = next(source for source in app.sources if source.name == sighting.source)
    if not isinstance(source, GitSource):
        return None
    lines = links.source_links(source.url, sighting.revision, app.config.backfill)
    return lines(sighting.path) if lines else None
