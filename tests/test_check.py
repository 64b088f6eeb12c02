"""`crosspost check`: what would fail on Wednesday is said today, and nothing is written anywhere."""

from __future__ import annotations

import logging
import os
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from crosspost import platforms
from crosspost.app import App, load_config, missing_extras
from crosspost.check import look_result, run_checks
from crosspost.cli import execute
from crosspost.config import extras
from crosspost.config.schema import (
    AccountConfig,
    AlertsConfig,
    BackfillConfig,
    ChannelConfig,
    Config,
    StoreConfig,
    WebConfig,
)
from crosspost.config.secrets import Secret
from crosspost.config.types import Template
from crosspost.daemon import Request, RequestQueue, run
from crosspost.errors import ConfigError
from crosspost.model import CannotLook, Clock
from crosspost.pipeline import run_pass
from crosspost.platforms import CheckResult, Level, stand_ins
from crosspost.sandbox import Sandbox
from crosspost.store import Store
from tests.conftest import MovableClock
from tests.databases import new_database
from tests.newsroom import Checkout, issue_text, name_of
from tests.rehearsing import NIGHT, Rehearsal
from tests.web_server import Reply, serving

pytestmark = pytest.mark.filterwarnings(
    "ignore:'imghdr' is deprecated:DeprecationWarning"
)  # Apprise's import


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(stand_ins()) as sandbox:
        yield sandbox


@pytest.fixture
def desk(tmp_path: Path) -> Checkout:
    desk = Checkout.begin(tmp_path)
    desk.commit({f"content/{name_of()}": issue_text()})
    return desk


@pytest.fixture
def path(sandbox: Sandbox, desk: Checkout, tmp_path: Path) -> Path:
    """A configuration as in life: a git repository that takes pushes, and an account on every platform."""
    path = tmp_path / "config.toml"
    database = f"sqlite:///{tmp_path}/state/crosspost.db"
    path.write_text(sandbox.configuration(store_url=database, source_url=str(desk.remote), folder=tmp_path))
    return path


def checked(path: Path, **tables: Any) -> Sequence[CheckResult]:
    config = replace(load_config(path, secrets=True), **tables)
    with App(config, read_only=True) as app:
        return run_checks(app)


def failing(results: Sequence[CheckResult]) -> dict[str, str]:
    return {result.what: result.sentence for result in results if result.level is Level.FAIL}


def warned(results: Sequence[CheckResult]) -> str:
    return " | ".join(result.sentence for result in results if result.level is Level.WARN)


def without(config: Config, **account: Any) -> tuple[AccountConfig, ...]:
    """One account of the configuration, changed."""
    (mastodon,) = (each for each in config.accounts if each.name == "mastodon")
    return (replace(mastodon, **account),)


def everything_in(folder: Path) -> dict[Path, bytes | None]:
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


# ── all is well ──────────────────────────────────────────────────────────────────────────────────────


