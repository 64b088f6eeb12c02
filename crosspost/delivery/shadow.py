"""Shadow mode: everything up to the moment of sending, then what people post in its place.

    due      held: waits like any; else looked for, and skipped: it would be sent now, or is there already
    skipped  looked for until people have posted it, or it would be given up

Whether a row is only rehearsed is decided when it is planned and stays in it, so that switching shadow mode off sends
nothing old, and switching it on takes nothing away that was planned before.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from crosspost.delivery.timing import duration_text
from crosspost.delivery.transitions import Transitions
from crosspost.model import Absent, ActualPost, CannotLook, Delivery, DeliveryState, Found

SELDOM = timedelta(hours=6)
"""Between two looks that cost money. When people posted it, the platform says."""
NOT_SENT = "planned before shadow mode was switched on, which sends nothing"
LONGEST_TEXT = 10_000
"""Characters that are kept of what people posted."""


class ShadowStep(Transitions):
    """Brings the rehearsed rows of one account further."""

    def _simulate(self, row: Delivery) -> Delivery | None:
        """End a row at the moment when it would be sent."""
        now = self._clock()
        ended: dict[str, Any] = {"shadow_at": now, "settled_at": now, "setbacks": 0}
        by_hand = self._account.mode == "manual"
        said = f"shadow mode: {'an editor would have been asked to post it' if by_hand else 'it would have been sent'}"
        if self._account.connect is None:
            return self._skipped(row, said, **ended)
        match self._look_within_budget(row):
            case Found() as found:
                return self._seen(row, found, "it was there already, and would have been adopted", **ended)
            case CannotLook() as look:
                said += f", could it have been looked for: {look.reason}"
                return self._skipped(row, said, self._look_again_at(row, look), **ended)
            case Absent():
                return self._skipped(row, said, self._look_again_at(row), **ended)

    def _watch_for_peoples_post(self, row: Delivery) -> Delivery | None:
        """Look for what people posted in its place."""
        over = self._clock() > (row.shadow_at or row.planned_at) + self.policy.give_up_after
        if row.seen is not None and (over or self._account.connect is None):
            return self._skipped(row, row.reason)
        if over:
            return self._skipped(
                row, f"{row.reason}; not seen within {duration_text(self.policy.give_up_after)}"
            )
        match self._look_within_budget(row):
            case Found() as found:
                return self._seen(row, found, "people posted it")
            case look:
                until = look if isinstance(look, CannotLook) else None
                return self._skipped(
                    row, row.reason, self._look_again_at(row, until), setbacks=row.setbacks + 1
                )

    def _suspend_for_shadow(self, row: Delivery) -> Delivery | None:
        """Leave a row due that was planned to be sent; it is given up in its time."""
        if self._is_too_old(row):
            return self._give_up(row, NOT_SENT)
        if row.reason == NOT_SENT:
            return None
        return self._to(row, DeliveryState.DUE, NOT_SENT, not_before=row.not_before)

    def _seen(self, row: Delivery, found: Found, said: str, **changes: Any) -> Delivery | None:
        seen = ActualPost(found.url, found.at, found.text[:LONGEST_TEXT])
        return self._skipped(row, f"shadow mode: {said}", seen=seen, **changes)

    def _skipped(
        self, row: Delivery, reason: str, again_at: datetime | None = None, **changes: Any
    ) -> Delivery | None:
        return self._to(row, DeliveryState.SKIPPED, reason, not_before=again_at, **changes)

    def _look_again_at(self, row: Delivery, look: CannotLook | None = None) -> datetime:
        again_at = self._again_at(row, look.until if look else None)
        return max(again_at, self._clock() + SELDOM) if self._account.pricing else again_at
