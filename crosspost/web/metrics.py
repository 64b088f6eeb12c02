"""Give Prometheus its metrics, read from the store's rows at each scrape: they survive a restart and cannot drift.
Only the calls of the webhook are counted from the start of the process.

The `metrics` extra brings prometheus-client. Names and units follow prometheus.io/docs/practices/naming.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from crosspost.app import App
from crosspost.config import extras
from crosspost.errors import CrosspostError, StoreError
from crosspost.model import ChannelState, DeliveryState, Spending
from crosspost.web import Health, TakeHealth

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

BUCKETS = (5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400)
"""Seconds from live to posted, up to a day."""


def exposition(app: App, take_health: TakeHealth, pushes: Mapping[str, int]) -> bytes:
    """Return all metrics as Prometheus' text; `pushes`: the webhook's calls by outcome.

    Raises CrosspostError when the extra is not installed.
    """
    try:
        from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
    except ImportError:
        raise CrosspostError(extras.needs("/metrics", "metrics")) from None
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(_Rows(app, take_health, pushes))
    return bytes(generate_latest(registry))


class _Rows:
    """A collector for prometheus_client."""

    def __init__(self, app: App, take_health: TakeHealth, pushes: Mapping[str, int]) -> None:
        self._app = app
        self._take_health = take_health
        self._pushes = pushes

    def collect(self) -> Iterable[Metric]:
        """Return the metrics of this moment. What comes from the store is left out when it does not answer."""
        yield from _of_health(self._take_health())
        yield from _pushes(self._pushes)
        try:
            counts = self._app.store.counts()
            taken = self._app.store.times_to_posted()
            due = self._app.next_due()
            spending = self._app.spending()
            channels = self._app.channel_states()
        except StoreError:
            return
        yield _states(counts)
        yield _times_to_posted(taken)
        yield _timestamp("crosspost_next_due", "When a row wants to be looked at again.", due)
        yield from _spending(spending)
        yield from _channels(channels)


def _of_health(health: Health) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    yield GaugeMetricFamily("crosspost_healthy", "1 when the watchdog would be fed.", float(health.healthy))
    yield GaugeMetricFamily(
        "crosspost_watches", "1 on the machine that looks at the sources.", float(health.watches)
    )
    last = health.last
    yield _timestamp("crosspost_next_pass", "When the next pass is meant to begin.", health.next_at)
    yield _timestamp(
        "crosspost_last_pass", "When the last pass came to its end.", last.ended if last else None
    )
    if last is None:
        return
    seconds = (last.ended - last.started).total_seconds()
    yield GaugeMetricFamily("crosspost_last_pass_duration_seconds", "How long the last pass took.", seconds)
    yield GaugeMetricFamily("crosspost_last_pass_problems", "Problems of the last pass.", len(last.problems))
    yield GaugeMetricFamily("crosspost_needs_person", "1 when a person is needed.", float(last.needs_person))


def _pushes(counts: Mapping[str, int]) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily

    if counts:
        family = CounterMetricFamily("crosspost_webhook_calls", "Calls of the webhook.", labels=["outcome"])
        for outcome, count in counts.items():
            family.add_metric([outcome], count)
        yield family


def _timestamp(name: str, text: str, at: datetime | None) -> Metric:
    values = [] if at is None else [((), at.timestamp())]
    return _gauge(f"{name}_timestamp_seconds", f"{text} Absent when there is no such time.", (), values)


def _gauge(
    name: str, text: str, labels: Sequence[str], values: Iterable[tuple[Sequence[str], float]]
) -> Metric:
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(name, text, labels=labels)
    for of, value in values:
        family.add_metric(of, value)
    return family


def _states(counts: Mapping[tuple[str, DeliveryState], int]) -> Metric:
    labels = ("platform", "state")
    return _gauge("crosspost_deliveries", "Deliveries in each state.", labels, sorted(counts.items()))


def _channels(channels: Iterable[ChannelState]) -> Iterator[Metric]:
    known = [(each.name, each.number, each.seen_at) for each in channels if each.number and each.seen_at]
    numbers = [((name,), number) for name, number, _ in known]
    times = [((name,), at.timestamp()) for name, _, at in known]
    name, labels = "crosspost_channel", ("channel",)
    yield _gauge(f"{name}_issue", "The newest issue that the channel showed.", labels, numbers)
    yield _gauge(f"{name}_seen_timestamp_seconds", "When that was first seen there.", labels, times)


def _spending(accounts: Sequence[Spending]) -> Iterator[Metric]:
    spent = [((each.account,), float(each.spent)) for each in accounts]
    most = [((each.account,), float(each.budget)) for each in accounts if each.budget is not None]
    text, labels = "What the account's platform charged this month.", ("account",)
    yield _gauge("crosspost_spent_dollars", text, labels, spent)
    yield _gauge("crosspost_budget_dollars", "The most the account may cost in a month.", labels, most)


def _times_to_posted(taken: Iterable[tuple[str, timedelta]]) -> Metric:
    from prometheus_client.core import HistogramMetricFamily

    seconds: dict[str, list[float]] = {}
    for platform, time in taken:
        seconds.setdefault(platform, []).append(time.total_seconds())
    family = HistogramMetricFamily(
        "crosspost_live_to_posted_seconds", "From the gate's opening to the post.", labels=["platform"]
    )
    for platform, values in sorted(seconds.items()):
        counts = [(str(float(most)), float(sum(value <= most for value in values))) for most in BUCKETS]
        family.add_metric([platform], buckets=[*counts, ("+Inf", float(len(values)))], sum_value=sum(values))
    return family
