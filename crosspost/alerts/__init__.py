"""One message when a person is needed, one when that is resolved; none in between, none again after a restart.

    conditions.py  status → what needs a person; by when a weekly newsletter is usually out (pure)
    __init__.py    what each channel was told, kept in the store, and what to send it now
    channel.py     one address, through Apprise

A channel that fails is tried again later, and the others are told nothing twice. Without a channel the log gets the
message.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from crosspost import log
from crosspost.alerts import channel as alertchannel
from crosspost.alerts.conditions import NEWEST, Alert, alerts_of, failed_checks
from crosspost.backoff import backoff
from crosspost.config import weektime
from crosspost.delivery.manual import manual_post
from crosspost.errors import CrosspostError
from crosspost.model import Clock, DeliveryState
from crosspost.store.scopes import Scope

if TYPE_CHECKING:
    from crosspost.app import App
    from crosspost.config.schema import AlertsConfig, Config
    from crosspost.store import Store

logger = logging.getLogger(__name__)

Send = Callable[[str, str], bool]
"""Title and body → whether it was taken. May raise CrosspostError with a sentence."""

FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=1)

TOGETHER = 45.0
"""Seconds that all channels may take of one pass; those not reached by then are told in the next one."""

SENDING = timedelta(minutes=5)
"""How long a process that tells a channel has it to itself; if it dies in there, another one tells it then."""


def alert_editors(app: App) -> None:
    """Send what is new and what is resolved, once."""
    now = app.clock()
    known = app.status(newest=NEWEST)
    texts = {
        (row.number, row.account): str(manual_post(account, row.post))
        for issue in known.issues
        for row in issue.deliveries
        if (account := app.accounts.get(row.account)) is not None
        and account.mode == "manual"
        and row.state is DeliveryState.DUE
    }
    needed = alerts_of(known, app.config, now, texts)
    send_alerts(app.store, needed, app.config.alerts, app.clock)
    if claim_weekly_check(app.store, app.config, now):
        from crosspost.check import run_checks

        send_alerts(app.store, failed_checks(run_checks(app)), app.config.alerts, app.clock, scope="check")


def claim_weekly_check(store: Store, config: Config, now: datetime) -> bool:
    """Whether the weekly check ahead of publication should run now. True once for each week, then False.

    The first week counts as checked: whoever has just set it up has run `check`.
    """
    if config.alerts.check_before is None:
        return False
    last = weektime.parse_moment(config.alerts.check_before).last(now)
    kept = store.get_value(CHECKED, store.newsletter)
    if kept == last or not store.compare_and_set(CHECKED, store.newsletter, last, expected=kept):
        return False  # checked already, or another daemon is checking
    return kept is not None and kept < last


# ── What each channel was told ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class SentAlerts:
    sentences: Mapping[str, str] = field(default_factory=dict)
    """Key → the sentence that was sent. What is resolved is gone from here."""
    at_rest: tuple[str, ...] = ()
    """The keys among them on which somebody has acted since."""
    failures: int = 0
    """In a row."""
    not_before: datetime | None = None
    """After a failure: when to try again."""


SENT_ALERTS = Scope("told", SentAlerts)
CHECKED = Scope("checked", datetime)
"""By newsletter: the time of the last check ahead of publication."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel was not told yet."""

    needed: tuple[str, ...]
    resolved: tuple[str, ...]
    then: SentAlerts
    """What it was told once this is sent."""


def message_for(notified: SentAlerts, alerts: Sequence[Alert]) -> Message:
    """Return what there is to send to a channel that was told this much. Pure."""
    told = notified.sentences
    fresh = [each for each in alerts if each.open and (each.key not in told or each.key in notified.at_rest)]
    keys = {each.key for each in alerts}
    then = {key: sentence for key, sentence in told.items() if key in keys}
    then |= {each.key: each.sentence for each in fresh}
    return Message(
        needed=tuple(each.sentence for each in fresh),
        resolved=tuple(sentence for key, sentence in told.items() if key not in keys),
        then=SentAlerts(then, tuple(each.key for each in alerts if not each.open and each.key in then)),
    )


def send_alerts(
    store: Store,
    alerts: Sequence[Alert],
    config: AlertsConfig,
    clock: Clock,
    send: Send | None = None,
    *,
    scope: str = "standing",
) -> None:
    """Send each channel what is new and what is resolved, and nothing else. Safe to call at each pass.

    `alerts` is everything in this scope: what is missing from it is resolved. `send` takes the place of the
    configured addresses. A channel that fails is logged and tried later; it raises nothing. Of several daemons
    on one store, one sends.
    """
    channels = (
        {"given": send} if send else {str(secret): alertchannel.channel(secret) for secret in config.to}
    )
    started = time.monotonic()
    for name, channel in (channels or {"log": _to_log}).items():
        if time.monotonic() - started > TOGETHER - alertchannel.TIME_LIMIT:
            break
        key = f"{store.newsletter}/{scope}/{name}"
        kept = store.get_value(SENT_ALERTS, key)
        notified, now = kept or SentAlerts(), clock()
        message = message_for(notified, alerts)
        if not message.needed and not message.resolved:
            if message.then != notified:
                store.compare_and_set(SENT_ALERTS, key, message.then, expected=kept)
            continue
        claimed = replace(notified, not_before=now + SENDING)
        if _rests(notified, now) or not store.compare_and_set(SENT_ALERTS, key, claimed, expected=kept):
            continue
        title = f"{store.newsletter}: {'a person is needed' if message.needed else 'resolved'}"
        problem = _refusal(channel, title, _body(message))
        store.compare_and_set(
            SENT_ALERTS, key, _after(notified, message, name, problem, now), expected=claimed
        )


def _rests(notified: SentAlerts, now: datetime) -> bool:
    """Whether a channel is left alone after a failure. No wait is longer: a time beyond it is of another clock."""
    if not notified.not_before:
        return False
    return now < notified.not_before <= now + max(SENDING, LONGEST_RETRY)


def _body(message: Message) -> str:
    resolved = [f"Resolved: {sentence.splitlines()[0]}" for sentence in message.resolved]
    return "\n\n".join([*message.needed, *resolved])


def _after(
    notified: SentAlerts, message: Message, name: str, problem: str | None, now: datetime
) -> SentAlerts:
    """Return what the channel was told after the message was taken, or refused with `problem`."""
    if problem:
        wait = backoff(notified.failures + 1, FIRST_RETRY, LONGEST_RETRY)
        log.event(logger, "alert not sent", level=logging.WARNING, channel=name, why=problem, next=now + wait)
        return replace(notified, failures=notified.failures + 1, not_before=now + wait)
    counts = {"needed": len(message.needed), "resolved": len(message.resolved)}
    log.event(logger, "alert sent", channel=name, **counts)
    return message.then


def _refusal(send: Send, title: str, body: str) -> str | None:
    """Return why the message was not taken; None when it was."""
    try:
        return None if send(title, body) else "the channel did not take the message"
    except Exception as error:  # noqa: BLE001 - an alert that fails must never stop the announcing
        return str(error) if isinstance(error, CrosspostError) else f"{type(error).__name__}: {error}"


def _to_log(title: str, body: str) -> bool:
    log.event(logger, title, level=logging.WARNING, what=body)
    return True
