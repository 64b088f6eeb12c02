"""Keep an issue from going out, and let it go: hold, release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosspost.cli.act import Say, spoken
from crosspost.config import weektime
from crosspost.delivery.overrides import unseen
from crosspost.errors import UsageError
from crosspost.model import SETTLED, DeliveryState, Hold, HoldBy, IssueState
from crosspost.watch import gate

if TYPE_CHECKING:
    from crosspost.app import App


def hold(app: App, number: int, until: str | None, *, say: Say) -> int:
    """Keep an issue from going out, seen or not yet seen. Raises UsageError when nothing of it can be held back."""
    now = app.clock()
    try:
        at = weektime.instant(until, now) if until else None
    except ValueError as error:
        raise UsageError(f"--until: {error}") from error
    _may_be_held(app, number)
    word = Hold(number, HoldBy.EDITOR, held=True, until=at, wish=until or "", at=now)
    rows = app.store.hold(word, "held by an editor" + (f" until {at:%Y-%m-%d %H:%M} UTC" if at else ""))
    for row in rows:
        if row.state is DeliveryState.SENDING:
            say(f"{row.account}: is being sent right now; that cannot be stopped")
        elif row.state not in (DeliveryState.DUE, DeliveryState.SKIPPED, DeliveryState.RETRACTED):
            say(spoken(app, row))
    when = f"until {at:%Y-%m-%d %H:%M} UTC" if at else f"until released: crosspost release {number}"
    say(f"{number} is held {when}" + ("" if app.store.issue(number) else "; it was not seen yet"))
    return 0


def release(app: App, number: int, *, say: Say) -> int:
    """Let an issue go that is held by a command, by a comment in it, or by `[gate] hold`."""
    _may_be_held(app, number)
    now = app.clock()
    app.store.hold(
        Hold(number, HoldBy.EDITOR, held=False, until=None, wish="", at=now), "let go by an editor"
    )
    wait = gate.held(number, app.store.holds_on(number), app.config.gate, now)
    say(f"{number} is let go" + (f"; {wait.reason}" if wait else "; the gate is asked in the next pass"))
    return 0


def _may_be_held(app: App, number: int) -> None:
    """Raise UsageError when it is too late to hold the issue, or its number was passed without it."""
    record = app.store.issue(number)
    if record is None and number <= (app.store.highest_number() or 0):
        raise UsageError(unseen(app.store, number))
    rows = app.rows(number)
    announced = record is not None and record.state in (IssueState.PLANNED, IssueState.DONE)
    if announced and all(row.state in SETTLED for row in rows):
        raise UsageError(f"every delivery of {number} is settled; nothing of it is left to hold")
