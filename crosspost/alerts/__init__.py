"""Send one message when a person is needed and one when that is resolved; none in between, none after a restart.

    conditions.py  what needs a person, from the status; when an issue is overdue (pure)
    __init__.py    what was sent to each channel, from the database, and what to send now
    channel.py     one address, through Apprise

A channel that fails is tried again later; the other channels get nothing twice. Without a channel the log gets the
messages.
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
"""Send a title and a body; return whether the channel accepted them. May raise CrosspostError."""

FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=1)

ALL_CHANNELS_LIMIT = 45.0
"""Seconds that all channels together may take of one pass; the rest follow in the next pass."""

CLAIM_TIME = timedelta(minutes=5)
"""How long a process that sends to a channel has it to itself. If it dies meanwhile, another one sends after that."""


def alert_editors(app: App) -> None:
    """Send what is new and what is resolved. Check ahead of publication, once a week."""
    now = app.clock()
    current = app.status(newest=NEWEST)
    texts = {
        (row.number, row.account): str(manual_post(account, row.post))
        for issue in current.issues
        for row in issue.deliveries
        if (account := app.accounts.get(row.account)) is not None
        and account.mode == "manual"
        and row.state is DeliveryState.DUE
    }
    alerts = alerts_of(current, app.config, now, texts)
    send_alerts(app.store, alerts, app.config.alerts, app.clock)
    if claim_weekly_check(app.store, app.config, now):
        from crosspost.check import run_checks

        send_alerts(app.store, failed_checks(run_checks(app)), app.config.alerts, app.clock, scope="check")


def claim_weekly_check(store: Store, config: Config, now: datetime) -> bool:
    """Return whether the weekly check ahead of publication is to run now: True once a week, for one of several daemons.

    The first week counts as checked: whoever has just installed the program has run `check`.
    """
    if config.alerts.check_before is None:
        return False
    this_week = weektime.parse_moment(config.alerts.check_before).last(now)
    last = store.get_value(CHECKED, store.newsletter)
    if last == this_week or not store.compare_and_set(CHECKED, store.newsletter, this_week, expected=last):
        return False
    return last is not None and last < this_week


@dataclass(frozen=True, slots=True)
class SentAlerts:
    """The alerts that were sent to one channel. Its field names are in the database."""

    sentences: Mapping[str, str] = field(default_factory=dict)
    """Alert's key → its sentence, without what is resolved."""
    at_rest: tuple[str, ...] = ()
    """The keys among them on which a person has acted since."""
    failures: int = 0
    """Failures in a row."""
    not_before: datetime | None = None
    """After a failure: when to try again."""


SENT_ALERTS = Scope("told", SentAlerts)
CHECKED = Scope("checked", datetime)
"""The time, by newsletter, of the last check ahead of publication."""


@dataclass(frozen=True, slots=True)
class Message:
    """The message that is to be sent to one channel now."""

    needed: tuple[str, ...]
    resolved: tuple[str, ...]
    then: SentAlerts
    """The state of the channel after this message."""

    @property
    def body(self) -> str:
        resolved = [f"Resolved: {sentence.splitlines()[0]}" for sentence in self.resolved]
        return "\n\n".join([*self.needed, *resolved])


def message_for(sent: SentAlerts, alerts: Sequence[Alert]) -> Message:
    """Return what is to be sent to a channel. Pure."""
    new = [
        each for each in alerts if each.open and (each.key not in sent.sentences or each.key in sent.at_rest)
    ]
    keys = {each.key for each in alerts}
    sentences = {key: sentence for key, sentence in sent.sentences.items() if key in keys}
    sentences |= {each.key: each.sentence for each in new}
    at_rest = tuple(each.key for each in alerts if not each.open and each.key in sentences)
    return Message(
        needed=tuple(each.sentence for each in new),
        resolved=tuple(sentence for key, sentence in sent.sentences.items() if key not in keys),
        then=SentAlerts(sentences, at_rest),
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
    """Send each channel what is new and what is resolved, and nothing else. Safe to call in each pass.

    `alerts` are all alerts of this scope: a sent one that is missing is resolved. `send` replaces the configured
    addresses. A channel that fails is logged and tried later; nothing is raised. Of several daemons on one database,
    one sends.
    """
    channels = (
        {"given": send} if send else {str(secret): alertchannel.channel(secret) for secret in config.to}
    )
    started = time.monotonic()
    for name, channel in (channels or {"log": _to_log}).items():
        if time.monotonic() - started > ALL_CHANNELS_LIMIT - alertchannel.TIME_LIMIT:
            break
        key = f"{store.newsletter}/{scope}/{name}"
        stored = store.get_value(SENT_ALERTS, key)
        sent, now = stored or SentAlerts(), clock()
        message = message_for(sent, alerts)
        if not message.needed and not message.resolved:
            if message.then != sent:
                store.compare_and_set(SENT_ALERTS, key, message.then, expected=stored)
            continue
        claimed = replace(sent, not_before=now + CLAIM_TIME)
        if _must_wait(sent, now) or not store.compare_and_set(SENT_ALERTS, key, claimed, expected=stored):
            continue
        title = f"{store.newsletter}: {'a person is needed' if message.needed else 'resolved'}"
        if problem := _send(channel, title, message.body):
            wait = backoff(sent.failures + 1, FIRST_RETRY, LONGEST_RETRY)
            after = replace(sent, failures=sent.failures + 1, not_before=now + wait)
            level = logging.WARNING
            log.event(logger, "alert not sent", level=level, channel=name, why=problem, next=now + wait)
        else:
            after = message.then
            counts = {"needed": len(message.needed), "resolved": len(message.resolved)}
            log.event(logger, "alert sent", channel=name, **counts)
        store.compare_and_set(SENT_ALERTS, key, after, expected=claimed)


def _must_wait(sent: SentAlerts, now: datetime) -> bool:
    """Return whether the channel waits after a failure. A time beyond the longest wait is of a clock that was wrong."""
    if not sent.not_before:
        return False
    return now < sent.not_before <= now + max(CLAIM_TIME, LONGEST_RETRY)


def _send(send: Send, title: str, body: str) -> str | None:
    """Send a message. Return why the channel did not accept it; None when it did."""
    try:
        return None if send(title, body) else "the channel did not take the message"
    except Exception as error:  # noqa: BLE001 - an alert that fails must never stop the announcing
        return str(error) if isinstance(error, CrosspostError) else f"{type(error).__name__}: {error}"


def _to_log(title: str, body: str) -> bool:
    log.event(logger, title, level=logging.WARNING, what=body)
    return True
