"""Check whether everything would work on publication day: `crosspost check`, and once a week the daemon (alerts).

It only reads. One thing is written: the time of a request to a feed that allows one request a minute. What git fetches
goes into a temporary folder; a database is neither created nor upgraded.
"""

from __future__ import annotations

import errno
import os
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from crosspost import config as configuration
from crosspost.config import extras
from crosspost.config.addresses import host_and_port
from crosspost.config.schema import SHADOW, AccountConfig
from crosspost.errors import CrosspostError, IssueError, SchemaOutdatedError, StoreError
from crosspost.model import CannotLook, Look
from crosspost.platforms import CheckResult, Level, Query
from crosspost.plural import quantity
from crosspost.store.readonly import user_name

if TYPE_CHECKING:
    from crosspost.app import App
    from crosspost.compose.digest import Digest
    from crosspost.delivery.account import Account
    from crosspost.model import IssueRecord, Post
    from crosspost.watch.sources import Source

Findings = Iterator[CheckResult]
OK, WARN, FAIL = Level

LOOK_BACK = timedelta(days=1)
"""How far back the look on each account reads. What the account may read does not depend on it."""


def run_checks(app: App) -> Sequence[CheckResult]:
    """Return the result of every check, without secrets. Never raises."""
    checks = {
        "configuration": _configuration,
        "store": _store,
        "source": _sources,
        "wording": _wordings,
        "accounts": _accounts,
        "channels": _channels,
        "alerts": _alerts,
        "page": _page,
    }
    return tuple(
        replace(finding, sentence=app.redaction.clean(finding.sentence))
        for what, check in checks.items()
        for finding in _guarded(what, check(app))
    )


def _guarded(what: str, findings: Findings) -> Findings:
    """Yield the findings of one check. An error is a finding, too."""
    try:
        yield from findings
    except CrosspostError as error:
        yield CheckResult(what, FAIL, str(error))
    except Exception as error:  # noqa: BLE001 - one broken check must not hide what the others find
        yield CheckResult(what, FAIL, f"the check failed: {type(error).__name__}: {error}")


def _configuration(app: App) -> Findings:
    sources, accounts = len(app.config.sources), len(app.config.accounts)
    read = f"it can be read: {quantity(sources, 'source')}, {quantity(accounts, 'account')}"
    yield CheckResult("configuration", OK, read)
    if app.config.delivery.shadow:
        yield CheckResult("shadow mode", WARN, SHADOW)
    for secret in configuration.secrets_of(app.config):
        if warning := secret.permission_warning():
            yield CheckResult("secrets", WARN, warning)


def _store(app: App) -> Findings:
    path = app.config.store.file
    if path and not app.has_store:
        folder = next(parent for parent in path.absolute().parents if parent.exists())
        if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
            yield CheckResult("store", OK, f"there is no database yet; the first pass creates {path}")
        else:
            why = f"{folder} is not a folder that this user may write to"
            yield CheckResult("store", FAIL, f"{path} cannot be created: {why}")
        return
    stat = path.stat() if path and path.is_file() else None
    try:
        app.store.ping()
        if stat is not None and os.geteuid() not in (0, stat.st_uid):
            sentence = (
                f"it answers; whether its owner, {user_name(stat.st_uid)}, may write to it was not tried"
            )
            yield CheckResult("store", WARN, f"{sentence}: {app.store.version()}")
        else:
            app.store.check_writable()
            yield CheckResult("store", OK, f"it answers and may be written to: {app.store.version()}")
    except SchemaOutdatedError as error:
        yield CheckResult("store", WARN, str(error))
    if stat is not None and stat.st_mode & 0o027:  # a group may be allowed to read
        sentence = f"{path} is open to other users; run: chmod 600 {path} (or 640, for a group that may read)"
        yield CheckResult("store", WARN, sentence)


def _sources(app: App) -> Findings:
    if not app.config.sources:
        yield CheckResult("source", FAIL, "no [source] is configured, so no issue would be found")
        return
    with ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="crosspost-check-"))
        sources = app.open_sources(Path(scratch))
        for source in sources:
            stack.callback(source.close)
        for source in sources:
            yield from _guarded(source.name, _source(app, source))
        yield from _guarded("user", _git_user(app))
        yield from _guarded("backfill", _backfill(app, sources))


