"""What one PostgreSQL carries: deliveries a second by 1, 2 and 4 processes, and a claim among a million finished rows.

Each process is a machine of its own: all read the same rows, and the claim alone decides. (Threads of one process would
measure Python's lock: every statement waits for it.) The platform answers at once, and every commit is on the disk.
"""

from __future__ import annotations

import multiprocessing
import statistics
import time
from dataclasses import dataclass
from datetime import date
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier

import sqlalchemy as sa

from bench.store import N, account, postgresql
from crosspost.config.schema import DeliveryConfig
from crosspost.delivery.workers import deliver
from crosspost.model import BackfillState, Delivery, DeliveryState, Issue, Post, utcnow
from crosspost.store import Store, open_store

ACCOUNTS = 5


@dataclass(frozen=True)
class Size:
    deliveries: int
    processes: tuple[int, ...]
    finished: int
    newsletters: int
    issues: int
    """Whose claims are measured."""


FULL = Size(600, (1, 2, 4), 1_000_000, 1000, 60)
QUICK = Size(4, (1, 2), 1000, 10, 2)


def run(size: Size) -> None:
    with postgresql() as server:
        if server is None:
            print("no PostgreSQL server could be started here")
            return
        for processes in size.processes:
            speed, cpu = _speed(server, processes, size.deliveries)
            print(f"{processes} processes {speed:8.0f} deliveries/s, {cpu:.1f} ms of their CPU each")
        _among_finished_rows(server, size)


# ── deliveries a second ──────────────────────────────────────────────────────────────────────────────


def _speed(url: str, processes: int, deliveries: int) -> tuple[float, float]:
    """Return how many a second, and the processes' milliseconds of CPU for each: a busy machine changes that less."""
    name = f"{processes} processes"
    store = open_store(url, name, utcnow)
    for number in range(deliveries):
        _plan(store, number, ["account"])
    spawn = multiprocessing.get_context("spawn")
    begin, used = spawn.Barrier(processes + 1), spawn.SimpleQueue()
    machines = [spawn.Process(target=_machine, args=(url, name, begin, used, n)) for n in range(processes)]
    for machine in machines:
        machine.start()
    begin.wait()
    began = time.perf_counter()
    while store.counts() != {("nothing", DeliveryState.SENT): deliveries}:
        time.sleep(0.02)
    spent = time.perf_counter() - began
    cpu = sum(used.get() for _ in machines)
    for machine in machines:
        machine.join()
    store.close()
    return deliveries / spent, cpu / deliveries * 1000


def _machine(url: str, newsletter: str, begin: Barrier, used: SimpleQueue[float], place: int) -> None:
    store = open_store(url, newsletter, utcnow)
    store.ping()
    begin.wait()
    began = time.process_time()
    while store.due_deliveries(utcnow()):
        deliver(store, {"account": account()}, DeliveryConfig(), utcnow, in_order=place == 0)
    used.put(time.process_time() - began)
    store.close()


def _plan(store: Store, number: int, accounts: list[str]) -> None:
    issue = Issue(number, f"Issue {number}", date(2026, 8, 19), f"https://example.org/{number}/")
    posts = [Post(name, "nothing", number, issue.url, issue.title, "text " * 50) for name in accounts]
    store.plan(issue, posts, backfill=BackfillState.OFF, now=utcnow())


# ── a claim among a million finished rows ────────────────────────────────────────────────────────────


def _among_finished_rows(server: str, size: Size) -> None:
    """Compare an empty table with a full one, in turns: what else the machine does meets both alike."""
    stores = {name: _store_of_its_own(server, name) for name in ("empty", "full")}
    _fill(server, size)
    found: dict[tuple[str, str], list[float]] = {}
    for number in range(1_000_000, 1_000_000 + size.issues):
        for name, store in stores.items():
            _plan(store, number, [f"account-{n}" for n in range(ACCOUNTS)])
            began = time.perf_counter()
            rows = store.due_deliveries(utcnow())
            found.setdefault(("due rows", name), []).append(time.perf_counter() - began)
            for row in rows:
                found.setdefault(("a claim", name), []).append(_claim(store, row))
    print(f"{size.finished} finished rows of {size.newsletters} newsletters, against an empty table:")
    for what in ("a claim", "due rows"):
        empty, full = (statistics.median(found[what, name]) * 1000 for name in stores)
        print(f"  {what:<12} {empty:6.2f} ms → {full:6.2f} ms: {full / empty:.2f} times")
    for store in stores.values():
        store.close()


def _claim(store: Store, row: Delivery) -> float:
    """Return how many seconds the claim took. The row is finished then, as those before it."""
    now = utcnow()
    began = time.perf_counter()
    claimed = store.claim(row, now, now)
    spent = time.perf_counter() - began
    assert claimed is not None
    store.move(claimed, DeliveryState.SENT, now=now, reason="sent", settled_at=now)
    return spent


def _store_of_its_own(server: str, name: str) -> Store:
    _say(server, f'CREATE DATABASE "{name}"')
    return open_store(_named(server, name), N, utcnow)


def _fill(server: str, size: Size) -> None:
    """Give each newsletter as many finished deliveries, in its turn `benchmark` as well."""
    _say(
        _named(server, "full"),
        f"""
        INSERT INTO delivery (newsletter, number, account, platform, state, key, post, attempts, looks, adopted, url,
            reason, planned_at, settled_at, changed_at, setbacks, revision)
        SELECT CASE n % {size.newsletters} WHEN 0 THEN '{N}' ELSE 'newsletter ' || n % {size.newsletters} END,
            n / {size.newsletters * ACCOUNTS}, 'account-' || n / {size.newsletters} % {ACCOUNTS}, 'nothing', 'sent',
            'key', jsonb_build_object('text', repeat('text ', 50)), 1, 0, false, 'https://nowhere.example/' || n,
            'sent', now(), now(), now(), 0, 3
        FROM generate_series(0, {size.finished - 1}) AS n
        """,  # noqa: S608 - its numbers and names stand in this file
        "VACUUM ANALYZE delivery",
    )


def _named(server: str, database: str) -> str:
    return sa.make_url(server).set(database=database).render_as_string(hide_password=False)


def _say(url: str, *statements: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()
