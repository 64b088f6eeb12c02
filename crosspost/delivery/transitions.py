"""The transitions that the steps of a delivery share, each written down with its reason."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from crosspost.config.schema import DeliveryConfig
from crosspost.delivery.account import Account
from crosspost.delivery.overrides import before_it, there_at
from crosspost.delivery.timing import given_up_at, next_look, next_try, spoken, too_old
from crosspost.model import Clock, Delivery, DeliveryState, Found, Outcome, PostRequest, Sent

if TYPE_CHECKING:
    from crosspost.store import Store
    from crosspost.watch.gate import Wait


class Transitions:
    """Moves the rows of one account. Each returns the row as it is then; None when somebody else has moved it."""

    def __init__(self, store: Store, account: Account, policy: DeliveryConfig, clock: Clock) -> None:
        self.store = store
        self.account = account
        self.policy = policy
        self.clock = clock

    def to(
        self,
        row: Delivery,
        state: DeliveryState,
        reason: str,
        evidence: dict[str, Any] | None = None,
        **changes: Any,
    ) -> Delivery | None:
        """Write a transition down. What a person takes back is never due again: it is skipped, or out and deleted."""
        now = self.clock()
        not_out = state in (DeliveryState.DUE, DeliveryState.STUCK)
        if row.request is PostRequest.RETRACT and not_out and row.earlier:
            state = DeliveryState.SENT
            changes = {**before_it(row), "not_before": now, "uncertain_since": None}
        elif row.request is PostRequest.RETRACT and not_out:
            reason = f"taken back before it was out ({reason})"
            state, changes = DeliveryState.SKIPPED, {"settled_at": now, "uncertain_since": None}
        elif row.request is PostRequest.RETRACT and state is DeliveryState.SENT:
            changes["not_before"] = now
        return self.store.move(row, state, now=now, reason=reason, evidence=evidence, **changes)

    def found(self, row: Delivery, found: Found, *, adopted: bool) -> Delivery | None:
        reason = f"already there, recognised by its {found.by}" if adopted else f"found by its {found.by}"
        if found.others:
            reason += f"; there as well: {', '.join(found.others)}"
        return self.to(
            row,
            DeliveryState.SENT,
            reason,
            {"url": found.url, "id": found.id},
            **there_at(found.url, found.id, self.clock(), adopted=adopted),
        )

    def sent(self, claimed: Delivery, sent: Sent, now: datetime) -> Delivery | None:
        moved = self.to(
            claimed,
            DeliveryState.SENT,
            sent.note or "sent",
            {"url": sent.url, "id": sent.id},
            url=sent.url,
            remote_id=sent.id,
            settled_at=now,
            setbacks=0,
        )
        return moved or self.store.record_late(claimed, sent, now)

    def become_uncertain(self, row: Delivery, reason: str) -> Delivery | None:
        now = self.clock()
        return self.to(
            row,
            DeliveryState.UNCERTAIN,
            reason,
            uncertain_since=now,
            looks=0,
            setbacks=0,
            not_before=next_look(now, 0, now, self.account.look_after),
        )

    def wait_or_give_up(
        self, row: Delivery, reason: str, until: datetime | None, evidence: dict[str, Any] | None = None
    ) -> Delivery | None:
        now = self.clock()
        if too_old(row, now, self.policy):
            return self.give_up(row, reason)
        return self.to(row, DeliveryState.DUE, reason, evidence, **self.next_try(row, now, until))

    def next_try(self, row: Delivery, now: datetime, until: datetime | None) -> dict[str, Any]:
        """Return when to try or to look again. What the platform asks for beyond all bounds is kept for a person."""
        chosen = next_try(row, now, self.policy, until, self.account.window)
        beyond = until is not None and until > max(chosen, given_up_at(row, self.policy))
        return {"not_before": chosen, "setbacks": row.setbacks + 1, "asked_until": until if beyond else None}

    def give_up(self, row: Delivery, why: str) -> Delivery | None:
        age = spoken(self.policy.give_up_after)
        reason = f"given up after {age}" + (f" ({why})" if why else "")
        return self.to(row, DeliveryState.STUCK, reason, not_before=None)

    def hold_back(self, row: Delivery, held: Wait) -> Delivery | None:
        """Say why it waits. It is asked about in every pass, and how long it may be tried counts from its release."""
        now = self.clock()
        if row.reason == held.reason and now - (row.due_since or row.planned_at) < self.policy.longest_retry:
            return None
        return self.to(row, DeliveryState.DUE, held.reason, due_since=now)

    def note_late(self, claimed: Delivery, outcome: Outcome, now: datetime) -> None:
        self.store.note(
            claimed.number,
            claimed.account,
            "a late answer of an attempt that no longer holds the row",
            {
                "outcome": type(outcome).__name__,
                "reason": getattr(outcome, "reason", ""),
                "claim": claimed.claim,
            },
            now,
        )

    def was_refused_so_before(self, row: Delivery) -> bool:
        since = row.due_since or row.planned_at
        history = self.store.events(row.number)
        return any(e.account == row.account and e.at >= since and e.evidence.get("if_again") for e in history)
