"""Plan an issue: compose its post for each account, and store one row for each delivery."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING

from crosspost.compose import Target, compose, compose_custom
from crosspost.compose.digest import Digest, digest
from crosspost.config.schema import AccountConfig, DigestConfig
from crosspost.delivery import account_cache
from crosspost.errors import IssueError, UsageError
from crosspost.log import event
from crosspost.model import (
    ActualPost,
    BackfillState,
    Delivery,
    DeliveryState,
    Directives,
    FindingKind,
    Issue,
    Post,
    TextBy,
)
from crosspost.parse.discussion import LinkStatus, canonical_url, link_status
from crosspost.store.values import InitialState

if TYPE_CHECKING:
    from crosspost.app import App
    from crosspost.platforms import Platform

log = logging.getLogger(__name__)

SKIPPED = InitialState(DeliveryState.SKIPPED, "skipped by a comment in the issue")
LIMITS_TIMEOUT = 5.0
"""Seconds that an issue waits for instances to return their limits."""


def posts_for(
    app: App, issue: Issue, accounts: Sequence[str] = (), on_error: Callable[[str], None] | None = None
) -> tuple[Post, ...]:
    """Return the posts of an issue for the accounts named, or for all: the stored text where there is a row already.

    Raises UsageError for a template that does not work. `on_error` is called instead where it is the platform's own:
    an error in one platform's folder does not keep the others from posting.
    """
    issue_digest = digest(issue, app.config.digest)
    rows = app.rows(issue.number) if app.has_store else ()
    stored = {row.account: row.post for row in rows}
    posts = []
    for target in app.targets(accounts):
        name = target.account
        if not accounts and is_skipped(issue, target):
            continue
        try:
            posts.append(stored.get(name) or compose_post(issue, issue_digest, target))
        except UsageError as error:
            if on_error is None or target.template is not None:
                raise
            on_error(f"no post for {name}: {error}")
    return tuple(posts)


def compose_post(issue: Issue, issue_digest: Digest, target: Target) -> Post:
    """Return the post, with the text that a comment in the issue has for this account, if that can be sent.

    Raises UsageError for an account's own template that does not work.
    """
    text = _text_in_comment(issue, target)
    if text is not None:
        with suppress(UsageError):  # a finding: `comment_problems`
            return compose_custom(text, TextBy.COMMENT, issue_digest, target)
    return compose(issue_digest, target)


def compose_custom_post(app: App, issue: Issue, account: str, text: str) -> Post:
    """Return the post with a custom text. Raises UsageError for one that cannot be sent."""
    (target,) = app.targets([account])
    return compose_custom(text, TextBy.PERSON, digest(issue, app.config.digest), target)


def is_skipped(issue: Issue, target: Target) -> bool:
    """Return whether a comment in the issue says that it is not announced on this account."""
    return bool({target.account, target.form.platform} & set(issue.directives.skip))


def comment_problems(issue: Issue, targets: Sequence[Target]) -> Iterator[str]:
    """Yield a sentence for each comment in the issue that is not understood, or cannot be followed."""
    for finding in issue.findings:
        if finding.kind is FindingKind.DIRECTIVE:
            yield f"line {finding.line}: {finding.message}"
    yield from unusable_comments(issue, targets)


def unusable_comments(issue: Issue, targets: Sequence[Target]) -> Iterator[str]:
    """Yield a sentence for each comment that these accounts cannot follow."""
    directives = issue.directives
    if directives == Directives():
        return
    accounts = [each.account for each in targets]
    platforms = [each.form.platform for each in targets]
    for name in (*directives.skip, *directives.texts):
        if name not in accounts + platforms:
            known = ", ".join(accounts)
            yield f"a comment in the issue names {name}: there is no such account; there are: {known}"
    for each in targets:
        try:
            if (text := _text_in_comment(issue, each)) is not None:
                compose_custom(text, TextBy.COMMENT, digest(issue, DigestConfig()), each)
        except UsageError as error:
            yield f"a comment in the issue is not used: {error}"


def _text_in_comment(issue: Issue, target: Target) -> str | None:
    texts = issue.directives.texts
    return texts.get(target.account) or texts.get(target.form.platform)


def plan(
    app: App, issue: Issue, accounts: Sequence[str] = (), *, early: bool = False, custom: Post | None = None
) -> None:
    """Make the rows, with their texts, all in one transaction. Repeating it changes nothing.

    `early`: the issue is not out yet; it goes on waiting for the accounts that are not named. `custom`: the post of
    the one account named, with a custom text. Raises IssueError for a post longer than its platform takes.
    """
    refresh_limits(app, accounts)
    skipped = [] if accounts else [each.account for each in app.targets() if is_skipped(issue, each)]
    app.store.plan(
        issue,
        [custom] if custom is not None else list(recompose(app, issue, accounts).values()),
        initial_states=earlier_run_states(app, issue.number)
        | _existing_discussion(app, issue)
        | dict.fromkeys(skipped, SKIPPED),
        backfill=_link_state(app, issue),
        early=early,
        shadow=app.config.delivery.shadow,
        now=app.clock(),
    )


def recompose(app: App, issue: Issue, accounts: Sequence[str] = ()) -> Mapping[str, Post]:
    """Return by account the posts of the issue as it is now, whatever was posted."""
    issue_digest = digest(issue, app.config.digest)
    return {
        target.account: _compose_or_default(issue, issue_digest, target) for target in app.targets(accounts)
    }


def outdated_lines(app: App, issue: Issue, row: Delivery) -> tuple[str, ...]:
    """Return the names of the lines of the row's post that the issue words otherwise by now."""
    from crosspost.compose.post_text import changed_lines

    (target,) = app.targets([row.account])
    issue_digest = digest(issue, app.config.digest)
    after = _compose_or_default(issue, issue_digest, target)
    return changed_lines(row.post, after, issue_digest, target)


