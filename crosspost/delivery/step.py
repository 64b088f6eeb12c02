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
from typing import assert_never

from crosspost.delivery.change import carry_out
from crosspost.delivery.session import Session
from crosspost.delivery.shadow import simulate, suspend, watch_for_post
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
from crosspost.platforms import Attempt, Platform

PAUSE = timedelta(hours=1)
"""How long an account without credit is not tried, unless a person runs `retry`."""
INTERRUPTED = "the process ended, or hung, while sending"


def advance(session: Session, row: Delivery) -> Delivery | None:
    """Bring a row one step further. Return it as it is then; None when nothing that is reported changed."""
    if session.store.has_changed(row):
        return None  # the look before a claim would be a request too many
    in_shadow = session.policy.shadow
    match row.state:
        case DeliveryState.SENDING:
            after = session.mark_uncertain(row, INTERRUPTED)
        case DeliveryState.UNCERTAIN:
            after = _look_again(session, row)
        case DeliveryState.SENT if row.has_open_request and not in_shadow:
            after = carry_out(session, row)
        case DeliveryState.SKIPPED if row.was_shadow:
            after = watch_for_post(session, row)
        case DeliveryState.DUE if row.shadow:
            wait = session.check_hold(row)
            after = session.hold(row, wait) if wait else simulate(session, row)
        case DeliveryState.DUE if in_shadow and session.account.mode == "auto":
            after = suspend(session, row)
        case DeliveryState.DUE if session.account.mode == "manual":
            after = _watch_for_editor(session, row)
        case DeliveryState.DUE:
            after = _deliver(session, row)
        case _:
            return None
    session.failpoint("settled")
    return None if after is None or _reported(after) == _reported(row) else after


def _reported(row: Delivery) -> tuple[DeliveryState, str, int]:
    return row.state, row.reason, row.attempts


def postpone(session: Session, row: Delivery, error: Exception) -> Delivery | None:
    """Postpone a row whose step raised an error: it must not do so in every pass from now on.

    Returns the row as it is then; None when another process has changed it, or it waits for a person.
    """
    current = session.store.delivery(row.id)
    if current is None or not (
        current.state in (DeliveryState.DUE, DeliveryState.UNCERTAIN)
        or current.was_shadow
        or current.has_open_request
    ):
        return None
    reason = f"an error in crosspost itself: {error_text(error)}"
    now, again_at, setbacks = session.clock(), session.next_try(current), current.setbacks + 1
    # Not by session.move, after which a retraction is due at once.
    return session.store.move(
        current, current.state, now=now, reason=reason, not_before=again_at, setbacks=setbacks
    )


# ── due ──────────────────────────────────────────────────────────────────────────────────────────


def _deliver(session: Session, row: Delivery) -> Delivery | None:
    now = session.clock()
    if row.uncertain_since and row.not_before and row.not_before > now:
        # The clock was set back while a person's `retry` waited for the listing to catch up.
        again_at = now + session.account.lag
        return session.move(row, DeliveryState.DUE, row.reason, not_before=again_at, uncertain_since=now)
    if wait := session.check_hold(row):
        return session.hold(row, wait)
    until = session.store.paused_until(row.account)
    # Further away than the pause is long: it was written before the clock was set back.
    if until is not None and now < until <= now + PAUSE:
        reason = f"the account had no credit; not tried before {time_text(until, now)}"
        return session.move(row, DeliveryState.DUE, reason, not_before=until)
    if refusal := session.budget.refusal(row.post):
        return session.move(row, DeliveryState.STUCK, refusal)
    began, began_at = time.monotonic(), now
    match session.look(row):
        case Found() as found:
            return session.mark_found(row, found, adopted=True)
        case CannotLook(refused=True) as look:
            todo = f"fix it, then: crosspost retry {row.number} {row.account}"
            return session.move(row, DeliveryState.STUCK, f"looking was refused: {look.reason}; {todo}")
        case CannotLook() as look:
            return session.retry_or_give_up(row, f"could not look first: {look.reason}", look.until)
        case Absent():
            if session.is_too_old(row):
                return session.give_up(row, row.reason)
    image = _image(session, row)
    duration = timedelta(seconds=time.monotonic() - began)
    if max(duration, abs(session.clock() - began_at)) >= session.policy.attempt_limit:
        return session.retry_or_give_up(row, "the look took too long to be trusted", None)
    return _attempt(session, row, image)


