"""Overrides of a delivery by hand: record its address, retry, skip, retract (delete), amend (edit).

None of them makes a second post, except with `again`. A retried row is due, and a due row is looked for before it is
sent; one that was uncertain not before the platform's listing has certainly caught up. A retraction or an amendment is
a request in the row; change.py carries it out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crosspost.delivery.account import UNKNOWN_LAG, Account
from crosspost.delivery.address import Confirm, accept_unverified, locate
from crosspost.delivery.look import query_for
from crosspost.delivery.timing import time_text
from crosspost.errors import UsageError
from crosspost.model import SETTLED, Clock, Delivery, DeliveryState, Post, PostRequest
from crosspost.store.values import CLOCK_SKEW, key_for, sent_columns

if TYPE_CHECKING:
    from crosspost.store import Store

GONE = (DeliveryState.SKIPPED, DeliveryState.RETRACTED)
NOT_OUT = (DeliveryState.DUE, DeliveryState.STUCK)
RETRACTION_REASON = "a person asked to retract it"
CLEARED_REQUEST: dict[str, Any] = {"request": None, "requested_at": None, "amended": None}
CLEARED_SHADOW: dict[str, Any] = {"shadow": False, "shadow_at": None, "seen": None}
"""The columns that turn a rehearsed row into one to be sent."""
TRIES = 5
"""How often a row that another process changes at the same moment is read again before giving up."""


def record(  # noqa: PLR0913 - where, what, and what a person agreed to
    store: Store,
    account: Account,
    number: int,
    url: str,
    clock: Clock,
    *,
    again: bool = False,
    confirm: Confirm = accept_unverified,
) -> Delivery:
    """Record that the post is at this address. Raises UsageError when it is no post there about this issue.

    On a delivery that is sent already, the same address changes nothing, and another needs `again`. What nobody could
    verify is recorded once a person has agreed.
    """
    (row,) = rows_of(store, number, [account.name])
    existing = row.url if row.state == DeliveryState.SENT else None
    conflict = f"{account.name} already has {number} at {existing}; to replace this address, add --again"
    address = account.settings.canonical_address(url)
    if existing == address.url:
        return row
    if existing is not None and not again and not address.resolve_at:
        raise UsageError(conflict)
    located = locate(account, query_for(row), url, confirm)
    if existing == located.url:
        return row
    if existing is not None and not again:
        raise UsageError(conflict)
    reason = "recorded by a person" + (f"; not read: {located.not_read}" if located.not_read else "")

    def transition(current: Delivery, now: datetime) -> Delivery | None:
        _refuse_if_just_sent(row, current)
        changes = sent_columns(located.url, located.remote_id, now)
        if current.request is PostRequest.RETRACT:
            changes["not_before"] = now
        evidence = {"url": located.url, "before": current.url}
        return store.move(current, DeliveryState.SENT, now=now, reason=reason, evidence=evidence, **changes)

    return _update(store, row, clock, transition)


def retry(
    store: Store,
    accounts: Mapping[str, Account],
    number: int,
    account: str | None,
    clock: Clock,
    *,
    again: bool = False,
) -> tuple[Delivery, ...]:
    """Try a delivery again as soon as that is safe; without `account`, every one of the issue that is not settled.

    A delivery that is sent or skipped needs `again`; one that was sent is then posted a second time.
    """
    rows = _unsettled_or_named(store, number, account)
    return tuple(_retry_one(store, accounts.get(row.account), row, clock, again) for row in rows)


def _retry_one(store: Store, account: Account | None, row: Delivery, clock: Clock, again: bool) -> Delivery:
    if row.was_shadow:
        raise UsageError(
            f"{row.number} was only rehearsed on {row.account} (shadow mode); "
            f"to announce it there: crosspost post {row.number} --to {row.account}"
        )
    if row.state in SETTLED and not again:
        if row.state == DeliveryState.SENT:
            raise UsageError(
                f"{row.account} has {row.number} already: {row.url}; nothing is to be tried again there "
                "(--again would make a second public post)"
            )
        raise UsageError(
            f"{row.account} has {row.number} as {row.state}; to announce it there after all, add --again"
        )
    lag = account.lag if account else UNKNOWN_LAG

    def transition(current: Delivery, now: datetime) -> Delivery | None:
        _refuse_if_just_sent(row, current)
        if current.request is PostRequest.RETRACT and current.state not in GONE:
            raise UsageError(f"{current.number} is being retracted from {current.account}; wait until it is")
        if current.state in SETTLED:
            return _reopen(store, current, now)
        since = current.uncertain_since
        if current.state == DeliveryState.SENDING:
            began, ends = current.claimed_at, current.not_before
            if began is not None and ends is not None and began - CLOCK_SKEW < now < ends:
                raise UsageError(f"{current.account} is being sent {current.number} right now; wait a minute")
            since = now
        not_before = max(now, since + lag) if since else None
        reason = "a person asked to try again"
        if not_before is not None:
            reason += f"; it is looked for at {time_text(not_before, now)}, when it would be listed"
        changes = {**CLEARED_REQUEST, "uncertain_since": since, "setbacks": 0, "due_since": now}
        return store.move(
            current, DeliveryState.DUE, now=now, reason=reason, not_before=not_before, **changes
        )

    retried = _update(store, row, clock, transition)
    store.end_pause(row.account)
    return retried


def _reopen(store: Store, row: Delivery, now: datetime, **changes: Any) -> Delivery | None:
    """Make a settled delivery due again.

    One that was sent gets a new key and a new fence: with the old key the platform would return the old post, and with
    the old fence the look would find it.
    """
    changes |= {"setbacks": 0, "due_since": now, "settled_at": None, **CLEARED_REQUEST, **CLEARED_SHADOW}
    if row.state in (DeliveryState.SKIPPED, DeliveryState.DUE):
        return store.move(
            row, DeliveryState.DUE, now=now, reason="a person asked for it after all", **changes
        )
    turn = row.turn + 1
    was_out = row.state == DeliveryState.SENT
    changes |= {
        "key": key_for(row.newsletter, row.number, row.account, turn=turn),
        "turn": turn,
        "earlier": (*row.earlier, *([row.url] if row.url and was_out else [])),
        "fence": now,
        "adopted": False,
    }
    reason = "a person asked for a second post" if was_out else "a person asked to post it again"
    evidence = {"before": row.url}
    return store.move(row, DeliveryState.DUE, now=now, reason=reason, evidence=evidence, **changes)


def skip(store: Store, number: int, account: str | None, clock: Clock) -> tuple[Delivery, ...]:
    """Skip a delivery; without `account`, every one of the issue that is not settled."""
    return tuple(_skip_one(store, row, clock) for row in _unsettled_or_named(store, number, account))


def _skip_one(store: Store, row: Delivery, clock: Clock) -> Delivery:
    if row.state in GONE:
        return row
    is_sent = row.state == DeliveryState.SENT
    if is_sent and row.request is not PostRequest.RETRACT:
        raise UsageError(f"{row.account} already has {row.number}: {row.url}")

    def transition(current: Delivery, now: datetime) -> Delivery | None:
        _refuse_if_just_sent(row, current)
        state, reason = DeliveryState.SKIPPED, "skipped by a person"
        if is_sent:
            state, reason = DeliveryState.RETRACTED, "a person says that the post is gone"
        return store.move(current, state, now=now, reason=reason, not_before=None, settled_at=now)

    return _update(store, row, clock, transition)


def send_despite_hold(store: Store, number: int, accounts: Collection[str], clock: Clock) -> None:
    """Let the due deliveries of these accounts go out now, although the issue is held or the hours are closed."""
    for row in store.deliveries(number):
        if row.state is DeliveryState.DUE and row.account in accounts:
            now, reason = clock(), "a person announced it now"
            changes: dict[str, Any] = {
                "not_before": row.not_before,
                "despite_hold": True,
                "due_since": now,
            }
            store.move(row, row.state, now=now, reason=reason, **changes)


def delivery_for_new_text(store: Store, post: Post) -> Delivery | None:
    """Return the delivery to get another text, if it is planned. Raises UsageError when it may be out already."""
    row = next((row for row in store.deliveries(post.number) if row.account == post.account), None)
    if row is not None and row.state not in NOT_OUT:
        where = f": {row.url}" if row.url else ""
        raise UsageError(
            f"{row.account} is {row.state} with {row.number}{where}; it is too late for another text"
        )
    return row


def change_text(store: Store, post: Post, clock: Clock) -> None:
    """Change the text of a delivery that is due or stuck, and make it due."""

    def transition(current: Delivery, now: datetime) -> Delivery | None:
        if current.state not in NOT_OUT:
            return None
        changes: dict[str, Any] = {"post": post, "setbacks": 0, "due_since": now}
        if current.state is DeliveryState.DUE:
            changes["not_before"] = current.not_before
        reason, evidence = "a person gave it another text", {"length": post.length}
        return store.move(current, DeliveryState.DUE, now=now, reason=reason, evidence=evidence, **changes)

    row = delivery_for_new_text(store, post)
    if row is not None and row.post != post:
        _update(store, row, clock, transition)


def post_again(store: Store, row: Delivery, post: Post, clock: Clock) -> Delivery:
    """Make a settled delivery due again, under a new key, or one that was rehearsed; with this text.

    Raises UsageError before it is settled.
    """

    def transition(current: Delivery, now: datetime) -> Delivery | None:
        if not current.is_settled and not current.shadow:
            raise UsageError(f"{current.number} on {current.account} is not settled; wait until it is")
        return _reopen(store, current, now, post=post, outdated=())

    again = _update(store, row, clock, transition)
    store.end_pause(row.account)
    return again


def retract(store: Store, number: int, accounts: Sequence[str], clock: Clock) -> tuple[Delivery, ...]:
    """Retract the posts of an issue; without `accounts`, all of them. Repeating it changes nothing.

    What is not out is skipped at once. The rest is marked: what is there, or may be, is looked for and deleted.
    Raises UsageError for an issue or an account without a delivery.
    """
    return tuple(_retract_one(store, row, clock) for row in rows_of(store, number, accounts))


def _retract_one(store: Store, row: Delivery, clock: Clock) -> Delivery:
    def transition(current: Delivery, now: datetime) -> Delivery | None:
        changes: dict[str, Any] = {"request": PostRequest.RETRACT, "requested_at": now}
        may_be_out = current.uncertain_since is not None
        if current.state in GONE:
            return current
        if current.state in NOT_OUT and not may_be_out and not current.earlier:
            changes["settled_at"] = now
            return store.move(current, DeliveryState.SKIPPED, now=now, reason=RETRACTION_REASON, **changes)
        if current.request is PostRequest.RETRACT and current.not_before is not None:
            return current
        changes |= {"amended": None, "not_before": now}
        state = current.state
        if state in NOT_OUT and may_be_out:
            state = DeliveryState.UNCERTAIN
        elif state in NOT_OUT:  # the first post, beside which a second was wanted
            state = DeliveryState.SENT
            changes |= earlier_post(current)
        if current.state is not DeliveryState.SENT and may_be_out:
            changes["not_before"] = current.not_before or now
        if current.state is DeliveryState.SENDING:
            # The attempt under way keeps its claim, and writes no more.
            changes["not_before"] = current.not_before
        return store.move(current, state, now=now, reason=RETRACTION_REASON, **changes)

    return _update(store, row, clock, transition)


def amend(
    store: Store, posts: Mapping[str, Post], rows: Sequence[Delivery], clock: Clock
) -> tuple[Delivery, ...]:
    """Ask to have posts edited in place: `posts` says by account what they are to become."""

    def transition(current: Delivery, now: datetime) -> Delivery | None:
        if current.state is not DeliveryState.SENT or current.request is PostRequest.RETRACT:
            raise UsageError(f"{current.number} was retracted from {current.account}; it is not amended")
        changes: dict[str, Any] = {"request": PostRequest.AMEND, "requested_at": now, "not_before": now}
        changes["amended"] = posts[current.account]
        return store.move(current, current.state, now=now, reason="a person asked to amend it", **changes)

    return tuple(_update(store, row, clock, transition) for row in rows if row.account in posts)


def why_not_amendable(row: Delivery, account: Account) -> str | None:
    """Return why a post cannot be edited in place, in a sentence; None where it can."""
    again = f"to replace it: crosspost retract {row.number} {row.account}, then: crosspost post {row.number} --to "
    if row.state is not DeliveryState.SENT:
        return f"it is {row.state}, and nothing is there to edit"
    if row.request is PostRequest.RETRACT:
        return "it is being retracted"
    if not account.settings.is_editable():
        return f"posts on {account.platform} cannot be edited so that readers see it; {again}{row.account} --again"
    if account.mode == "manual":
        return f"it is an editor's own post; edit it there: {row.url}"
    if row.adopted:
        return f"a person wrote it, not crosspost; edit it there: {row.url}"
    return None


def _update(
    store: Store, row: Delivery, clock: Clock, transition: Callable[[Delivery, datetime], Delivery | None]
) -> Delivery:
    """Apply `transition` to the row; when another process changed it meanwhile, read it again and repeat.

    Raises UsageError after TRIES times.
    """
    current: Delivery | None = row
    for _ in range(TRIES):
        if current is not None and (changed := transition(current, clock())) is not None:
            return changed
        current = store.delivery(row.id)
    raise UsageError(f"the delivery of {row.number} to {row.account} keeps changing; try again in a minute")


def _refuse_if_just_sent(row: Delivery, current: Delivery) -> None:
    if current.state == DeliveryState.SENT and row.state != DeliveryState.SENT:
        raise UsageError(f"{row.number} was just sent to {row.account}: {current.url}")


def earlier_post(row: Delivery) -> dict[str, Any]:
    """Return the columns that make the latest of the earlier posts the row's post again."""
    return {"url": row.earlier[-1], "remote_id": None, "earlier": row.earlier[:-1]}