def _compose_or_default(issue: Issue, issue_digest: Digest, target: Target) -> Post:
    """Return the post; by the platform's template where the account's own does not work: no post at all is worse."""
    try:
        post = compose_post(issue, issue_digest, target)
        if fits(post) or target.template is None:
            return _require_fit(post)
        why = f"its text is too long: {post.length} of {post.limit}"
    except UsageError as error:
        why = str(error)
    event(log, "template not used", level=logging.WARNING, account=target.account, why=why)
    return _require_fit(compose(issue_digest, replace(target, template=None)))


def fits(post: Post) -> bool:
    """Return whether the platform takes a post of this length."""
    return not post.limit or post.length <= post.limit


def _require_fit(post: Post) -> Post:
    """Return the post. Raises IssueError when title and address alone are too long: the platform would refuse it."""
    if fits(post):
        return post
    raise IssueError(
        f"the post for {post.account} would have {post.length} of {post.limit} characters, and its address alone has "
        f"{len(post.url)}; give the issue a shorter Title, or a Slug in its header"
    )


def refresh_limits(app: App, accounts: Sequence[str] = ()) -> None:
    """Read each instance's own limits, at most once a day, and cache them.

    Where an instance does not return them in time, those of before count, or its platform's usual ones, and it is asked
    again next time. All are asked in parallel: a slow one delays no other.
    """
    threads = []
    for configured in app.config.accounts:
        name = configured.name
        connect = app.accounts[name].connect
        if configured.mode != "auto" or connect is None or (accounts and name not in accounts):
            continue
        if not account_cache.is_fresh(app.store, configured, app.clock()):
            arguments = (app, configured, connect)
            threads.append(Thread(target=_read_limits, args=arguments, name=f"limits-{name}", daemon=True))
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + LIMITS_TIMEOUT
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def _read_limits(app: App, account: AccountConfig, connect: Callable[[], Platform]) -> None:
    try:
        with closing(connect()) as platform:
            limits = platform.limits()
        if limits:
            account_cache.save_limits(app.store, account, limits, app.clock())
    except Exception as error:  # noqa: BLE001 - one account's trouble must not keep the issue from the others
        event(log, "limits not read", level=logging.WARNING, account=account.name, why=error)


def _existing_discussion(app: App, issue: Issue) -> dict[str, InitialState]:
    """Return the state of the account whose post the issue links to already: adopted without a request."""
    if (url := verified_discussion(issue)) is None:
        return {}
    now = app.clock()
    if app.config.delivery.shadow:
        reason = "shadow mode: people posted it before"
        state = InitialState(
            DeliveryState.SKIPPED, reason, not_before=now, shadow_at=now, seen=ActualPost(url, None, "")
        )
    else:
        state = InitialState(DeliveryState.SENT, "the issue already carries its link", url=url)
    return {name: state for name, account in app.accounts.items() if account.discussion}


def earlier_run_states(app: App, number: int) -> dict[str, InitialState]:
    """Return the states of deliveries that a run before this database may have made; empty where none may.

    The first look is at once. What an earlier run sent is as old as this database at least, so of the looks that an
    unclear answer asks for those count as made whose time has come since.
    """
    record = app.store.issue(number)
    since = app.store.may_be_announced_until(record) if record else None
    if since is None or app.config.delivery.shadow:
        return {}
    now = app.clock()
    return {
        name: InitialState(
            DeliveryState.UNCERTAIN,
            "an earlier run, of which nothing is kept, may have posted it",
            uncertain_since=since,
            looks=sum(since + after <= now for after in account.look_after) - 1,
            not_before=now,
        )
        for name, account in app.accounts.items()
        if account.mode == "auto"
    }


def verified_discussion(issue: Issue) -> str | None:
    """Return the link that the issue carries, when it provably leads to its own discussion."""
    url = issue.discussion_url
    if url is None or link_status(url, issue.number, issue.url) is not LinkStatus.RIGHT:
        return None
    return canonical_url(url)


def _link_state(app: App, issue: Issue) -> BackfillState:
    if app.config.backfill.mode == "off" or not any(account.discussion for account in app.accounts.values()):
        return BackfillState.OFF
    return BackfillState.DONE if verified_discussion(issue) else BackfillState.WAITING
