"""A post that is out, deleted or edited as a person asks: look, claim, write, look again.

The row stays `sent` with its request until the platform has answered. Both writes can be repeated without harm, so
what was not answered is done again. A deletion ends only when a look does not find the post; a look soon after the
post was made proves nothing where no deletion was accepted: listings lag.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any, assert_never

from crosspost.delivery.look import post_location
from crosspost.delivery.overrides import CLEARED_REQUEST, earlier_post
from crosspost.delivery.session import Session
from crosspost.delivery.timing import time_text
from crosspost.model import (
    Absent,
    CannotLook,
    Delivery,
    DeliveryState,
    Done,
    Found,
    NeverArrived,
    NotOurs,
    Outcome,
    PostRequest,
    RefusedForNow,
    Rejected,
    Sent,
    Uncertain,
)
from crosspost.platforms import Attempt, Platform


def carry_out(session: Session, row: Delivery) -> Delivery | None:
    """Bring a request one step further. Return the row as it is then; None when another process has it."""
    match session.fetch(row):
        case NotOurs(author):
            return _drop(session, row, f"cannot {row.request} it: {author} wrote it")
        case CannotLook(refused=True) if session.account.mode == "manual":
            return _wait_for_deletion(session, row, readable=False)
        case CannotLook(refused=True, reason=reason):
            return _wait_for_person(session, row, f"looking was refused: {reason}")
        case CannotLook(reason=reason, until=until):
            return _try_again(session, row, f"could not look first: {reason}", until)
        case Absent() if row.request is PostRequest.AMEND:
            return _drop(session, row, "cannot amend it: it is not there any more")
        case Absent() if _would_be_listed(session, row):
            return _finish_retraction(session, row)
        case Absent() | Found():
            if session.account.mode == "manual":
                return _wait_for_deletion(session, row)
            return _attempt(session, row)
        case other:
            assert_never(other)


def _attempt(session: Session, row: Delivery) -> Delivery | None:
    image = None
    if row.amended is not None:
        with suppress(Exception):  # the post keeps its own: the words are what is to be corrected
            image = session.account.image(row.amended)
    session.failpoint("claiming")
    claimed = session.store.claim_request(row, *session.claim_times())
    if claimed is None:
        return None

    def change(platform: Platform, attempt: Attempt) -> Outcome:
        if claimed.request is PostRequest.RETRACT:
            return platform.delete(post_location(claimed), attempt)
        if claimed.amended is None:
            raise AssertionError("an amendment has its post")
        return platform.edit(post_location(claimed), claimed.amended, attempt)

    outcome = session.write(claimed, 1, image, change)
    return None if outcome is None else _settle(session, claimed, outcome)


def _settle(session: Session, row: Delivery, outcome: Outcome) -> Delivery | None:
    match outcome:
        case Done(was_there) if row.request is PostRequest.RETRACT:
            return _confirm_deletion(session, row, was_there)
        case Done():
            columns = {**CLEARED_REQUEST, "post": row.amended, "outdated": (), "setbacks": 0}
            return _update(session, row, "amended", **columns)
        case RefusedForNow():
            return _try_again(session, row, f"refused for now: {outcome.reason}", outcome.until)
        case NeverArrived():
            return _try_again(session, row, f"did not arrive: {outcome.reason}")
        case Uncertain():
            return _try_again(session, row, outcome.reason)
        case Rejected():
            return _wait_for_person(session, row, f"{outcome.fault} refused: {outcome.reason}")
        case Sent():
            raise AssertionError("a change sends no new post")
        case _:
            assert_never(outcome)


def _confirm_deletion(session: Session, row: Delivery, was_there: bool) -> Delivery | None:
    """End a retraction when a look does not find the post; else have it looked for again."""
    result = session.fetch(row)
    if isinstance(result, Absent) and (was_there or _would_be_listed(session, row)):
        return _finish_retraction(session, row)
    now = session.clock()
    after = now + session.account.look_after[0]
    state = "deleted, and still shown" if was_there else "the platform knows no such post yet"
    return _update(session, row, f"{state}; looked for again at {time_text(after, now)}", not_before=after)


def _finish_retraction(session: Session, row: Delivery) -> Delivery | None:
    """End the request; where a person had more than one post made, go on with the one before."""
    now = session.clock()
    if row.earlier:
        columns = {**earlier_post(row), "not_before": now}
        after = _update(session, row, "deleted; there is an earlier post", **columns)
        return None if after is None else carry_out(session, after)
    reason, evidence = "deleted, and seen to be gone", {"url": row.url}
    return session.move(row, DeliveryState.RETRACTED, reason, evidence, settled_at=now, setbacks=0)


def _drop(session: Session, row: Delivery, reason: str) -> Delivery | None:
    """End a request that cannot be carried out; the post stays as it is."""
    return _update(session, row, reason, **CLEARED_REQUEST, setbacks=0)


def _wait_for_deletion(session: Session, row: Delivery, *, readable: bool = True) -> Delivery | None:
    """Let a person delete the post of a manual account; where it can be read, a look sees that it is gone."""
    reason = f"delete it yourself: {row.url}; then: crosspost skip {row.number} {row.account}"
    after = session.clock() + session.account.look_after[-1]
    return _update(session, row, reason, not_before=after if readable else None)


def _wait_for_person(session: Session, row: Delivery, reason: str) -> Delivery | None:
    todo = f"fix it, then: crosspost {row.request} {row.number} {row.account}"
    return _update(session, row, f"{reason}; {todo}", not_before=None)


def _try_again(
    session: Session, row: Delivery, reason: str, until: datetime | None = None
) -> Delivery | None:
    not_before = session.next_try(row, until)
    return _update(session, row, reason, not_before=not_before, setbacks=row.setbacks + 1)


def _would_be_listed(session: Session, row: Delivery) -> bool:
    """Return whether the post would be listed by now if it were there."""
    return row.settled_at is None or session.clock() >= row.settled_at + session.account.lag


def _update(session: Session, row: Delivery, reason: str, **changes: Any) -> Delivery | None:
    """Store what happened to the request. The row stays `sent`."""
    return session.store.move(row, row.state, now=session.clock(), reason=reason, **changes)
