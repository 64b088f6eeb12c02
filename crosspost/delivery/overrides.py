"""What a person may say about a delivery: it is there (record), try again (retry), leave it (skip).

Nothing said here can make a second post, unless it is said with `again`: a retry is due, and what is due is
looked for first; what was uncertain is looked for only once the platform's listing has certainly caught up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crosspost.delivery.account import UNKNOWN_LAG, Account
from crosspost.delivery.address import Agree, locate, nobody_is_asked
from crosspost.delivery.look import wanted
from crosspost.delivery.timing import o_clock
from crosspost.errors import UsageError
from crosspost.model import SETTLED, Clock, Delivery, DeliveryState, Post, PostRequest
from crosspost.store.values import SKEW, key_for

if TYPE_CHECKING:
    from crosspost.store import Store

PUT_IN_PLACE = "to put this address in its place, add --again"
SECOND_POST = "nothing is to be tried again there (--again would make a second public post)"
AFTER_ALL = "to announce it there after all, add --again"
GONE = (DeliveryState.SKIPPED, DeliveryState.RETRACTED)
NOT_OUT = (DeliveryState.DUE, DeliveryState.STUCK)
NO_REQUEST: dict[str, Any] = {"request": None, "requested_at": None, "amended": None}
TO_BE_SENT: dict[str, Any] = {"shadow": False, "shadow_at": None, "seen": None}
"""What makes of a rehearsed row one that is sent."""
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
    agree: Agree = nobody_is_asked,
) -> Delivery:
    """Record that the post is at this address. Raises UsageError when it is no post there about this issue.

    On a delivery that is sent already, the same address changes nothing, and another needs `again`. What nobody could
    verify is recorded once a person has agreed.
    """
    row = _row(store, number, account.name)
    there = row.url if row.state == DeliveryState.SENT else None
    if there is not None and there == account.kept(url).url:
        return row
    if there is not None and not again and not account.kept(url).ask:
        raise UsageError(f"{account.name} already has {number} at {there}; {PUT_IN_PLACE}")
    found = locate(account, wanted(row), url, agree)
    if there is not None and there == found.url:
        return row
    if there is not None and not again:
        raise UsageError(f"{account.name} already has {number} at {there}; {PUT_IN_PLACE}")
    reason = "recorded by a person" + (f"; not read: {found.not_read}" if found.not_read else "")

    def moved(current: Delivery, now: datetime) -> Delivery | None:
        _refuse_if_just_sent(row, current)
        taken_back = current.request is PostRequest.RETRACT
        changes = there_at(found.url, found.remote_id, now) | {"not_before": now if taken_back else None}
        evidence = {"url": found.url, "before": current.url}
        return store.move(current, DeliveryState.SENT, now=now, reason=reason, evidence=evidence, **changes)

    return persist(store, row, clock, moved)


def retry(
    store: Store,
    accounts: Mapping[str, Account],
    number: int,
    account: str | None,
    clock: Clock,
    *,
    again: bool = False,
) -> tuple[Delivery, ...]:
    """Try again as soon as that is safe; without `account`, everything of the issue that is not settled.

    A delivery that is sent or skipped needs `again`; one that was sent is then posted a second time.
    """
    rows = _rows(store, number, account)
    return tuple(_retry_one(store, accounts.get(row.account), row, clock, again) for row in rows)


def skip(store: Store, number: int, account: str | None, clock: Clock) -> tuple[Delivery, ...]:
    """Skip it; without `account`, everything of the issue that is not settled."""
    return tuple(_skip_one(store, row, clock) for row in _rows(store, number, account))


def send_despite_hold(store: Store, number: int, accounts: Collection[str], clock: Clock) -> None:
    """Let the due deliveries of these accounts go out now, although the issue is held or the hours are closed."""
    for row in store.deliveries(number):
        if row.state is not DeliveryState.DUE or row.account not in accounts:
            continue
        reason = "a person announced it now"
        kept: dict[str, Any] = {"not_before": row.not_before, "despite_hold": True, "due_since": clock()}
        store.move(row, DeliveryState.DUE, now=clock(), reason=reason, **kept)


def text_may_change(store: Store, post: Post) -> None:
    """Raise UsageError when another text for this delivery comes too late."""
    for row in store.deliveries(post.number):
        if row.account != post.account or row.state in NOT_OUT:
            continue
        where = f": {row.url}" if row.url else ""
        raise UsageError(
            f"{row.account} is {row.state} with {row.number}{where}; another text comes too late"
        )


def change_text(store: Store, post: Post, clock: Clock) -> None:
    """Give a delivery that is due or stuck this text, and make it due."""
    text_may_change(store, post)
    for row in store.deliveries(post.number):
        if row.account == post.account and row.post != post:

            def moved(current: Delivery, now: datetime) -> Delivery | None:
                reason = "a person gave it another text"
                if current.state not in NOT_OUT:
                    return None
                anew: dict[str, Any] = {"post": post, "setbacks": 0, "due_since": now}
                if current.state is DeliveryState.DUE:
                    anew["not_before"] = current.not_before
                evidence = {"length": post.length}
                return store.move(
                    current, DeliveryState.DUE, now=now, reason=reason, evidence=evidence, **anew
                )

            persist(store, row, clock, moved)


def post_again(store: Store, row: Delivery, post: Post, clock: Clock) -> Delivery:
    """Make a settled delivery due again, under a new key, or one that was rehearsed; with this text.

    Raises UsageError before it is settled.
    """

    def moved(current: Delivery, now: datetime) -> Delivery | None:
        if not current.is_settled and not current.shadow:
            raise UsageError(f"{current.number} on {current.account} is not settled; wait until it is")
        anew: dict[str, Any] = {"setbacks": 0, "due_since": now, **NO_REQUEST}
        return _reopened(store, current, now, {**anew, "post": post, "outdated": None})

    again = persist(store, row, clock, moved)
    store.end_pause(row.account)
    return again


def _retry_one(store: Store, account: Account | None, row: Delivery, clock: Clock, again: bool) -> Delivery:
    if row.was_shadow:
        raise UsageError(
            f"{row.number} was only rehearsed on {row.account} (shadow mode); "
            f"to announce it there: crosspost post {row.number} --to {row.account}"
        )
    if row.state in SETTLED and not again:
        if row.state == DeliveryState.SENT:
            raise UsageError(f"{row.account} has {row.number} already: {row.url}; {SECOND_POST}")
        raise UsageError(f"{row.account} has {row.number} as {row.state}; {AFTER_ALL}")
    lag = account.lag if account else UNKNOWN_LAG

    def moved(current: Delivery, now: datetime) -> Delivery | None:
        _refuse_if_just_sent(row, current)
        if current.request is PostRequest.RETRACT and current.state not in GONE:
            raise UsageError(f"{current.number} is being taken back from {current.account}; wait until it is")
        anew: dict[str, Any] = {"setbacks": 0, "due_since": now, **NO_REQUEST}
        if current.state in SETTLED:
            return _reopened(store, current, now, anew)
        if _under_way(current, now):
            raise UsageError(f"{current.account} is being sent {current.number} right now; wait a minute")
        since = now if current.state == DeliveryState.SENDING else current.uncertain_since
        not_before = max(now, since + lag) if since else None
        reason = "a person asked to try again"
        if not_before is not None:
            reason += f"; it is looked for at {o_clock(not_before, now)}, when it would be listed"
        return store.move(
            current,
            DeliveryState.DUE,
            now=now,
            reason=reason,
            not_before=not_before,
            uncertain_since=since,
            **anew,
        )

    retried = persist(store, row, clock, moved)
    store.end_pause(row.account)
    return retried


def _reopened(store: Store, row: Delivery, now: datetime, anew: dict[str, Any]) -> Delivery | None:
    """Make a settled delivery due again. One that was sent gets a key and a fence of its own: the platform would
    take the old key for a repetition, and the look would find the old post."""
    anew = {**anew, **TO_BE_SENT, "settled_at": None}
    if row.state in (DeliveryState.SKIPPED, DeliveryState.DUE):
        return store.move(row, DeliveryState.DUE, now=now, reason="a person wants it after all", **anew)
    turn = row.turn + 1
    was_out = row.state == DeliveryState.SENT
    return store.move(
        row,
        DeliveryState.DUE,
        evidence={"before": row.url},
        now=now,
        reason="a person asked for a second post" if was_out else "a person wants it posted again",
        key=key_for(row.newsletter, row.number, row.account, turn=turn),
        turn=turn,
        earlier=[*row.earlier, *([row.url] if row.url and was_out else [])],
        fence=now,
        adopted=False,
        **anew,
    )


def _skip_one(store: Store, row: Delivery, clock: Clock) -> Delivery:
    if row.state in GONE:
        return row
    taken_back = row.state == DeliveryState.SENT and row.request is PostRequest.RETRACT
    if row.state == DeliveryState.SENT and not taken_back:
        raise UsageError(f"{row.account} already has {row.number}: {row.url}")

    def moved(current: Delivery, now: datetime) -> Delivery | None:
        _refuse_if_just_sent(row, current)
        state, reason = DeliveryState.SKIPPED, "skipped by a person"
        if taken_back:
            state, reason = DeliveryState.RETRACTED, "a person says that the post is gone"
        return store.move(current, state, now=now, reason=reason, not_before=None, settled_at=now)

    return persist(store, row, clock, moved)


def there_at(url: str, remote_id: str | None, now: datetime, *, adopted: bool = True) -> dict[str, Any]:
    """Return what a row says of a post that was found, or that a person names."""
    known = {"url": url, "remote_id": remote_id, "adopted": adopted, "settled_at": now}
    return {**known, "not_before": None, "uncertain_since": None}


def persist(
    store: Store, row: Delivery, clock: Clock, moved: Callable[[Delivery, datetime], Delivery | None]
) -> Delivery:
    """Carry it out on the row as it is now. Raises UsageError when others change it all the time."""
    current: Delivery | None = row
    for _ in range(TRIES):
        if current is None:
            break
        if (changed := moved(current, clock())) is not None:
            return changed
        current = store.delivery(row.id)
    raise UsageError(f"the delivery of {row.number} to {row.account} keeps changing; try again in a minute")


def _refuse_if_just_sent(row: Delivery, current: Delivery) -> None:
    if current.state == DeliveryState.SENT and row.state != DeliveryState.SENT:
        raise UsageError(f"{row.account} has just got {row.number}: {current.url}")


def before_it(row: Delivery) -> dict[str, Any]:
    """Return what names, in place of the newest, the last of the earlier posts."""
    return {"url": row.earlier[-1], "remote_id": None, "earlier": list(row.earlier[:-1]) or None}


def rows_of(store: Store, number: int, accounts: Sequence[str] = ()) -> list[Delivery]:
    """Return an issue's rows, all or those named. Raises UsageError for one that is not planned."""
    rows = store.deliveries(number)
    if not rows:
        raise UsageError(_unplanned(store, number))
    return [_row(store, number, account) for account in dict.fromkeys(accounts)] or rows


