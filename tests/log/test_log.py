"""The log: one line for each event, and never a secret in one, however it got there."""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import socket
import threading
import urllib.parse
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosspost import log
from crosspost.config.secrets import Secret, secret_values
from crosspost.log.redaction import HIDDEN, Redaction

OURS = logging.getLogger("crosspost.delivery")

SECRETS = ("hunter2hunter2", 'tricky "quotes" \\ & <b>', "pass/word+with=sign%20", "pässwörd-☃-unicode")


pytestmark = pytest.mark.usefixtures("process_as_it_was")


def lines(stream: io.StringIO) -> list[str]:
    return stream.getvalue().splitlines()


# ── Lines ────────────────────────────────────────────────────────────────────────────────────────────


def test_an_event_is_one_line_in_the_words_of_the_states() -> None:
    log.set_up(stream=(stream := io.StringIO()))

    log.event(OURS, "delivery sent", issue=665, account="x", url="https://x.com/i/1?a=b", why=None)

    (line,) = lines(stream)
    assert line.endswith(" INFO delivery sent issue=665 account=x url=https://x.com/i/1?a=b")


def test_what_an_event_carries_can_neither_make_a_line_nor_drive_a_terminal() -> None:
    log.set_up(stream=(stream := io.StringIO()))

    log.event(
        OURS, "delivery uncertain", why='no\nanswer "\x1b[31m\u2028', at=datetime(2026, 8, 20, 3, tzinfo=UTC)
    )
    OURS.warning("%s", "two\nlines\r")

    first, second = lines(stream)
    assert first.endswith(r'why="no\nanswer \"\u001b[31m\u2028" at=2026-08-20T03:00:00Z')
    assert second.endswith(r" WARNING two\nlines\r")


@pytest.mark.parametrize("fmt", ["text", "json"])
def test_without_traces_a_line_names_the_error_and_shows_no_traceback(fmt: log.Format) -> None:
    log.set_up(fmt=fmt, traces=False, stream=(stream := io.StringIO()))

    try:
        raise ValueError("it broke")
    except ValueError:
        OURS.exception("pass failed")

    (line,) = lines(stream)
    assert "pass failed" in line
    assert "ValueError: it broke" in line
    assert "Traceback" not in line


def test_json_is_one_object_for_each_event() -> None:
    log.set_up(fmt="json", stream=(stream := io.StringIO()))

    log.event(OURS, "delivery sent", issue=665, account="x", adopted=False)
    try:
        raise ValueError("two\nlines")
    except ValueError:
        OURS.exception("it failed")

    first, second = map(json.loads, lines(stream))
    assert {key: first[key] for key in ("level", "event", "issue", "account", "adopted")} == {
        "level": "info", "event": "delivery sent", "issue": 665, "account": "x", "adopted": False,
    }  # fmt: skip
    assert datetime.fromisoformat(first["time"]).tzinfo is not None
    assert "ValueError: two\nlines" in second["traceback"]


def test_our_level_is_chosen_and_libraries_are_held_at_warning() -> None:
    log.set_up("debug", stream=(stream := io.StringIO()))

    OURS.debug("ours")
    for library in ("tweepy.client", "prawcore", "urllib3.connectionpool", "aiohttp.client", "unheard.of"):
        logging.getLogger(library).debug("headers")
        logging.getLogger(library).info("headers")
        logging.getLogger(library).warning("worth knowing")

    assert [line.split(" ", 2)[1] for line in lines(stream)] == ["DEBUG"] + ["WARNING"] * 5
    assert "logger=tweepy.client" in lines(stream)[1]


