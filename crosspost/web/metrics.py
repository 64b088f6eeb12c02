"""Return the metrics for Prometheus, read from the store at each scrape, so that they survive a restart.

Only the webhook's calls are counted from the start of the process. The `metrics` extra installs prometheus-client.
Names and units follow prometheus.io/docs/practices/naming.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, SupportsFloat

from crosspost.app import App
from crosspost.config import extras
from crosspost.errors import CrosspostError, StoreError
from crosspost.web import Health, ReadHealth

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

BUCKETS = (5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400)
"""Seconds from live to posted, up to a day."""


def exposition(app: App, read_health: ReadHealth, pushes: Mapping[str, int]) -> bytes:
    """Return all metrics as Prometheus' text; `pushes`: the webhook's calls by outcome.

    Those from the store are left out when it does not answer. Raises CrosspostError when the extra is not installed.
    """
    try:
        import prometheus_client as prometheus
    except ImportError:
        raise CrosspostError(extras.install_hint("/metrics", "metrics")) from None
    prometheus.disable_created_metrics()  # type: ignore[no-untyped-call] # they would say when this page was made
    registry = prometheus.CollectorRegistry()
    prometheus.ProcessCollector(registry=registry)
    _add_health(registry, read_health())
    if pushes:
        calls = prometheus.Counter(
            "crosspost_webhook_calls", "Calls of the webhook.", ["outcome"], registry=registry
        )
        for outcome, count in pushes.items():
            calls.labels(outcome).inc(count)
    with suppress(StoreError):
        _add_rows(registry, app)
    return bytes(prometheus.generate_latest(registry))


def _add_health(registry: CollectorRegistry, health: Health) -> None:
    _add(registry, "healthy", "1 when the watchdog would be fed.", [((), health.healthy)])
    _add(registry, "watches", "1 on the machine that polls the sources.", [((), health.watches)])
    _add_time(registry, "next_pass", "When the next pass is meant to begin.", health.next_at)
    if last := health.last:
        seconds = (last.ended - last.started).total_seconds()
        _add_time(registry, "last_pass", "When the last pass came to its end.", last.ended)
        _add(registry, "last_pass_duration_seconds", "How long the last pass took.", [((), seconds)])
        _add(registry, "last_pass_problems", "Problems of the last pass.", [((), len(last.problems))])
        _add(registry, "needs_person", "1 when a person is needed.", [((), last.needs_person)])


def _add_rows(registry: CollectorRegistry, app: App) -> None:
    """Add the metrics from the store. Raises StoreError before anything is added."""
    from prometheus_client import Histogram

    counts, times, due = app.store.counts(), app.store.times_to_post(), app.next_due()
    spending, channels = app.spending(), app.channel_states()
    _add(registry, "deliveries", "Deliveries in each state.", sorted(counts.items()), "platform", "state")
    histogram = Histogram(
        "crosspost_live_to_posted_seconds",
        "From the gate's opening to the post.",
        ["platform"],
        buckets=BUCKETS,
        registry=registry,
    )
    for platform, time in times:
        histogram.labels(platform).observe(time.total_seconds())
    _add_time(registry, "next_due", "When the next delivery or link is due.", due)
    spent = [((each.account,), each.spent) for each in spending]
    budgets = [((each.account,), each.budget) for each in spending if each.budget is not None]
    _add(registry, "spent_dollars", "What the account's platform charged this month.", spent, "account")
    _add(registry, "budget_dollars", "The most the account may cost in a month.", budgets, "account")
    known = [(each.name, each.number, each.seen_at) for each in channels if each.number and each.seen_at]
    numbers = [((name,), number) for name, number, _ in known]
    times_seen = [((name,), at.timestamp()) for name, _, at in known]
    _add(registry, "channel_issue", "The newest issue that the channel showed.", numbers, "channel")
    _add(registry, "channel_seen_timestamp_seconds", "When that was first seen there.", times_seen, "channel")


def _add_time(registry: CollectorRegistry, name: str, text: str, at: datetime | None) -> None:
    if at is not None:
        text = f"{text} Absent when there is no such time."
        _add(registry, f"{name}_timestamp_seconds", text, [((), at.timestamp())])


def _add(
    registry: CollectorRegistry,
    name: str,
    text: str,
    values: Iterable[tuple[tuple[str, ...], SupportsFloat]],
    *labels: str,
) -> None:
    """Add a gauge with its values, each with its labels."""
    from prometheus_client import Gauge

    gauge = Gauge(f"crosspost_{name}", text, labels, registry=registry)
    for names, value in values:
        (gauge.labels(*names) if names else gauge).set(float(value))
