"""Shadow mode: a row is rehearsed up to the moment of sending; then the post that people make is looked for.

    due      held: it waits like any row; else looked for, and skipped: it would be sent now, or exists already
    skipped  looked for until people have posted it, or it would be given up

A row is marked as rehearsed when it is planned, and stays so. Switching shadow mode off therefore sends nothing old,
and switching it on removes nothing that was planned before.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from crosspost.delivery.session import Session
from crosspost.delivery.timing import duration_text
from crosspost.model import Absent, ActualPost, CannotLook, Delivery, DeliveryState, Found

PAID_LOOK_INTERVAL = timedelta(hours=6)
"""The shortest time between two looks that cost money. The platform says when people posted it."""
NOT_SENT = "planned before shadow mode was switched on, which sends nothing"
LONGEST_TEXT = 10_000
"""Characters that are stored of what people posted."""


def simulate(session: Session, row: Delivery) -> Delivery | None:
    """End a row at the moment when it would be sent."""
    now = session.clock()
    columns: dict[str, Any] = {"shadow_at": now, "settled_at": now, "setbacks": 0}
    by_hand = session.account.mode == "manual"
    reason = f"shadow mode: {'an editor would have been asked to post it' if by_hand else 'it would have been sent'}"
    if session.account.connect is None:
        return _skip(session, row, reason, **columns)
    look = session.look_within_budget(row)
    if isinstance(look, Found):
        return _record(session, row, look, "it was there already, and would have been adopted", **columns)
    if isinstance(look, CannotLook):
        reason += f", could it have been looked for: {look.reason}"
    return _skip(session, row, reason, not_before=_next_look(session, row, look), **columns)


def watch_for_post(session: Session, row: Delivery) -> Delivery | None:
    """Look for what people posted in place of a rehearsed row."""
    is_over = session.clock() > (row.shadow_at or row.planned_at) + session.policy.give_up_after
    if row.seen is not None and (is_over or session.account.connect is None):
        return _skip(session, row, row.reason)
    if is_over:
        age = duration_text(session.policy.give_up_after)
        return _skip(session, row, f"{row.reason}; not seen within {age}")
    look = session.look_within_budget(row)
    if isinstance(look, Found):
        return _record(session, row, look, "people posted it")
    next_look = _next_look(session, row, look)
    return _skip(session, row, row.reason, not_before=next_look, setbacks=row.setbacks + 1)


def suspend(session: Session, row: Delivery) -> Delivery | None:
    """Leave a row due that was planned to be sent; it is given up in its time."""
    if session.is_too_old(row):
        return session.give_up(row, NOT_SENT)
    if row.reason == NOT_SENT:
        return None
    return session.move(row, DeliveryState.DUE, NOT_SENT, not_before=row.not_before)


def _record(session: Session, row: Delivery, found: Found, reason: str, **changes: Any) -> Delivery | None:
    post = ActualPost(found.url, found.at, found.text[:LONGEST_TEXT])
    return _skip(session, row, f"shadow mode: {reason}", seen=post, **changes)


def _skip(session: Session, row: Delivery, reason: str, **changes: Any) -> Delivery | None:
    return session.move(row, DeliveryState.SKIPPED, reason, **changes)


def _next_look(session: Session, row: Delivery, look: CannotLook | Absent) -> datetime:
    next_try = session.next_try(row, look.until if isinstance(look, CannotLook) else None)
    return max(next_try, session.clock() + PAID_LOOK_INTERVAL) if session.account.pricing else next_try
