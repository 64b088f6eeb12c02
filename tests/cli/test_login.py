"""From nothing to a stored token, through the real libraries, with a browser that says yes."""

from __future__ import annotations

import html
import os
import re
import stat
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urljoin

import pytest
import requests

from crosspost.cli.login import ObtainedSecret, login
from crosspost.config.schema import AccountConfig, Config
from crosspost.config.secrets import Secret
from crosspost.errors import CrosspostError, UsageError
from crosspost.model import utcnow
from crosspost.platforms import Level, mastodon, names, settings_of, stand_ins
from crosspost.platforms._login import Prompts, SecretFiles, write_private
from crosspost.platforms.mastodon.login import obtain
from crosspost.sandbox import Sandbox
from tests.platforms.scripted_place import Place, Reply

pytest_plugins = ("tests.platforms.scripted_place",)

T = TypeVar("T")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(stand_ins(), port=0) as sandbox:
        yield sandbox


@dataclass
class Maintainer:
    """Reads what is shown, opens the pages it names, allows what they ask, and types what it knows."""

    secrets: dict[str, str] = field(default_factory=dict)
    """What it types without being seen: a word of the question → the answer."""
    answers: dict[str, str | Callable[[], str]] = field(default_factory=dict)
    confirms: dict[str, bool] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    @property
    def prompts(self) -> Prompts:
        return Prompts(self.said.append, self.ask, self.ask_secret, self.confirm)

    def ask(self, question: str) -> str:
        answer = _for(question, self.answers)
        return answer() if callable(answer) else answer

    def ask_secret(self, question: str) -> str:
        return _for(question, self.secrets)

    def confirm(self, question: str) -> bool:
        return _for(question, self.confirms)

    def allow(self) -> requests.Response:
        """Open the page that was shown last and press its button."""
        page = re.findall(r"https?://\S+", "\n".join(self.said))[-1]
        asked = requests.get(page, timeout=5)
        fields = dict(re.findall(r'name="([^"]*)" value="([^"]*)"', asked.text))
        (action,) = re.findall(r'action="([^"]*)"', asked.text)
        form = {html.unescape(name): html.unescape(value) for name, value in fields.items()}
        return requests.post(
            urljoin(page, html.unescape(action)), data=form, timeout=5, allow_redirects=False
        )

    def code(self) -> str:
        """What the page shows once it is allowed."""
        return html.unescape(re.findall(r"<code>(.*?)</code>", self.allow().text)[0])


def _for(question: str, answers: dict[str, T]) -> T:
    for word, answer in answers.items():
        if word in question:
            return answer
    raise AssertionError(f"nobody expected the question {question!r}")


def configured(sandbox: Sandbox, platform: str, folder: Path, **more: Any) -> Config:
    """One account whose secrets are to be files in the folder."""
    settings_class = settings_of(platform)
    options = [name for name in settings_class.required if name not in ("handle", "channel_id")]
    files = {option: Secret("file", str(folder / option)) for option in options}
    known = {"handle": sandbox.credentials["bluesky"]["handle"]} if platform == "bluesky" else {}
    channel = (
        {"channel_id": int(sandbox.credentials["discord"]["channel_id"])} if platform == "discord" else {}
    )
    at = {"api_base_url": sandbox.addresses[platform]}
    settings = settings_class(**{**at, **files, **known, **channel, **more})
    return Config(accounts=(AccountConfig("it", platform, settings),))


def maintainer(sandbox: Sandbox, platform: str) -> Maintainer:
    """Somebody who knows what the platform's pages would show."""
    known = sandbox.credentials[platform]
    person = Maintainer()
    match platform:
        case "mastodon":
            person.answers = {"code": person.code}
        case "x":
            person.secrets = {
                word: known[word.replace(" ", "_")] for word in ("consumer key", "consumer secret")
            }
            person.answers = {"PIN": person.code}
        case "reddit":
            person.secrets = {word: known[word.replace(" ", "_")] for word in ("client id", "client secret")}
            person.answers = {
                "redirect": "https://example.org/back",
                "ends on": lambda: person.allow().headers["Location"],
            }
        case "discord":
            person.secrets = {"token": known["bot_token"]}
            person.answers = {"done": "yes"}
        case "bluesky":
            person.secrets = {"app password": known["app_password"]}
    return person