def _rows(store: Store, number: int, account: str | None) -> list[Delivery]:
    if account is not None:
        return [_row(store, number, account)]
    rows = rows_of(store, number)
    unsettled = [row for row in rows if row.state not in SETTLED]
    if not unsettled:
        raise UsageError(f"every delivery of {number} is settled; name the account that you mean")
    return unsettled


def _row(store: Store, number: int, account: str) -> Delivery:
    rows = rows_of(store, number)
    for row in rows:
        if row.account == account:
            return row
    planned = ", ".join(row.account for row in rows)
    raise UsageError(f"{number} is not planned for an account {account!r}; it is for: {planned}")


def unseen(store: Store, number: int) -> str:
    """Return the sentence for a number that no source has shown, with the numbers that may be meant."""
    meant = did_you_mean(store, number) or "is that the number?"
    return f"no issue {number} has been seen; {meant} What there is: crosspost status"


def did_you_mean(store: Store, number: int) -> str:
    """Return a question with at most two known numbers, the newest first, of which this one is a slip; or nothing."""
    near = [record.number for record in store.issues() if _is_slip(str(record.number), str(number))]
    return f"did you mean {' or '.join(map(str, near[:2]))}?" if near else ""


def _is_slip(meant: str, written: str) -> bool:
    """Return whether a digit is missing, too many, another one, or two are exchanged."""
    if len(meant) == len(written):
        places = [place for place in range(len(meant)) if meant[place] != written[place]]
        return len(places) == 1 or (
            len(places) == 2 and sorted(meant) == sorted(written) and places[1] == places[0] + 1
        )
    longer, shorter = sorted((meant, written), key=len, reverse=True)
    return len(longer) == len(shorter) + 1 and any(
        longer[:place] + longer[place + 1 :] == shorter for place in range(len(longer))
    )


def _unplanned(store: Store, number: int) -> str:
    if store.issue(number) is None:
        return unseen(store, number)
    return f"{number} has no deliveries yet; announce it with: crosspost post {number}"


def _under_way(row: Delivery, now: datetime) -> bool:
    claimed, dead = row.claimed_at, row.not_before
    alive = claimed is not None and dead is not None and claimed - SKEW < now < dead
    return row.state == DeliveryState.SENDING and alive
