"""What sets up: the configuration as it takes effect, the files that go with the program, a test of the alerts."""

from __future__ import annotations

import json
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from crosspost.accounts import with_defaults
from crosspost.app import load_config
from crosspost.cli import execute
from crosspost.cli.setup_commands import UNITS
from crosspost.platforms import stand_ins
from crosspost.sandbox import Sandbox
from tests.web_server import Reply, Server, serving

PROJECT = Path(__file__).parents[2]

CONFIGURATION = """\
[store]
url = "postgresql+psycopg://crosspost:hunter2hunter2@127.0.0.1/crosspost"
[[source]]
kind = "directory"
path = "content"
every = "90s"
[[source]]
url = "https://forge.example/a.git"
token = { credential = "git-token" }
[delivery]
look_after = ["1m", "1h30m"]
[alerts]
to = [{ env = "ALERTS" }, { env = "NOT_SET" }]
[accounts.z]
platform = "mastodon"
access_token = { env = "MASTODON_TOKEN" }
template = "words.j2"
[accounts.a]
platform = "discord"
mode = "manual"
channel_id = 7
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "words.j2").write_text("{{ url }}")
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "git-token").write_text("ghp_A1b2C3d4E5f6G7h8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    monkeypatch.setenv("MASTODON_TOKEN", "token-of-mastodon")
    monkeypatch.setenv("ALERTS", "json://127.0.0.1/secret-path-of-alerts")
    path = tmp_path / "config.toml"
    path.write_text(CONFIGURATION)
    return path


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert execute(arguments) == code
    return capsys.readouterr().out


def test_every_option_is_shown_with_its_line_or_as_a_default(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = {" ".join(line.split()) for line in said(capsys, "-c", str(path), "config", "show").splitlines()}

    assert f"# {path}" in shown
    assert {
        'name = "This Week in Rust" # default',
        'page = "{site}/blog/{date:%Y/%m/%d}/{slug}/" # default',
        'every = "1m30s" # config.toml:6',
        'name = "directory" # default',
        'token = { credential = "git-token" } # config.toml:9; the secret is there',
        'to = [{ env = "ALERTS" }, { env = "NOT_SET" }] # config.toml:13; the secret is there, the secret is not there',
        f'template = "{path.parent}/words.j2" # config.toml:17',
        'look_after = ["1m", "1h30m"] # config.toml:11',
        "channel_id = 7 # config.toml:21",
        "# bot_token = # not set",
    } <= shown


def test_what_is_shown_is_a_configuration_that_means_the_same(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Sandbox(stand_ins()) as sandbox:
        path.write_text(sandbox.configuration(store_url=f"sqlite:///{tmp_path}/a.db", folder=tmp_path))
        again = tmp_path / "again.toml"
        again.write_text(said(capsys, "-c", str(path), "config", "show"))

        assert load_config(again, secrets=True) == with_defaults(load_config(path, secrets=True))


def test_no_secret_is_shown_only_what_names_it(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "-c", str(path), "config", "show")
    document = json.loads(said(capsys, "-c", str(path), "config", "show", "--json"))

    options = {each["option"]: each for each in document["options"]}
    assert document["file"] == str(path)
    assert options["accounts.z.access_token"] == {
        "option": "accounts.z.access_token",
        "value": {"env": "MASTODON_TOKEN"},
        "origin": "file",
        "line": 16,
        "secret": "the secret is there",
    }
    assert options["gate.quiet_for"] == {
        "option": "gate.quiet_for", "value": "10m", "origin": "default", "line": None, "secret": None,
    }  # fmt: skip
    assert options["source.1.url"]["line"] == 8
    assert [name for name in options if name.endswith(".platform")] == [
        "accounts.z.platform",
        "accounts.a.platform",
    ]
    for secret in ("hunter2", "ghp_A1b2", "token-of-mastodon", "secret-path"):
        assert secret not in text + json.dumps(document)


def test_what_is_set_for_all_accounts_has_the_line_where_that_is(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_text(CONFIGURATION.replace("channel_id = 7", 'channel_id = 7\nlook_after = ["5m"]'))
    document = json.loads(said(capsys, "-c", str(path), "config", "show", "--json"))

    looks = {each["option"]: each for each in document["options"] if each["option"].endswith("look_after")}
    assert [(each["value"], each["origin"], each["line"]) for each in looks.values()] == [
        (["1m", "1h30m"], "file", 11),
        (["1m", "1h30m"], "file", 11),
        (["5m"], "file", 22),
    ]


def test_a_broken_configuration_is_told_as_everywhere(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_text("[gate]\nwhole = 1")

    assert execute(["-c", str(path), "config", "show"]) == 2

    assert "config.toml:2: gate.whole: expected true or false" in capsys.readouterr().err


def test_the_example_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "config", "example") == (PROJECT / "config.example.toml").read_text()


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_starts_this_installation(unit: str, capsys: pytest.CaptureFixture[str]) -> None:
    printed, kept = said(capsys, "systemd-unit", unit), (PROJECT / "systemd" / unit).read_text()

    program = Path(sysconfig.get_path("scripts"), "crosspost")
    assert printed == kept.replace("/opt/crosspost/bin/crosspost", str(program))
    if unit.endswith(".service"):
        assert f"ExecStart={program} " in printed


def test_every_unit_can_be_printed() -> None:
    assert set(UNITS) == {path.name for path in (PROJECT / "systemd").iterdir()}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_what_the_shell_would_be_told(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"_CROSSPOST_COMPLETE={shell}_complete" in said(capsys, "completion", shell)


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys).startswith("Usage: crosspost")


# ── alerts test ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def place() -> Iterator[Server]:
    with serving() as server:
        server.answer = lambda asked: Reply(200)
        yield server


def with_alerts(folder: Path, *addresses: str) -> str:
    names = []
    for number, address in enumerate(addresses):
        names.append(f'{{ file = "{folder}/alert-{number}" }}')
        (folder / f"alert-{number}").write_text(address)
        (folder / f"alert-{number}").chmod(0o600)
    path = folder / "config.toml"
    path.write_text(f"[alerts]\nto = [{', '.join(names)}]\n")
    return str(path)


def test_one_alert_goes_to_each_address_and_a_refusal_is_said(
    place: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = place.url.replace("http://", "json://")
    path = with_alerts(tmp_path, f"{address}/taken", f"{address}/refused", "nonsense")
    place.answer = lambda asked: Reply(200 if asked.path == "/taken" else 403)

    text = said(capsys, "-c", path, "alerts", "test", code=1)

    assert text.splitlines() == [
        f"file {tmp_path}/alert-0: it was accepted",
        f"file {tmp_path}/alert-1: it was refused: is the address right, and may it be written to?",
        f"file {tmp_path}/alert-2: what <secret file {tmp_path}/alert-2> names is no Apprise address",
    ]
    assert [asked.path for asked in place.asked] == ["/taken", "/refused"]
    assert "Nothing is wrong" in json.loads(place.asked[0].body)["message"]
    assert said(capsys, "-c", with_alerts(tmp_path, f"{address}/taken"), "alerts", "test").endswith(
        "was accepted\n"
    )


def test_nobody_to_tell_is_a_wrong_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["-c", with_alerts(tmp_path), "alerts", "test"]) == 2
    assert "no [alerts] to is configured" in capsys.readouterr().err
