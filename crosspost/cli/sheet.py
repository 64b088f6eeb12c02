"""What is shown of one issue on a pull request: gathered from its file, the configuration and the database."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from crosspost import parse
from crosspost.accounts import Voiced, discussion_account
from crosspost.app import App
from crosspost.cli.issue_argument import Named, is_path, path_in_repository, read_file, resolve
from crosspost.config.schema import Config, GateConfig, NewsletterConfig
from crosspost.errors import UsageError
from crosspost.forge import web
from crosspost.model import Backfill, Delivery, Hold, IssueState, Post
from crosspost.pages.markdown import Sheet, Shown
from crosspost.parse import discussion
from crosspost.parse.lines import classify
from crosspost.planning import not_followed, own_discussion, plain_voices, posts_everywhere, posts_for
from crosspost.watch import gate
from crosspost.watch.git import GitSource

if TYPE_CHECKING:
    from crosspost.delivery.account import Account

Lines = Callable[[str], str]
"""Gives where the lines of a file of the repository are shown, by the file's path there."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known beside the issue's text."""

    posts: Sequence[Post]
    voices: Sequence[Voiced]
    accounts: Mapping[str, Account]
    gate: GateConfig
    rows: Sequence[Delivery] = ()
    holds: Sequence[Hold] = ()
    link: Backfill | None = None
    state: str = ""
    problems: Sequence[str] = ()


def sheet_of(
    config: Config | None,
    argument: str,
    accounts: Sequence[str] = (),
    *,
    now: datetime,
    lines: Lines | None = None,
) -> Sheet:
    """Return what is shown of the issue that `argument` names; without a configuration, for every platform.

    `lines`: of the pull request; None: of what a workflow has checked out, or of the source. Asks no platform.
    """
    if config is None:
        if not is_path(argument):
            raise UsageError("without a configuration ISSUE is the path of a Markdown file")
        issue = read_file(Path(argument), NewsletterConfig())
        named = Named(issue, None, Path(argument))
        posts, problems = posts_everywhere(issue, accounts)
        discussed = discussion_account()
        known = _Known(posts, plain_voices(), {discussed.name: discussed}, GateConfig(), problems=problems)
        return _sheet(named, known, _place_of(Path(argument), lines), now)
    with App(config, lambda: now, only_look=True) as app:
        for name in accounts:
            app.account_named(name)
        named = resolve(app, argument)
        named = replace(named, issue=app.without_what_is_filled_in(named.issue))
        place = _place_of(named.path, lines) if named.path else _place_in_source(named, app)
        return _sheet(named, _known(app, named, accounts), place, now)


def _known(app: App, named: Named, accounts: Sequence[str]) -> _Known:
    number = named.issue.number
    record = app.store.issue(number) if app.has_store else None
    rows = app.rows(number) if app.has_store else []
    return _Known(
        posts=posts_for(app, named.issue, accounts),
        voices=app.voices(),
        accounts=app.accounts,
        gate=app.config.gate,
        rows=[row for row in rows if not accounts or row.account in accounts],
        holds=app.store.holds_on(number) if app.has_store else [],
        link=app.store.backfill(number) if app.has_store else None,
        state=f"waiting: {record.reason}" if record and record.state is IssueState.WAITING else "",
    )


def _sheet(named: Named, known: _Known, place: str | None, now: datetime) -> Sheet:
    issue = named.issue
    waits = gate.waits_for(issue, known.gate)
    said = gate.by_comment(issue, now)
    # What the database has of the comment comes first: an editor may have let the issue go since.
    new = [said] if said is not None and all(each.wish != said.wish for each in known.holds) else []
    return Sheet(
        number=issue.number,
        file=_named_as(named),
        lines=place,
        posts=tuple(Shown(post, _form(known, post)) for post in known.posts),
        rows=tuple(known.rows),
        link=known.link,
        state=known.state,
        waits=waits,
        kept_back=gate.kept_back(issue, [*known.holds, *new], known.gate, now),
        findings=tuple(each for each in issue.findings if each not in waits),
        notes=(*issue.directives.spoken(), *not_followed(issue, known.voices), *known.problems),
        discussion=own_discussion(issue),
        discussion_line=_discussion_line(named),
    )


def _named_as(named: Named) -> str:
    """Return how a command names the issue in the repository, wherever this copy of its file is."""
    if named.path is None:
        return str(named.issue.number)
    with suppress(UsageError):
        return path_in_repository(named.path)
    return str(named.path)


def _form(known: _Known, post: Post) -> str | None:
    """Return the page on which a person can make the post; None where nobody is expected to, or it is there."""
    account = known.accounts.get(post.account)
    settled = any(row.account == post.account and row.is_settled for row in known.rows)
    if account is None or settled or not (account.mode == "manual" or account.discussion):
        return None
    return account.compose_link(post)


def _discussion_line(named: Named) -> tuple[int, str] | None:
    """Return the number of the line that the discussion's address goes into, and that line with ADDRESS in it."""
    data = named.sighting.data if named.sighting else named.path.read_bytes() if named.path else b""
    text = parse.decode(data).text
    line = discussion.locate(text)
    if line is None:
        return None
    return line.line, classify(discussion.fill(text, line, "ADDRESS"))[line.line - 1].text


def _place_of(path: Path, lines: Lines | None) -> str | None:
    """Return where the lines of a file of a working tree are shown; None: nobody knows."""
    if lines is None and (tree := web.of_a_run(os.environ)) is not None:
        lines = tree.lines
    with suppress(UsageError):
        return lines(path_in_repository(path)) if lines else None
    return None


def _place_in_source(named: Named, app: App) -> str | None:
    """Return where the lines of a file of a source are shown; None: nobody knows."""
    seen = named.sighting
    source = next((each for each in app.sources if seen and each.name == seen.source), None)
    if seen is None or not isinstance(source, GitSource):
        return None
    tree = web.of_a_source(source.url, seen.revision, app.config.backfill)
    return tree.lines(seen.path) if tree else None
