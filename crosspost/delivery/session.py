"""The parts that all steps of one account share: its connection, the one write of an attempt, the transitions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crosspost.config.schema import DeliveryConfig
from crosspost.delivery.account import Account
from crosspost.delivery.claim import NEVER_STARTED, ClaimCheck, Failpoint, HoldCheck, no_failpoint, no_hold
from crosspost.delivery.look import Result, find_post, post_location, read_or_reason
from crosspost.delivery.overrides import earlier_post
from crosspost.delivery.spending import Budget
from crosspost.delivery.timing import LONGEST_WINDOW, duration_text, given_up_at, next_look, pause_after
from crosspost.errors import ClaimLostError, CrosspostError
from crosspost.log.redaction import error_text
from crosspost.model import (
    CannotLook,
    Clock,
    Delivery,
    DeliveryState,
    FetchResult,
    Found,
    Image,
    Look,
    NeverArrived,
    Outcome,
    PostRequest,
    Sent,
    Uncertain,
)
from crosspost.platforms import Attempt, Platform
from crosspost.store.values import sent_columns

if TYPE_CHECKING:
    from crosspost.store import Store
    from crosspost.watch.gate import Wait


@dataclass
class Session:
    """One account with its store, policy, clock, budget and connection. For one thread; it connects when it has to.

    Each transition returns the row as it is then; None when another process has changed it.
    """

    store: Store
    account: Account
    policy: DeliveryConfig
    clock: Clock
    failpoint: Failpoint = no_failpoint
    check_hold: HoldCheck = no_hold

    def __post_init__(self) -> None:
        self.budget = Budget(self.store, self.account, self.clock)
        self._platform: Platform | None = None

    # ── the connection ───────────────────────────────────────────────────────────────────────────────

    def platform(self) -> Platform:
        """Return the connected platform. Raises CrosspostError when a secret or a package is missing."""
        if self._platform is None:
            if self.account.connect is None:
                raise CrosspostError(f"the account {self.account.name} has no credentials")
            self._platform = self.account.connect()
        return self._platform

    def close(self) -> None:
        if self._platform is not None:
            platform, self._platform = self._platform, None
            try:
                self.budget.count(platform)
            finally:
                platform.close()

    def look(self, row: Delivery) -> Look:
        """Look for the post. What cannot be read is CannotLook; raises StoreError when its cost cannot be counted."""
        return self._read(lambda platform: find_post(platform, self.store, row))

    def look_within_budget(self, row: Delivery) -> Look:
        """Look for what people posted themselves, if the month's budget allows it."""
        if refusal := self.budget.look_refusal():
            return CannotLook(refusal, refused=True)
        return self.look(row)

    def fetch(self, row: Delivery) -> FetchResult:
        """Read the row's own post, whatever it says by now. Raises as `look`."""
        return self._read(lambda platform: platform.fetch(post_location(row)))

    def _read(self, read: Callable[[Platform], Result]) -> Result | CannotLook:
        self.failpoint("looking")
        result = read_or_reason(self.platform, read)
        if self._platform is not None:
            self.budget.count(self._platform)
        self.failpoint("looked")
        return result

    # ── the one write of an attempt ──────────────────────────────────────────────────────────────────

    def claim_times(self) -> tuple[datetime, datetime]:
        """Return when an attempt that begins now begins, and when others take its row over: a tenth after its limit."""
        now, limit = self.clock(), self.policy.attempt_limit
        return now, now + limit + limit / 10

    def write(
        self,
        claimed: Delivery,
        number: int,
        image: Image | None,
        write: Callable[[Platform, Attempt], Outcome],
    ) -> Outcome | None:
        """Make the one write of an attempt, the account's `number`th. Whatever it raises may have been carried out.

        None: the claim was lost after a request may have left; nothing more is sent, and the claim's end will tell.
        """
        self.failpoint("claimed")
        limit = self.policy.attempt_limit
        check = ClaimCheck(self.store, claimed, limit, self.clock, self.failpoint)
        outcome: Outcome
        try:
            attempt = Attempt(claimed.key, number, limit.total_seconds(), check, image)
            outcome = write(self.platform(), attempt)
        except ClaimLostError as lost:
            if check.passed:
                return None
            outcome = NeverArrived(f"{NEVER_STARTED}: {lost}")
        except Exception as error:  # noqa: BLE001 - whatever a platform raises, the post may be there
            outcome = Uncertain(error_text(error))
        self.failpoint("answered")
        return outcome

    # ── transitions ──────────────────────────────────────────────────────────────────────────────────

    def move(
        self,
        row: Delivery,
        state: DeliveryState,
        reason: str,
        evidence: dict[str, Any] | None = None,
        **changes: Any,
    ) -> Delivery | None:
        """Store a transition. What a person retracts is never due again: it is skipped, or deleted where it is out."""
        now = self.clock()
        not_out = state in (DeliveryState.DUE, DeliveryState.STUCK)
        if row.request is PostRequest.RETRACT and not_out and row.earlier:
            state = DeliveryState.SENT
            changes = {**earlier_post(row), "not_before": now, "uncertain_since": None}
        elif row.request is PostRequest.RETRACT and not_out:
            reason = f"retracted before it was out ({reason})"
            state, changes = DeliveryState.SKIPPED, {"settled_at": now, "uncertain_since": None}
        elif row.request is PostRequest.RETRACT and state is DeliveryState.SENT:
            changes["not_before"] = now
        return self.store.move(row, state, now=now, reason=reason, evidence=evidence, **changes)

    def mark_found(self, row: Delivery, found: Found, *, adopted: bool) -> Delivery | None:
        reason = f"already there, recognised by its {found.by}" if adopted else f"found by its {found.by}"
        if found.others:
            reason += f"; there as well: {', '.join(found.others)}"
        columns = sent_columns(found.url, found.id, self.clock(), adopted=adopted)
        return self.move(row, DeliveryState.SENT, reason, {"url": found.url, "id": found.id}, **columns)

    def mark_sent(self, claimed: Delivery, sent: Sent, now: datetime) -> Delivery | None:
        columns = sent_columns(sent.url, sent.id, now, adopted=False)
        evidence = {"url": sent.url, "id": sent.id}
        after = self.move(claimed, DeliveryState.SENT, sent.note or "sent", evidence, **columns, setbacks=0)
        return after or self.store.record_late_answer(claimed, sent, now)

    def mark_uncertain(self, row: Delivery, reason: str) -> Delivery | None:
        now = self.clock()
        look_at = next_look(now, 0, now, self.account.look_after)
        changes: dict[str, Any] = {"uncertain_since": now, "looks": 0, "setbacks": 0, "not_before": look_at}
        return self.move(row, DeliveryState.UNCERTAIN, reason, **changes)

    def retry_or_give_up(
        self, row: Delivery, reason: str, until: datetime | None, evidence: dict[str, Any] | None = None
    ) -> Delivery | None:
        """Try again later. `until`: the time that the platform asks for."""
        if self.is_too_old(row):
            return self.give_up(row, reason)
        return self.move(row, DeliveryState.DUE, reason, evidence, **self.next_try_columns(row, until))

    def next_try_columns(self, row: Delivery, until: datetime | None) -> dict[str, Any]:
        """Return when to try or to look again. What the platform asks for beyond all bounds is kept for a person."""
        chosen = self.next_try(row, until)
        beyond = until is not None and until > max(chosen, given_up_at(row, self.policy))
        return {"not_before": chosen, "setbacks": row.setbacks + 1, "asked_until": until if beyond else None}

    def next_try(self, row: Delivery, until: datetime | None = None) -> datetime:
        """Return when to try again after one more setback: not before `until`, within bounds.

        `until`: the time that the platform asks for. One beyond the longest rate limit that it documents, or beyond the
        time at which the row is given up, is cut to that. An uncertain row is looked for after it is given up, too.
        """
        now, policy = self.clock(), self.policy
        by_backoff = now + pause_after(row.setbacks + 1, policy)
        if until is None:
            return by_backoff
        latest = now + max(policy.longest_retry, min(self.account.window, LONGEST_WINDOW))
        ends = given_up_at(row, policy)
        return max(by_backoff, min(until, latest, ends if ends > now else latest))

    def is_too_old(self, row: Delivery) -> bool:
        """Return whether it would announce last week's news."""
        return self.clock() > given_up_at(row, self.policy)

    def give_up(self, row: Delivery, why: str) -> Delivery | None:
        age = duration_text(self.policy.give_up_after)
        reason = f"given up after {age}" + (f" ({why})" if why else "")
        return self.move(row, DeliveryState.STUCK, reason, not_before=None)

    def hold(self, row: Delivery, wait: Wait) -> Delivery | None:
        """Store why it waits. Holds are checked in every pass; `give_up_after` counts from the release."""
        now = self.clock()
        if row.reason == wait.reason and now - (row.due_since or row.planned_at) < self.policy.longest_retry:
            return None
        return self.move(row, DeliveryState.DUE, wait.reason, due_since=now)