@pytest.mark.parametrize("platform", names())
def test_a_login_ends_with_a_token_that_works_where_the_configuration_says(
    sandbox: Sandbox, tmp_path: Path, platform: str
) -> None:
    config = configured(sandbox, platform, tmp_path)
    person = maintainer(sandbox, platform)

    login(config, "it", person.prompts)

    stored = [path for path in tmp_path.iterdir() if path.is_file()]
    assert stored
    assert {stat.S_IMODE(path.stat().st_mode) for path in stored} == {0o600}
    connected = config.accounts[0].settings.connect(utcnow)
    assert all(result.level is Level.OK for result in connected.check())
    connected.close()
    said = "\n".join(person.said)
    assert "=None" not in said
    # A client id is part of the page's address: it is no secret to the browser.
    assert [
        path.name for path in stored if path.read_text().strip() in said and path.name != "client_id"
    ] == []


@pytest.mark.parametrize("platform", names())
def test_what_the_platform_refuses_is_not_stored(sandbox: Sandbox, tmp_path: Path, platform: str) -> None:
    person = maintainer(sandbox, platform)
    person.secrets = dict.fromkeys(person.secrets, "wrongwrongwrong")
    person.answers = {
        word: answer if word in ("redirect", "done") else "wrong" for word, answer in person.answers.items()
    }
    person.confirms = {"anyway": False}

    with pytest.raises(CrosspostError) as refused:
        login(configured(sandbox, platform, tmp_path), "it", person.prompts)

    assert "run this again" in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_reddits_answer_comes_back_by_itself_to_a_browser_on_this_machine(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    person = maintainer(sandbox, "reddit")
    person.answers = {"redirect": f"http://127.0.0.1:{free_port()}"}

    def browse() -> None:
        back = person.allow().headers["Location"]
        while True:
            try:
                requests.get(urljoin(back, "/favicon.ico"), timeout=5)
                break
            except requests.ConnectionError:
                time.sleep(0.05)  # nobody listens yet
        requests.get(back, timeout=5)

    class Browser(dict[str, bool]):
        """Is asked just before the program begins to listen."""

        def items(self) -> Any:
            threading.Thread(target=browse, daemon=True).start()
            return {"browser": True}.items()

    person.confirms = Browser()
    login(configured(sandbox, "reddit", tmp_path), "it", person.prompts)

    assert (tmp_path / "refresh_token").exists()


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("back", "words"),
    [
        ("http://127.0.0.1/?state=another&code=x", "another request"),
        ("http://127.0.0.1/?error=access_denied", "another request"),
    ],
)
def test_an_answer_to_another_request_is_refused(
    sandbox: Sandbox, tmp_path: Path, back: str, words: str
) -> None:
    person = maintainer(sandbox, "reddit")
    person.answers["ends on"] = back

    with pytest.raises(CrosspostError, match=words):
        login(configured(sandbox, "reddit", tmp_path), "it", person.prompts)


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("path", ["/api/v1/apps", "/oauth/token"])
def test_a_login_takes_its_secrets_to_no_other_place(path: str, status: int, place: Place) -> None:
    elsewhere = Place()
    answered = {
        "id": "1",
        "client_id": "an-id",
        "client_secret": "a-secret",
        "access_token": "t",
        "scope": "",
    }
    for place_ in (place, elsewhere):
        place_.on("POST", "/.*", Reply(200, answered))
    place.on("POST", path, lambda asked: Reply(status, b"", {"Location": f"{elsewhere.url}{asked.path}"}))
    person = Maintainer(answers={"code": "the-code"})

    try:
        with pytest.raises(CrosspostError, match=f"{status}: go to 127.0.0.1"):
            obtain(mastodon.Settings(api_base_url=place.url), person.prompts)
    finally:
        elsewhere.close()

    assert elsewhere.asked == []


