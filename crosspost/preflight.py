"""`crosspost check`: would everything work on Wednesday? Reads only, writes nothing anywhere.

The same look is taken by the daemon the day before publication, when a time for it is configured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from crosspost.errors import CrosspostError
from crosspost.platforms import CheckResult

if TYPE_CHECKING:
    from crosspost.app import App


def preflight(app: App) -> Sequence[CheckResult]:
    """A sentence for everything that was looked at; one that is not ok would fail on Wednesday."""
    return tuple(_everything(app))


def _everything(app: App) -> Iterator[CheckResult]:
    yield CheckResult(
        "configuration", True, f"{len(app.config.accounts)} accounts, {len(app.config.sources)} sources"
    )
    yield _store(app)
    if not app.config.sources:
        yield CheckResult("source", False, "no [source] is configured: nothing will ever be seen")
    yield from _sources(app)
    if not app.config.accounts:
        yield CheckResult("accounts", False, "no [accounts.NAME] is configured: nothing will ever be posted")
    for name in app.accounts:
        yield from _account(app, name)


def _store(app: App) -> CheckResult:
    if not app.has_store:
        return CheckResult("store", True, "there is no database yet; the first pass makes it")
    try:
        app.store.ping()
        return CheckResult("store", True, f"the database answers, schema {app.store.version()}")
    except CrosspostError as error:
        return CheckResult("store", False, str(error))


def _sources(app: App) -> Iterator[CheckResult]:
    try:
        sources = app.sources
    except CrosspostError as error:
        yield CheckResult("source", False, str(error))
        return
    for source in sources:
        try:
            listing = source.poll(None)
            count = len(listing.files) if listing else 0
            yield CheckResult(
                source.name, True, f"answers; {count} files at {listing.revision[:12] if listing else '?'}"
            )
        except CrosspostError as error:
            yield CheckResult(source.name, False, str(error))


def _account(app: App, name: str) -> Iterator[CheckResult]:
    account = app.accounts[name]
    if account.connect is None:
        yield CheckResult(name, True, "manual, and not readable: it will wait for `crosspost record`")
        return
    try:
        platform = account.connect()
    except CrosspostError as error:
        yield CheckResult(name, False, str(error))
        return
    try:
        for result in platform.check():
            yield CheckResult(f"{name}: {result.what}", result.ok, result.sentence)
    finally:
        platform.close()
