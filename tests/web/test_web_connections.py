"""Whoever connects to the pages and says nothing, little, nonsense or the same again, takes nothing from the work."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from crosspost.web.listener import Limits
from tests.web.strange_week import WEBHOOK_SECRET, Pages, served

SOON = Limits(head=0.2, total=0.6, connections=8)


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with served(tmp_path, secret=WEBHOOK_SECRET, limits=SOON, hosts=("Status.Example.org",)) as there:
        yield there


def connect(pages: Pages) -> socket.socket:
    parts = urlsplit(pages.address)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20)


def answer_to(pages: Pages, sent: bytes) -> bytes:
    """All that comes back until the other side closes."""
    with closing(connect(pages)) as connection:
        connection.sendall(sent)
        return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    parts = []
    try:
        while part := connection.recv(65_536):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
        b"POST /hooks/push HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\nX-Hub-Signature-256: sha256="
        + b"0" * 64
        + b"\r\n\r\n{",
    ],
    ids=["nothing", "half a head", "half a body"],
)
def test_what_never_becomes_a_request_is_closed_without_a_word_in_the_log(
    pages: Pages, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert answer_to(pages, sent) == b""
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_connection_is_for_one_request(pages: Pages) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"

    assert answer_to(pages, request * 3).count(b"HTTP/1.1 200") == 1


def test_beyond_the_most_connections_one_is_refused_at_once_and_later_served(tmp_path: Path) -> None:
    with served(tmp_path, limits=Limits(connections=8)) as pages:
        with ExitStack() as held:
            for _ in range(8):
                held.enter_context(closing(connect(pages)))
            refused = answer_to(pages, b"")

        assert refused.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert b"Content-Security-Policy: default-src 'none'" in refused
        while requests.get(f"{pages.address}/healthz", timeout=20).status_code == 503:
            pass


@pytest.mark.parametrize(
    ("descriptors", "connections"), [(1024, 64), (256, 32), (64, 8), (4, 1), (1_048_576, 64), (-1, 64)]
)
def test_most_descriptors_are_kept_for_the_work(descriptors: int, connections: int) -> None:
    assert Limits().at_once(descriptors) == connections


# ── whom it answers ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:80",
        "127.0.0.1",
        "127.0.0.1:8593",
        "[::1]:1",
        "status.example.org",
        "status.example.org.:443",
    ],
)
def test_its_own_names_are_answered(pages: Pages, host: str) -> None:
    assert requests.get(f"{pages.address}/healthz", headers={"Host": host}, timeout=10).status_code == 200


@pytest.mark.parametrize("host", ["", "evil.example", "evil.example:8593", "localhost.evil.example", "[::2]"])
@pytest.mark.parametrize("path", ["/", "/healthz", "/nothing"])
def test_another_name_is_told_where_names_belong(pages: Pages, path: str, host: str) -> None:
    refused = requests.get(pages.address + path, headers={"Host": host}, timeout=10)

    assert refused.status_code == 421
    assert "[web] hosts" in refused.text
    assert "Content-Security-Policy" in refused.headers


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nno colon\r\n\r\n",
        b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=["nonsense", "version", "header", "long", "TLS"],
)
def test_what_is_no_request_is_answered_with_the_headers_of_every_answer(
    pages: Pages, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    head = answer_to(pages, sent).partition(b"\r\n\r\n")[0].decode()

    assert re.match(r"HTTP/1\.[01] 400 Bad Request\r\n", head)
    assert "\r\nX-Content-Type-Options: nosniff" in head
    assert "\r\nServer: crosspost" in head
    assert "aiohttp" not in head.lower()
    assert caplog.records == []


@pytest.mark.parametrize(
    "sent",
    [
        b"POST /hooks/push HTTP/1.1\r\nHost: localhost\r\nExpect: wonders\r\nContent-Length: 0\r\n\r\n",
        b"POST /hooks/push HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nX-Hub-Signature-256: sha256="
        + b"0" * 64
        + b"\r\n\r\nZZ\r\n",
    ],
    ids=["expectation", "chunk"],
)
def test_a_request_that_is_wrong_further_on_is_answered_as_every_other(
    pages: Pages, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    head = answer_to(pages, sent).partition(b"\r\n\r\n")[0].decode()

    assert re.match(r"HTTP/1\.[01] 4", head)
    assert "\r\nX-Content-Type-Options: nosniff" in head
    assert "aiohttp" not in head.lower()
    assert caplog.records == []
