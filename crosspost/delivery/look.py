"""An account's connection, and the look for a post on it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from crosspost.delivery.account import Account
from crosspost.delivery.claim import Failpoint
from crosspost.delivery.spending import Budget
from crosspost.errors import CrosspostError
from crosspost.log.redaction import error_text
from crosspost.model import Absent, CannotLook, Delivery, FetchResult, Found, IssueRecord, Look, Post
from crosspost.platforms import Platform, Query
from crosspost.store.values import key_for

if TYPE_CHECKING:
    from crosspost.store import Store

BEFORE_THE_ISSUE = timedelta(days=1)
"""An editor may have posted this long before the issue's date."""


def wanted(row: Delivery) -> Query:
    """Return what to look for."""
    unclear = row.uncertain_since is not None
    return Query(row.post.url, row.post.title, row.number, row.key, row.post.text, may_exist=unclear)


def post_location(row: Delivery) -> Found:
    """Return where the row's post is."""
    return Found(row.url or "", row.remote_id or "")


class Connection:
    """One account, connected when it is first needed. For one thread."""

    def __init__(self, store: Store, account: Account, budget: Budget, failpoint: Failpoint) -> None:
        self._store = store
        self._account = account
        self._failpoint = failpoint
        self._budget = budget
        self._platform: Platform | None = None

    def close(self) -> None:
        if self._platform is not None:
            platform, self._platform = self._platform, None
            try:
                self._budget.count(platform)
            finally:
                platform.close()

    def platform(self) -> Platform:
        """Return the connected platform. Raises CrosspostError when a secret or a package is missing."""
        if self._platform is None:
            if self._account.connect is None:
                raise CrosspostError(f"the account {self._account.name} has no credentials")
            self._platform = self._account.connect()
        return self._platform

    def fetch(self, row: Delivery) -> FetchResult:
        """Read the row's own post, whatever it says by now. Never raises."""
        self._failpoint("looking")
        try:
            seen = self.platform().fetch(post_location(row))
        except CrosspostError as error:
            return CannotLook(str(error), refused=True)
        except Exception as error:  # noqa: BLE001 - an adapter's fault must not count as an absence
            seen = CannotLook(error_text(error), refused=False)
        self._failpoint("looked")
        return seen

    def look(self, row: Delivery) -> Look:
        """Look for the post. Never raises: what cannot be read is CannotLook."""
        self._failpoint("looking")
        try:
            platform = self.platform()
        except CrosspostError as error:
            return CannotLook(str(error), refused=True)  # a person has to act
        except Exception as error:  # noqa: BLE001 - a client that cannot be built can be tried later
            return CannotLook(error_text(error), refused=False)
        try:
            record = self._store.issue(row.number)
            # Of what was out before this database began, nobody knows since when.
            known = record is not None and self._store.may_be_announced_until(record) is None
            sought = replace(wanted(row), first_seen_at=record.first_seen_at if record and known else None)
            look = platform.find(sought, _fence(row, record, row.planned_at))
        except Exception as error:  # noqa: BLE001 - an adapter's fault must not count as an empty listing
            look = CannotLook(error_text(error), refused=False)
        self._budget.count(platform)
        self._failpoint("looked")
        if isinstance(look, Found) and row.url is not None and look.url == row.url:
            return Absent()  # the very post that a person wants to have made again
        return look


def look_ahead(
    account: Account, post: Post, record: IssueRecord, row: Delivery | None, now: datetime
) -> Look:
    """Look for a post as its delivery would first, planned (`row`) or not yet. Never raises; writes nothing."""
    if account.connect is None:
        return CannotLook("the account has no credentials", refused=False)
    if row is not None:
        sought = wanted(row)
    else:
        key = key_for(record.newsletter, post.number, post.account)
        sought = Query(post.url, post.title, post.number, key, post.text)
    try:
        with closing(account.connect()) as platform:
            first_seen_at = record.first_seen_at if row else None
            return platform.find(replace(sought, first_seen_at=first_seen_at), _fence(row, record, now))
    except CrosspostError as error:
        return CannotLook(str(error), refused=True)
    except Exception as error:  # noqa: BLE001 - an adapter's fault says nothing of what is there
        return CannotLook(error_text(error), refused=False)


def _fence(row: Delivery | None, record: IssueRecord | None, now: datetime) -> datetime:
    """Only what was published since counts. Wide enough for an editor who was early."""
    if row is not None and row.fence is not None:
        return row.fence
    planned = row.planned_at if row else now
    published = datetime.combine(record.date, time(), UTC) if record and record.date else planned
    return min(published, planned) - BEFORE_THE_ISSUE