def _git_user(app: App) -> Findings:
    """Warn when git was used as another user than the service's, with that user's keys and known hosts."""
    if all(source.kind != "git" or source.ssh_key or source.token for source in app.config.sources):
        return
    try:
        user, service = os.geteuid(), app.cache.stat().st_uid
    except FileNotFoundError:
        return
    if user != service:
        sentence = (
            f"git was asked as {user_name(user)}; {app.cache} belongs to {user_name(service)}, "
            "whose keys and known hosts may differ: run the check as that user to be sure"
        )
        yield CheckResult("user", WARN, sentence)


def _source(app: App, source: Source) -> Findings:
    from crosspost.watch.git import GitSource

    listing = source.poll(None)
    if not listing or not listing.files:
        sentence = "it answers, but has no issue: check its folder"
        yield CheckResult(source.name, WARN, sentence)
        return
    count = len(listing.files)
    if not source.in_content:
        yield CheckResult(source.name, OK, f"it answers; entries: {count}")
        return
    identity = f", to {source.access.identity()}" if isinstance(source, GitSource) else ""
    sentence = f"it answers{identity}; files of issues: {count}, at {listing.revision[:12]}"
    yield CheckResult(source.name, OK, sentence)
    yield from _page_of_newest(app, source, max(listing.files))


def _page_of_newest(app: App, source: Source, path: str) -> Findings:
    """Check that the newest issue's page is where the gate expects it. A file's name begins with its date."""
    from crosspost import parse

    try:
        newest = parse.parse_bytes(source.read(path).data, newsletter=app.config.newsletter, path=path)
    except IssueError:
        return  # another kind of text lies beside the issues
    not_live = app.page_problem(newest)
    what = f"{source.name}: page"
    if not_live == "":
        yield CheckResult(what, OK, f"issue {newest.number} is at {newest.url}")
    elif not_live:
        ask = "the gate waits for an issue's page: is newsletter.site right?"
        yield CheckResult(what, WARN, f"issue {newest.number}: {not_live} ({newest.url}); {ask}")


def _backfill(app: App, sources: Sequence[Source]) -> Findings:
    from crosspost.backfill.destination import check_write_access

    if app.config.backfill.mode == "off":
        yield CheckResult("backfill", OK, "off: the discussion link is left to the editors")
        return
    yield CheckResult("backfill", OK, check_write_access(app.config.backfill, sources))
    if not any(account.discussion for account in app.accounts.values()):
        sentence = (
            "no account has a discussion whose link could be filled in; add one that has, or turn it off"
        )
        yield CheckResult("backfill", WARN, sentence)


def _wordings(app: App) -> Findings:
    """Compose the packaged sample for every account."""
    from importlib import resources

    from crosspost import parse
    from crosspost.compose.digest import digest

    data = resources.files("crosspost.samples").joinpath("issue.md").read_bytes()
    sample = digest(
        parse.parse_bytes(data, newsletter=app.config.newsletter, path="issue.md"), app.config.digest
    )
    for account in app.config.accounts:
        yield from _guarded(f"{account.name}: wording", _wording(app, account, sample))


def _wording(app: App, account: AccountConfig, sample: Digest) -> Findings:
    from crosspost.compose import compose
    from crosspost.planning import fits

    if account.card and not extras.is_installed("card"):
        yield CheckResult(f"{account.name}: picture", FAIL, extras.install_hint("card = true", "card"))
    (target,) = app.targets([account.name])
    post = compose(sample, target)
    length = f"{post.length} of {post.limit}" if post.limit else str(post.length)
    if fits(post):
        yield CheckResult(f"{account.name}: wording", OK, f"a sample post fits: {length} characters")
    else:
        sentence = f"a sample post has {length} characters; shorten the template"
        yield CheckResult(f"{account.name}: wording", FAIL, sentence)
    yield from _budget(app, app.accounts[account.name], post)