def test_where_all_is_well_it_says_so_of_everything_and_writes_nothing(
    path: Path, tmp_path: Path, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything_in(tmp_path)

    assert execute(["-c", str(path), "check"]) == 0

    said = capsys.readouterr().out
    for what in ("configuration", "store", "git", "backfill", "alerts", *platforms.names()):
        assert what in said
    assert everything_in(tmp_path) == before
    assert not any(sandbox.posts(platform) for platform in platforms.names())


def test_it_says_what_is_left_of_a_budget(path: Path) -> None:
    found = {result.what: result.sentence for result in checked(path)}
    assert "a post with the look before it costs $0.215" in found["x: budget"]

    config = load_config(path, secrets=True)
    (x,) = (each for each in config.accounts if each.name == "x")
    short = replace(x, settings=replace(x.settings, budget=Decimal("0.20")))
    with App(config) as app:
        app.store.ping()
    assert "more than [accounts.x] budget" in failing(checked(path, accounts=(short,)))["x: budget"]


def test_each_watched_channel_is_looked_at_once(path: Path) -> None:
    with serving() as server:
        feed = ChannelConfig("feed", name="archive", url=server.url)
        server.answer = lambda _asked: Reply(503)
        assert "answers 503" in warned(checked(path, channels=(feed,)))
        assert len(server.asked) == 1


def test_an_account_that_nobody_can_read_is_a_mistake_of_the_configuration(path: Path) -> None:
    told = '\n[[channels]]\nkind = "account"\nplatform = "x"\naddress = "@rust"\n'
    path.write_text(path.read_text() + told)
    with pytest.raises(ConfigError, match=r"channels.1: accounts on x cannot be read without credentials"):
        load_config(path, secrets=True)


def test_it_names_the_database_and_its_schema(path: Path) -> None:
    with App(load_config(path, secrets=True)) as app:
        version = app.store.version()

    (store,) = (result for result in checked(path) if result.what == "store")

    assert store.sentence == f"it answers and may be written to: {version}"


@pytest.mark.postgres
def test_an_empty_server_is_left_empty(
    path: Path, postgresql: str, opened: Callable[[str, Clock], Store], clock: MovableClock
) -> None:
    import sqlalchemy as sa

    url = new_database(postgresql)
    results = checked(path, store=StoreConfig(url=url))

    assert failing(results) == {}
    assert "creates them" in warned(results)
    engine = sa.create_engine(url)
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()


# ── what would fail ──────────────────────────────────────────────────────────────────────────────────


def test_a_database_that_cannot_be_made(path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    found = failing(checked(path, store=StoreConfig(url=f"sqlite:///{tmp_path}/file/crosspost.db")))

    assert "cannot be created" in found["store"]


def test_a_database_that_is_none(path: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("This is no database. " * 100)

    found = failing(checked(path, store=StoreConfig(url=f"sqlite:///{tmp_path}/notes.txt")))

    assert "is not a database" in found["store"]


def test_a_repository_that_is_not_there_fails_for_the_source_and_for_the_way_home(path: Path) -> None:
    config = load_config(path, secrets=True)
    gone = replace(config.sources[0], url="/nowhere/newsletter.git")

    found = failing(checked(path, sources=(gone,)))

    assert set(found) == {"git", "backfill"}


def test_a_remote_that_takes_no_push(path: Path, desk: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read from one place, pushed to another: git's own pushInsteadOf, as with a read-only mirror."""
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "url./nowhere/.pushInsteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(desk.remote))

    found = failing(checked(path))

    assert set(found) == {"backfill"}
    assert "a push to main would fail" in found["backfill"]


def test_asking_for_the_right_to_push_moves_nothing(path: Path, desk: Checkout) -> None:
    head = desk.head()

    assert failing(checked(path)) == {}

    assert desk.git("ls-remote", "origin").split()[::2] == [head, head]


def test_a_mode_that_needs_another_source(path: Path) -> None:
    found = failing(checked(path, backfill=BackfillConfig(mode="file")))

    assert 'kind "directory"' in found["backfill"]


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ no_such_name }}", "the template: it does not work: 'no_such_name' is undefined"),
        ("{{ url | nonsense }}", "it does not work: No filter named 'nonsense'."),
        ("{{ title }} " + "word " * 200, ""),
    ],
)
def test_a_template_that_does_not_work(path: Path, template: str, words: str) -> None:
    accounts = without(load_config(path, secrets=True), template=Template(template))

    found = failing(checked(path, accounts=accounts))

    assert set(found) == {"mastodon: wording"}
    assert words in found["mastodon: wording"]


