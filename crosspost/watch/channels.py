"""Channels that other programs or people fill, and in which an issue should appear. They are only read.

A channel is checked from an issue's publication until the issue appears there, and else once a day; each time with one
conditional request. The store keeps the result, so that a restart does not make the next check earlier, and alerts
follow from rows alone.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

from crosspost.errors import CrosspostError, SourceError
from crosspost.log.redaction import error_text
from crosspost.model import ChannelState, IssueRecord
from crosspost.network import host_of, path_of
from crosspost.parse.html import decode_html, limit_html
from crosspost.watch._download import Answer, Downloader, conditions
from crosspost.watch.feed import parse_feed
from crosspost.watch.page import html_text, words

if TYPE_CHECKING:
    from crosspost.store import Store

SHORT_INTERVAL = timedelta(minutes=5)
LONG_INTERVAL = timedelta(hours=1)
"""The interval once an issue has been missing for a day."""
DAILY = timedelta(days=1)
TIMEOUT = timedelta(seconds=10)
TIME_BUDGET = 15.0
"""Seconds after which a pass begins no further check: it has issues to announce."""
ISSUE_LIMIT = 10
"""Issues that are looked for at once."""
ENTRY_LIMIT = 50
"""The most entries of one channel; the newest stand first in a feed and in an account's listing."""
LINK_LIMIT = 500
"""The most links of one entry, or of a page."""
_HREF = re.compile(r"""\bhref\s*=\s*["']?([^"'\s>]{1,2000})""", re.IGNORECASE)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ChannelEntry:
    """One entry of a feed, one post, or a whole page."""

    title: str
    """The title, or the text where there is none."""
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Channel:
    """A place where issues should appear."""

    name: str
    url: str
    """The address that is requested."""
    read: Callable[[Answer], Sequence[ChannelEntry]]
    """Raises SourceError for an answer that cannot be read."""


def check_channels(channels: Sequence[Channel], store: Store, downloader: Downloader, now: datetime) -> None:
    """Check the channels that are due, the one that was checked longest ago first. Raises StoreError only."""
    began = time.monotonic()
    records = store.issues(limit=ISSUE_LIMIT)
    stored = {state.name: state for state in store.channels()}
    states = [(channel, stored.get(channel.name) or ChannelState(channel.name)) for channel in channels]
    for channel, state in sorted(states, key=lambda each: each[1].looked_at or LONG_AGO):
        if time.monotonic() - began < TIME_BUDGET and _is_due(state, records, now):
            store.save_channel(check_channel(channel, state, records, downloader, now))


def _is_due(state: ChannelState, records: Sequence[IssueRecord], now: datetime) -> bool:
    if state.looked_at is None or state.looked_at > now:  # the clock was set back
        return True
    announced = [
        (each.number, each.planned_at) for each in records if each.planned_at and each.planned_at <= now
    ]
    number, since = max(announced, default=(0, now))
    interval = DAILY
    if number > (state.number or 0):
        interval = SHORT_INTERVAL if now - since < DAILY else LONG_INTERVAL
        if state.sought < number or state.looked_at < since:
            return True
    return now - state.looked_at >= interval


def check_channel(
    channel: Channel,
    state: ChannelState,
    records: Sequence[IssueRecord],
    downloader: Downloader,
    now: datetime,
) -> ChannelState:
    """Return the channel's state after one request. Never raises: what goes wrong is the state's `reason`."""
    newest = max((record.number for record in records), default=0)
    # An answer that is "not modified" was searched for the issues that were known then, and for no newer one.
    headers = conditions(json.loads(state.validators or "{}")) if state.sought == newest else {}
    checked = replace(state, looked_at=now, sought=newest, reason="")
    try:
        answer = downloader.get(channel.url, headers=headers, timeout=TIMEOUT)
        if answer.status == 304 and headers:
            return checked
        if answer.status != 200:
            raise SourceError(f"{host_of(channel.url)} answers {answer.status}")
        entries = channel.read(answer)
        mentioned = [each.number for each in records if any(_mentions(entry, each) for entry in entries)]
    except CrosspostError as error:
        return replace(checked, validators="", reason=str(error))
    except Exception as error:  # noqa: BLE001 - an answer that no parser foresaw says nothing about the issue
        return replace(checked, validators="", reason=f"what it answers cannot be read: {error_text(error)}")
    checked = replace(checked, validators=json.dumps(answer.validators))
    number = max(mentioned, default=0)
    return replace(checked, number=number, seen_at=now) if number > (state.number or 0) else checked


# ── the answer ──────────────────────────────────────────────────────────────────────────────────────


def read_feed(answer: Answer) -> Sequence[ChannelEntry]:
    """Return the entries of an Atom or RSS feed. Raises SourceError for anything else."""
    return [_entry(row) for row in parse_feed(answer)[:ENTRY_LIMIT]]


def _entry(row: Any) -> ChannelEntry:
    bodies = [str(row.get("summary", "")), *(str(each.get("value", "")) for each in row.get("content", []))]
    text = str(row.get("title", "")) or html_text(limit_html(bodies[0]))
    return ChannelEntry(text, (str(row.get("link", "")), *(link for body in bodies for link in _links(body))))


def read_page(answer: Answer) -> Sequence[ChannelEntry]:
    """Return a page as one entry."""
    html = decode_html(answer.body, answer.headers.get("content-type", ""))
    return [ChannelEntry(html_text(limit_html(html)), tuple(_links(html)))]


def _links(html: str) -> list[str]:
    return [unescape(found) for found in _HREF.findall(html)[:LINK_LIMIT]]


def _mentions(entry: ChannelEntry, record: IssueRecord) -> bool:
    """Return whether an entry links to the issue's page, or has its title: the newsletter's name, then the number."""
    page = _comparable_address(record.url)
    if page and page in map(_comparable_address, entry.links):
        return True
    *name, number = words(record.title) or ("",)
    text = words(entry.title)
    starts = (at for at in range(len(text)) if name and text[at : at + len(name)] == name)
    return any(number in text[at + len(name) : at + len(name) + 3] for at in starts)


def _comparable_address(url: str) -> str:
    """Return host and path of an address, without "www." and the last slash; empty when it is no address."""
    host, path = host_of(url).removeprefix("www."), path_of(url).rstrip("/")
    return f"{host}{path}" if host and path else ""