def test_without_a_place_for_the_secret_nothing_is_begun(sandbox: Sandbox, tmp_path: Path) -> None:
    person = Maintainer()

    with pytest.raises(UsageError, match=r"access_token = \{ file = "):
        login(configured(sandbox, "mastodon", tmp_path, access_token=None), "it", person.prompts)
    with pytest.raises(UsageError, match="there are: it"):
        login(configured(sandbox, "mastodon", tmp_path), "other", person.prompts)

    assert person.said == []
    assert sandbox.requests("mastodon") == ()


def test_a_secret_that_is_there_already_is_not_asked_for_again(sandbox: Sandbox, tmp_path: Path) -> None:
    write_private(tmp_path / "consumer_key", sandbox.credentials["x"]["consumer_key"])
    person = maintainer(sandbox, "x")
    del person.secrets["consumer key"]

    login(configured(sandbox, "x", tmp_path), "it", person.prompts)

    assert (tmp_path / "access_token").exists()
    assert f"Written to {tmp_path}/consumer_key" not in "\n".join(person.said)


def test_a_fresh_secret_shows_its_name_only() -> None:
    assert (
        "hunter2"
        not in f"{ObtainedSecret('env', 'A_TOKEN', 'hunter2')!r} {ObtainedSecret('env', 'A_TOKEN', 'hunter2')}"
    )


# ── Keeping ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def secret_files(tmp_path: Path) -> SecretFiles:
    return SecretFiles(tmp_path / "credstore", tmp_path / "credstore.encrypted", tmp_path / "handover")


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_replaced_as_a_whole_and_readable_by_its_owner_only(
    tmp_path: Path, secret_files: SecretFiles
) -> None:
    path = tmp_path / "new" / "token"
    secret = Secret("file", str(path))

    for value in ("hunter2", "hunter3"):
        secret_files.keep(secret, value, (person := Maintainer()).prompts)
        assert secret.reveal() == value
        assert value not in "".join(person.said)

    assert mode_of(path) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["token"]


def test_a_file_that_cannot_be_written_is_a_sentence(tmp_path: Path, secret_files: SecretFiles) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CrosspostError, match="cannot be written"):
        secret_files.keep(Secret("file", str(tmp_path / "file" / "token")), "hunter2", Maintainer().prompts)


def test_an_environment_variable_is_handed_over_in_a_file(tmp_path: Path, secret_files: SecretFiles) -> None:
    secret_files.keep(Secret("env", "A_TOKEN"), "hunter2", (person := Maintainer()).prompts)

    path = tmp_path / "handover" / "A_TOKEN"
    assert (path.read_text(), mode_of(path)) == ("hunter2\n", 0o600)
    assert str(path) in person.said[0]
    assert "hunter2" not in person.said[0]


def test_a_credential_goes_to_systemds_store(
    tmp_path: Path, secret_files: SecretFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    secret_files.keep(Secret("credential", "x-token"), "hunter2", (person := Maintainer()).prompts)

    path = tmp_path / "credstore" / "crosspost.x-token"
    assert (path.read_text(), mode_of(path)) == ("hunter2\n", 0o600)
    assert str(path) in person.said[0]


def test_a_credential_can_be_encrypted_without_its_value_in_any_argument(
    tmp_path: Path, secret_files: SecretFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "systemd-creds"
    tool.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\ntr a-z b-za\n')
    tool.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    person = Maintainer(confirms={"Encrypt": True})

    secret_files.keep(Secret("credential", "x-token"), "hunter2", person.prompts)

    assert (tmp_path / "arguments").read_text() == "encrypt --name=x-token - -\n"
    assert (tmp_path / "credstore.encrypted" / "crosspost.x-token").read_text() == "ivoufs2\n"
    assert "LoadCredentialEncrypted=x-token:crosspost.x-token" in person.said[0]


def test_where_the_store_is_closed_the_value_is_handed_over_with_the_command(
    tmp_path: Path, secret_files: SecretFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "credstore").touch()

    secret_files.keep(Secret("credential", "x-token"), "hunter2", (person := Maintainer()).prompts)

    path = tmp_path / "handover" / "x-token"
    assert path.read_text() == "hunter2\n"
    assert f"install -m 600 {path}" in person.said[0]
