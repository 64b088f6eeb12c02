"""Other channels: where an issue should appear although another program or person puts it there. Only read.

A channel is asked between an issue's publication and its sighting there, and once a day otherwise; each time with one
conditional request, bounded as every download is. What it showed last is in the store, so that a restart asks no
sooner and an alert follows from rows alone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from crosspost.errors import CrosspostError, SourceError
from crosspost.log.redaction import told
from crosspost.model import ChannelState, IssueRecord
from crosspost.watch._download import Answer, Downloader, conditions, host
from crosspost.watch.shown import Shown, newest_shown

if TYPE_CHECKING:
    from crosspost.store import Store

OFTEN = timedelta(minutes=5)
SELDOM = timedelta(hours=1)
"""When an issue has been missing for a day."""
DAILY = timedelta(days=1)
TIMEOUT = timedelta(seconds=10)
TOGETHER = 15.0
"""Seconds after which a pass begins no further look: it has issues to announce."""
KNOWN = 10
"""Issues that are looked for at once."""
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Channel:
    """One place to look at."""

    name: str
    kind: str
    url: str
    """What is asked."""
    read: Callable[[Answer], Sequence[Shown]]
    """Raises SourceError for an answer that shows nothing that can be read."""
    alert_after: timedelta


def look_at_channels(
    channels: Sequence[Channel], store: Store, downloader: Downloader, now: datetime
) -> None:
    """Look at the channels whose time has come, first at the one not looked at for longest. Raises StoreError only."""
    began = time.monotonic()
    records = store.issues(limit=KNOWN)
    kept = {state.name: state for state in store.channels()}
    known = [(channel, kept.get(channel.name) or ChannelState(channel.name)) for channel in channels]
    for channel, state in sorted(known, key=lambda each: each[1].looked_at or LONG_AGO):
        if time.monotonic() - began < TOGETHER and _is_due(state, records, now):
            store.keep_channel(look(channel, state, records, downloader, now))


def _is_due(state: ChannelState, records: Sequence[IssueRecord], now: datetime) -> bool:
    if state.looked_at is None or state.looked_at > now:  # the clock was set back
        return True
    out = [(each.number, each.planned_at) for each in records if each.planned_at and each.planned_at <= now]
    number, since = max(out, default=(0, now))
    every = DAILY
    if number > (state.number or 0):
        every = OFTEN if now - since < DAILY else SELDOM
        if state.sought < number or state.looked_at < since:
            return True
    return now - state.looked_at >= every


def look(
    channel: Channel,
    state: ChannelState,
    records: Sequence[IssueRecord],
    downloader: Downloader,
    now: datetime,
) -> ChannelState:
    """Return what is known of the channel after one look. Never raises: what goes wrong is its `reason`."""
    sought = max((record.number for record in records), default=0)
    # What answers "not modified" was searched for the issues that were known then, and for no newer one.
    headers = conditions(json.loads(state.validators or "{}")) if state.sought == sought else {}
    looked = replace(state, looked_at=now, sought=sought, reason="")
    try:
        answer = downloader.get(channel.url, headers=headers, timeout=TIMEOUT)
        if answer.status == 304 and headers:
            return looked
        if answer.status != 200:
            raise SourceError(f"{host(channel.url)} answers {answer.status}")
        number = newest_shown(channel.read(answer), records)
    except CrosspostError as error:
        return replace(looked, validators="", reason=str(error))
    except Exception as error:  # noqa: BLE001 - a stranger's text that no parser foresaw says nothing of the issue
        return replace(looked, validators="", reason=f"what it answers cannot be read: {told(error)}")
    looked = replace(looked, validators=json.dumps(answer.validators))
    if number is None or number <= (state.number or 0):
        return looked
    return replace(looked, number=number, seen_at=now)
