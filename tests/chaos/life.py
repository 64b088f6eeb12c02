"""Processes that deliver until nothing is due, or until they are ended.

A new process takes a second to load the client libraries, a forked one takes milliseconds. So one process loads them
and forks a life whenever it is told to; it has no threads of its own, which would not survive that.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Self

from .accounts import NEWSLETTER, SharedClock, accounts, policy

MOST_PASSES = 200


@dataclass(frozen=True)
class Orders:
    """What one life is told."""

    folder: str
    """Where the clock and the secrets are."""
    store_url: str
    addresses: dict[str, str]
    credentials: dict[str, dict[str, Any]]
    seed: str = ""
    kill_rate: float = 0.0
    """The probability of ending at each step."""
    kill_after: float = 0.0
    """End after so many seconds, wherever it is; 0: do not."""
    end_at: tuple[str, str] | None = None
    """End at this step of this account."""
    stop_at: tuple[str, str] | None = None
    """Stop there instead, as SIGSTOP does, once."""
    attempt_limit: float = 60.0
    only: tuple[str, ...] = field(default=())
    life: str = f"{__package__}.life:live"
    """What it does: "module:function". The module's `warm_up` is called before the first such life is forked."""


def live(orders: Orders) -> None:
    """Deliver until nothing is due at this moment of the shared clock."""
    from crosspost.delivery.workers import deliver
    from crosspost.store import open_store

    folder = Path(orders.folder)
    clock = SharedClock(folder / "clock")
    store = open_store(orders.store_url, NEWSLETTER, clock)
    connected = accounts(orders.addresses, orders.credentials, folder, clock)
    settings = policy(orders.attempt_limit)
    if orders.kill_after:
        # SIGALRM's own action ends the process between two machine instructions, whatever it is doing.
        signal.setitimer(signal.ITIMER_REAL, orders.kill_after)
    for _ in range(MOST_PASSES):
        deliver(
            store, connected, settings, clock, account_names=orders.only or None, failpoint=fate_of(orders)
        )
        if not store.due_deliveries(clock(), accounts=orders.only or None):
            break
    store.close()


def share(orders: Orders) -> None:
    """The same as one of several machines on a database that may break: what it refuses is tried again."""
    from crosspost.delivery.workers import deliver
    from crosspost.errors import StoreError
    from crosspost.store import Store, open_store

    folder = Path(orders.folder)
    clock, at = SharedClock(folder / "clock"), fate_of(orders)
    connected = accounts(orders.addresses, orders.credentials, folder, clock)
    only = orders.only or None
    store: Store | None = None
    for _ in range(MOST_PASSES):
        try:
            store = store or open_store(orders.store_url, NEWSLETTER, clock)
            deliver(
                store,
                connected,
                policy(orders.attempt_limit),
                clock,
                account_names=only,
                failpoint=at,
                in_order=False,
            )
            if not store.due_deliveries(clock(), accounts=only):
                break
        except StoreError:
            time.sleep(0.1)
    if store is not None:
        store.close()


def fate_of(orders: Orders) -> Any:
    """Return what a delivery is to call at each of its steps: it may end the process there."""
    chance = random.Random(f"{orders.seed}/{os.getpid()}")
    stopped = threading.Event()

    def at(step: str) -> None:
        here = (step, threading.current_thread().name.removeprefix("deliver-"))
        if here == orders.end_at or chance.random() < orders.kill_rate:
            os.kill(os.getpid(), signal.SIGKILL)
        if here == orders.stop_at and not stopped.is_set():
            stopped.set()
            os.kill(os.getpid(), signal.SIGSTOP)
            # SIGSTOP takes the other threads first; this one must not get further before it is told to go on.
            time.sleep(0.05)

    return at


def cradle() -> None:
    """Fork a life for each line of orders; answer with its process id, and later with how it ended."""
    for name in ("mastodon", "tweepy", "praw", "discord", "atproto", "alembic.command"):
        try:
            __import__(name)
        except ImportError:
            sys.stderr.write(f"{name} is not installed\n")
    from crosspost.store import Store

    assert Store.__name__ == "Store"
    for line in sys.stdin:
        told = json.loads(line)
        if "wait" in told:
            _, status = os.waitpid(told["wait"], 0)
            answer = {"signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, "status": status >> 8}
        else:
            answer = {"pid": _fork(told)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _fork(told: dict[str, Any]) -> int:
    module, _, name = told["life"].partition(":")
    lived = import_module(module)
    if hasattr(lived, "warm_up"):
        lived.warm_up()
    pid = os.fork()
    if pid:
        return pid
    try:
        pairs = {name: tuple(told[name]) if told[name] else None for name in ("end_at", "stop_at")}
        getattr(lived, name)(Orders(**{**told, **pairs, "only": tuple(told["only"])}))
    except BaseException:  # noqa: BLE001 - the forked process must never return into the parent's loop
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


class Cradle:
    """The process that forks lives. Use it as a context manager."""

    def __init__(self, log: Path) -> None:
        self._log = log.open("ab")
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONWARNINGS": "ignore"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=environment,
        )

    def begin(self, orders: Orders) -> int:
        """Start a life; its process id."""
        return int(self._ask(asdict(orders))["pid"])

    def end_of(self, pid: int) -> int:
        """Wait for a life to end. The signal that ended it; 0 when it ended by itself. Raises when it failed."""
        ended = self._ask({"wait": pid})
        if ended["status"]:
            raise RuntimeError(f"a life ended with an error; see {self._log.name}")
        return int(ended["signal"])

    def live(self, orders: Orders) -> int:
        """One life from beginning to end."""
        return self.end_of(self.begin(orders))

    def close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait()
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, told: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the process that forks lives has ended; see {self._log.name}")
        found: dict[str, Any] = json.loads(answer)
        return found


def is_stopped(pid: int) -> bool:
    """Whether a process has been stopped by SIGSTOP."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def ended_by(signals: Sequence[int]) -> int:
    """How many lives of these ended by a signal."""
    return sum(1 for each in signals if each)


if __name__ == "__main__":
    cradle()