def _attempt(session: Session, row: Delivery, image: Image | None) -> Delivery | None:
    session.failpoint("claiming")
    if wait := session.check_hold(row):
        return session.hold(row, wait)
    if not session.budget.pay(row.post):
        reason = session.budget.refusal(row.post) or "another process has used the month's budget meanwhile"
        return session.move(row, DeliveryState.STUCK, reason)
    claimed = session.store.claim(row, *session.claim_times())
    if claimed is None:
        session.budget.refund(row.post)
        return None

    def send(platform: Platform, attempt: Attempt) -> Outcome:
        return platform.send(claimed.post, attempt)

    outcome = session.write(claimed, claimed.attempts, image, send)
    return None if outcome is None else _settle(session, claimed, outcome)


def _image(session: Session, row: Delivery) -> Image | None:
    try:
        return session.account.image(row.post)
    except Exception as error:  # noqa: BLE001 - a picture that cannot be drawn is no reason to say nothing
        reason = f"sent without its picture: {error_text(error)}"
        session.store.add_note(row.number, row.account, reason, None, session.clock())
        return None


def _settle(session: Session, claimed: Delivery, outcome: Outcome) -> Delivery | None:
    """Store the outcome, if the claim still holds."""
    claimed = _current(session, claimed)
    now = session.clock()
    if isinstance(outcome, RefusedForNow | NeverArrived | Rejected):
        session.budget.refund(claimed.post)
    after: Delivery | None
    match outcome:
        case Sent():
            after = session.mark_sent(claimed, outcome, now)
        case Done():
            raise AssertionError("a new post is sent, not changed")
        case RefusedForNow(if_again=Cause() as fault) if _was_refused_so_before(session, claimed):
            reason = f"{fault} refused: {outcome.reason}"
            after = session.move(claimed, DeliveryState.STUCK, reason, {"fault": fault})
        case RefusedForNow():
            evidence = {"if_again": outcome.if_again} if outcome.if_again else None
            reason = f"refused for now: {outcome.reason}"
            after = session.retry_or_give_up(claimed, reason, outcome.until, evidence)
        case NeverArrived():
            after = session.retry_or_give_up(claimed, f"did not arrive: {outcome.reason}", None)
        case Rejected():
            if outcome.fault == Cause.CREDIT:
                session.store.pause(claimed.account, now + PAUSE)
            reason = f"{outcome.fault} refused: {outcome.reason}"
            after = session.move(claimed, DeliveryState.STUCK, reason, {"fault": outcome.fault})
        case Uncertain():
            after = session.mark_uncertain(claimed, outcome.reason)
        case _:
            assert_never(outcome)
    if after is None and not isinstance(outcome, Sent):
        late = "a late answer of an attempt that no longer holds the row"
        answer = {"outcome": type(outcome).__name__, "reason": getattr(outcome, "reason", "")}
        session.store.add_note(claimed.number, claimed.account, late, {**answer, "claim": claimed.claim}, now)
    return after


def _was_refused_so_before(session: Session, row: Delivery) -> bool:
    since = row.due_since or row.planned_at
    history = session.store.events(row.number)
    return any(e.account == row.account and e.at >= since and e.evidence.get("if_again") for e in history)


def _current(session: Session, claimed: Delivery) -> Delivery:
    """Return the row as it is now, where this attempt still owns it: a person may have marked it meanwhile."""
    current = session.store.delivery(claimed.id)
    return current if current is not None and current.claim == claimed.claim else claimed


