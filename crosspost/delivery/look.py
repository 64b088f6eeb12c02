"""The look for a post on its platform."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, TypeVar

from crosspost.delivery.account import Account
from crosspost.errors import CrosspostError
from crosspost.log.redaction import error_text
from crosspost.model import Absent, CannotLook, Delivery, Found, IssueRecord, Look, Post
from crosspost.platforms import Platform, Query
from crosspost.store.values import key_for

if TYPE_CHECKING:
    from crosspost.store import Store

BEFORE_THE_ISSUE = timedelta(days=1)
"""An editor may have posted this long before the issue's date."""

Result = TypeVar("Result")


def query_for(row: Delivery) -> Query:
    """Return what to look for."""
    unclear = row.uncertain_since is not None
    return Query(row.post.url, row.post.title, row.number, row.key, row.post.text, may_exist=unclear)


def post_location(row: Delivery) -> Found:
    """Return where the row's post is."""
    return Found(row.url or "", row.remote_id or "")


def find_post(platform: Platform, store: Store, row: Delivery) -> Look:
    """Look for a delivery's post. Whatever this raises must not count as an absence."""
    record = store.issue(row.number)
    # Of what was out before this database began, nobody knows since when.
    known = record is not None and store.may_be_announced_until(record) is None
    query = replace(query_for(row), first_seen_at=record.first_seen_at if record and known else None)
    look = platform.find(query, _fence(row, record, row.planned_at))
    if isinstance(look, Found) and row.url is not None and look.url == row.url:
        return Absent()  # the very post that a person wants to have made again
    return look


def look_ahead(
    account: Account, post: Post, record: IssueRecord, row: Delivery | None, now: datetime
) -> Look:
    """Look for a post as its delivery would first, planned (`row`) or not yet. Never raises; writes nothing."""
    if row is not None:
        query = replace(query_for(row), first_seen_at=record.first_seen_at)
    else:
        key = key_for(record.newsletter, post.number, post.account)
        query = Query(post.url, post.title, post.number, key, post.text)
    return _read_once(account, lambda platform: platform.find(query, _fence(row, record, now)))


def read_post(account: Account, query: Query, url: str) -> Look:
    """Read the post at an address: Found when it is about the issue, Absent when it is not, or not there."""
    return _read_once(account, lambda platform: platform.verify(url, query))


def _read_once(account: Account, read: Callable[[Platform], Look]) -> Look:
    """Read with a connection of its own. Never raises."""
    if account.connect is None:
        return CannotLook("the account has no credentials", refused=False)

    def read_and_close(platform: Platform) -> Look:
        with closing(platform):
            return read(platform)

    return read_or_reason(account.connect, read_and_close)


def read_or_reason(
    connect: Callable[[], Platform], read: Callable[[Platform], Result]
) -> Result | CannotLook:
    """Read something; never raises. What an adapter raises must not count as an absence or an empty listing."""
    try:
        platform = connect()
    except CrosspostError as error:
        return CannotLook(str(error), refused=True)  # a person has to act
    except Exception as error:  # noqa: BLE001 - a client that cannot be built can be tried later
        return CannotLook(error_text(error), refused=False)
    try:
        return read(platform)
    except Exception as error:  # noqa: BLE001 - whatever an adapter raises
        return CannotLook(error_text(error), refused=False)


def _fence(row: Delivery | None, record: IssueRecord | None, now: datetime) -> datetime:
    """Return the time from which a post counts. Wide enough for an editor who was early."""
    if row is not None and row.fence is not None:
        return row.fence
    planned = row.planned_at if row else now
    published = datetime.combine(record.date, time(), UTC) if record and record.date else planned
    return min(published, planned) - BEFORE_THE_ISSUE
