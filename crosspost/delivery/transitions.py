"""The transitions that the steps of a delivery share, each written down with its reason."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from crosspost.config.schema import DeliveryConfig
from crosspost.delivery.account import Account
from crosspost.delivery.claim import ClaimCheck, Failpoint, HoldCheck, no_failpoint, no_hold
from crosspost.delivery.look import Connection
from crosspost.delivery.overrides import earlier_post
from crosspost.delivery.spending import Budget
from crosspost.delivery.timing import duration_text, given_up_at, next_look, next_try
from crosspost.model import (
    CannotLook,
    Clock,
    Delivery,
    DeliveryState,
    Found,
    Look,
    PostRequest,
    Sent,
)
from crosspost.store.values import sent_columns

if TYPE_CHECKING:
    from crosspost.store import Store
    from crosspost.watch.gate import Wait


class Transitions:
    """The rows of one account, and the transitions that all steps share. For one thread; it connects when it has to.

    Each transition returns the row as it is then; None when somebody else has moved it.
    """

    def __init__(
        self,
        store: Store,
        account: Account,
        policy: DeliveryConfig,
        clock: Clock,
        failpoint: Failpoint = no_failpoint,
        check_hold: HoldCheck = no_hold,
    ) -> None:
        self.policy = policy
        self._store = store
        self._account = account
        self._clock = clock
        self._failpoint = failpoint
        self._check_hold = check_hold
        self._budget = Budget(store, account, clock)
        self._connection = Connection(store, account, self._budget, failpoint)

    def close(self) -> None:
        self._connection.close()

    def _term(self) -> tuple[datetime, datetime]:
        """Return when an attempt that begins now begins, and when others take its row over: a tenth after its limit."""
        now, limit = self._clock(), self.policy.attempt_limit
        return now, now + limit + limit / 10

    def _check(self, claimed: Delivery) -> ClaimCheck:
        self._failpoint("claimed")
        return ClaimCheck(self._store, claimed, self.policy.attempt_limit, self._clock, self._failpoint)

    def _to(
        self,
        row: Delivery,
        state: DeliveryState,
        reason: str,
        evidence: dict[str, Any] | None = None,
        **changes: Any,
    ) -> Delivery | None:
        """Write a transition down. What a person retracts is never due again: it is skipped, or out and deleted."""
        now = self._clock()
        not_out = state in (DeliveryState.DUE, DeliveryState.STUCK)
        if row.request is PostRequest.RETRACT and not_out and row.earlier:
            state = DeliveryState.SENT
            changes = {**earlier_post(row), "not_before": now, "uncertain_since": None}
        elif row.request is PostRequest.RETRACT and not_out:
            reason = f"retracted before it was out ({reason})"
            state, changes = DeliveryState.SKIPPED, {"settled_at": now, "uncertain_since": None}
        elif row.request is PostRequest.RETRACT and state is DeliveryState.SENT:
            changes["not_before"] = now
        return self._store.move(row, state, now=now, reason=reason, evidence=evidence, **changes)

    def _found(self, row: Delivery, found: Found, *, adopted: bool) -> Delivery | None:
        reason = f"already there, recognised by its {found.by}" if adopted else f"found by its {found.by}"
        if found.others:
            reason += f"; there as well: {', '.join(found.others)}"
        there = sent_columns(found.url, found.id, self._clock(), adopted=adopted)
        return self._to(row, DeliveryState.SENT, reason, {"url": found.url, "id": found.id}, **there)

    def _sent(self, claimed: Delivery, sent: Sent, now: datetime) -> Delivery | None:
        there = sent_columns(sent.url, sent.id, now, adopted=False)
        evidence = {"url": sent.url, "id": sent.id}
        moved = self._to(claimed, DeliveryState.SENT, sent.note or "sent", evidence, **there, setbacks=0)
        return moved or self._store.record_late_answer(claimed, sent, now)

    def _become_uncertain(self, row: Delivery, reason: str) -> Delivery | None:
        now = self._clock()
        look_at = next_look(now, 0, now, self._account.look_after)
        anew: dict[str, Any] = {"uncertain_since": now, "looks": 0, "setbacks": 0, "not_before": look_at}
        return self._to(row, DeliveryState.UNCERTAIN, reason, **anew)

    def _wait_or_give_up(
        self, row: Delivery, reason: str, until: datetime | None, evidence: dict[str, Any] | None = None
    ) -> Delivery | None:
        if self._is_too_old(row):
            return self._give_up(row, reason)
        return self._to(row, DeliveryState.DUE, reason, evidence, **self._next_try(row, until))

    def _again_at(self, row: Delivery, until: datetime | None = None) -> datetime:
        """Return when to try again after one more setback. `until`: the time that the platform asks for."""
        return next_try(row, self._clock(), self.policy, until, self._account.window)

    def _is_too_old(self, row: Delivery) -> bool:
        """Return whether it would announce last week's news."""
        return self._clock() > given_up_at(row, self.policy)

    def _next_try(self, row: Delivery, until: datetime | None) -> dict[str, Any]:
        """Return when to try or to look again. What the platform asks for beyond all bounds is kept for a person."""
        chosen = self._again_at(row, until)
        beyond = until is not None and until > max(chosen, given_up_at(row, self.policy))
        return {"not_before": chosen, "setbacks": row.setbacks + 1, "asked_until": until if beyond else None}

    def _give_up(self, row: Delivery, why: str) -> Delivery | None:
        age = duration_text(self.policy.give_up_after)
        reason = f"given up after {age}" + (f" ({why})" if why else "")
        return self._to(row, DeliveryState.STUCK, reason, not_before=None)

    def _hold(self, row: Delivery, held: Wait) -> Delivery | None:
        """Say why it waits. It is asked about in every pass, and how long it may be tried counts from its release."""
        now = self._clock()
        if row.reason == held.reason and now - (row.due_since or row.planned_at) < self.policy.longest_retry:
            return None
        return self._to(row, DeliveryState.DUE, held.reason, due_since=now)

    def _look_within_budget(self, row: Delivery) -> Look:
        """Look for what people posted themselves, if the month's budget allows it."""
        if refusal := self._budget.look_refusal():
            return CannotLook(refusal, refused=True)
        return self._connection.look(row)
