"""What a person may ask to have done with posts that are out: take them back (retract), word them anew (amend).

Here the wish is written into the row; change.py carries it out. Nothing is posted again by either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crosspost.delivery.account import Account
from crosspost.delivery.overrides import GONE, NOT_OUT, before_it, persist, rows_of
from crosspost.model import Clock, Delivery, DeliveryState, Post, PostRequest

if TYPE_CHECKING:
    from datetime import datetime

    from crosspost.store import Store

TAKES_BACK = "a person takes it back"


def retract(store: Store, number: int, accounts: Sequence[str], clock: Clock) -> tuple[Delivery, ...]:
    """Take the posts of an issue back; without `accounts`, all of them. Repeating it changes nothing.

    What is not out is skipped at once. The rest is marked: what is there, or may be, is looked for and deleted.
    Raises UsageError for an issue or an account without a delivery.
    """
    return tuple(_retract_one(store, row, clock) for row in rows_of(store, number, accounts))


def amend(
    store: Store, posts: Mapping[str, Post], rows: Sequence[Delivery], clock: Clock
) -> tuple[Delivery, ...]:
    """Ask to have posts edited in place: `posts` says by account what they are to become."""
    return tuple(_amend_one(store, row, posts[row.account], clock) for row in rows if row.account in posts)


def can_amend(row: Delivery, account: Account) -> str | None:
    """Return why a post cannot be edited in place, in a sentence; None where it can."""
    again = f"to replace it: crosspost retract {row.number} {row.account}, then: crosspost post {row.number} --to "
    if row.state is not DeliveryState.SENT:
        return f"it is {row.state}, and nothing is there to edit"
    if row.request is PostRequest.RETRACT:
        return "it is being taken back"
    if not account.editable:
        return (
            f"posts on {account.kind} cannot be edited so that readers see it; {again}{row.account} --again"
        )
    if account.mode == "manual":
        return f"it is an editor's own post; edit it there: {row.url}"
    if row.adopted:
        return f"a person wrote it, not crosspost; edit it there: {row.url}"
    return None


def _retract_one(store: Store, row: Delivery, clock: Clock) -> Delivery:
    def moved(current: Delivery, now: datetime) -> Delivery | None:
        asked: dict[str, Any] = {"request": PostRequest.RETRACT, "requested_at": now}
        may_be_out = current.uncertain_since is not None
        if current.state in GONE:
            return current
        if current.state in NOT_OUT and not may_be_out and not current.earlier:
            return store.move(
                current, DeliveryState.SKIPPED, now=now, reason=TAKES_BACK, settled_at=now, **asked
            )
        if current.request is PostRequest.RETRACT and current.not_before is not None:
            return current
        changes: dict[str, Any] = {**asked, "amended": None, "not_before": now}
        state = current.state
        if state in NOT_OUT and may_be_out:
            state = DeliveryState.UNCERTAIN
        elif state in NOT_OUT:  # the first post, beside which a second was wanted
            state, changes = DeliveryState.SENT, {**changes, **before_it(current)}
        if current.state is not DeliveryState.SENT and may_be_out:
            changes["not_before"] = current.not_before or now
        if (
            current.state is DeliveryState.SENDING
        ):  # the attempt under way keeps its claim, and writes no more
            changes["not_before"] = current.not_before
        return store.move(current, state, now=now, reason=TAKES_BACK, **changes)

    return persist(store, row, clock, moved)


def _amend_one(store: Store, row: Delivery, post: Post, clock: Clock) -> Delivery:
    def moved(current: Delivery, now: datetime) -> Delivery | None:
        return store.move(
            current,
            DeliveryState.SENT,
            now=now,
            reason="a person has it amended",
            request=PostRequest.AMEND,
            requested_at=now,
            amended=post,
            not_before=now,
        )

    return persist(store, row, clock, moved)