def rows_of(store: Store, number: int, accounts: Sequence[str] = ()) -> list[Delivery]:
    """Return an issue's rows, all or those named. Raises UsageError for one that is not planned."""
    rows = store.deliveries(number)
    if not rows and store.issue(number) is None:
        raise UsageError(unknown_issue(store, number))
    if not rows:
        raise UsageError(f"{number} has no deliveries yet; announce it with: crosspost post {number}")
    by_account = {row.account: row for row in rows}
    for account in accounts:
        if account not in by_account:
            planned = ", ".join(by_account)
            raise UsageError(f"{number} is not planned for an account {account!r}; it is for: {planned}")
    return [by_account[account] for account in dict.fromkeys(accounts)] or rows


def _unsettled_or_named(store: Store, number: int, account: str | None) -> list[Delivery]:
    if account is not None:
        return rows_of(store, number, [account])
    unsettled = [row for row in rows_of(store, number) if row.state not in SETTLED]
    if not unsettled:
        raise UsageError(f"every delivery of {number} is settled; name the account that you mean")
    return unsettled


def unknown_issue(store: Store, number: int) -> str:
    """Return the error message for a number that no source has shown, with similar numbers."""
    question = did_you_mean(store, number) or "check the number."
    return f"no issue {number} has been seen; {question} To list all issues: crosspost status"


def did_you_mean(store: Store, number: int) -> str:
    """Return a question with at most two known numbers that differ from this one by one typing error; else ""."""
    from difflib import get_close_matches  # for mistakes only

    digits = str(number)
    one_error = max(0.5, (len(digits) - 1) / len(digits))
    known = [str(record.number) for record in store.issues()]
    matches = get_close_matches(digits, known, n=2, cutoff=one_error)
    return f"did you mean {' or '.join(matches)}?" if matches else ""
