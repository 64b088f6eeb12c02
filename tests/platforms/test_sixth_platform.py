"""A new platform is one folder: one of the tests' own works everywhere, and one that is not whole breaks nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from crosspost import platforms
from crosspost.app import App, load_config
from crosspost.check import run_checks
from crosspost.cli import execute
from crosspost.config.schema import DeliveryConfig
from crosspost.errors import UsageError
from crosspost.model import DeliveryState
from crosspost.pipeline import run_pass
from crosspost.platforms import Level
from crosspost.sandbox import Sandbox
from crosspost.web import pages
from tests.conftest import MovableClock
from tests.platforms import folders
from tests.rehearsing import NIGHT, Rehearsal, issue_text

BUILT_IN = platforms.names()
NOT_WHOLE = Path(__file__).with_name("folders_not_whole")


@pytest.fixture
def sixth() -> Iterator[str]:
    folders.add(folders.HERE)
    yield "postbox"
    folders.take_away(folders.HERE)


@pytest.fixture
def half_done() -> Iterator[str]:
    folders.add(NOT_WHOLE)
    yield "halfdone"
    folders.take_away(NOT_WHOLE)


@pytest.fixture
def rehearsal(sixth: str, tmp_path: Path) -> Iterator[Rehearsal]:
    with Sandbox({sixth: platforms.stand_ins()[sixth]}) as sandbox:
        yield Rehearsal(tmp_path, sandbox, MovableClock(NIGHT))


@pytest.fixture
def issue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An issue in a folder without a configuration."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = tmp_path / "2026-08-19-this-week-in-rust.md"
    path.write_text(issue_text(665))
    return str(path)


def test_preview_shows_its_post_on_a_terminal_and_on_a_page(
    sixth: str, issue: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["preview", issue]) == 0
    assert execute(["preview", issue, "--html", str(tmp_path / "posts.html")]) == 0

    shown, page = capsys.readouterr().out, (tmp_path / "posts.html").read_text()
    assert "THIS WEEK IN RUST 665, in the postbox: https://" in shown
    assert "- ANNOUNCING SOMETHING" in shown, "its own escaping"
    assert shown.count("──") == 2 * len(BUILT_IN) + 2
    assert "<p class=letter>" in page
    assert "The Postbox" in page
    assert "#123456" in page


def test_check_asks_it(rehearsal: Rehearsal, sixth: str) -> None:
    with rehearsal.app(rehearsal.configured(only=(sixth,))) as app:
        results = {result.what: result for result in run_checks(app)}

    assert results["postbox: token"].sentence == "the token is me's"
    assert results["postbox: token"].level is Level.OK


def test_a_pass_posts_there_once_and_the_pages_show_it(rehearsal: Rehearsal, sixth: str) -> None:
    with rehearsal.app(rehearsal.configured(only=(sixth,))) as app:
        run_pass(app)
        rehearsal.publish(665)
        rehearsal.passes(app)

        assert rehearsal.states(app, 665) == {sixth: DeliveryState.SENT}
        status_page = pages.issue(app, 665) or ""

    (post,) = rehearsal.sandbox.posts(sixth)
    assert post.text.startswith("THIS WEEK IN RUST 665, in the postbox: ")
    sandbox_page = requests.get(rehearsal.sandbox.url, timeout=10).text
    for page in (status_page, sandbox_page):
        assert "The Postbox" in page
        assert "<p class=letter>" in page


def test_its_own_lag_comes_after_the_accounts_and_that_of_all(rehearsal: Rehearsal, sixth: str) -> None:
    (account,) = load_config(rehearsal.path, secrets=True).accounts
    own, of_all = DeliveryConfig().longest_retry, DeliveryConfig().first_retry

    assert platforms.look_after(account, DeliveryConfig()) == platforms.settings_of(sixth).look_schedule
    assert platforms.look_after(account, DeliveryConfig(look_after=(of_all,))) == (of_all,)
    assert platforms.look_after(
        replace(account, look_after=(own,)), DeliveryConfig(look_after=(of_all,))
    ) == (own,)
    with App(load_config(rehearsal.path, secrets=True)) as app:
        assert app.accounts[sixth].look_after == app.config.delivery.look_after


def test_the_contract_suite_finds_it_and_is_content() -> None:
    suite = "tests/platforms/test_platforms_contract.py"

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.platforms.folders", "-k", "postbox", suite],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_a_folder_that_lacks_a_part_is_said_in_a_sentence_and_the_others_preview_works(
    half_done: str, issue: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["preview", issue]) == 0

    shown = capsys.readouterr()
    assert shown.out.count("──") == 2 * len(BUILT_IN)
    (sentence,) = shown.err.splitlines()
    assert "the platform 'halfdone' is not complete: its __init__.py has no Settings" in sentence


def test_a_folder_that_lacks_a_part_leaves_the_sandbox_and_the_pages_alone(
    half_done: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert set(platforms.stand_ins()) == set(BUILT_IN)
    assert "the platform 'halfdone' is not complete: its __init__.py has no Settings" in caplog.text
    with pytest.raises(UsageError, match=r"its sandbox\.py has no STAND_IN"):
        platforms.part(half_done, "sandbox", "STAND_IN")
    assert platforms.brand(half_done).name == "Halfdone"
    with pytest.raises(UsageError, match="is not complete"):
        platforms.settings_of(half_done)


def _of_the_postbox(*names: str) -> dict[str, str]:
    return {name: (folders.HERE / "postbox" / name).read_text().replace("postbox", "odd") for name in names}


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (
            {"__init__.py": "import nosuchmodule"},
            "the platform 'odd' cannot be loaded: ModuleNotFoundError: No module named",
        ),
        (
            {"__init__.py": "class Settings:\n    required = ()"},
            "the platform 'odd' is not complete: its Settings has no look_schedule, no rate_limit_window",
        ),
        (_of_the_postbox("__init__.py"), "the platform 'odd' is not complete: it has no form.py"),
        (
            _of_the_postbox("__init__.py", "form.py"),
            "the platform 'odd' is not complete: it has no post.j2",
        ),
        (
            {**_of_the_postbox("__init__.py", "form.py"), "post.j2": "{% if %}"},
            "post.j2, line 1: it does not work: Expected an expression",
        ),
    ],
    ids=[
        "that fails when it is imported",
        "without a fact that its settings must state",
        "without its form",
        "without its wording",
        "with a broken wording",
    ],
)
def test_a_folder_that_cannot_be_used_costs_the_others_nothing(
    files: Mapping[str, str], sentence: str, issue: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "platforms"
    (folder / "odd").mkdir(parents=True)
    for name, text in files.items():
        (folder / "odd" / name).write_text(text)
    folders.add(folder)
    try:
        code = execute(["preview", issue])
    finally:
        folders.take_away(folder)

    shown = capsys.readouterr()
    assert code == 0
    assert shown.out.count("──") == 2 * len(BUILT_IN)
    assert shown.err.startswith("crosspost: no post for odd: ")
    assert sentence in shown.err
