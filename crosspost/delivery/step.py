"""One row one step further (docs/design.md).

    due        look first; there → sent, adopted; not there → claim, commit, send, settle
    sending    for longer than an attempt may last: uncertain
    uncertain  look, as often and as late as the platform's listings lag; there → sent; not there → due
    sent       with a request: delete the post, or edit it (change.py)
    in shadow  nothing is claimed (shadow.py)

The order is the promise. The claim is committed before the request leaves, and read again at the last moment.
Every exception out of a platform, and every answer that is not understood, is `uncertain`.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any, assert_never

from crosspost.delivery.change import ChangeStep
from crosspost.delivery.claim import write_once
from crosspost.delivery.manual import raw_command
from crosspost.delivery.shadow import ShadowStep
from crosspost.delivery.timing import next_look, pause_after, time_text
from crosspost.log.redaction import error_text
from crosspost.model import (
    Absent,
    CannotLook,
    Cause,
    Delivery,
    DeliveryState,
    Done,
    Found,
    Image,
    NeverArrived,
    Outcome,
    RefusedForNow,
    Rejected,
    Sent,
    Uncertain,
)
from crosspost.platforms import Attempt

BY_ITSELF = (DeliveryState.DUE, DeliveryState.UNCERTAIN)
PAUSE = timedelta(hours=1)
"""How long an account without credit is left alone, unless a person says `retry`."""
INTERRUPTED = "the process ended, or hung, while sending"


class DeliveryStep(ChangeStep, ShadowStep):
    """Brings the rows of one account further."""

    def postpone(self, row: Delivery, error: Exception) -> Delivery | None:
        """Put off a row that breaks its own handling: it must not break every pass from now on.

        Returns the row as it is then; None when somebody else has moved it.
        """
        current = self._store.delivery(row.id)
        by_itself = current is not None and (current.state in BY_ITSELF or current.was_shadow)
        if current is None or not (by_itself or current.has_open_request):
            return None
        again_at = self._again_at(current)
        reason = f"an error in crosspost itself: {error_text(error)}"
        return self._to(current, current.state, reason, not_before=again_at, setbacks=current.setbacks + 1)

    def step(self, row: Delivery) -> Delivery | None:
        """Bring it one step further. The row as it is then; None when nothing that matters changed."""
        if self._store.has_changed(row):
            return None  # the look before a claim would be a request too many
        match row.state:
            case DeliveryState.SENDING:
                moved = self._become_uncertain(row, INTERRUPTED)
            case DeliveryState.UNCERTAIN:
                moved = self._look_again(row)
            case DeliveryState.SENT if row.has_open_request and not self.policy.shadow:
                moved = self._carry_out(row)
            case DeliveryState.SKIPPED if row.was_shadow:
                moved = self._watch_for_peoples_post(row)
            case DeliveryState.DUE if row.shadow:
                held = self._check_hold(row)
                moved = self._hold(row, held) if held else self._simulate(row)
            case DeliveryState.DUE if self.policy.shadow and self._account.mode == "auto":
                moved = self._suspend_for_shadow(row)
            case DeliveryState.DUE if self._account.mode == "manual":
                moved = self._watch_for_editor(row)
            case DeliveryState.DUE:
                moved = self._deliver(row)
            case _:
                return None
        self._failpoint("settled")
        if moved is None or _shown(moved) == _shown(row):
            return None
        return moved

    # ── due ──────────────────────────────────────────────────────────────────────────────────────────

    def _deliver(self, row: Delivery) -> Delivery | None:
        now = self._clock()
        if row.uncertain_since and row.not_before and row.not_before > now:
            # The clock was set back while a person's `retry` waited for the listing to catch up.
            again_at = now + self._account.lag
            return self._to(row, DeliveryState.DUE, row.reason, not_before=again_at, uncertain_since=now)
        if held := self._check_hold(row):
            return self._hold(row, held)
        until = self._store.paused_until(row.account)
        # Further away than the pause is long: it was written before the clock was set back.
        if until is not None and now < until <= now + PAUSE:
            reason = f"the account had no credit; not tried before {time_text(until, now)}"
            return self._to(row, DeliveryState.DUE, reason, not_before=until)
        if refusal := self._budget.refusal(row.post):
            return self._to(row, DeliveryState.STUCK, refusal)
        began, began_at = time.monotonic(), now
        match self._connection.look(row):
            case Found() as found:
                return self._found(row, found, adopted=True)
            case CannotLook(refused=True) as look:
                todo = f"fix it, then: crosspost retry {row.number} {row.account}"
                return self._to(row, DeliveryState.STUCK, f"looking was refused: {look.reason}; {todo}")
            case CannotLook() as look:
                return self._wait_or_give_up(row, f"could not look first: {look.reason}", look.until)
            case Absent():
                if self._is_too_old(row):
                    return self._give_up(row, row.reason)
        image = self._image(row)
        looked_for = timedelta(seconds=time.monotonic() - began)
        if max(looked_for, abs(self._clock() - began_at)) >= self.policy.attempt_limit:
            return self._wait_or_give_up(row, "the look took too long to be trusted", None)
        return self._attempt(row, image)

    def _attempt(self, row: Delivery, image: Image | None) -> Delivery | None:
        self._failpoint("claiming")
        if held := self._check_hold(row):
            return self._hold(row, held)
        if not self._budget.pay(row.post):
            reason = self._budget.refusal(row.post) or "another process has used the month's budget meanwhile"
            return self._to(row, DeliveryState.STUCK, reason)
        claimed = self._store.claim(row, *self._term())
        if claimed is None:
            self._budget.refund(row.post)
            return None

        def send(attempt: Attempt) -> Outcome:
            return self._connection.platform().send(claimed.post, attempt)

        outcome = write_once(self._check(claimed), claimed.attempts, image, send)
        return None if outcome is None else self._settle(claimed, outcome)

    def _image(self, row: Delivery) -> Image | None:
        try:
            return self._account.image(row.post)
        except Exception as error:  # noqa: BLE001 - a picture that cannot be drawn is no reason to say nothing
            reason = f"sent without its picture: {error_text(error)}"
            self._store.add_note(row.number, row.account, reason, None, self._clock())
            return None

    def _settle(self, claimed: Delivery, outcome: Outcome) -> Delivery | None:
        """Write down what happened, if the claim still holds."""
        claimed = self._as_marked(claimed)
        now = self._clock()
        if isinstance(outcome, RefusedForNow | NeverArrived | Rejected):
            self._budget.refund(claimed.post)
        moved: Delivery | None
        match outcome:
            case Sent():
                moved = self._sent(claimed, outcome, now)
            case Done():
                raise AssertionError("a new post is sent, not changed")
            case RefusedForNow(if_again=Cause() as fault) if self._was_refused_so_before(claimed):
                reason = f"{fault} refused: {outcome.reason}"
                moved = self._to(claimed, DeliveryState.STUCK, reason, {"fault": fault})
            case RefusedForNow():
                evidence = {"if_again": outcome.if_again} if outcome.if_again else None
                reason = f"refused for now: {outcome.reason}"
                moved = self._wait_or_give_up(claimed, reason, outcome.until, evidence)
            case NeverArrived():
                moved = self._wait_or_give_up(claimed, f"did not arrive: {outcome.reason}", None)
            case Rejected():
                if outcome.fault == Cause.CREDIT:
                    self._store.pause(claimed.account, now + PAUSE)
                reason = f"{outcome.fault} refused: {outcome.reason}"
                moved = self._to(claimed, DeliveryState.STUCK, reason, {"fault": outcome.fault})
            case Uncertain():
                moved = self._become_uncertain(claimed, outcome.reason)
            case _:
                assert_never(outcome)
        if moved is None and not isinstance(outcome, Sent):
            late = "a late answer of an attempt that no longer holds the row"
            said = {"outcome": type(outcome).__name__, "reason": getattr(outcome, "reason", "")}
            self._store.add_note(claimed.number, claimed.account, late, {**said, "claim": claimed.claim}, now)
        return moved

    def _was_refused_so_before(self, row: Delivery) -> bool:
        since = row.due_since or row.planned_at
        history = self._store.events(row.number)
        return any(e.account == row.account and e.at >= since and e.evidence.get("if_again") for e in history)

    def _as_marked(self, claimed: Delivery) -> Delivery:
        """Return the row as it is now, where this attempt still owns it: a person may have marked it meanwhile."""
        current = self._store.delivery(claimed.id)
        return current if current is not None and current.claim == claimed.claim else claimed

    # ── uncertain ────────────────────────────────────────────────────────────────────────────────────

    def _look_again(self, row: Delivery) -> Delivery | None:
        now = self._clock()
        since = row.uncertain_since or now
        if row.not_before is not None and row.not_before > now:
            return self._become_uncertain(row, "the clock was set back: waiting again before looking")
        match self._connection.look(row):
            case Found() as found:
                return self._found(row, found, adopted=row.attempts == 0)
            case CannotLook(refused=True) as look:
                reason = (
                    f"cannot be looked up: {look.reason}; look yourself, then record, retry or skip "
                    f"{row.number} on {row.account}"
                )
                return self._to(row, DeliveryState.UNCERTAIN, reason, not_before=None)
            case CannotLook() as look:
                again = self._next_try(row, look.until)
                return self._to(row, DeliveryState.UNCERTAIN, f"could not look: {look.reason}", **again)
            case Absent():
                return self._not_there(row, since)

    def _not_there(self, row: Delivery, since: datetime) -> Delivery | None:
        now, looks = self._clock(), row.looks + 1
        most = len(self._account.look_after)
        if row.attempts:
            after = next_look(since, looks, now, self._account.look_after)
        else:
            after = self._next_look_for_an_earlier_run(row, since, looks)
        seen = f"not there, look {looks} of {most}" if looks else "not there at once"
        if after is None:
            # Once can happen at once; where posts keep getting lost, the pauses grow.
            again = now + pause_after(row.attempts - 1, self.policy) if row.attempts > 1 else None
            reason = f"{seen}: {'it did not arrive' if row.attempts else 'no earlier run posted it'}"
            certain: dict[str, Any] = {"looks": looks, "not_before": again, "uncertain_since": None}
            return self._to(row, DeliveryState.DUE, reason, **certain)
        looked: dict[str, Any] = {"looks": looks, "setbacks": 0, "not_before": after}
        return self._to(row, DeliveryState.UNCERTAIN, f"{seen}; next at {time_text(after, now)}", **looked)

    def _next_look_for_an_earlier_run(self, row: Delivery, since: datetime, looks: int) -> datetime | None:
        """Return when to look again for what a run before this database may have sent, until `since`; None: enough.

        One look is enough where the write can be repeated under its key: the platform knows that for longer than a post
        may be missing from its listings. What is to be retracted is not repeated.
        """
        longest = self._account.lag + self.policy.attempt_limit
        repeatable = row.request is None and self._connection.platform().key_lifetime() > longest
        if looks >= (1 if repeatable else len(self._account.look_after)):
            return None
        return since + self._account.look_after[looks]

    # ── manual ───────────────────────────────────────────────────────────────────────────────────────

    def _watch_for_editor(self, row: Delivery) -> Delivery | None:
        """Never written to: say what the editor should do, and recognise the editor's own post."""
        now, held = self._clock(), self._check_hold(row)
        todo = (
            f"{raw_command(row.number, row.account)}; then: crosspost record {row.number} {row.account} URL"
        )
        reason = held.reason if held else f"waits for an editor to post it: {todo}"
        pause = self._account.settings.watch_every() or self._account.look_after[-1]
        watched = self._account.connect is not None
        match self._look_within_budget(row) if watched else Absent():
            case Found() as found:
                return self._found(row, found, adopted=True)
            case CannotLook(refused=refused) as unread:
                reason += f" (it cannot be watched: {unread.reason})"
                longest = self.policy.longest_retry
                asked = min(unread.until - now, max(longest, self._account.window)) if unread.until else pause
                pause = longest if refused else max(pause, asked)
            case Absent():
                pass
        if held and not watched:
            return self._hold(row, held)
        if not held and self._is_too_old(row):
            return self._give_up(row, reason)
        if not watched and reason == row.reason:
            return None
        due_since = now if held else row.due_since
        not_before = now + pause if watched else None
        return self._to(row, DeliveryState.DUE, reason, not_before=not_before, due_since=due_since)


def _shown(row: Delivery) -> tuple[DeliveryState, str, int]:
    """Return what a change must change to be worth telling of."""
    return row.state, row.reason, row.attempts