# ── uncertain ────────────────────────────────────────────────────────────────────────────────────


def _look_again(session: Session, row: Delivery) -> Delivery | None:
    now = session.clock()
    if row.not_before is not None and row.not_before > now:
        return session.mark_uncertain(row, "the clock was set back: waiting again before looking")
    match session.look(row):
        case Found() as found:
            return session.mark_found(row, found, adopted=row.attempts == 0)
        case CannotLook(refused=True) as look:
            reason = (
                f"cannot be looked up: {look.reason}; look yourself, then record, retry or skip "
                f"{row.number} on {row.account}"
            )
            return session.move(row, DeliveryState.UNCERTAIN, reason, not_before=None)
        case CannotLook() as look:
            again = session.next_try_columns(row, look.until)
            return session.move(row, DeliveryState.UNCERTAIN, f"could not look: {look.reason}", **again)
        case Absent():
            return _count_absence(session, row, row.uncertain_since or now)


def _count_absence(session: Session, row: Delivery, since: datetime) -> Delivery | None:
    now, looks = session.clock(), row.looks + 1
    max_looks = len(session.account.look_after)
    if row.attempts:
        after = next_look(since, looks, now, session.account.look_after)
    else:
        after = _next_look_for_an_earlier_run(session, row, since, looks)
    result = f"not there, look {looks} of {max_looks}" if looks else "not there at once"
    if after is None:
        # Once can happen at once; where posts keep getting lost, the pauses grow.
        again = now + pause_after(row.attempts - 1, session.policy) if row.attempts > 1 else None
        reason = f"{result}: {'it did not arrive' if row.attempts else 'no earlier run posted it'}"
        return session.move(
            row, DeliveryState.DUE, reason, looks=looks, not_before=again, uncertain_since=None
        )
    reason = f"{result}; next at {time_text(after, now)}"
    return session.move(row, DeliveryState.UNCERTAIN, reason, looks=looks, setbacks=0, not_before=after)


def _next_look_for_an_earlier_run(
    session: Session, row: Delivery, since: datetime, looks: int
) -> datetime | None:
    """Return when to look again for what a run before this database may have sent, until `since`; None: enough.

    One look is enough where the write can be repeated under its key: the platform knows that for longer than a post
    may be missing from its listings. What is to be retracted is not repeated.
    """
    longest = session.account.lag + session.policy.attempt_limit
    repeatable = row.request is None and session.platform().key_lifetime() > longest
    if looks >= (1 if repeatable else len(session.account.look_after)):
        return None
    return since + session.account.look_after[looks]


# ── manual ───────────────────────────────────────────────────────────────────────────────────────


def _watch_for_editor(session: Session, row: Delivery) -> Delivery | None:
    """Say what the editor of a manual account should do, and recognise the editor's own post."""
    now, wait = session.clock(), session.check_hold(row)
    post = f"crosspost preview {row.number} --to {row.account} --raw"
    todo = f"{post}; then: crosspost record {row.number} {row.account} URL"
    reason = wait.reason if wait else f"waits for an editor to post it: {todo}"
    pause = session.account.settings.watch_interval() or session.account.look_after[-1]
    readable = session.account.connect is not None
    match session.look_within_budget(row) if readable else Absent():
        case Found() as found:
            return session.mark_found(row, found, adopted=True)
        case CannotLook(refused=refused) as unread:
            reason += f" (it cannot be watched: {unread.reason})"
            longest = session.policy.longest_retry
            asked = min(unread.until - now, max(longest, session.account.window)) if unread.until else pause
            pause = longest if refused else max(pause, asked)
        case Absent():
            pass
    if wait and not readable:
        return session.hold(row, wait)
    if not wait and session.is_too_old(row):
        return session.give_up(row, reason)
    if not readable and reason == row.reason:
        return None
    return session.move(
        row,
        DeliveryState.DUE,
        reason,
        not_before=now + pause if readable else None,
        due_since=now if wait else row.due_since,
    )
