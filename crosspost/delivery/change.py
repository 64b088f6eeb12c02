"""A post that is out, deleted or edited as a person asks: look, claim, write, look again.

The row stays `sent` with its request until the platform has answered. Both writes can be repeated without harm, so
what was not answered is done again. A deletion ends only when a look does not find the post; a look soon after the
post was made proves nothing where no deletion was accepted: listings lag.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any, assert_never

from crosspost.delivery.claim import write_once
from crosspost.delivery.look import post_location
from crosspost.delivery.overrides import CLEARED_REQUEST, earlier_post
from crosspost.delivery.timing import time_text
from crosspost.delivery.transitions import Transitions
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
from crosspost.platforms import Attempt


class ChangeStep(Transitions):
    """Brings the requests of one account further."""

    def _carry_out(self, row: Delivery) -> Delivery | None:
        """Bring a request one step further. The row as it is then; None when another process has it."""
        seen = self._connection.fetch(row)
        match seen:
            case NotOurs(author):
                return self._drop(row, f"cannot {row.request} it: {author} wrote it")
            case CannotLook(refused=True) if self._account.mode == "manual":
                return self._by_hand(row, watched=False)
            case CannotLook(refused=True):
                return self._ask_a_person(row, f"looking was refused: {seen.reason}")
            case CannotLook():
                return self._try_again(row, f"could not look first: {seen.reason}", seen.until)
            case Absent() if row.request is PostRequest.AMEND:
                return self._drop(row, "cannot amend it: it is not there any more")
            case Absent() if self._is_listed_by_now(row):
                return self._retracted(row)
            case Absent() | Found():
                return self._by_hand(row) if self._account.mode == "manual" else self._attempt_change(row)
            case _:
                assert_never(seen)

    def _attempt_change(self, row: Delivery) -> Delivery | None:
        image = None
        if row.amended is not None:
            with suppress(Exception):  # the post keeps its own: the words are what is to be corrected
                image = self._account.image(row.amended)
        self._failpoint("claiming")
        claimed = self._store.claim_request(row, *self._term())
        if claimed is None:
            return None

        def change(attempt: Attempt) -> Outcome:
            platform = self._connection.platform()
            if claimed.request is PostRequest.RETRACT:
                return platform.delete(post_location(claimed), attempt)
            if claimed.amended is None:
                raise AssertionError("an amendment has its post")
            return platform.edit(post_location(claimed), claimed.amended, attempt)

        outcome = write_once(self._check(claimed), 1, image, change)
        return None if outcome is None else self._settle_change(claimed, outcome)

    def _settle_change(self, row: Delivery, outcome: Outcome) -> Delivery | None:
        match outcome:
            case Done(was_there):
                if row.request is PostRequest.RETRACT:
                    return self._gone(row, was_there)
                return self._move(
                    row, "amended", **CLEARED_REQUEST, post=row.amended, outdated=(), setbacks=0
                )
            case RefusedForNow():
                return self._try_again(row, f"refused for now: {outcome.reason}", outcome.until)
            case NeverArrived():
                return self._try_again(row, f"did not arrive: {outcome.reason}")
            case Uncertain():
                return self._try_again(row, outcome.reason)
            case Rejected():
                return self._ask_a_person(row, f"{outcome.fault} refused: {outcome.reason}")
            case Sent():
                raise AssertionError("a change sends no new post")
            case _:
                assert_never(outcome)

    def _gone(self, row: Delivery, was_there: bool) -> Delivery | None:
        """Believe a deletion that a look bears out."""
        seen = self._connection.fetch(row)
        if isinstance(seen, Absent) and (was_there or self._is_listed_by_now(row)):
            return self._retracted(row)
        now = self._clock()
        after = now + self._account.look_after[0]
        said = "deleted, and still shown" if was_there else "the platform knows no such post yet"
        return self._move(row, f"{said}; looked for again at {time_text(after, now)}", not_before=after)

    def _retracted(self, row: Delivery) -> Delivery | None:
        """End the request; where a person had more than one post made, go on with the one before."""
        now = self._clock()
        if row.earlier:
            moved = self._move(row, "deleted; there is an earlier post", **earlier_post(row), not_before=now)
            return None if moved is None else self._carry_out(moved)
        reason, gone = "deleted, and seen to be gone", {"settled_at": now, "setbacks": 0}
        return self._to(row, DeliveryState.RETRACTED, reason, {"url": row.url}, **gone)

    def _drop(self, row: Delivery, reason: str) -> Delivery | None:
        """End a request that cannot be carried out; the post stays as it is."""
        return self._move(row, reason, **CLEARED_REQUEST, setbacks=0)

    def _by_hand(self, row: Delivery, *, watched: bool = True) -> Delivery | None:
        """Never written to: a person deletes it, and the look sees that it is gone."""
        reason = f"delete it yourself: {row.url}; then: crosspost skip {row.number} {row.account}"
        after = self._clock() + self._account.look_after[-1]
        return self._move(row, reason, not_before=after if watched else None)

    def _ask_a_person(self, row: Delivery, reason: str) -> Delivery | None:
        todo = f"fix it, then: crosspost {row.request} {row.number} {row.account}"
        return self._move(row, f"{reason}; {todo}", not_before=None)

    def _try_again(self, row: Delivery, reason: str, until: datetime | None = None) -> Delivery | None:
        return self._move(row, reason, not_before=self._again_at(row, until), setbacks=row.setbacks + 1)

    def _is_listed_by_now(self, row: Delivery) -> bool:
        """Whether the post would be shown if it were there."""
        return row.settled_at is None or self._clock() >= row.settled_at + self._account.lag

    def _move(self, row: Delivery, reason: str, **changes: Any) -> Delivery | None:
        return self._store.move(row, row.state, now=self._clock(), reason=reason, **changes)