def _budget(app: App, account: Account, post: Post) -> Findings:
    """Report the platform's charges of this month, and whether one more post is within the budget."""
    if account.pricing is None:
        return
    from crosspost.delivery.spending import Budget, spending_of

    price = account.pricing.post(post) + account.pricing.look
    known, refusal = f"a post with the look before it costs ${price:.3f}", ""
    with suppress(StoreError):  # the database has its own check
        if app.has_store:
            known = f"{spending_of(app.store, account, app.clock())}; {known}"
            refusal = Budget(app.store, account, app.clock).refusal(post)
    yield CheckResult(f"{account.name}: budget", FAIL if refusal else OK, refusal or known)


def _accounts(app: App) -> Findings:
    if not app.config.accounts:
        yield CheckResult("accounts", FAIL, "no [accounts.NAME] is configured, so nothing would be posted")
    for name, account in app.accounts.items():
        yield from _guarded(name, _account(app, account))


def _account(app: App, account: Account) -> Findings:
    name = account.name
    if account.connect is None:
        sentence = f"manual, and not readable: it waits for `crosspost record ISSUE {name} URL`"
        yield CheckResult(name, OK, sentence)
        return
    with closing(account.connect()) as platform:
        results = platform.check()
        for result in results:
            yield CheckResult(f"{name}: {result.what}", result.level, result.sentence)
        if any(result.level is FAIL for result in results):
            return
        # A look for an issue that does not exist: it reads what every delivery reads, and finds nothing.
        query = Query(
            url=f"{app.config.newsletter.site.rstrip('/')}/crosspost-check/",
            title=f"{app.newsletter} 0",
            number=0,
            key=f"check-{name}"[:25],
            text="",
        )
        yield look_result(f"{name}: look", platform.find(query, app.clock() - LOOK_BACK))


def look_result(what: str, look: Look) -> CheckResult:
    """Return whether the account's posts can be read."""
    if not isinstance(look, CannotLook):
        return CheckResult(what, OK, "its posts can be read")
    if look.refused:
        return CheckResult(what, FAIL, f"its posts cannot be read: {look.reason}")
    return CheckResult(what, WARN, f"it could not be read now: {look.reason}")


def _channels(app: App) -> Findings:
    """Poll each channel once, and save nothing."""
    from crosspost.model import ChannelState
    from crosspost.watch.channels import ISSUE_LIMIT, check_channel

    records: Sequence[IssueRecord] = ()
    with suppress(StoreError):
        records = app.store.issues(limit=ISSUE_LIMIT) if app.has_store else ()
    for channel in app.channels:
        state = check_channel(channel, ChannelState(channel.name), records, app.downloader, app.clock())
        last = f"it shows issue {state.number}" if state.number else "it shows no issue that is known here"
        level = WARN if state.reason or not state.number else OK
        yield CheckResult(channel.name, level, state.reason or f"it can be read; {last}")


def _alerts(app: App) -> Findings:
    if not app.config.alerts.to:
        sentence = "none are configured: only the log says when a person is needed"
        yield CheckResult("alerts", OK, sentence)
        return
    if not extras.is_installed("alerts"):
        yield CheckResult("alerts", FAIL, extras.install_hint("[alerts] to", "alerts"))
        return
    import apprise

    for secret in app.config.alerts.to:
        if apprise.Apprise().add(secret.reveal()):  # without a request
            yield CheckResult("alerts", OK, f"what {secret} names is an address that Apprise knows")
        else:
            yield CheckResult("alerts", FAIL, f"what {secret} names is no Apprise address")


def _page(app: App) -> Findings:
    if (listen := app.config.web.listen) is None:
        return
    host, port = host_and_port(listen)
    try:
        ((family, kind, protocol, _, address), *_) = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as asyncio's servers do
            probe.bind(address)
        yield CheckResult("page", OK, f"{listen} is free to listen on")
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            yield CheckResult("page", WARN, f"{listen} is in use: by the daemon, if it runs")
        else:
            reason = error.strerror or str(error)
            yield CheckResult("page", FAIL, f"[web] listen: cannot listen on {listen}: {reason}")
    if not extras.is_installed("metrics"):
        yield CheckResult("page", WARN, extras.install_hint("/metrics", "metrics"))
