"""An editor's branch with a draft, a pull request for it on either kind of forge, and the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crosspost.cli import execute
from tests.forge.standin import REPOSITORY, StandIn
from tests.forge.standin import forge as standing_in
from tests.newsroom import Checkout, issue_text, name_of

DRAFT = f"draft/{name_of()}"

Run = Callable[..., str]


@pytest.fixture(autouse=True)
def nothing_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration of this user's, and none of the runner's that the tests may be running on."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("XDG_CONFIG_HOME", "CROSSPOST_CONFIG", "GITHUB_ACTIONS", "GITHUB_SHA", "GITHUB_SERVER_URL"):
        monkeypatch.delenv(name, raising=False)


def known_by_its_environment(forge: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the forge be that of the workflow."""
    monkeypatch.setenv("GITHUB_API_URL", forge.api)
    monkeypatch.setenv("GITHUB_REPOSITORY", REPOSITORY)
    monkeypatch.setenv("GITHUB_TOKEN", "forge-secret")


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """An editor's branch with a draft."""
    checkout = Checkout.begin(tmp_path)
    checkout.commit({"README.md": "Hello"})
    checkout.git("checkout", "-q", "-b", "issue-665")
    checkout.commit({DRAFT: issue_text(crate=False)}, push=False)
    checkout.git("push", "-q", "origin", "issue-665")
    monkeypatch.chdir(checkout.place)
    return checkout


@pytest.fixture(params=["github", "forgejo"])
def forge(
    editor: Checkout, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StandIn]:
    with standing_in(editor.remote, request.param) as forge:
        known_by_its_environment(forge, monkeypatch)
        forge.pull("issue-665")
        yield forge


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command and return what it said."""

    def run(*arguments: str, code: int = 0) -> str:
        assert execute(arguments) == code, capsys.readouterr().err
        said = capsys.readouterr()
        return said.out + said.err

    return run
