"""A platform that repeats what it was asked with: its words are kept and shown, and no secret in them."""

from __future__ import annotations

import asyncio
import base64
import html
import json
import threading
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import requests
from aiohttp import web

from crosspost.app import App, load_config
from crosspost.cli import execute
from crosspost.cli.login import login
from crosspost.errors import CrosspostError
from crosspost.log.redaction import Redaction
from crosspost.model import DeliveryState
from crosspost.platforms import stand_ins
from crosspost.sandbox import Sandbox
from crosspost.web import Health
from crosspost.web.server import serving
from tests.cli.test_login import configured, maintainer
from tests.test_secrets import ISSUE

pytestmark = [
    pytest.mark.usefixtures("process_as_it_was"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of Apprise
]

BODIES: Mapping[str, Callable[[str, int], Any]] = {
    "mastodon": lambda words, _: {"error": words},
    "x": lambda words, status: {"title": "Error", "detail": words, "status": status},
    "reddit": lambda words, status: {"message": words, "error": status},
    "discord": lambda words, _: {"message": words, "code": 0},
    "bluesky": lambda words, _: {"error": "InvalidRequest", "message": words},
}

WRITES = ("/api/v1/statuses", "/2/tweets", "/api/submit", "/messages", "/com.atproto.repo.putRecord")
AUTH = ("/api/v1/access_token", "/com.atproto.server.createSession", "/users/@me")


def percent(text: str) -> str:
    return urllib.parse.quote(text, safe="")


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


FORMS: Mapping[str, Callable[[str], str]] = {
    "plain": str,
    "percent-encoded": percent,
    "in JSON": lambda text: json.dumps(json.dumps(text)),
    "in HTML": html.escape,
    "in base64": encoded,
    "in base64, one later": lambda text: encoded("x" + text),
    "in base64, two later": lambda text: encoded("xx" + text),
}


class Echo:
    """Stands before a sandbox's platforms, and answers what it is told to with everything that it was asked with."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.targets = dict(sandbox.addresses)
        self.refuses: Callable[[web.BaseRequest], bool] = lambda _: False
        self.words: Callable[[str], str] = str
        self.status = 403
        self.alerts: list[str] = []
        self.tokens: set[str] = set()
        """What the platforms gave out."""
        self.echoes = 0
        self.ports: dict[str, int] = {}

    def __enter__(self) -> Echo:
        self._loop = asyncio.new_event_loop()
        ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready,))
        self._thread.start()
        ready.result(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    def _run(self, ready: Future[None]) -> None:
        self._loop.run_until_complete(self._serve(ready))

    async def _serve(self, ready: Future[None]) -> None:
        self._stop = asyncio.Event()
        runners = []
        async with aiohttp.ClientSession(auto_decompress=False) as self._client:
            for name in (*BODIES, "alerts"):
                runner = web.ServerRunner(web.Server(self._handler(name)), shutdown_timeout=0.1)
                await runner.setup()
                await web.TCPSite(runner, "127.0.0.1", 0).start()
                self.ports[name] = runner.addresses[0][1]
                runners.append(runner)
            ready.set_result(None)
            await self._stop.wait()
            for runner in runners:
                await runner.cleanup()

    def _handler(self, name: str) -> Callable[[web.BaseRequest], Any]:
        async def handle(request: web.BaseRequest) -> web.Response:
            body = await request.read()
            if name == "alerts":
                self.alerts.append(body.decode())
                return web.Response()
            if self.refuses(request):
                return self._echoed(name, request, body)
            return await self._forwarded(name, request, body)

        return handle

    def _echoed(self, name: str, request: web.BaseRequest, body: bytes) -> web.Response:
        self.echoes += 1
        asked = request.headers.get("Authorization", "")
        words = self.words(f"{asked} {body.decode(errors='replace')}".strip())
        headers = {"Location": f"https://elsewhere.example/?{percent(words)}"} if self.status < 400 else {}
        return web.json_response(BODIES[name](words, self.status), status=self.status, headers=headers)

    async def _forwarded(self, name: str, request: web.BaseRequest, body: bytes) -> web.Response:
        headers = {key: value for key, value in request.headers.items() if key != "Content-Length"}
        url = self.targets[name] + request.raw_path
        async with self._client.request(
            request.method, url, headers=headers, data=body, allow_redirects=False
        ) as answer:
            data = await answer.read()
            if request.path.rstrip("/").endswith(AUTH) and answer.content_type == "application/json":
                found = json.loads(data)
                self.tokens |= {
                    found[key] for key in ("access_token", "accessJwt", "refreshJwt") if key in found
                }
            passed = {
                key: value
                for key, value in answer.headers.items()
                if key.lower()
                not in ("content-length", "transfer-encoding", "connection", "content-encoding")
            }
            return web.Response(status=answer.status, body=data, headers=passed)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(stand_ins(), port=0) as sandbox:
        yield sandbox


@pytest.fixture
def echo(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Echo]:
    with Echo(sandbox) as echo:
        for variable, value in sandbox.environment.items():
            monkeypatch.setenv(variable, value)
        monkeypatch.setenv("ALERTS_TO", f"json://127.0.0.1:{echo.ports['alerts']}/hook")
        yield echo


def secrets_of(echo: Echo, sandbox: Sandbox) -> set[str]:
    return {*sandbox.environment.values(), *echo.tokens}


def leaks(written: str, secrets: set[str]) -> set[str]:
    """Every form of a secret, and every half of one, that stands in a text."""
    found = set()
    for secret in secrets:
        cores = {encoded("\0" * n + secret)[-(-n * 8 // 6) : (n + len(secret)) * 8 // 6] for n in range(3)}
        for form in {*(write(secret) for write in (str, percent, html.escape)), *cores}:
            found |= {part for part in (form, form[: len(form) // 2 + 2]) if part in written}
    return found


def announced(folder: Path, echo: Echo, sandbox: Sandbox) -> Path:
    """Two passes as from a shell, with a new issue between them. Returns the configuration."""
    text = sandbox.configuration(store_url=f"sqlite:///{folder}/x.db", source_path=folder / "content")
    for name in BODIES:
        text = text.replace(sandbox.addresses[name], f"http://127.0.0.1:{echo.ports[name]}")
    text = text.replace('look_after = ["1s", "2s", "4s"]', 'look_after = ["1h"]')
    text = f'{text}\n[alerts]\nto = [{{ env = "ALERTS_TO" }}]\n'
    config = folder / "config.toml"
    config.write_text(text)
    (folder / "content").mkdir()
    execute(["-c", str(config), "once"])
    today = datetime.now(UTC).date()
    (folder / "content" / f"{today}-this-week-in-rust.md").write_text(ISSUE.format(today=today))
    execute(["--debug", "--log-level", "debug", "-c", str(config), "once"])
    return config


def everything(config: Path, echo: Echo, capfd: pytest.CaptureFixture[str]) -> str:
    """All that is kept and shown: output, log, database, alerts, pages."""
    for command in (["status"], ["status", "--json"], ["history", "665"], ["check"], ["alerts", "test"]):
        execute(["-c", str(config), *command])
    kept = "".join(path.read_bytes().decode("latin-1") for path in config.parent.glob("x.db*"))
    return "".join([*capfd.readouterr(), kept, *echo.alerts, *pages(config)])


def pages(config: Path) -> list[str]:
    """What the daemon's page shows of it."""

    text = config.read_text() + '\n[web]\nlisten = "127.0.0.1:0"\n'
    (config.parent / "with-page.toml").write_text(text)
    settings = load_config(config.parent / "with-page.toml", secrets=True)
    with (
        App(settings) as app,
        serving(app, lambda: Health(True, "", None, None), lambda: None) as address,
    ):
        return [requests.get(f"{address}{path}", timeout=10).text for path in ("", "issues/665")]


def reasons(config: Path) -> dict[str, str]:
    with App(load_config(config, secrets=False), read_only=True) as app:
        rows = app.store.deliveries(665)
        assert not [row for row in rows if row.state is DeliveryState.SENT]
        return {row.account: row.reason for row in rows}


@pytest.mark.parametrize("form", FORMS)
def test_a_refusal_that_repeats_the_request_is_kept_without_its_secrets(
    echo: Echo, sandbox: Sandbox, tmp_path: Path, capfd: pytest.CaptureFixture[str], form: str
) -> None:
    echo.words = lambda asked: f"You sent {FORMS[form](asked)}"
    echo.refuses = lambda request: request.method == "POST" and request.path.rstrip("/").endswith(WRITES)

    config = announced(tmp_path, echo, sandbox)
    written = everything(config, echo, capfd)

    assert echo.echoes == len(BODIES)
    assert "You sent" in reasons(config)["mastodon"]
    assert echo.tokens
    assert echo.alerts
    assert leaks(written, secrets_of(echo, sandbox)) == set()


@pytest.mark.parametrize(
    ("status", "which"), [(403, "reads"), (401, "logins"), (302, "writes")], ids=lambda value: str(value)
)
def test_whatever_is_refused_it_is_kept_without_its_secrets(
    echo: Echo, sandbox: Sandbox, tmp_path: Path, capfd: pytest.CaptureFixture[str], status: int, which: str
) -> None:
    refused: Mapping[str, Callable[[web.BaseRequest], bool]] = {
        "reads": lambda request: request.method == "GET",
        "logins": lambda request: request.path.rstrip("/").endswith(AUTH),
        "writes": lambda request: request.method == "POST" and request.path.rstrip("/").endswith(WRITES),
    }
    echo.status, echo.refuses = status, refused[which]

    config = announced(tmp_path, echo, sandbox)
    written = everything(config, echo, capfd)

    assert echo.echoes
    assert leaks(written, secrets_of(echo, sandbox)) == set()


@pytest.mark.parametrize("platform", BODIES)
def test_login_shows_nothing_of_what_a_platform_repeats(
    echo: Echo, sandbox: Sandbox, tmp_path: Path, platform: str
) -> None:
    person = maintainer(sandbox, platform)
    person.secrets = {word: f"{word} wrong0123456789" for word in person.secrets}
    person.answers = {
        word: answer if word in ("redirect", "done") else f"{word}-wrong0123456789"
        for word, answer in person.answers.items()
    }
    person.confirms = {"anyway": False, "": False}
    echo.refuses, echo.status = lambda _: True, 401
    config = configured(sandbox, platform, tmp_path, api_base_url=f"http://127.0.0.1:{echo.ports[platform]}")
    redaction = Redaction()

    with pytest.raises(CrosspostError) as refused:
        login(config, "it", person.prompts, redaction=redaction)

    said = redaction.clean(str(refused.value))  # as the command line shows it
    assert echo.echoes
    assert leaks("".join([said, *person.said]), set(person.secrets.values())) == set()


@pytest.mark.parametrize("left", [6, 11, 16])
def test_what_is_left_of_a_secret_where_the_words_are_cut_is_hidden_too(
    echo: Echo, sandbox: Sandbox, tmp_path: Path, left: int
) -> None:
    """The words are cut at 300 characters, with so many of the token before the cut."""
    token = sandbox.environment["SANDBOX_MASTODON_ACCESS_TOKEN"]
    before = "Bearer "
    echo.words = lambda asked: f"{'-' * (299 - left - len(before))}{asked}"
    echo.refuses = lambda request: request.method == "POST" and request.path.rstrip("/").endswith(WRITES)

    config = announced(tmp_path, echo, sandbox)

    assert reasons(config)["mastodon"].endswith("[secret]…")
    assert token[:left] not in reasons(config)["mastodon"]