@pytest.mark.parametrize(
    ("module", "tables", "extra"),
    [
        ("PIL", {}, "extra `card`"),
        ("apprise", {"alerts": AlertsConfig(to=(Secret("env", "ALERTS"),))}, "extra `alerts`"),
    ],
)
def test_an_extra_that_is_missing(
    path: Path, monkeypatch: pytest.MonkeyPatch, module: str, tables: dict[str, Any], extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # as Python has it for what is not installed
    accounts = without(load_config(path, secrets=True), card=True)

    (sentence,) = failing(checked(path, accounts=accounts, **tables)).values()

    assert extra in sentence


def test_what_is_missing_is_known_without_asking_anybody(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = load_config(path, secrets=True)
    config = replace(
        config, alerts=AlertsConfig(to=(Secret("env", "ALERTS"),)), web=WebConfig(listen="127.0.0.1:0")
    )
    assert list(missing_extras(config)) == []
    for module in ("atproto", "apprise", "PIL", "prometheus_client"):
        monkeypatch.setitem(sys.modules, module, None)

    pip = f"{sys.executable} -m pip"
    assert list(missing_extras(config)) == [
        f"[alerts] to needs the extra `alerts`: {pip} install 'apprise<2,>=1.9'",
        f"[web] /metrics needs the extra `metrics`: {pip} install 'prometheus-client<1,>=0.26'",
        f"[accounts.bluesky] needs the extra `bluesky`: {pip} install 'atproto<0.1,>=0.0.73'",
    ]


def test_a_pass_and_the_daemon_begin_with_what_is_missing(
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("ALERTS", "json://127.0.0.1:9/")
    path.write_text(path.read_text() + '\n[alerts]\nto = [{ env = "ALERTS" }]\n')
    monkeypatch.setitem(sys.modules, "apprise", None)

    assert execute(["-c", str(path), "once"]) == 0
    assert "crosspost: [alerts] to needs the extra `alerts`: " in capsys.readouterr().err

    stopped: RequestQueue = RequestQueue()
    stopped.put(Request.STOP)
    with App(load_config(path, secrets=True)) as app:
        run(app, notify=lambda *_: None, install_signals=False, requests=stopped)
    assert "needs the extra `alerts`" in str([vars(record).get("fields") for record in caplog.records])


def test_every_extra_of_the_program_is_known_by_its_module() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]

    of_platforms = dict(
        extra for name in platforms.names() if (extra := platforms.settings_of(name).extra)[0]
    )
    modules = {**extras.MODULES, **of_platforms}

    assert set(modules) == set(project["optional-dependencies"]) - {"all"}
    for extra, module in modules.items():
        assert extras.is_installed(extra, module)
        assert re.fullmatch(
            r"it needs the extra `\w+`: \S+ -m pip install '[\w-]+(\[binary\])?[<>=.,\d]+'",
            extras.install_hint("it", extra),
        )


def test_a_client_or_driver_that_is_missing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("atproto", "psycopg"):
        monkeypatch.setitem(sys.modules, module, None)

    found = failing(checked(path, store=StoreConfig(url="postgresql+psycopg://127.0.0.1:9/crosspost")))

    assert set(found) == {"store", "bluesky"}
    assert "extra `postgres`" in found["store"]
    assert "extra `bluesky`" in found["bluesky"]


def test_an_alert_that_would_reach_nobody(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERTS", "hunter2hunter2")

    found = failing(checked(path, alerts=AlertsConfig(to=(Secret("env", "ALERTS"),))))

    assert "no Apprise address" in found["alerts"]
    assert "hunter2" not in str(found)


def test_a_page_that_could_not_be_served(path: Path) -> None:
    found = failing(checked(path, web=WebConfig(listen="192.0.2.1:8593")))

    assert "cannot listen on 192.0.2.1:8593" in found["page"]


def test_a_token_that_was_taken_back(path: Path, tmp_path: Path) -> None:
    (tmp_path / "secrets" / "mastodon-access-token").write_text("no-longer-valid")

    assert execute(["-c", str(path), "check"]) == 1
    assert "mastodon: token" in failing(checked(path))


def test_nothing_to_see_and_nobody_to_tell(path: Path) -> None:
    assert {"source", "accounts"} <= set(failing(checked(path, sources=(), accounts=())))


def test_it_looks_at_each_account_as_every_delivery_does_first(path: Path, sandbox: Sandbox) -> None:
    looks = [result for result in checked(path) if result.what.endswith(": look")]

    assert [result.level for result in looks] == [Level.OK] * len(platforms.names())


def test_reading_an_accounts_posts_that_is_refused_or_put_off() -> None:
    refused = look_result("m: look", CannotLook("403 Forbidden", refused=True))
    put_off = look_result("m: look", CannotLook("429 Too Many Requests", refused=False))

    assert (refused.level, refused.sentence) == (
        Level.FAIL,
        "its posts cannot be read: 403 Forbidden",
    )
    assert put_off.level is Level.WARN
    assert put_off.sentence == "it could not be read now: 429 Too Many Requests"


# ── what deserves a word ─────────────────────────────────────────────────────────────────────────────


def test_a_secret_that_others_may_read(path: Path, tmp_path: Path) -> None:
    (tmp_path / "secrets" / "mastodon-access-token").chmod(0o644)

    results = checked(path)

    assert failing(results) == {}
    assert "chmod 600" in warned(results)


def test_a_database_that_others_may_read(path: Path, tmp_path: Path) -> None:
    with App(load_config(path, secrets=True)) as app:
        app.store.ping()
    assert "chmod" not in warned(checked(path))
    (tmp_path / "state" / "crosspost.db").chmod(0o644)

    results = checked(path)

    assert failing(results) == {}
    assert f"chmod 600 {tmp_path}/state/crosspost.db" in warned(results)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_look_as_another_user_than_the_service_says_so(path: Path, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    assert "git was asked as" not in warned(checked(path))
    os.chown(tmp_path / "state", 65_534, -1)

    assert "git was asked as root" in warned(checked(path))


def test_a_folder_without_an_issue(path: Path) -> None:
    config = load_config(path, secrets=True)

    results = checked(path, sources=(replace(config.sources[0], folder="contents"),))

    assert "check its folder" in warned(results)


def test_a_site_on_which_the_newest_issue_is_not_found(path: Path) -> None:
    assert "page answers 404" in warned(checked(path))


def test_a_page_that_is_served_already(path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as daemon:
        listen = f"127.0.0.1:{daemon.getsockname()[1]}"
        results = checked(path, web=WebConfig(listen=listen))

    assert failing(results) == {}
    assert "by the daemon, if it runs" in warned(results)


# ── by itself, the day before ────────────────────────────────────────────────────────────────────────


def test_the_day_before_it_looks_by_itself_and_says_once_what_would_fail(
    tmp_path: Path, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "crosspost.alerts")
    rehearsal = Rehearsal(tmp_path, sandbox, MovableClock(NIGHT))  # a Thursday
    config = replace(rehearsal.configured(), alerts=AlertsConfig(check_before="Tue 18:00"))
    with rehearsal.app(config) as app:
        run_pass(app)
        (tmp_path / "secrets" / "mastodon-access-token").write_text("no-longer-valid")
        heard = []
        for _ in range(14 * 24):
            rehearsal.clock.now += timedelta(hours=1)
            run_pass(app)
            heard += [(rehearsal.clock.now, record.__dict__["fields"]["what"]) for record in caplog.records]
            caplog.clear()

    ((when, what),) = heard
    assert f"{when:%a %H:%M}" == "Tue 18:00"
    assert what.startswith("mastodon: token")