def test_a_library_whose_arguments_do_not_fit_is_heard_nevertheless(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logging.getLogger().handlers.clear()  # pytest's own would trip over it
    log.set_up(stream=(stream := io.StringIO()))

    logging.getLogger("tweepy").warning("%d posts", "hunter2")

    assert "%d posts" in stream.getvalue()
    assert capsys.readouterr() == ("", "")


def test_a_stream_that_is_gone_stops_nothing() -> None:
    stream, another = io.StringIO(), io.StringIO()
    log.set_up(stream=stream)
    logging.getLogger().addHandler(logging.StreamHandler(another))
    stream.close()

    OURS.warning("to whom it may concern")

    assert "to whom it may concern" in another.getvalue()


def test_setting_it_up_again_says_nothing_twice() -> None:
    log.set_up(stream=io.StringIO())
    log.set_up(stream=(stream := io.StringIO()))

    OURS.warning("once")

    assert len(lines(stream)) == 1


# ── Secrets ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("fmt", ["text", "json"])
def test_a_secret_is_hidden_however_it_was_escaped_or_encoded(secret: str, fmt: log.Format) -> None:
    redaction = Redaction([secret])
    log.set_up("debug", fmt, redaction, stream=(stream := io.StringIO()))
    carried = [
        secret,
        json.dumps({"token": secret}),
        json.dumps({"token": secret}, ensure_ascii=False),
        json.dumps(json.dumps(secret)),
        repr({"token": secret}),
        repr(secret.encode()),
        urllib.parse.urlencode({"q": secret}),
        urllib.parse.quote(urllib.parse.quote(secret, safe=""), safe=""),
        secret.encode().hex(),
        f"https://example.org/{urllib.parse.quote(secret, safe='')}/x",
    ]

    for text in carried:
        OURS.info("said %s", text)
        log.event(OURS, "delivery uncertain", why=text)
        OURS.info(text)
        try:
            raise ValueError(text)
        except ValueError:
            OURS.exception("it failed")
        assert secret not in redaction.clean(text)

    written = stream.getvalue()
    assert HIDDEN in written
    for form in (secret, json.dumps(secret)[1:-1], urllib.parse.quote_plus(secret), secret.encode().hex()):
        assert form not in written


@given(st.text(min_size=8, max_size=40), st.text(max_size=9), st.text(max_size=9))
def test_a_secret_within_base64_is_hidden(secret: str, before: str, after: str) -> None:
    data = (before + secret + after).encode()
    redaction = Redaction([secret])

    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        cleaned = redaction.clean(f"Authorization: x{encode(data).decode()}")
        assert HIDDEN in cleaned
        assert (
            len(cleaned.replace(HIDDEN, ""))
            < len("Authorization: x") + 4 * (len(before.encode()) + len(after.encode()) + 6) / 3
        )


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer aaaabbbbccccddddeeee",
        "headers={'Authorization': 'Bot aaaabbbbccccddddeeee.f-g_h'}",
        'OAuth oauth_nonce="1", oauth_token="aaaabbbbcccc", oauth_signature="aaaabbbbcccc%3D"',
        "POST grant_type=refresh_token&refresh_token=aaaabbbbcccc",
        '{"accessJwt": "aaaabbbbcccc.d.e", "refreshJwt": "aaaabbbbcccc.f.g"}',
        "{'access_token': 'aaaabbbbcccc'}",
        "postgresql+psycopg://crosspost:aaaabbbbcccc@db.example/crosspost",
        "fatal: unable to access 'https://aaaabbbbcccc@forge.example/news.git/'",
        "GET /api?private_token=aaaabbbbcccc",
        "/etc/crosspost/https:/editor:aaaabbbbcccc@forge.example/post.j2: there is no such file",
        "https://editor:p@ss/aaaabbbbcccc@forge.example/news.git",
    ],
)
def test_tokens_that_platforms_issue_meanwhile_are_hidden_by_what_they_are_called(text: str) -> None:
    assert "aaaabbbb" not in Redaction(()).clean(text)


@pytest.mark.parametrize(
    "text",
    [
        "config.toml:3: accounts.x.access_token: the environment variable X_TOKEN is not set or is empty",
        "Discord: the bot may not read the channel",
        "the token was refused: 401 at https://api.x.com/2/tweets",
        "https://www.reddit.com/r/rust/comments/1abcdef/this_week_in_rust_665/",
        "http://127.0.0.1:8591/@twir/116900000000000001",
    ],
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert Redaction(["hunter2hunter2", ""]).clean(text) == text


def test_secrets_are_taken_by_name_and_those_that_are_missing_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("A_TOKEN", "hunter2hunter2")
    secrets = [Secret("env", "A_TOKEN"), Secret("env", "NOT_SET_ANYWHERE")]
    log.set_up(redaction=Redaction(secret_values(secrets)), stream=(stream := io.StringIO()))

    OURS.info("hunter2hunter2")

    assert lines(stream)[0].endswith("INFO [secret]")


def test_what_nobody_caught_is_logged_and_cleaned() -> None:
    log.set_up(redaction=Redaction(["hunter2hunter2"]), stream=(stream := io.StringIO()))

    def fails() -> None:
        raise ValueError("hunter2hunter2")

    thread = threading.Thread(target=fails)
    thread.start()
    thread.join()

    assert "unexpected error" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


# ── The journal ──────────────────────────────────────────────────────────────────────────────────────


class Journal:
    """A socket that takes what systemd's journal takes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(5)

    def entry(self) -> dict[str, str]:
        """The next entry, by the journal's own rules."""
        data, found = self._socket.recv(65536), {}
        while data:
            head, _, data = data.partition(b"\n")
            if b"=" in head:
                name, _, value = head.partition(b"=")
            else:
                name, size = head, int.from_bytes(data[:8], "little")
                value, data = data[8 : 8 + size], data[9 + size :]
            found[name.decode()] = value.decode()
        return found

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal")
    monkeypatch.setattr(log, "JOURNAL", journal.path)
    yield journal
    journal.close()


def test_under_systemd_the_journal_gets_fields(
    tmp_path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "stderr").open("w+") as stderr:
        status = os.fstat(stderr.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        log.set_up(redaction=Redaction(["hunter2hunter2"]), stream=stderr)

        log.event(OURS, "delivery stuck", level=logging.WARNING, issue=665, why="no\nhunter2hunter2")
        entry = journal.entry()

        assert entry["MESSAGE"] == r'delivery stuck issue=665 why="no\n[secret]"'
        assert (entry["PRIORITY"], entry["CROSSPOST_ISSUE"]) == ("4", "665")
        assert entry["CROSSPOST_WHY"] == "no\n[secret]"
        assert Path(stderr.name).read_text() == ""


def test_an_entry_that_the_journal_does_not_take_is_a_line_with_its_priority(
    tmp_path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "stderr").open("w+") as stderr:
        status = os.fstat(stderr.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        log.set_up(stream=stderr)
        journal.close()

        OURS.error("nobody there")

        assert Path(stderr.name).read_text() == "<3>nobody there\n"


@pytest.mark.usefixtures("journal")
def test_a_stream_that_does_not_lead_to_the_journal_gets_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "1:1")
    with (tmp_path / "stderr").open("w+") as stderr:
        log.set_up(stream=stderr)

        OURS.error("here")

        assert Path(stderr.name).read_text().endswith(" ERROR here\n")
