"""What a server may do to who reads a feed or a page: nothing that lasts, fills the memory or raises."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crosspost.errors import RetryLaterError, SourceError
from crosspost.watch._download import Downloader
from crosspost.watch.page import page_problem
from tests.web_server import Asked, Reply, Server, self_signed, serving

NOW = datetime(2026, 8, 20, 2, 0, tzinfo=UTC)
A_MOMENT = timedelta(milliseconds=300)
LONGEST_WAIT = 20.0
"""Seconds after which a server here gives up by itself. Nothing is expected to take this long."""


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@contextmanager
def dripping(beginning: bytes) -> Iterator[tuple[str, threading.Event]]:
    """A server that sends the beginning and then a byte at a time; the event: its client went away."""
    left = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(beginning)
            for _ in range(int(LONGEST_WAIT / 0.02)):
                try:
                    connection.sendall(b"x")
                except OSError:
                    left.set()
                    return
                threading.Event().wait(0.02)

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/", left
    finally:
        thread.join()
        listener.close()


@pytest.mark.parametrize(
    "beginning",
    [
        b"HTTP/1.1 200 O",
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n",
    ],
    ids=["in its first line", "in a header", "in its body", "in a chunk"],
)
def test_a_server_that_drips_is_left_when_the_time_is_up(beginning: bytes) -> None:
    with dripping(beginning) as (url, left):
        with pytest.raises(SourceError, match="within"):
            Downloader(Clock()).get(url, timeout=A_MOMENT)

        assert left.wait(LONGEST_WAIT), "the connection was kept"


def test_redirects_that_each_take_a_while_end_together(server: Server) -> None:
    def answer(asked: Asked) -> Reply:
        threading.Event().wait(0.2)
        return Reply(302, headers={"Location": asked.path + "x"})

    server.answer = answer

    with pytest.raises(SourceError, match="within"):
        Downloader(Clock()).get(server.url, timeout=A_MOMENT)


def test_redirects_without_end_are_left(server: Server) -> None:
    server.answer = lambda asked: Reply(302, headers={"Location": asked.path + "x"})

    with pytest.raises(SourceError, match="redirects more than 5 times"):
        Downloader(Clock()).get(server.url)
    assert len(server.asked) == 6


@pytest.mark.parametrize(
    "location",
    [
        "http://.example.invalid/",
        "http://[oops/",
        "http://127.0.0.1:99999999/",
        "http://" + "a" * 300 + "/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "//",
        "http://\xff\xfe/",
    ],
)
def test_a_redirect_to_an_address_that_is_none_is_a_reason(server: Server, location: str) -> None:
    server.answer = lambda asked: Reply(302, headers={"Location": location})

    reason = page_problem(Downloader(Clock()), server.url + "/665/", 665, "This Week in Rust 665")

    assert f"page cannot be read: {server.url.removeprefix('http://')} " in reason


def test_what_unpacks_to_far_more_than_was_sent_is_left(server: Server) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < 100_000
    server.answer = lambda asked: Reply(body=bomb, headers={"Content-Encoding": "gzip"})

    with pytest.raises(SourceError, match="more than 1 MB"):
        Downloader(Clock()).get(server.url, limit=1024 * 1024)


@pytest.mark.parametrize(("name", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_packed_body_is_unpacked(server: Server, name: str, pack: object) -> None:
    assert callable(pack)
    server.answer = lambda asked: Reply(body=pack(b"the text"), headers={"Content-Encoding": name})

    assert Downloader(Clock()).get(server.url).body == b"the text"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Long": "x" * 100_000},
        {f"X-{number}": "x" for number in range(1000)},
        {"Content-Encoding": "gzip"},
        {"Content-Length": "many"},
    ],
    ids=["one too long", "too many", "not packed at all", "no number"],
)
def test_headers_that_nobody_sends_are_a_sentence(server: Server, headers: dict[str, str]) -> None:
    server.answer = lambda asked: Reply(body="hello", headers=headers)

    with pytest.raises(SourceError, match=r"127\.0\.0\.1"):
        Downloader(Clock()).get(server.url)


# ── come back later ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "asked", "pause"),
    [
        (429, "600", timedelta(minutes=10)),
        (503, "600", timedelta(minutes=10)),
        (429, "Thu, 20 Aug 2026 02:20:00 GMT", timedelta(minutes=20)),
        (429, "31536000", timedelta(hours=1)),
        (429, "9" * 400, timedelta(minutes=5)),
        (503, "Fri, 31 Dec 9999 23:59:59 GMT", timedelta(hours=1)),
        (429, "soon", timedelta(minutes=5)),
        (429, "", timedelta(minutes=5)),
    ],
)
def test_a_host_that_asks_for_a_pause_gets_it_for_at_most_an_hour(
    server: Server, status: int, asked: str, pause: timedelta
) -> None:
    server.answer = lambda request: Reply(status, "slow", {"Retry-After": asked})
    clock = Clock()
    reader = Downloader(clock)

    with pytest.raises(RetryLaterError) as refused:
        reader.get(server.url)
    assert refused.value.until == NOW + pause
    assert f"the next request is at {NOW + pause:%H:%M:%S} UTC" in str(refused.value)

    clock.now = NOW + pause - timedelta(seconds=1)
    with pytest.raises(RetryLaterError, match=f"{NOW + pause:%H:%M:%S}"):
        reader.get(server.url)
    assert len(server.asked) == 1

    clock.now = NOW + pause
    server.answer = lambda request: Reply(200, "hello")
    assert reader.get(server.url).body == b"hello"


@pytest.mark.parametrize("asked", ["", "later", "-5", "0", "Thu, 20 Aug 2020 02:20:00 GMT"])
def test_a_failure_without_a_time_is_asked_again_as_ever(server: Server, asked: str) -> None:
    server.answer = lambda request: Reply(503, "oh no", {"Retry-After": asked})
    reader = Downloader(Clock())

    assert reader.get(server.url).status == 503
    assert reader.get(server.url).status == 503


def test_a_page_out_of_service_keeps_no_other_page_waiting_but_too_many_requests_do(server: Server) -> None:
    server.answer = lambda asked: Reply(503 if asked.path == "/a" else 200, "", {"Retry-After": "60"})
    reader = Downloader(Clock())
    with pytest.raises(RetryLaterError):
        reader.get(server.url + "/a")
    assert reader.get(server.url + "/b").status == 200

    server.answer = lambda asked: Reply(429, "", {"Retry-After": "60"})
    with pytest.raises(RetryLaterError):
        reader.get(server.url + "/b")
    with pytest.raises(RetryLaterError):
        reader.get(server.url + "/c")
    assert [asked.path for asked in server.asked] == ["/a", "/b", "/b"]


def test_a_clock_that_is_set_back_does_not_lengthen_the_pause(server: Server) -> None:
    server.answer = lambda asked: Reply(429, "", {"Retry-After": "3600"})
    clock = Clock()
    reader = Downloader(clock)
    with pytest.raises(RetryLaterError):
        reader.get(server.url)

    clock.now = NOW - timedelta(days=2)
    server.answer = lambda asked: Reply(200, "hello")

    assert reader.get(server.url).status == 200


# ── what is wrong on this machine ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("proxy", "says"),
    [
        (
            "http://somebody:a-password@127.0.0.1:9",
            "HOST, by way of the proxy 127.0.0.1:9, does not answer",
        ),
        ("nonsense://127.0.0.1:9", "the proxy 127.0.0.1:9 is not one for http://; see http_proxy"),
    ],
)
def test_a_wrong_proxy_is_named(
    server: Server, monkeypatch: pytest.MonkeyPatch, proxy: str, says: str
) -> None:
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("http_proxy", proxy)

    with pytest.raises(SourceError) as error:
        Downloader(Clock()).get(server.url)

    assert str(error.value).startswith(says.replace("HOST", server.url.removeprefix("http://")))
    assert "a-password" not in str(error.value)
    assert server.asked == []


def test_a_certificate_that_is_not_accepted_is_named_with_what_it_was_held_against(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    theirs, ours = self_signed(tmp_path / "theirs"), self_signed(tmp_path / "ours")
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(theirs, theirs.with_suffix(".key"))

    with serving(context) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(ours))
        with pytest.raises(
            SourceError, match=r"certificate that is not accepted: self-signed.*SSL_CERT_FILE=.*ours"
        ):
            Downloader(Clock()).get(server.url)
        assert server.asked == []
